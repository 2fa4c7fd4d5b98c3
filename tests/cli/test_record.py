"""`codex-replay record`, with a recorder and commands of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.cli.record import tell
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.upstream.scenarios import text

CLIENT = """
import os, sys
from pytest_codex_replay.upstream.client import SmallClient

SmallClient(os.environ["OPENAI_BASE_URL"]).exec("Hello.")
sys.exit(3)
"""
Record = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(mitmdump_program: str, tmp_path: Path) -> dict[str, str]:
    own = {"CODEX_REPLAY_MITMDUMP": mitmdump_program, "HOME": str(tmp_path), "CODEX_HOME": str(tmp_path / "codex-home")}
    return {**os.environ, **own}


@pytest.fixture
def record(program: list[str], environment: dict[str, str], tmp_path: Path) -> Record:
    """Run `codex-replay record --archive …` to its end."""

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*program, "record", "--archive", str(tmp_path / "archive"), *words],
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_a_command_is_recorded(record: Record, tmp_path: Path) -> None:
    """It is pointed at the recorder, its exit code is passed on, and the user learns where the session is."""
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream:
        done = record("--upstream", upstream.base_url, "--", sys.executable, "-c", CLIENT)

    (session,) = open_sessions(tmp_path / "archive")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"Recorded {session.path}\n  codex-replay show {session.path}\n"
    assert len(load_cassette(session.path).interactions) == 4


def test_codex_is_recorded(record: Record, codex_command: str, tmp_path: Path) -> None:
    """Codex does not read the variable: it is told by an argument; what it prints comes through."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        codex = [codex_command, "exec", "--json", "--skip-git-repo-check", "-C", str(tmp_path), "Hello."]
        (tmp_path / "codex-home").mkdir()
        done = record("--upstream", upstream.base_url, *codex, CODEX_API_KEY="dummy")

    (session,) = open_sessions(tmp_path / "archive")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert session.name == events[0]["thread_id"]
    assert [path.name.startswith("rollout-") for path in session.rollouts()] == [True]


def test_a_command_that_sends_nothing(record: Record) -> None:
    """Its exit code is passed on all the same, and the user is told what else to try."""
    done = record("--", "false")

    assert done.returncode == 1
    assert done.stderr == "Nothing was recorded: no request reached the recorder. Try --proxy.\n"


@pytest.mark.parametrize(("script", "code"), [("exit 42", 42), ("kill -TERM $$", 128 + signal.SIGTERM)])
def test_the_exit_code_is_that_of_the_command(record: Record, script: str, code: int) -> None:
    """A command that was killed by a signal has the exit code that a shell gives it."""
    assert record("--", "sh", "-c", script).returncode == code


def test_options_behind_the_command_are_its_own(record: Record) -> None:
    """Even those that `record` has, too, and without `--` in between."""
    done = record("echo", "--port", "1", "--help")

    assert done.stdout == "--port 1 --help\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--", "no-such-program"], "no-such-program: cannot be run (No such file or directory)"),
        (["--", os.devnull], f"{os.devnull}: cannot be run (Permission denied)"),
        (
            ["--upstream", "nonsense", "--", "true"],
            "nonsense: not a base URL. Give one such as https://api.openai.com/v1.",
        ),
        (["--nonsense", "--", "true"], "No such option '--nonsense' (see codex-replay record --help)"),
        (["--port", "99999", "--", "true"], "Invalid value for '--port': 99999 is not in the range 0<=x<=65535"),
    ],
)
def test_what_cannot_be_done(refusal, tmp_path: Path, words: list[str], reason: str) -> None:
    """One line, exit code 2."""
    assert refusal("record", "--archive", tmp_path / "archive", *words).startswith(f"Error: {reason}")


def test_a_busy_port(refusal, tmp_path: Path) -> None:
    """It is named; the command is not run."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal("record", "--archive", tmp_path / "archive", "--port", port, "--", "echo", "ran")

    assert (
        said
        == f"Error: cannot listen on 127.0.0.1:{port}: the port is taken. Choose another --port; 0 takes a free one.\n"
    )


def test_an_archive_that_is_a_file(refusal, tmp_path: Path) -> None:
    """It is left as it is."""
    (tmp_path / "archive").write_text("mine")

    assert "is a file, not a directory" in refusal("record", "--archive", tmp_path / "archive", "--", "echo", "ran")
    assert (tmp_path / "archive").read_text() == "mine"


def test_no_recorder(refusal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user learns what is missing."""
    monkeypatch.setenv("CODEX_REPLAY_MITMDUMP", "no-such-mitmdump")
    said = refusal("record", "--archive", tmp_path / "archive", "--proxy", "--", "true")

    assert said.startswith("Error: no-such-mitmdump: command not found. Set CODEX_REPLAY_MITMDUMP ")


