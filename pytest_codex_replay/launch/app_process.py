"""`codex app-server` as a process: lines in and out, each with a deadline; nothing of it is left when it is stopped."""

import contextlib
import os
import queue
import re
import select
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from pytest_codex_replay.errors import AppServerError
from pytest_codex_replay.launch.process_group import end_group

_STOP_S = 5.0
_KILL_S = 1.0
_POLL_S = 0.2
_KEPT_LINES = 50
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_REASON = re.compile(r"^error", re.IGNORECASE)


def now_s() -> float:
    """Return the time of a clock that no test can freeze: what patches `time.monotonic` does not patch this."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


class AppProcess:
    """A started app-server. Its output is read all the time, so that it never waits for a test."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        """Start it, in a process group of its own.

        Raises:
            AppServerError: the program cannot be started.
        """
        try:
            self._process = subprocess.Popen(  # noqa: S603  the binary is the user's own Codex
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise AppServerError(f"codex app-server did not start: {error}") from error
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        """None: the output has ended."""
        self._stderr: deque[str] = deque(maxlen=_KEPT_LINES)
        self._is_running = True
        os.set_blocking(self._stdin.fileno(), False)
        self._readers = [
            threading.Thread(target=read, name=f"codex-app-server-{name}", daemon=True)
            for name, read in (("stdout", self._read_stdout), ("stderr", self._read_stderr))
        ]
        for reader in self._readers:
            reader.start()

    def send(self, line: bytes, *, deadline: float) -> bool:
        """Write a line; return False when the server did not take it before the deadline.

        Raises:
            AppServerError: the server has ended.
        """
        rest = memoryview(line)
        while rest:
            if not select.select([], [self._stdin], [], max(0.0, deadline - now_s()))[1]:
                return False
            try:
                rest = rest[os.write(self._stdin.fileno(), rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise self._ended() from error
        return True

    def receive(self, *, deadline: float) -> bytes | None:
        """Return the next line; None when none came before the deadline.

        Raises:
            AppServerError: the server has ended.
        """
        while True:
            left_s = deadline - now_s()
            try:
                line = self._lines.get(timeout=max(0.0, min(left_s, _POLL_S)))
            except queue.Empty:
                if self._process.poll() is not None and self._lines.empty():
                    raise self._ended() from None
                if left_s <= 0:
                    return None
                continue
            if line is None:
                self._lines.put(None)  # for the next caller
                raise self._ended()
            return line

    @property
    def complaint(self) -> str:
        """The line of its error output that tells most: the last, or where its arguments are wrong the first."""
        lines = [line for line in tuple(self._stderr) if line]
        return next((line for line in lines if _REASON.match(line)), lines[-1] if lines else "")

    def stop(self) -> None:
        """Close its input, at which it ends; end by force what has not ended then, and what it had started."""
        if not self._is_running:
            return
        self._is_running = False
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        end_group(self._process, wait_s=_KILL_S)
        for reader, pipe in zip(self._readers, (self._process.stdout, self._process.stderr), strict=True):
            reader.join(_STOP_S)
            if pipe is not None and not reader.is_alive():  # else a program that outlived it holds the pipe
                pipe.close()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _read_stdout(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip():
                self._lines.put(line)
        self._lines.put(None)

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._stderr.append(_ANSI.sub("", line.decode(errors="replace")).strip())

    def _ended(self) -> AppServerError:
        """Return the error that names how it ended, and what it said last."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        self._readers[1].join(_STOP_S if self._process.returncode is not None else 0)
        code = self._process.returncode
        how = "closed its output" if code is None else f"ended with exit code {code}"
        said = f": {self.complaint}" if self.complaint else ", and printed no error"
        return AppServerError(f"codex app-server {how}{said}")
