"""The recorder: takes signals on the proxy's thread, writes records on its own. Knows no proxy.

The proxy's side (`record`, `stream`) only fills queues (`intake.py`); it never blocks and never raises. Decoding,
redaction, encoding, compression and files are the writer thread's.
"""

import errno
import hashlib
import logging
import math
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FlowEnd, Record
from pytest_codex_replay.archive.segment import is_segment
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.recorder.capture import FlowCapture
from pytest_codex_replay.recorder.intake import QUEUE_FULL, Intake
from pytest_codex_replay.recorder.retention import (
    Limits,
    StoredSession,
    StoredSessions,
    drop_session,
    sessions_to_drop,
)
from pytest_codex_replay.recorder.rollout_copies import cold_directories, compress_rollouts
from pytest_codex_replay.recorder.session_writer import SessionWriter, WriterContext
from pytest_codex_replay.recorder.signals import Ended, Lost, Signal, count_signals, data_bytes
from pytest_codex_replay.recorder.trouble import Status, TroubleLog
from pytest_codex_replay.redaction.capture import CaptureRedactor

logger = logging.getLogger(__name__)

_NAME_CHARS = 100
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_COLD_AT_ONCE = 32
_MAX_WAITING = 64
"""How many records of a flow wait for it to name its session, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderOptions:
    """What a recorder run may be told."""

    codex_home: Path | None = None
    """Where Codex's rollouts are; None: they are not fetched."""
    secrets: tuple[str, ...] = ()
    """Values that are removed wherever they turn up, as if they had been seen in a header."""
    recorder: str = "pytest-codex-replay"
    """Name and version of the program, written into each segment."""
    queue_bytes: int = 64 * 1024 * 1024
    """Signals that wait for the writer; beyond it they are dropped and a gap is written."""
    flush_ms: float = 200
    """How long after what was written last a signal is written; it waits for company for a quarter of that at least."""
    wait_ms: float = 5_000
    """How long a flow may take to name its session, and a background request, which names none, waits for one."""
    idle_ms: float = 30_000
    """How long a session may be without traffic before it gives up its compressor."""
    forget_ms: float = 3_600_000
    """How long it may be without traffic or an open flow before it is closed. More traffic begins a new segment."""
    open_segments: int = 32
    """How many sessions have a file open, at most; the one that was written least recently is closed."""
    manifest_ms: float = 5_000
    """How often `session.json` is brought up to date while there is traffic."""
    pause_ms: float = 10_000
    """How long a session rests after it could not be written."""
    complain_ms: float = 60_000
    """How often the same trouble is logged, at most."""
    limits: Limits = field(default_factory=Limits)
    """How much the archive may keep; the oldest sessions go first, an open one never."""
    limits_ms: float = 60_000
    """How often the limits are applied."""
    log: logging.Logger = logger
    """Takes what a person who watches the proxy should know."""


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
        self.limits = self._options.limits
        """How much the archive may keep; may be changed at any time."""
        self._trouble = TroubleLog(self.status, clock, self._options.complain_ms, self._options.log)
        self._redactor = CaptureRedactor(values=self._options.secrets)
        self._context = WriterContext(
            archive=archive,
            run=self.run,
            recorder=self._options.recorder,
            files=files or Files(),
            codex_home=self._options.codex_home,
            pause_ms=self._options.pause_ms,
            on_trouble=self._trouble.failure,
            unattributed=self.unattributed,
            clean=self._redactor.raw,
            status=self.status,
        )
        self._intake = Intake(self._options.queue_bytes, clock)
        self.record, self.stream = self._intake.put, self._intake.stream
        """Take a signal, and the chunks or texts of an open flow. Called from one thread; never block, never raise."""
        self._flows: dict[str, FlowCapture] = {}
        self._speaking: list[FlowCapture] = []
        """Flows with signals in this round of the writer; some of them are over already."""
        self._waiting: list[FlowCapture] = []
        """Flows with records that have no session yet."""
        self._sessions: dict[str, SessionWriter] = {}
        self._open: dict[str, None] = {}
        """Names of those that have a segment open, least recently written first."""
        self._manifests_due_ms = 0.0
        self._limits_due_ms = 0.0
        self._stored = StoredSessions(archive)
        self._cold: Iterator[Path | None] | None = None
        """Session directories that are still to be looked at for rollouts to compress."""
        self._thread = threading.Thread(target=self._work, name="codex-recorder", daemon=True)

    def start(self) -> None:
        """Start the writer thread.

        Raises:
            OSError: the archive directory cannot be made or written to, or no thread can be started.
        """
        archive = self._context.archive
        self._context.files.make_directory(archive)
        if not os.access(archive, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(archive))
        if archive.stat().st_mode & _OTHERS_WRITE:
            logger.warning("codex recorder: others can write to %s. Take that back: chmod go-w %s", archive, archive)
        try:
            self._thread.start()
        except RuntimeError as error:  # how Python says that the system is out of threads
            raise OSError(errno.EAGAIN, str(error)) from error

    @property
    def is_crowded(self) -> bool:
        """Whether a sender that can wait should."""
        return self._intake.is_crowded

    @property
    def waiting_bytes(self) -> int:
        """What the writer has not taken yet."""
        return self._intake.waiting_bytes

    @property
    def summary(self) -> str:
        """The run and its counters, as one line."""
        return f"run {self.run}: {self.status}"

    def close(self, *, timeout_s: float = 10) -> bool:
        """End open flows, write everything, stop the thread; False when it did not finish in time."""
        self._intake.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        self._guard(self._apply_limits)
        flush_s, taken_s = self._options.flush_ms / 1000, -math.inf
        while not self._intake.is_closed.is_set():
            self._intake.wait(1)
            self._intake.is_closed.wait(max(taken_s + flush_s - time.monotonic(), flush_s / 4))
            taken_s = time.monotonic() if self._intake.waiting_bytes else taken_s
            self._guard(self._drain)
            self._guard(self._housekeep)
            self._guard(self._apply_limits)
        self._guard(self._drain)
        at_ms = self._now_ms()
        for flow in list(self._flows):
            self._guard(self._take, flow, [Ended(flow, at_ms, FlowEnd.SHUTDOWN)])
        self._guard(lambda: self._settle(is_final=True))
        self._flush(at_ms)
        for session in self._sessions.values():
            self._guard(session.close, at_ms)
        self._trouble.ended()

    def _guard(self, step: Callable[..., None], *args: Any) -> None:
        """Run a step; a bug in it may cost records, but not the thread."""
        try:
            step(*args)
        except Exception as error:  # noqa: BLE001  invariant 1: fail open
            self._trouble.bug(error)

    def _drain(self) -> None:
        self._speaking.clear()
        for flow, signals in self._intake.take():
            self._guard(self._take, flow, signals)
        self.status.bytes_seen = self._intake.seen_bytes
        self.status.queue_high_water_bytes = self._intake.high_water_bytes
        self._guard(self._settle)
        self._flush(self._now_ms())

    def _flush(self, now_ms: float) -> None:
        """Bring what came into the files, of which a bounded number is open at a time."""
        for name, session in list(self._sessions.items()):
            if session.is_due:
                self._guard(session.flush, now_ms)
                self._open.pop(name, None)
                if session.is_open:
                    self._open[name] = None
            if len(self._open) > self._options.open_segments:
                self._close_oldest(now_ms)

    def _close_oldest(self, now_ms: float) -> None:
        """Close the segment that was written least recently; more records of its session begin a new one."""
        name = next(iter(self._open))
        del self._open[name]
        session = self._sessions.get(name)
        if session is not None and name in self._open_names():
            self._guard(session.rest, now_ms)
        elif session is not None:
            self._guard(session.close, now_ms)
            del self._sessions[name]

    def _take(self, flow: str, signals: list[Signal]) -> None:
        """Take signals of one flow, together: what a stream brings costs less by the run than one by one."""
        capture = self._flows.get(flow)
        if capture is None:
            capture = self._flows[flow] = FlowCapture(self._redactor, began_ms=signals[0].at_ms)
        for lost in (signal for signal in signals if isinstance(signal, Lost)):
            self.status.dropped += lost.lost_count
            self._trouble.dropped("the disk is too slow" if lost.reason == QUEUE_FULL else lost.reason)
        capture.unwritten += self._records(capture, signals)
        self._speaking.append(capture)
        if capture.is_over:
            del self._flows[flow]
        if capture.is_routed:
            self._write(capture)
        elif capture not in self._waiting:
            self._waiting.append(capture)

    def _records(self, capture: FlowCapture, signals: list[Signal]) -> list[Record]:
        records: list[Record] = []
        try:
            records.extend(capture.feed_all(signals))
        except Exception as error:  # noqa: BLE001  invariant 1; reported in the session and in the log
            count, size = count_signals(signals), sum(map(data_bytes, signals))
            self.status.dropped += count
            self._trouble.bug(error)
            first, reason = signals[0], f"recorder error: {type(error).__name__}"
            records.append(capture.fail(Lost(first.flow, first.at_ms, signals[-1].at_ms, reason, count, size)))
            if isinstance(signals[-1], Ended):
                records += capture.feed(signals[-1])
        return records

    def _write(self, capture: FlowCapture) -> None:
        session = self._session(capture.session)
        for record in capture.unwritten:
            session.write(record)
        capture.unwritten.clear()

    def _settle(self, *, is_final: bool = False) -> None:
        """Route flows that wait: to the open session of the same Codex; after a while to the unattributed one.

        Codex's background requests name no session. When just one session has a flow open they belong to it; with two
        it cannot be told. One that Codex began beside a conversation, as for its title, counts only by itself.
        """
        latest_ms = self._now_ms() - self._options.wait_ms
        self._waiting = [capture for capture in self._waiting if not capture.is_routed]
        for capture in list(self._waiting):
            sessions = self._open_sessions(capture.originator)
            is_late = capture.began_ms < latest_ms or len(capture.unwritten) > _MAX_WAITING
            if len(sessions) == 1 or is_late or is_final:
                self._waiting.remove(capture)
                capture.session = sessions.pop() if len(sessions) == 1 else None
                capture.is_routed = True
                self._write(capture)

    def _open_sessions(self, originator: str | None) -> set[str]:
        if originator is None:
            return set()
        captures = [c for c in (*self._flows.values(), *self._speaking) if c.originator == originator]
        named = [(c.session, c.is_helper) for c in captures if c.session is not None]
        return {session for session, is_helper in named if not is_helper} or {session for session, _ in named}

    def _session(self, session_id: str | None) -> SessionWriter:
        name = self._directory_name(session_id)
        if name not in self._sessions:
            self._sessions[name] = SessionWriter(self._context, name)
            self.status.sessions += 1
        return self._sessions[name]

    def _directory_name(self, session_id: str | None) -> str:
        return directory_name(session_id) if session_id else self.unattributed

    def _housekeep(self) -> None:
        now_ms = self._now_ms()
        if now_ms < self._manifests_due_ms:
            return
        self._manifests_due_ms = now_ms + self._options.manifest_ms
        open_names = self._open_names()
        for name, session in list(self._sessions.items()):
            idle_ms = now_ms - session.last_at_ms
            if idle_ms > self._options.forget_ms and name not in open_names:
                session.close(now_ms, is_cold=True)
                del self._sessions[name]
            elif idle_ms > self._options.idle_ms:
                session.release(is_open=name in open_names)
            else:
                session.refresh()
        self._compress_cold()

    def _compress_cold(self) -> None:
        """Compress cold rollouts, a few session directories at a time."""
        if self._cold is None:
            self._cold = cold_directories(self._context.archive, self._clock(), int(self.run[-6:], 16))
        for directory in islice(self._cold, _COLD_AT_ONCE):
            if directory is not None and directory.name not in self._sessions:
                try:
                    compress_rollouts(self._context.files, directory)
                except (OSError, CodexReplayError) as error:
                    self._trouble.failure(f"compressing rollouts of {directory.name}", error)

    def _apply_limits(self) -> None:
        limits, now_ms = self.limits, self._now_ms()
        if limits.are_none or now_ms < self._limits_due_ms:
            return
        self._limits_due_ms = now_ms + self._options.limits_ms
        since_ms = now_ms - self._options.idle_ms
        open_names = self._open_names()
        open_names |= {name for name, session in self._sessions.items() if session.last_at_ms >= since_ms}
        try:
            stored = self._stored.look()
        except OSError as error:
            self._trouble.failure("applying the limits", error)
            return
        for session, why in sessions_to_drop(
            stored, limits, now_ms=now_ms, open_since_ms=since_ms, open_names=open_names
        ):
            self._drop_session(session, why)

    def _open_names(self) -> set[str]:
        """Return the names of the sessions that have a flow open."""
        return {self._directory_name(flow.session) for flow in self._flows.values()}

    def _drop_session(self, session: StoredSession, why: str) -> None:
        try:
            drop_session(session, self._context.files)
        except OSError as error:
            self._trouble.failure(f"removing session {session.path.name}", error)
            return
        if not session.path.exists():
            self._options.log.info("codex recorder: removed session %s: %s", session.path.name, why)
            ours = self._sessions.pop(session.path.name, None)
            if ours is not None:
                ours.forget()

    def _now_ms(self) -> float:
        return self._clock() * 1000


def directory_name(session_id: str) -> str:
    """Return a directory name for a session id, which comes from the wire and may hold anything.

    What had to be changed gets a digest behind it, so that two sessions never share a directory.
    """
    kept = _NOT_IN_A_NAME.sub("_", session_id)[:_NAME_CHARS].lstrip(".-")
    if kept and kept == session_id and not is_segment(kept):
        return kept
    digest = hashlib.sha256(session_id.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{kept or 'session'}-{digest}"