def test_a_recorder_that_ends_too_early(record: Record, tmp_path: Path) -> None:
    """The command goes on; the user learns that the recording does not."""
    for name in ("go", "ended"):
        os.mkfifo(tmp_path / name)
    mitmdump = tmp_path / "mitmdump"
    starts = "echo 'proxy listening at 127.0.0.1:1.'; echo 'codex recorder: recording all'"
    ends = f"read -r line < {tmp_path}/go; echo $$ > {tmp_path}/pid; exec 3> {tmp_path}/ended; echo out of luck"
    mitmdump.write_text(f"#!/bin/sh\n{starts}\n{ends}\n")
    mitmdump.chmod(0o755)

    has_ended = f"while ps -o stat= -p $(cat {tmp_path}/pid) | grep -qv Z; do :; done"  # its files close before
    command = f"echo > {tmp_path}/go; cat {tmp_path}/ended; {has_ended}"
    done = record("--proxy", "--", "sh", "-c", command, CODEX_REPLAY_MITMDUMP=str(mitmdump))

    assert done.returncode == 0
    assert "The recorder ended before the command did:" in done.stderr
    assert "out of luck" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_a_command_it_records_until_a_signal(
    program: list[str], environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    """The first line of stdout is the address, as JSON; at the end all is written, and the port is free.

    In the background of a shell script, too, where SIGINT is ignored from the start.
    """
    program = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *program]
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        words = ["record", "--archive", str(tmp_path / "archive"), "--upstream", upstream.base_url]
        with subprocess.Popen([*program, *words], env=environment, stdout=-1, stderr=-1, text=True) as process:
            assert process.stdout is not None
            address = json.loads(process.stdout.readline())
            variables = environment | {"OPENAI_BASE_URL": address["base_url"]}
            subprocess.run([sys.executable, "-c", CLIENT], env=variables, check=False)
            process.send_signal(number)
            _, said = process.communicate(timeout=30)

    (session,) = open_sessions(tmp_path / "archive")
    assert process.returncode == 0
    assert address["archive"] == str(tmp_path / "archive")
    assert f"Recorded {session.path}" in said
    port = int(address["base_url"].split(":")[2].split("/")[0])
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) != 0


def test_a_signal_goes_to_the_command(program: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    """Signals are handed on; the command decides how it ends, and its traffic until then is kept."""
    script = "trap 'echo ending; exit 7' TERM; echo ready; while :; do read -r line; done"
    words = ["record", "--archive", str(tmp_path / "archive"), "--", "sh", "-c", script]
    with subprocess.Popen([*program, *words], env=environment, stdin=-1, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate("\n", timeout=30)

    assert (ready, rest) == ("ready\n", "ending\n")
    assert process.returncode == 7


def test_as_a_proxy(record: Record) -> None:
    """The command's environment leads through the proxy, and to the certificate that Codex is to trust."""
    done = record("--proxy", "--", "sh", "-c", 'echo "$HTTPS_PROXY" "$CODEX_CA_CERTIFICATE"')

    proxy, certificate = done.stdout.split()
    assert proxy.startswith("http://127.0.0.1:")
    assert Path(certificate).is_file()


def test_help_teaches(run) -> None:
    """What it does, how it ends, and what to type."""
    text = run("record", "--help").output

    assert "codex-replay record -- codex exec" in text
    assert "The exit code is that" in text


def test_what_codex_began_by_itself_is_named_as_that(talk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To look at the conversation is what most want; what cannot be read is named all the same."""
    conversation, title = talk(text()), talk(text(), thread="title")
    conversation.turn("hi")
    title.title("hi")
    conversation.write(tmp_path / "a")
    title.write(tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "traffic.jsonl").write_text('{"seq":0,"at_ms":1,"kind":"segment","format":99}\n')

    tell(tmp_path, dict.fromkeys("abc", 1), {})

    a, b, c = (tmp_path / name for name in "abc")
    shown = "Recorded {0}\n  codex-replay show {0}\n"
    assert capsys.readouterr().err == f"{shown.format(a)}Recorded {b} (title)\n{shown.format(c)}"
