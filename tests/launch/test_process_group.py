"""A process and its children: run to the end, or ended together."""

import os
import subprocess
import sys
from pathlib import Path

import freezegun
import pytest

from pytest_codex_replay.launch.process_group import end_group, run_group

STUBBORN = """
exec 3>alive
trap '' TERM
echo here >&3
tail -f /dev/null &
wait
wait
"""


def test_output_and_exit_code(tmp_path: Path) -> None:
    """Both streams are bytes; the environment and the directory are those that were given."""
    done = run_group(["/bin/sh", "-c", "pwd; echo $NAME >&2; exit 3"], cwd=tmp_path, env={"NAME": "x"}, timeout_s=60)

    assert (done.returncode, done.stdout, done.stderr) == (3, f"{tmp_path}\n".encode(), b"x\n")


@pytest.fixture
def alive(tmp_path: Path) -> int:
    """Open a pipe that reads its end when nothing of a group is left that holds it."""
    os.mkfifo(tmp_path / "alive")
    return os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)


def read_to_end(pipe: int) -> bytes:
    os.set_blocking(pipe, True)
    with os.fdopen(pipe, "rb") as file:
        return file.read()


def test_a_timeout_kills_the_group(tmp_path: Path, alive: int) -> None:
    """The children, too, and whether or not they ignore SIGTERM."""
    with pytest.raises(subprocess.TimeoutExpired):
        run_group(["/bin/sh", "-c", STUBBORN], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, timeout_s=1)

    assert read_to_end(alive) == b"here\n"


def test_a_timeout_passes_while_the_clock_is_frozen(tmp_path: Path, alive: int) -> None:
    """A test may freeze it; what was printed until then is kept."""
    path = {"PATH": os.environ["PATH"]}

    with freezegun.freeze_time("2001-02-03"), pytest.raises(subprocess.TimeoutExpired) as raised:
        run_group(["/bin/sh", "-c", f"echo begun; {STUBBORN}"], cwd=tmp_path, env=path, timeout_s=1)

    assert raised.value.output == b"begun\n"
    assert read_to_end(alive) == b"here\n"


def test_a_group_that_does_not_end_is_killed(tmp_path: Path, alive: int) -> None:
    """It gets the time that was given, and no more."""
    command = ["/bin/sh", "-c", STUBBORN.replace("echo here >&3", "echo here")]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        end_group(process, wait_s=0.1)

    assert process.returncode == -9
    assert read_to_end(alive) == b""


def test_a_group_that_is_gone(tmp_path: Path) -> None:
    """Ending it again is no error."""
    process = subprocess.Popen([sys.executable, "-c", ""], cwd=tmp_path, start_new_session=True)
    process.wait(60)

    end_group(process, wait_s=1)

    assert process.returncode == 0
