"""The recorder: takes signals on the proxy's thread, writes records on its own. Knows no proxy.

The proxy's side (`record`) appends to a queue that is bounded in bytes; it never blocks and never raises. Decoding,
redaction, encoding, compression and files are the writer thread's.
"""

import errno
import hashlib
import logging
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from pytest_codex_replay.archive.capture import Chunk, Ended, FlowCapture, Lost, Message, Requested, Signal
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FlowEnd, Record
from pytest_codex_replay.archive.session_writer import SessionWriter, Status, WriterContext, is_disk_pressure
from pytest_codex_replay.redaction.capture import CaptureRedactor

__all__ = ["Recorder", "RecorderOptions", "Status", "directory_name"]

logger = logging.getLogger(__name__)

_SIGNAL_BYTES = 512
"""What a signal takes in memory beside its data, about."""
_NAME_CHARS = 100
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_MAX_WAITING = 64
"""So many records of a flow wait for it to name its session; then they go to the unattributed one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderOptions:
    """What a recorder run may be told."""

    codex_home: Path | None = None
    """Where Codex's rollouts are; None: they are not fetched."""
    recorder: str = "pytest-codex-replay"
    """Name and version of the program, written into each segment."""
    queue_bytes: int = 64 * 1024 * 1024
    """Signals that wait for the writer; beyond it they are dropped and a gap is written."""
    flush_ms: float = 50
    """How long a signal waits for company before it is written."""
    idle_ms: float = 30_000
    """After so long without traffic a session gives up its compressor."""
    forget_ms: float = 3_600_000
    """After so long without traffic a session is closed; more traffic begins a new segment."""
    manifest_ms: float = 5_000
    """How often `session.json` is brought up to date while there is traffic."""
    pause_ms: float = 10_000
    """How long a session rests after it could not be written."""
    complain_ms: float = 60_000
    """How often the same trouble is said."""


@dataclass(slots=True)
class _Dropped:
    """Signals of one flow for which there was no room; stands in the queue where the first of them would."""

    flow: str
    from_ms: float
    until_ms: float
    count: int = 0
    bytes: int = 0


