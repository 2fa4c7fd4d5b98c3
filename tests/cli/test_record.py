"""`codex-replay record`, with a recorder and commands of its own."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from tests.documented import documented, shape

QUIET = "features.apps = false\nfeatures.plugins = false\nanalytics.enabled = false"
CLIENT = """
import os, sys
from pytest_codex_replay.upstream.client import SmallClient

SmallClient(os.environ["OPENAI_BASE_URL"]).exec("Hello.")
sys.exit(3)
"""
Record = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(mitmdump_binary: str, tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "codex-home"
    home.mkdir()
    own = {"CODEX_REPLAY_MITMDUMP": mitmdump_binary, "HOME": str(tmp_path), "CODEX_HOME": str(home)}
    return {**os.environ, **own}


@pytest.fixture
def record(forked_program: list[str], environment: dict[str, str], tmp_path: Path) -> Record:
    """Run `codex-replay record --archive …` to its end."""

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*forked_program, "record", "--archive", str(tmp_path / "archive"), *words],
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
        done, url = record("--upstream", upstream.base_url, "--", sys.executable, "-c", CLIENT), upstream.base_url

    (session,) = open_sessions(tmp_path / "archive")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"Recording {url} (--upstream)\n"
        "  Codex is led there by a CODEX_HOME of this run, other clients by OPENAI_BASE_URL\n"
        f"Recorded {session.path}\n  codex-replay show {session.path}\n"
        f"  codex-replay redact {session.path} cassettes/NAME   then: pytest --codex-replay\n"
    )
    printed = list(map(shape, done.stderr.splitlines()))
    shown = map(shape, documented("record.md", 'codex-replay record -- codex exec "fix the failing test"'))
    assert [line for line in shown if line not in printed] == []
    assert list((tmp_path / "codex-home").iterdir()) == []
    assert len(load_cassette(session.path).interactions) == 4


def test_codex_is_recorded_whoever_starts_it(record: Record, codex_command: str, tmp_path: Path) -> None:
    """A script starts it, with a provider of the user's: this is asked, and all that Codex writes is in its home."""
    home = tmp_path / "codex-home"
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        url = upstream.base_url
        provider = f'name = "gw"\nbase_url = "{url}"\nenv_key = "GATEWAY_KEY"\n'
        config = f'model_provider = "gw"\n{QUIET}\n[model_providers.gw]\n{provider}'
        (home / "config.toml").write_text(config)
        script = f"{codex_command} exec --json --skip-git-repo-check -C {tmp_path} Hello."
        done = record("--", "sh", "-c", script, GATEWAY_KEY="dummy")

    (session,) = open_sessions(tmp_path / "archive")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    (rollout,) = home.rglob("rollout-*.jsonl")
    with closing(sqlite3.connect(home / "state_5.sqlite")) as database:
        known = database.execute("SELECT rollout_path FROM threads").fetchall()
    assert done.returncode == 0
    assert session.name == events[0]["thread_id"]
    assert [path.name for path in session.rollouts()] == [rollout.name]
    assert f"Recording {url} (model_providers.gw.base_url, config.toml)" in done.stderr
    assert (home / "config.toml").read_text() == config
    assert known == [(str(rollout),)]
    assert "codex-replay/homes" not in rollout.read_text()
    assert list((tmp_path / ".codex-replay" / "homes").iterdir()) == []


def test_a_configuration_that_does_not_parse(record: Record, codex_binary: str, tmp_path: Path) -> None:
    """Codex's own error is shown, and nothing is changed."""
    config = tmp_path / "codex-home" / "config.toml"
    config.write_text("a = = 1\n")

    done = record("--", codex_binary, "exec", "--skip-git-repo-check", "Hello.")

    assert done.returncode == 1
    assert f"{config}: " in done.stderr.partition("\n")[2]
    assert f"{config}:1:5: " in done.stderr  # Codex's
    assert config.read_text() == "a = = 1\n"


def test_a_command_that_sends_nothing(record: Record) -> None:
    """Its exit code is passed on all the same, and the user is told what else to try."""
    done = record("--", "false")

    assert done.returncode == 1
    assert done.stderr.endswith(
        "Nothing was recorded: no request reached the recorder. "
        "Does the command read OPENAI_BASE_URL, or start Codex? Else try --proxy.\n"
    )


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
        (["--", "no-such-program"], "no-such-program: command not found"),
        (["--", os.devnull], f"{os.devnull}: may not be run"),
        (["--proxy", "--upstream", "http://x/v1", "--", "true"], "--proxy records all hosts: leave out --upstream."),
        (
            ["--upstream", "nonsense", "--", "true"],
            "nonsense (--upstream): not a base URL. Give one such as https://api.openai.com/v1.",
        ),
        (["--upstream", "", "--", "true"], "Invalid value for '--upstream': is empty: give a value, or leave it out"),
        (
            ["--archive", "/proc/x", "--", "true"],
            "/proc/x: cannot be written (No such file or directory). Give another",
        ),
        (["--archive", "", "--", "true"], "Invalid value for '--archive': is empty"),
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


def test_requests_that_reached_no_upstream(record: Record, tmp_path: Path) -> None:
    """They are counted, with the reason and without the words of a library; what was recorded is named."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ask = "import os, httpx; httpx.get(os.environ['OPENAI_BASE_URL'] + '/models', trust_env=False)"

    done = record("--upstream", f"http://127.0.0.1:{port}/v1", "--", sys.executable, "-c", ask)

    assert f"\n1 request never reached the upstream: http://127.0.0.1:{port} could not be reached: " in done.stderr
    assert "ssl:default" not in done.stderr
    assert "\nRecorded " in done.stderr
    assert "codex-replay redact" not in done.stderr


def test_a_cassette_in_the_same_step(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording stays, the cassette is redacted, and a name that is taken is refused before the command runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CODEX_HOME", raising=False)
    monkeypatch.setattr("pytest_codex_replay.sharing.scan.external_scanner.find_external_scanner", lambda: None)
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        words = ["record", "--cassette", "mine", "--upstream", upstream.base_url, "--", sys.executable, "-c", CLIENT]
        done, again = run(*words), run(*words)

    assert done.exit_code == 3
    assert len(load_cassette(tmp_path / "cassettes" / "mine").interactions) == 1
    assert 'pytest --codex-replay   with @pytest.mark.codex_replay("mine")' in done.stderr
    assert again.stderr == "Error: cassettes/mine: exists already. Choose another name, or remove it.\n"
    assert len(open_sessions(tmp_path / ".codex-replay" / "sessions")) == 1
    assert not (tmp_path / ".codex").exists()


def test_the_recorder_is_not_its_own_upstream(record: Record) -> None:
    """It is refused before the command runs, and does not ask itself for ever."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    done = record("--port", str(port), "--upstream", f"http://localhost:{port}/v1", "--", "echo", "ran")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: http://localhost:{port}: is the address of the recorder itself.")


def test_a_second_interrupt_while_it_ends(program: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    """The last lines are written all the same."""
    script = "trap 'kill -INT $PPID; exit 5' INT; echo ready; while :; do read -r line; done"
    words = ["record", "--archive", str(tmp_path / "archive"), "--", "sh", "-c", script]
    with subprocess.Popen(
        [*program, *words], env=environment, stdin=-1, stdout=-1, stderr=-1, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate("\n", timeout=30)

    assert process.returncode == 5
    assert "Nothing was recorded" in said
