"""The process of an app-server: its lines, its deadlines, its end."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pytest_codex_replay.errors import AppServerError
from pytest_codex_replay.launch.app_process import AppProcess, now_s


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], AppProcess]]:
    """Start a shell script; stop it in the end."""
    with ExitStack() as stack:

        def make(script: str) -> AppProcess:
            process = AppProcess(["/bin/sh", "-c", script], cwd=tmp_path, env=dict(os.environ))
            stack.callback(process.stop)
            return process

        yield make


def soon(seconds: float = 20) -> float:
    return now_s() + seconds


def test_lines(start) -> None:
    """They come back one by one; blank ones are left out; long ones are whole."""
    process = start("cat; echo; echo last")
    long = b"x" * 300_000 + b"\n"

    assert process.send(b"a\n", deadline=soon())
    assert process.send(long, deadline=soon())

    assert [process.receive(deadline=soon()) for _ in range(2)] == [b"a\n", long]


def test_nothing_comes(start) -> None:
    """The caller gets on at its deadline."""
    assert start("cat").receive(deadline=soon(0)) is None


def test_a_frozen_clock(start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that stops the time is not waited for without end."""
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)

    assert start("cat").receive(deadline=soon(0.3)) is None


def test_a_server_that_reads_nothing(start) -> None:
    """More than a pipe holds is given up at the deadline."""
    process = start("tail -f /dev/null")

    assert not process.send(b"x" * 1_000_000, deadline=soon(0.3))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "ended with exit code 3, and printed no error"),
        ("echo first >&2; printf '\\033[31mlast\\033[0m\\n\\n' >&2; exit 1", "ended with exit code 1: last"),
        (
            "printf 'error: unknown option\\n\\nUsage: x\\n' >&2; exit 2",
            "ended with exit code 2: error: unknown option",
        ),
        ("kill -9 $$", "ended with exit code -9, and printed no error"),
        ("(tail -f /dev/null &) ; exit 4", "ended with exit code 4, and printed no error"),
    ],
)
def test_a_server_that_ends(start, script: str, said: str) -> None:
    """How, and the line of its errors that tells most; each time it is asked."""
    process = start(script)

    for _ in range(2):
        with pytest.raises(AppServerError, match=f"^codex app-server {said}$"):
            process.receive(deadline=soon())


def test_a_server_that_ended_is_sent_nothing(start) -> None:
    """The error is the same."""
    process = start("echo gone >&2; exit 5")
    with pytest.raises(AppServerError):
        process.receive(deadline=soon())

    with pytest.raises(AppServerError, match=r"ended with exit code 5: gone"):
        process.send(b"x\n", deadline=soon())


def test_what_was_printed_before_the_end_is_read_first(start) -> None:
    """An end loses no line."""
    process = start("echo a; echo b; exit 1")

    assert [process.receive(deadline=soon()) for _ in range(2)] == [b"a\n", b"b\n"]
    with pytest.raises(AppServerError, match="exit code 1"):
        process.receive(deadline=soon())


def test_no_program(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(AppServerError, match=r"^codex app-server did not start: .*no-such-codex"):
        AppProcess([str(tmp_path / "no-such-codex")], cwd=tmp_path, env={})


@pytest.mark.parametrize(
    "manners", ["cat >&2", "trap '' TERM; tail -f /dev/null"], ids=["ends with its input", "stays"]
)
def test_nothing_is_left(start, tmp_path: Path, manners: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had started ends with it: the pipe that all of them hold open reads its end. No thread is left either."""
    monkeypatch.setattr("pytest_codex_replay.launch.app_process._STOP_S", 0.5)
    os.mkfifo(tmp_path / "alive")
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    before = threading.active_count()
    process = start(f"exec 3>alive; tail -f /dev/null & echo here; {manners}")
    process.receive(deadline=soon())

    process.stop()
    process.stop()

    os.set_blocking(alive, True)
    with os.fdopen(alive, "rb") as pipe:
        assert pipe.read() == b""
    assert threading.active_count() == before
