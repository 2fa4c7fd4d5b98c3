"""A process and its children as one group: run to the end, or ended together; and the signals of our own process."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Final

_LATE_S: Final = 1.0


def run_group(
    command: list[str], *, cwd: Path, env: Mapping[str, str], timeout_s: float, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process group of its own, with `stdin` to read; return its output.

    Raises:
        subprocess.TimeoutExpired: it did not end within `timeout_s` seconds; the whole group was killed.
    """
    with subprocess.Popen(  # noqa: S603  the binary is the user's own Codex
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            with _killed_after(timeout_s + _LATE_S, process) as is_late:
                stdout, stderr = process.communicate(stdin or None, timeout=timeout_s)
        except BaseException:  # Ctrl-C included: it does not reach the group by itself
            _signal_group(process, signal.SIGKILL)
            raise
    if is_late.is_set():
        raise subprocess.TimeoutExpired(command, timeout_s, stdout, stderr)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


@contextlib.contextmanager
def handling(numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Let `handler` take signals; when the block ends, they do what they did before."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)


def end_group(process: subprocess.Popen[bytes], *, wait_s: float) -> None:
    """Ask a process and its children to end; kill the rest after `wait_s` seconds, or at Ctrl-C."""
    try:
        with _killed_after(wait_s, process):
            _signal_group(process, signal.SIGTERM)
            process.wait()
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def _killed_after(wait_s: float, process: subprocess.Popen[bytes]) -> Iterator[threading.Event]:
    """Kill a group that outlives its time; the event says that it did.

    The timeouts of `subprocess` never pass while a test has frozen the clock; those of threads do.
    """
    is_late = threading.Event()

    def kill() -> None:
        is_late.set()
        _signal_group(process, signal.SIGKILL)

    timer = threading.Timer(wait_s, kill)
    timer.daemon = True
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()
        timer.join()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # the group is gone; macOS reports it either way
        os.killpg(process.pid, number)
