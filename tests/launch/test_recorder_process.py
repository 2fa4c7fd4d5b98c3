"""The recorder as a process: it starts or says why not, it stops, and nothing of it is left."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pytest_codex_replay.archive.record import EndRecord
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.launch.recorder_process import (
    RecorderProcess,
    RecordingSetup,
    find_mitmdump,
)
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.upstream.client import SmallClient

UPSTREAM = "http://127.0.0.1:9/v1"
MakeProgram = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path) -> MakeProgram:
    """Make a shell script, by default one called `mitmdump`."""

    def make(script: str = "", path: str = "mitmdump") -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return file

    return make


@pytest.fixture
def recorder(mitmdump_binary: str, tmp_path: Path):
    """Make a recorder around the real mitmdump."""

    def make(upstream: str | None = UPSTREAM, **setup) -> RecorderProcess:
        setup = {"archive": tmp_path / "archive", "confdir": tmp_path / "mitmproxy"} | setup
        return RecorderProcess(RecordingSetup(upstream=upstream, **setup), mitmdump=Path(mitmdump_binary))

    return make


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_it_records_until_the_block_ends(recorder, tmp_path: Path) -> None:
    """After it all is on disk, the port is free, and routine lines are not warnings."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream, recorder(upstream.base_url) as running:
        SmallClient(running.base_url).exec("Hello.")
        port = running.port

    (session,) = open_sessions(tmp_path / "archive")
    assert isinstance(list(session.records())[-1], EndRecord)
    assert not is_listening(port)
    assert (running.warnings, running.has_ended) == ([], False)
    assert "codex recorder: run " in running.output


def test_a_request_that_reaches_no_upstream_is_counted(recorder) -> None:
    """As the relay does; it is not a warning of the recorder itself."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with recorder(origin) as running, httpx.Client(trust_env=False) as client:
        answers = [client.post(f"{running.base_url}/v1/responses", json={}) for _ in range(2)]

    ((why, count),) = running.unreached.items()
    assert why.startswith(f"{origin} could not be reached: ")
    assert ([one.status_code for one in answers], count, running.warnings) == ([502, 502], 2, [])


def test_the_base_url_stands_in_for_the_upstream(recorder) -> None:
    """Its path is that of the upstream."""
    with recorder("http://127.0.0.1:9/backend-api/codex/") as running:
        base_url = running.base_url

    assert base_url == f"http://127.0.0.1:{running.port}/backend-api/codex"


def test_a_project_names_variables_whose_values_are_secrets(
    recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are never written, wherever they turn up; a variable that is not set is skipped."""
    (tmp_path / "pyproject.toml").write_text('[tool.codex-replay]\nsecret-env = ["ACME_TOKEN", "NOT_SET"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACME_TOKEN", "swordfish-und-so-weiter")
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream, recorder(upstream.base_url) as recording:
        body = {"model": "m", "input": "I use swordfish-und-so-weiter for all."}
        httpx.post(f"{recording.base_url}/responses", json=body)

    (session,) = open_sessions(tmp_path / "archive")
    written = b"".join(record.payload.raw for record in session.records() if getattr(record, "payload", None))
    assert b"I use [[REDACTED:known:1]] for all." in written
    assert b"swordfish" not in written


def test_as_a_proxy(recorder, tmp_path: Path) -> None:
    """Without an upstream it takes whatever comes; its certificate is there."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream, recorder(None) as running:
        url = f"{upstream.base_url}/models"
        status = httpx.get(url, proxy=running.proxy_env["HTTP_PROXY"], headers={"session-id": "x"}).status_code

    assert status == 200
    assert len(open_sessions(tmp_path / "archive")) == 1
    assert Path(running.proxy_env["CODEX_CA_CERTIFICATE"]).is_file()


def test_in_a_browser(mitmdump_program: str, tmp_path: Path) -> None:
    """A page of mitmweb, which takes the place of mitmdump, shows what is recorded."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        setup = RecordingSetup(
            archive=tmp_path / "archive", upstream=upstream.base_url, confdir=tmp_path / "mitmproxy", is_web=True
        )
        with RecorderProcess(setup, mitmdump=Path(mitmdump_program)) as running:
            SmallClient(running.base_url).exec("Hello.")
            page = httpx.get(running.page, trust_env=False)

    assert "mitmproxy" in page.text
    assert len(open_sessions(tmp_path / "archive")) == 1


