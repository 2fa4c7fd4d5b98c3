"""A fork of mitmdump behaves as one that was started: the tests that use it say something about the program."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

ADDON = """
import os, sys
from mitmproxy import ctx

def running():
    print(os.getcwd(), os.environ.get("LUCK"), oct(os.umask(0)), "/there" in sys.path, sys.argv[1:], file=sys.stderr)
    print("ready")
"""


@pytest.mark.parametrize("words", [["--nonsense"], ["--set", "confdir=.", "-s", "missing.py"]], ids=" ".join)
def test_it_prints_and_ends_as_the_program_does(
    words: list[str], mitmdump_program: str, mitmdump_binary: str, tmp_path: Path
) -> None:
    """Whatever it is told to do."""

    def ended(binary: str) -> tuple[int, bytes, bytes]:
        done = subprocess.run([binary, *words], cwd=tmp_path, capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr.replace(os.fsencode(binary), b"mitmdump")

    code, out, err = ended(mitmdump_program)

    assert out or err
    assert ended(mitmdump_binary) == (code, out, err)


@pytest.fixture
def running(mitmdump_binary: str, tmp_path: Path):
    """A fork that runs, with its output in a pipe."""
    (tmp_path / "addon.py").write_text(ADDON)
    command = [mitmdump_binary, "--set", "confdir=.", "--listen-port", "0", "--listen-host", "127.0.0.1", "-s"]
    env = {**os.environ, "LUCK": "good", "PYTHONUNBUFFERED": "1", "PYTHONPATH": "/there"}
    with subprocess.Popen(
        [*command, "addon.py"], cwd=tmp_path, env=env, umask=0o27, stdout=-1, stderr=-1, text=True
    ) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "ready\n":
            assert process.poll() is None
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_has_what_its_parent_gave_it_and_ends_by_signals(running, tmp_path: Path, number: signal.Signals) -> None:
    """Directory, environment, mask, arguments, files; mitmdump itself ends well then."""
    running.send_signal(number)
    _, errors = running.communicate(timeout=30)

    assert running.returncode == 0
    assert errors.startswith(f"{tmp_path} good 0o27 True ")
    assert errors.endswith("'addon.py']\n")


@pytest.mark.parametrize("number", [signal.SIGKILL])
def test_what_kills_it_kills_the_fork(running, number: signal.Signals) -> None:
    """Its output ends, which the fork held open, and the exit code names the signal."""
    running.send_signal(number)
    running.communicate(timeout=30)

    assert running.returncode == -number