class Recorder:
    """One recorder run on one archive."""

    def __init__(
        self,
        archive: Path,
        options: RecorderOptions | None = None,
        *,
        files: Files | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._options = options or RecorderOptions()
        self._clock = clock
        started = datetime.fromtimestamp(clock(), UTC)
        self.run = f"{started:%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
        self.unattributed = f"unattributed-{self.run}"
        """Session of what belongs to no Codex session."""
        self.status = Status()
        self._context = WriterContext(
            archive=archive,
            run=self.run,
            recorder=self._options.recorder,
            files=files or Files(),
            codex_home=self._options.codex_home,
            pause_ms=self._options.pause_ms,
            on_trouble=self._complain,
            status=self.status,
        )
        self._redactor = CaptureRedactor()
        self._queue: deque[tuple[Signal | _Dropped, int]] = deque()
        self._put_bytes = 0
        self._taken_bytes = 0
        self._dropped: dict[str, _Dropped] = {}
        self._dropping = threading.Lock()
        self._wake = threading.Event()
        self._is_closing = threading.Event()
        self._flows: dict[str, FlowCapture] = {}
        self._waiting: dict[str, list[Record]] = {}
        self._sessions: dict[str, SessionWriter] = {}
        self._said_ms: dict[str, float] = {}
        self._manifests_due_ms = 0.0
        self._thread = threading.Thread(target=self._work, name="codex-recorder", daemon=True)

    def start(self) -> None:
        """Start the writer thread.

        Raises:
            OSError: the archive directory cannot be made or written to.
        """
        archive = self._context.archive
        self._context.files.make_directory(archive)
        if not os.access(archive, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(archive))
        self._thread.start()

    def record(self, signal: Signal) -> None:
        """Take a signal. Called from one thread; never blocks, never raises for want of room."""
        if self._is_closing.is_set():
            return
        if isinstance(signal, Requested) and not self._has_room(_size(signal)):
            self._put(signal._replace(body=None))  # without it, nothing of the flow would make sense
            self._drop(signal)
        elif isinstance(signal, Requested | Chunk | Message) and not self._has_room(_size(signal)):
            self._drop(signal)
        else:
            self._put(signal)

    @property
    def is_crowded(self) -> bool:
        """Whether a sender that can wait should: the queue is more than half full."""
        return self._put_bytes - self._taken_bytes > self._options.queue_bytes // 2

    def close(self, *, timeout_s: float = 10) -> bool:
        """End open flows, write everything, stop the thread; False when it did not finish in time."""
        self._is_closing.set()
        self._wake.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _has_room(self, size: int) -> bool:
        waiting = self._put_bytes - self._taken_bytes
        return waiting + size <= self._options.queue_bytes or not waiting

    def _put(self, entry: Signal | _Dropped) -> None:
        size = _size(entry)
        self._put_bytes += size
        waiting = self._put_bytes - self._taken_bytes
        self.status.queue_high_water_bytes = max(self.status.queue_high_water_bytes, waiting)
        self._queue.append((entry, size))
        if not self._wake.is_set():
            self._wake.set()

    def _drop(self, signal: Signal) -> None:
        with self._dropping:
            dropped = self._dropped.get(signal.flow)
            if dropped is None:
                dropped = self._dropped[signal.flow] = _Dropped(signal.flow, signal.at_ms, signal.at_ms)
                self._put(dropped)
            dropped.until_ms = signal.at_ms
            dropped.count += 1
            dropped.bytes += _data_bytes(signal)

    def _work(self) -> None:
        while not self._is_closing.is_set():
            self._wake.wait(1)
            self._is_closing.wait(self._options.flush_ms / 1000)
            self._wake.clear()
            self._guard(self._drain)
            self._guard(self._housekeep)
        self._guard(self._drain)
        at_ms = self._now_ms()
        for flow in list(self._flows):
            self._guard(self._take, Ended(flow, at_ms, FlowEnd.SHUTDOWN))
        for session in self._sessions.values():
            session.flush(at_ms)
        for session in self._sessions.values():
            self._guard(session.close, at_ms)

    def _guard(self, step: Callable[..., None], *args: Any) -> None:
        """Run a step; a bug in it may cost records, but not the thread."""
        try:
            step(*args)
        except Exception as error:  # noqa: BLE001  invariant 1: fail open
            self._fails(error)

    def _drain(self) -> None:
        for _ in range(len(self._queue)):
            entry, size = self._queue.popleft()
            self._taken_bytes += size
            self._guard(self._take, self._lost(entry) if isinstance(entry, _Dropped) else entry)
        now_ms = self._now_ms()
        for session in self._sessions.values():
            session.flush(now_ms)

    def _take(self, signal: Signal) -> None:
        capture = self._flows.get(signal.flow)
        if capture is None:
            if not isinstance(signal, Requested):
                return  # its request came before the recorder
            capture = self._flows[signal.flow] = FlowCapture(self._redactor)
        self.status.bytes_seen += _data_bytes(signal)
        waiting = self._waiting.setdefault(signal.flow, [])
        try:
            waiting += capture.feed(signal)
        except Exception as error:  # noqa: BLE001  invariant 1; said in the session and in the log
            reason = f"recorder error: {type(error).__name__}"
            waiting += capture.feed(Lost(signal.flow, signal.at_ms, signal.at_ms, reason, 1, _data_bytes(signal)))
            self.status.dropped += 1
            self._fails(error)
        if capture.is_routed or len(waiting) >= _MAX_WAITING:
            capture.is_routed = True
            session = self._session(capture.session)
            for record in self._waiting.pop(signal.flow):
                session.write(record)
        if capture.is_over:
            del self._flows[signal.flow]

    def _lost(self, dropped: _Dropped) -> Lost:
        with self._dropping:
            del self._dropped[dropped.flow]
        self.status.dropped += dropped.count
        if self._may_say("queue full"):
            logger.warning("codex recorder: the disk is too slow, records are dropped; traffic is not affected")
        return Lost(dropped.flow, dropped.from_ms, dropped.until_ms, "queue full", dropped.count, dropped.bytes)

    def _session(self, session_id: str | None) -> SessionWriter:
        name = directory_name(session_id) if session_id else self.unattributed
        if name not in self._sessions:
            self._sessions[name] = SessionWriter(self._context, name)
            self.status.sessions += 1
        return self._sessions[name]

    def _housekeep(self) -> None:
        now_ms = self._now_ms()
        if now_ms < self._manifests_due_ms:
            return
        self._manifests_due_ms = now_ms + self._options.manifest_ms
        for name, session in list(self._sessions.items()):
            idle_ms = now_ms - session.last_at_ms
            if idle_ms > self._options.forget_ms:
                session.close(now_ms)
                del self._sessions[name]
            elif idle_ms > self._options.idle_ms:
                session.release()
            else:
                session.refresh()

    def _fails(self, error: Exception) -> None:
        """Say a bug, with its traceback and not too often."""
        self.status.errors += 1
        if self._may_say(f"{type(error).__name__} {error}"):
            logger.warning("codex recorder: records were lost; traffic is not affected", exc_info=error)

    def _complain(self, what: str, error: Exception) -> None:
        """Say a trouble with the disk, without a traceback and not too often."""
        self.status.errors += 1
        reason = "the disk is full" if is_disk_pressure(error) else getattr(error, "strerror", None) or str(error)
        if self._may_say(reason):
            logger.warning("codex recorder: %s: %s. Traffic goes on; what is lost is counted.", what, reason)

    def _may_say(self, what: str) -> bool:
        """Return whether to say something, which is not said again for a while."""
        now_ms = self._now_ms()
        if now_ms - self._said_ms.get(what, float("-inf")) < self._options.complain_ms:
            return False
        self._said_ms[what] = now_ms
        return True

    def _now_ms(self) -> float:
        return self._clock() * 1000


def _size(entry: Signal | _Dropped) -> int:
    return _SIGNAL_BYTES if isinstance(entry, _Dropped) else _SIGNAL_BYTES + _data_bytes(entry)


def _data_bytes(signal: Signal) -> int:
    if isinstance(signal, Chunk | Message):
        return len(signal.data)
    return len(signal.body or b"") if isinstance(signal, Requested) else 0


def directory_name(session_id: str) -> str:
    """Return a directory name for a session id, which comes from the wire and may hold anything.

    What had to be changed gets a digest behind it, so that two sessions never share a directory.
    """
    kept = _NOT_IN_A_NAME.sub("_", session_id)[:_NAME_CHARS].lstrip(".-")
    if kept == session_id:
        return kept
    digest = hashlib.sha256(session_id.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{kept or 'session'}-{digest}"