def test_no_browser(program: MakeProgram, tmp_path: Path) -> None:
    """What is missing beside mitmdump is named, and nothing is left behind."""
    setup = RecordingSetup(archive=tmp_path / "archive", upstream=UPSTREAM, is_web=True)

    with pytest.raises(UsageError, match=r"mitmweb: not found\. Install mitmproxy there"):
        RecorderProcess(setup, mitmdump=program()).__enter__()


def test_only_its_own_upstream_has_an_address(recorder) -> None:
    """In reverse mode there is one upstream; as a proxy it is asked by the name of the host."""
    with recorder() as running:
        routes = [running.route("http://127.0.0.1:9/other"), running.route("http://127.0.0.1:10/v1")]

    assert routes == [f"http://127.0.0.1:{running.port}/other", None]


def test_a_busy_port(recorder) -> None:
    """One line, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            recorder(port=port).__enter__()

    assert (
        str(caught.value)
        == f"cannot listen on 127.0.0.1:{port}: the port is taken. Choose another --port; 0 takes a free one."
    )


def test_an_archive_that_is_a_file(recorder, tmp_path: Path) -> None:
    """The addon's own reason comes through, and the file is untouched."""
    (tmp_path / "archive").write_text("mine")

    with pytest.raises(CodexReplayError, match=r"codex_sessions: .*archive is a file, not a directory"):
        recorder().__enter__()

    assert (tmp_path / "archive").read_text() == "mine"


def test_an_argument_that_mitmdump_does_not_know(recorder) -> None:
    """The reason of mitmdump itself comes through."""
    with pytest.raises(CodexReplayError, match=r"did not start: .*unrecognized arguments: --nonsense"):
        recorder(extra=("--nonsense",)).__enter__()


@pytest.mark.parametrize("upstream", ["nonsense", "ftp://example.test", "http://", "http://[bad/"])
def test_an_upstream_that_is_not_a_base_url(program: MakeProgram, tmp_path: Path, upstream: str) -> None:
    """Nothing is started."""
    setup = RecordingSetup(archive=tmp_path / "archive", upstream=upstream)

    with pytest.raises(UsageError, match=rf"{re.escape(upstream)}: not a base URL\. Give one such as https://"):
        RecorderProcess(setup, mitmdump=program("exit 1")).__enter__()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'Error: no luck today' >&2; exit 3", "Error: no luck today"),
        ("exit 3", "it printed nothing"),
        (
            "echo '[12:00:00.123] codex recorder: off, cannot write to /x'; sleep 60",
            "codex recorder: off, cannot write",
        ),
    ],
)
def test_a_mitmdump_that_dies_at_start(program: MakeProgram, tmp_path: Path, script: str, reason: str) -> None:
    """Its last words are the reason; with it goes what it had started."""
    recorder = RecorderProcess(
        RecordingSetup(archive=tmp_path / "archive", upstream=UPSTREAM), mitmdump=program(f"{script}")
    )

    with pytest.raises(CodexReplayError, match=f"the recorder did not start: {reason}.* \\(.*mitmdump\\)"):
        recorder.__enter__()

    assert not recorder.has_ended


STUBBORN = """
exec 3>alive
trap '' INT TERM
echo 'HTTP(S) proxy listening at 127.0.0.1:1.'
echo 'codex recorder: recording nothing'
tail -f /dev/null &
wait
wait
"""


