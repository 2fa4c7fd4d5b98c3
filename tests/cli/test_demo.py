"""`codex-replay demo`: the first thing that a user sees."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.cli import main
from pytest_codex_replay.errors import UsageError

Demo = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def demo(forked_program: list[str], mitmdump_binary: str, tmp_path: Path) -> Demo:
    """Run `codex-replay demo` to its end."""

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "CODEX_REPLAY_MITMDUMP": mitmdump_binary, "HOME": str(tmp_path), **variables}
        return subprocess.run(
            [*forked_program, "demo", *words], env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_with_the_real_codex(demo: Demo, codex_command: str) -> None:
    """It says which Codex, shows the session and its rollout, and ends well when the replay gave the same items."""
    done = demo(CODEX_REPLAY_CODEX=codex_command)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"Client: the real Codex CLI ({codex_command})" in done.stdout
    assert "  rollout    rollout-" in done.stdout
    assert "user       Do the three steps." in done.stdout
    assert "assistant  All 3 steps are done." in done.stdout
    assert "The replay gave the same 7 items as the recording.\n" in done.stdout


def test_with_the_bundled_client(demo: Demo) -> None:
    """Without Codex a small client takes its place, and the output names how to get the real one."""
    done = demo(CODEX_REPLAY_CODEX="no-such-codex")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Client: the bundled one. Install the real Codex CLI to see it here: npm install" in done.stdout
    assert "The replay gave the same 11 items as the recording.\n" in done.stdout


def test_without_mitmproxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The embedded recorder takes its place, and the output says so."""
    missing = Mock(side_effect=UsageError("mitmdump: command not found"))
    monkeypatch.setattr("pytest_codex_replay.launch.recorder_process.find_mitmdump", missing)
    monkeypatch.delenv("CODEX_REPLAY_MITMDUMP", raising=False)
    monkeypatch.setenv("CODEX_REPLAY_CODEX", "no-such-codex")
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(SystemExit) as ended:
        main(["demo"])

    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert "Recorder: the embedded one." in printed
    assert "The replay gave the same 11 items as the recording.\n" in printed
    (session,) = open_sessions(tmp_path / ".codex-replay" / "demo" / "sessions")
    cassette = tmp_path / ".codex-replay" / "demo" / "cassette"
    assert (cassette / "traffic.jsonl").is_file()
    assert printed.endswith(
        f"\nThe recording  {session.path}\n  codex-replay show {session.path}\n"
        f"The cassette   {cassette}\n  codex-replay serve {cassette}\n"
        'Your own:      codex-replay record -- codex exec "…"\n'
    )


def test_keeping_the_session(demo: Demo, tmp_path: Path) -> None:
    """It is where the user wants it; a second demo adds one, and both leave nothing in a temporary directory."""
    kept, temporary = tmp_path / "kept", tmp_path / "temporary"
    temporary.mkdir()
    variables = {"CODEX_REPLAY_CODEX": "no-such-codex", "TMPDIR": str(temporary)}

    codes = [demo("--keep", str(kept), **variables).returncode for _ in range(2)]

    assert codes == [0, 0]
    assert len(open_sessions(kept)) == 2
    assert list(temporary.iterdir()) == []


def test_without_a_recorder(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line names what is missing."""
    monkeypatch.setenv("CODEX_REPLAY_MITMDUMP", "no-such-mitmdump")
    monkeypatch.setenv("HOME", str(tmp_path))
    done = run("demo")

    assert done.exit_code == 2
    assert done.stderr.startswith("Error: no-such-mitmdump: command not found. Set CODEX_REPLAY_MITMDUMP ")


def test_keeping_it_in_a_file(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It cannot be, and the file stays what it is."""
    monkeypatch.setenv("CODEX_REPLAY_CODEX", "no-such-codex")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "file").write_text("mine")

    done = run("demo", "--keep", tmp_path / "file")

    assert done.exit_code == 2
    assert re.fullmatch(r"Error: .*file is a file, not a directory.*\n", done.stderr)
    assert (tmp_path / "file").read_text() == "mine"


def test_help_teaches(run) -> None:
    """What it does, and how to keep what it makes."""
    text = run("demo", "--help").output

    assert "with no account and no network" in text
    assert "codex-replay demo --keep" in text
