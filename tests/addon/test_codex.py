"""The real Codex CLI through a real mitmdump: what it says and hears is in its session's directory."""

import base64
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.upstream import SCENARIOS, Script, ScriptedUpstream
from pytest_codex_replay.upstream.scenarios import NON_ASCII_TEXT
from pytest_codex_replay.wire.responses import Outcome

API_KEY = "key-that-nobody-may-find-0123456789"
QUIET = [
    "analytics.enabled=false",
    "check_for_update_on_startup=false",
    "features.apps=false",
    "features.plugins=false",
    'otel.metrics_exporter="none"',
    'model="gpt-5.5"',
]


@dataclass(frozen=True)
class Codex:
    """The real Codex, in a home and a working directory of its own."""

    binary: str
    home: Path
    work: Path
    environment: dict[str, str]

    def exec(self, *settings: str, **environment: str) -> list[dict]:
        """Run one turn that ends well; return its events."""
        flags = [word for setting in [*QUIET, *settings] for word in ("-c", setting)]
        command = [self.binary, "exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access", *flags]
        done = subprocess.run(
            [*command, "-C", str(self.work), "hello"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=self.environment
            | {"CODEX_HOME": str(self.home), "CODEX_API_KEY": API_KEY, "K": API_KEY, **environment},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def exec_at(self, url: str, transport: str) -> list[dict]:
        """Run one turn with a custom provider at `url`."""
        switch = "true" if transport == "websocket" else "false"
        keys = f'base_url="{url}/v1",env_key="K",wire_api="responses",supports_websockets={switch}'
        return self.exec("model_provider=x", f'model_providers.x={{name="x",{keys}}}')


@pytest.fixture
def codex(codex_binary: str, tmp_path: Path, clean_environment: dict[str, str]) -> Codex:
    home, work = tmp_path / "codex-home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    return Codex(codex_binary, home, work, clean_environment)


@pytest.fixture(params=["sse", "websocket"])
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


def outputs_of(events: Iterable[dict]) -> list[str]:
    items = [event["item"] for event in events if event["type"] == "item.completed"]
    return [item["aggregated_output"] for item in items if item["type"] == "command_execution"]


def turns_in(interactions: Iterable[Interaction]) -> list[Interaction]:
    return [interaction for interaction in interactions if interaction.role is Role.TURN]


def origin_of(upstream: ScriptedUpstream) -> str:
    return upstream.base_url.removesuffix("/v1")


def test_a_tool_loop(mitmdump, codex: Codex, transport: str) -> None:
    """Four model calls, each whole, in one directory that is named like the session."""
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream:
        recorder = mitmdump.reverse(origin_of(upstream))
        events = codex.exec_at(recorder.url, transport)
        recorder.stop()

    recording = recorder.recording()
    turns = turns_in(recording.interactions())
    manifest = recording.session.manifest()
    assert outputs_of(events) == ["step-1\n", "step-2\n", "step-3\n"]
    assert recording.session.name == events[0]["thread_id"]
    assert [turn.outcome for turn in turns] == [Outcome.COMPLETED] * 4
    assert {turn.transport for turn in turns} == {transport}
    assert [len(turn.output) for turn in turns] == [2, 2, 2, 1]
    assert (manifest["incomplete"], manifest["models"]) == ([], ["gpt-5.5"])
    assert manifest["originators"] == ["codex_exec"]


def test_a_declined_websocket(mitmdump, codex: Codex) -> None:
    """The 426 and the turn over HTTP that follows it are both recorded."""
    with ScriptedUpstream(SCENARIOS["refuse-websocket"].script()) as upstream:
        recorder = mitmdump.reverse(origin_of(upstream))
        codex.exec_at(recorder.url, "websocket")
        recorder.stop()

    found = [(each.role, each.status, each.transport) for each in recorder.recording().interactions()]
    assert found == [(Role.UPGRADE, 426, Transport.HTTP), (Role.TURN, 200, Transport.SSE)]


def test_a_stream_that_is_cut_and_tried_again(mitmdump, codex: Codex, transport: str) -> None:
    """The half is there and is called a half; the whole is there too."""
    with ScriptedUpstream(SCENARIOS["cut-stream"].script()) as upstream:
        recorder = mitmdump.reverse(origin_of(upstream))
        codex.exec_at(recorder.url, transport)
        recorder.stop()

    turns = turns_in(recorder.recording().interactions())
    assert [turn.outcome for turn in turns] == [Outcome.UPSTREAM_GONE, Outcome.COMPLETED]
    assert len(turns[0].parts) == 6


def test_sub_agents_are_threads_of_one_session(mitmdump, codex: Codex) -> None:
    """Parent and child in one directory; the manifest has the tree."""
    with ScriptedUpstream(SCENARIOS["sub-agents"].script()) as upstream:
        recorder = mitmdump.reverse(origin_of(upstream))
        events = codex.exec_at(recorder.url, "sse")
        recorder.stop()

    threads = recorder.recording().session.manifest()["threads"]
    parent = events[0]["thread_id"]
    assert [thread.get("parent") for thread in threads] == [None, parent]
    assert threads[0]["id"] == parent


def test_non_ascii_stays_readable(mitmdump, codex: Codex) -> None:
    """In the stream and in the request that repeats it: the characters themselves are in the file."""
    with ScriptedUpstream(SCENARIOS["non-ascii"].script()) as upstream:
        recorder = mitmdump.reverse(origin_of(upstream))
        codex.exec_at(recorder.url, "websocket")
        recorder.stop()

    text = b"".join(map(unpacked, recorder.recording().session.segments())).decode()
    assert text.count(NON_ASCII_TEXT) > 2
    assert "\\u00fc" not in text
    assert "\\ud83d" not in text


def test_two_sessions_their_rollouts_and_no_key(mitmdump, codex: Codex) -> None:
    """Each run of Codex has its directory, with its own transcript; all of it private, and the key nowhere."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        recorder = mitmdump.reverse(origin_of(upstream), codex_home=str(codex.home))
        runs = [codex.exec_at(recorder.url, transport) for transport in ("sse", "websocket")]
        keys = {request.headers["authorization"] for request in upstream.requests}
        recorder.stop()

    threads = [events[0]["thread_id"] for events in runs]
    sessions = {session.name: session for session in recorder.sessions()}
    assert keys == {f"Bearer {API_KEY}"}
    assert sorted(sessions) == sorted(threads)
    assert [len(sessions[thread].rollouts()) for thread in threads] == [1, 1]
    assert all(thread in sessions[thread].rollouts()[0].name for thread in threads)
    assert modes_below(recorder.archive) == {"directory": {0o700}, "file": {0o600}}
    assert traces_of(API_KEY, recorder.archive) == []


def test_a_key_that_a_tool_prints_is_in_no_file(mitmdump, codex: Codex) -> None:
    """Neither in the traffic, nor in the transcript that Codex wrote itself."""
    script = Script(lambda cue: cue.say("Done.") if cue.step else cue.shell(f"echo the key is {API_KEY}"))
    with ScriptedUpstream(script) as upstream:
        recorder = mitmdump.reverse(origin_of(upstream), codex_home=str(codex.home))
        codex.exec_at(recorder.url, "sse")
        recorder.stop()

    (rollout,) = recorder.recording().session.rollouts()
    assert "the key is [[REDACTED:" in rollout.read_text(encoding="utf-8")
    assert traces_of(API_KEY, recorder.archive) == []


def test_the_built_in_provider_through_the_proxy(mitmdump, codex: Codex) -> None:
    """HTTPS, mitmproxy's CA: WebSocket frames and background requests, in the one session directory."""
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream:
        away = [f"|https://{host}/|{origin_of(upstream)}/" for host in ("api.openai.com", "chatgpt.com")]
        recorder = mitmdump("--map-remote", away[0], "--map-remote", away[1])
        events = codex.exec(
            HTTPS_PROXY=recorder.url, CODEX_CA_CERTIFICATE=str(recorder.confdir / "mitmproxy-ca-cert.pem")
        )
        recorder.stop()

    recording = recorder.recording()
    interactions = recording.interactions()
    background_requests = [each for each in interactions if each.role is Role.BACKGROUND]
    assert recording.session.name == events[0]["thread_id"]
    assert [turn.transport for turn in turns_in(interactions)] == [Transport.WEBSOCKET] * 4
    assert {each.endpoint for each in background_requests} == {Endpoint.MODELS}
    assert all(each.url.startswith("https://chatgpt.com/backend-api/codex/models") for each in background_requests)
    assert all(turn.url == "https://api.openai.com/v1/responses" for turn in turns_in(interactions))
    assert traces_of(API_KEY, recorder.archive) == []


def modes_below(folder: Path) -> dict[str, set[int]]:
    """Return the modes found."""
    paths = [folder, *folder.rglob("*")]
    return {
        "directory": {path.stat().st_mode & 0o777 for path in paths if path.is_dir()},
        "file": {path.stat().st_mode & 0o777 for path in paths if path.is_file()},
    }


def traces_of(secret: str, folder: Path) -> list[str]:
    """Return which files have the secret in them: plain, or in base64 at any offset."""
    coded = [base64.b64encode(b"\0" * shift + secret.encode())[4:-4] for shift in range(3)]
    needles = [secret.encode(), *coded]
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() + unpacked(path) for needle in needles)
    ]


def unpacked(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix != ".zst":
        return raw
    return zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True).read()