def test_a_mitmdump_that_does_not_end(program: MakeProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed, and its children are: the pipe that all of them hold open reads its end."""
    os.mkfifo(tmp_path / "alive")
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pytest_codex_replay.launch.recorder_process.STOP_S", 0.2)

    with RecorderProcess(RecordingSetup(archive=tmp_path, upstream=UPSTREAM), mitmdump=program(STUBBORN)) as recorder:
        port = recorder.port

    os.set_blocking(alive, True)
    with os.fdopen(alive, "rb") as pipe:
        assert pipe.read() == b""
    assert port == 1


RECORD_FOR_EVER = """
import signal, sys, threading
from pathlib import Path
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests run under nohup
setup = RecordingSetup(archive=Path(sys.argv[1]), upstream="http://127.0.0.1:9/v1")
with RecorderProcess(setup, mitmdump=Path(sys.argv[2])) as recorder:
    print(recorder.port, flush=True)
    threading.Event().wait()
"""


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP), (signal.SIGINT, -signal.SIGINT)],
)
def test_a_signal_to_the_process_that_records(
    mitmdump_program: str, tmp_path: Path, number: signal.Signals, exit_code: int
) -> None:
    """The recorder does not outlive who started it."""
    command = [sys.executable, "-c", RECORD_FOR_EVER, str(tmp_path / "archive"), mitmdump_program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        process.send_signal(number)
        process.wait(30)

    assert process.returncode == exit_code
    assert not is_listening(port)


def test_handlers_are_given_back(recorder) -> None:
    """Who starts a recorder finds the signals as they were; a handler of its own is never replaced."""
    mine = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)]
    try:
        with recorder():
            ignored = signal.getsignal(signal.SIGHUP)
        after = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)]
    finally:
        signal.signal(signal.SIGHUP, mine)

    assert ignored is signal.SIG_IGN
    assert after == before


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No mitmdump in any of the places; return the folder that is the PATH."""
    monkeypatch.delenv("CODEX_REPLAY_MITMDUMP", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr("sys.executable", str(tmp_path / "here" / "python"))
    return tmp_path / "path"


def test_no_mitmdump(nowhere: Path) -> None:
    """The error says how to get one."""
    with pytest.raises(
        UsageError, match=r"mitmdump: command not found.*uv tool install 'pytest-codex-replay\[record\]'"
    ):
        find_mitmdump()


def test_a_mitmdump_that_does_not_exist(nowhere: Path) -> None:
    """What was named is not replaced by another one."""
    with pytest.raises(UsageError, match=r"no-such-thing: command not found\. Set CODEX_REPLAY_MITMDUMP to a mitmdump"):
        find_mitmdump("no-such-thing")


def test_which_mitmdump(nowhere: Path, program: MakeProgram, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first that is there: named, in the variable, in this environment, beside `codex-replay`, on the PATH."""
    found = []
    program(path="path/mitmdump")
    found.append(find_mitmdump())
    program(path="tool/codex-replay")
    beside = program(path="tool/mitmdump")
    (nowhere / "codex-replay").symlink_to(tmp_path / "tool" / "codex-replay")  # as uv and pipx do
    found.append(find_mitmdump())
    here = program(path="here/mitmdump")
    found.append(find_mitmdump())
    variable = program(path="elsewhere/mitmdump")
    monkeypatch.setenv("CODEX_REPLAY_MITMDUMP", str(variable))
    found.append(find_mitmdump())
    named = find_mitmdump(str(tmp_path / "tool" / "codex-replay"))

    assert found == [nowhere / "mitmdump", beside, here, variable]
    assert named == beside


def test_a_codex_replay_without_a_recorder(nowhere: Path, program: MakeProgram) -> None:
    """It is named, with what to install there."""
    lonely = program(path="tool/codex-replay")

    with pytest.raises(UsageError, match=r"tool/codex-replay: mitmdump not found beside it"):
        find_mitmdump(str(lonely))
