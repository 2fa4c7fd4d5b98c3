"""A process and its children as one group: run to the end, or ended together; and the signals of our own process."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType


def run_group(
    command: list[str], *, cwd: Path, env: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process group of its own; return its output.

    Raises:
        subprocess.TimeoutExpired: it did not end within `timeout_s` seconds; the whole group was killed.
    """
    with subprocess.Popen(  # noqa: S603  the binary is the user's own Codex
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        except BaseException:  # Ctrl-C included: it does not reach the group by itself
            _signal_group(process, signal.SIGKILL)
            raise
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
        _signal_group(process, signal.SIGTERM)
        process.wait(wait_s)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # the group is gone; macOS reports it either way
        os.killpg(process.pid, number)
