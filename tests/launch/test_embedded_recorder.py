"""The recorder in this process: it starts, says what is wrong, and gives back what it took."""

import socket
from pathlib import Path

import aiohttp
import httpx
import pytest
from aiohttp import web

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder
from pytest_codex_replay.launch.recorder_process import RecordingSetup
from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.upstream.client import SmallClient

OWN_KEY = "the-key-of-the-gateway"


def test_it_records_what_a_client_exchanges(tmp_path: Path) -> None:
    """Once the block has ended, the session is whole; its upstream has the path of the base URL."""
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream:
        with EmbeddedRecorder(RecordingSetup(archive=tmp_path / "archive", upstream=upstream.base_url)) as recorder:
            SmallClient(recorder.base_url).exec("Do the three steps.")
        (session,) = open_sessions(tmp_path / "archive")

    calls = [one for one in interactions_of(session.records()) if one.is_model_call]
    assert recorder.warnings == []
    assert len(calls) == 4
    assert {one.outcome.value for one in calls} == {"completed"}


def gateway(upstream: str) -> LoopbackServer:
    """Return what stands between a client and its model: it has a key of its own, passes no header on, cuts anew."""

    async def handle(request: web.Request) -> web.StreamResponse:
        url = f"{upstream}{request.path.removeprefix('/v1')}"
        own = {"authorization": f"Bearer {OWN_KEY}", "content-type": "application/json"}
        response = web.StreamResponse(headers={"content-type": "text/event-stream", "x-gateway": "1"})
        async with (
            aiohttp.ClientSession() as client,
            client.post(url, data=await request.read(), headers=own) as answer,
        ):
            await response.prepare(request)
            async for line in answer.content:
                await response.write(line)
        return response

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    return LoopbackServer(app)


def test_a_gateway_is_recorded_on_both_sides(tmp_path: Path) -> None:
    """The same turns; behind it is no header of the client's, so its session has no name."""
    archives = [tmp_path / "before", tmp_path / "behind"]
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream:
        behind = EmbeddedRecorder(RecordingSetup(archive=archives[1], upstream=upstream.base_url))
        with behind, gateway(behind.base_url) as between:
            before = EmbeddedRecorder(RecordingSetup(archive=archives[0], upstream=f"{between.base_url}/v1"))
            with before:
                SmallClient(before.base_url, session="mine").exec("Do the three steps.")

    sessions = [open_sessions(archive)[0] for archive in archives]
    turns = [[turn.summary() for turn in turns_of(interactions_of(session.records()))] for session in sessions]
    assert turns[0] == turns[1]
    assert len(turns[0][0]["items"]) > 4
    assert [session.name.partition("-")[0] for session in sessions] == ["mine", "unattributed"]
    assert OWN_KEY not in str([*sessions[1].records()])


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    """It says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        recorder = EmbeddedRecorder(RecordingSetup(archive=tmp_path, upstream="http://127.0.0.1:1/v1", port=port))
        with pytest.raises(UsageError, match=f"^cannot listen on 127.0.0.1:{port}: the port is taken. Choose another"):
            recorder.__enter__()


@pytest.mark.parametrize("upstream", ["", "api.openai.com", "ftp://x/", "http://["])
def test_what_is_not_a_base_url_is_refused(tmp_path: Path, upstream: str) -> None:
    """Before anything is started."""
    with pytest.raises(UsageError, match="not a base URL"):
        EmbeddedRecorder(RecordingSetup(archive=tmp_path, upstream=upstream))


def test_an_archive_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    """A command that is to be recorded does not run without a recorder."""
    (tmp_path / "archive").write_text("mine")
    with pytest.raises(UsageError, match="is a file, not a directory"):
        EmbeddedRecorder(RecordingSetup(archive=tmp_path / "archive", upstream="http://127.0.0.1:1"))


def test_losses_are_warnings(tmp_path: Path) -> None:
    """What the recorder logs about a disk that fails reaches its user once the command has ended."""
    setup = RecordingSetup(archive=tmp_path / "archive", upstream="http://127.0.0.1:1")
    with EmbeddedRecorder(setup) as recorder:
        (tmp_path / "archive" / "s").write_text("in the way of the session")
        with httpx.Client(trust_env=False) as client:
            client.get(recorder.base_url, headers={"session-id": "s"})

    assert len(recorder.warnings) >= 1
    assert "session s" in recorder.warnings[0]


def test_nothing_is_started_where_the_recorder_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that cannot begin is an error, not a silent session."""
    (tmp_path / "archive").mkdir()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(CodexReplayError, match="the recorder did not start: codex recorder: off, cannot write to"):
        EmbeddedRecorder(RecordingSetup(archive=tmp_path / "archive", upstream="http://127.0.0.1:1")).__enter__()


def test_a_proxy_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started, and without its password; an upstream beside the first one is left out."""
    setup = RecordingSetup(archive=tmp_path / "archive", upstream="http://127.0.0.1:1")
    with EmbeddedRecorder(setup) as recorder:
        monkeypatch.setenv("ALL_PROXY", "socks5://me:secret@p.example:1080")
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        route = recorder.route("https://api.example/v1")

    assert route is None
    with pytest.raises(UsageError, match=r"^ALL_PROXY is not an HTTP proxy \(socks5://p.example:1080\): "):
        EmbeddedRecorder(setup)


def test_other_upstreams_have_addresses_of_their_own(tmp_path: Path) -> None:
    """Each upstream has its own path; other hosts, and the recorder itself, have none."""
    with EmbeddedRecorder(RecordingSetup(archive=tmp_path / "archive", upstream="http://127.0.0.1:1/v1")) as recorder:
        origin = recorder.base_url.removesuffix("/v1")
        routes = [recorder.route(url) for url in ("http://127.0.0.1:2/x/", "ftp://x", f"{origin}/v1")]

    assert routes == [f"{origin}/~1/127.0.0.1:2/x", None, None]
    assert recorder.run in recorder.output


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "CODEX_CA_CERTIFICATE"])
def test_authorities_that_cannot_be_read_are_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started; another port would not help."""
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.delenv("CODEX_CA_CERTIFICATE", raising=False)
    monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
    with pytest.raises(UsageError, match=r"ca\.pem: no certificate authorities can be read from it \("):
        EmbeddedRecorder(RecordingSetup(archive=tmp_path / "archive", upstream="http://127.0.0.1:1/v1"))


def test_two_at_once_have_warnings_of_their_own(tmp_path: Path) -> None:
    """What one loses is not told of the other."""
    setups = [RecordingSetup(archive=tmp_path / name, upstream="http://127.0.0.1:1") for name in ("full", "fine")]
    with (
        EmbeddedRecorder(setups[0]) as full,
        EmbeddedRecorder(setups[1]) as fine,
        httpx.Client(trust_env=False) as client,
    ):
        (tmp_path / "full" / "s").write_text("in the way of the session")
        for recorder in (full, fine):
            client.get(recorder.base_url, headers={"session-id": "s"})

    assert (len(full.warnings), fine.warnings) == (2, [])
    assert full.warnings[1].endswith(" lost in this run")
