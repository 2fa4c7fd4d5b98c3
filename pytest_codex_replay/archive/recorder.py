"""The recorder: takes signals on the proxy's thread, writes records on its own. Knows no proxy.

The proxy's side (`record`) appends to a queue that is bounded in bytes; it never blocks and never raises. Decoding,
redaction, encoding, compression and files are the writer thread's.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from pytest_codex_replay.archive.capture import Chunk, Ended, FlowCapture, Message, Requested, Signal
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FlowEnd, FlowRecord, GapRecord
from pytest_codex_replay.archive.session_writer import SessionWriter, WriterContext, is_disk_pressure
from pytest_codex_replay.redaction.capture import CaptureRedactor

__all__ = ["Recorder", "RecorderOptions", "Status"]

logger = logging.getLogger(__name__)


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
    manifest_ms: float = 5_000
    """How often `session.json` is brought up to date while there is traffic."""
    pause_ms: float = 10_000
    """How long a session rests after it could not be written."""
    complain_ms: float = 60_000
    """How often the same trouble is said."""


@dataclass(slots=True)
class Status:
    """Counters of a recorder run."""

    recorded: int = 0
    """Records that reached a file."""
    dropped: int = 0
    """Signals and records that were lost."""
    gaps: int = 0
    bytes_seen: int = 0
    queue_high_water_bytes: int = 0
    sessions: int = 0
    errors: int = 0
    """Failures that were caught."""


@dataclass(slots=True)
class _Dropped:
    from_ms: float
    count: int = 0
    bytes: int = 0
    flows: set[str] = field(default_factory=set)


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
        )
        self._redactor = CaptureRedactor()
        self._queue: deque[tuple[Signal, int]] = deque()
        self._put_bytes = 0
        self._taken_bytes = 0
        self._dropped: _Dropped | None = None
        self._dropped_count = 0
        self._wake = threading.Event()
        self._is_closing = threading.Event()
        self._flows: dict[str, FlowCapture] = {}
        self._waiting: dict[str, list[FlowRecord]] = {}
        self._sessions: dict[str, SessionWriter] = {}
        self._complained: dict[str, tuple[float, int]] = {}
        self._manifests_due_ms = 0.0
        self._thread = threading.Thread(target=self._work, name="codex-recorder", daemon=True)

    def start(self) -> None:
        """Start the writer thread.

        Raises:
            OSError: the archive directory cannot be made or written to.
        """
        self._context.files.make_directory(self._context.archive)
        self._thread.start()

    def record(self, signal: Signal) -> None:
        """Take a signal. Called from one thread; never blocks, never raises for want of room."""
        size = _size(signal)
        waiting = self._put_bytes - self._taken_bytes
        if waiting + size > self._options.queue_bytes and waiting:
            self._drop(signal, size)
            return
        self._put_bytes += size
        self.status.queue_high_water_bytes = max(self.status.queue_high_water_bytes, waiting + size)
        self._queue.append((signal, size))
        if not self._wake.is_set():
            self._wake.set()

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

    def _drop(self, signal: Signal, size: int) -> None:
        dropped = self._dropped
        if dropped is None:
            dropped = self._dropped = _Dropped(from_ms=signal.at_ms)
        dropped.count += 1
        dropped.bytes += size
        dropped.flows.add(signal.flow)
        self._dropped_count += 1

    def _work(self) -> None:
        while not self._is_closing.is_set():
            self._wake.wait(1)
            self._is_closing.wait(self._options.flush_ms / 1000)
            self._wake.clear()
            self._guard(self._drain)
            self._guard(self._housekeep)
        self._guard(self._drain)
        self._guard(self._end_open_flows)
        for session in self._sessions.values():
            session.close(self._now_ms(), asdict(self._counted()))

    def _guard(self, step: Callable[[], None]) -> None:
        """Run a step; a bug in it may cost records, but not the thread."""
        try:
            step()
        except Exception:
            self.status.errors += 1
            logger.exception("codex recorder: records were lost; traffic is not affected")

    def _drain(self) -> None:
        for _ in range(len(self._queue)):
            signal, size = self._queue.popleft()
            self._taken_bytes += size
            self.status.bytes_seen += size
            self._guard(lambda signal=signal: self._take(signal))  # type: ignore[misc]
        dropped, self._dropped = self._dropped, None
        if dropped is not None:
            self._write_gap(dropped)
        now_ms = self._now_ms()
        for session in self._sessions.values():
            session.flush(now_ms)
        self._counted()

    def _take(self, signal: Signal) -> None:
        capture = self._flows.get(signal.flow)
        if capture is None:
            if not isinstance(signal, Requested):
                return  # its request was dropped or came before the recorder
            capture = self._flows[signal.flow] = FlowCapture(self._redactor)
        records = capture.feed(signal)
        if not capture.is_routed:
            self._waiting.setdefault(signal.flow, []).extend(records)
            return
        session = self._session(capture.session)
        for record in [*self._waiting.pop(signal.flow, ()), *records]:
            session.write(record)
        if capture.is_over:
            del self._flows[signal.flow]

    def _session(self, session_id: str | None) -> SessionWriter:
        name = _directory_name(session_id) if session_id else self.unattributed
        if name not in self._sessions:
            self._sessions[name] = SessionWriter(self._context, name)
            self.status.sessions += 1
        return self._sessions[name]

    def _write_gap(self, dropped: _Dropped) -> None:
        now_ms = self._now_ms()
        captures = {flow: self._flows.get(flow) for flow in dropped.flows}
        names = {capture.session for capture in captures.values() if capture} or {None}
        for name in names:
            flows = [flow for flow, capture in captures.items() if capture and capture.session == name]
            gap = GapRecord(
                at_ms=dropped.from_ms,
                until_ms=now_ms,
                reason="queue full",
                lost_count=dropped.count,
                lost_bytes=dropped.bytes,
                flows=tuple(sorted(flows)),
            )
            self._session(name).write(gap)
        self.status.gaps += 1
        logger.warning(
            "codex recorder: %d signals (%d bytes) were not recorded, the disk is too slow; traffic is not affected",
            dropped.count,
            dropped.bytes,
        )

    def _housekeep(self) -> None:
        now_ms = self._now_ms()
        if now_ms < self._manifests_due_ms:
            return
        self._manifests_due_ms = now_ms + self._options.manifest_ms
        for session in self._sessions.values():
            if now_ms - session.last_at_ms > self._options.idle_ms:
                session.release()
            else:
                session.refresh()

    def _end_open_flows(self) -> None:
        at_ms = self._now_ms()
        for flow in list(self._flows):
            self._take(Ended(flow, at_ms, FlowEnd.SHUTDOWN))

    def _counted(self) -> Status:
        sessions = self._sessions.values()
        self.status.recorded = sum(session.written for session in sessions)
        self.status.dropped = self._dropped_count + sum(session.lost for session in sessions)
        return self.status

    def _complain(self, what: str, error: OSError) -> None:
        """Say a trouble, without a traceback and not too often."""
        self.status.errors += 1
        reason = "the disk is full" if is_disk_pressure(error) else str(error)
        now_ms = self._now_ms()
        said_ms, unsaid = self._complained.get(reason, (float("-inf"), 0))
        if now_ms - said_ms < self._options.complain_ms:
            self._complained[reason] = (said_ms, unsaid + 1)
            return
        self._complained[reason] = (now_ms, 0)
        again = f" (and {unsaid} times more since the last such line)" if unsaid else ""
        pause_s = self._options.pause_ms / 1000
        logger.warning("codex recorder: %s pauses for %.0f s: %s%s. Traffic goes on.", what, pause_s, reason, again)

    def _now_ms(self) -> float:
        return self._clock() * 1000


def _size(signal: Signal) -> int:
    if isinstance(signal, Chunk | Message):
        return len(signal.data)
    return len(signal.body or b"") if isinstance(signal, Requested) else 0


def _directory_name(session_id: str) -> str:
    """Return a directory name for a session id, which comes from the wire and may hold anything."""
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in session_id)[:128]
    return kept if kept.strip("._") and not kept.startswith(".") else f"session{kept}"
