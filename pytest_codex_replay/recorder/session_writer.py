"""One session directory, written: segments, manifest, log, rollouts. Used by one thread.

Nothing that the file system raises leaves here: what cannot be written is counted, and a gap record reports it once
writing works again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.manifest import MANIFEST, Summary, digests_in, is_stale, manifest_of, segment_entry
from pytest_codex_replay.archive.record import (
    FORMAT,
    BodyRecord,
    EventRecord,
    FlowRecord,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    RunRecord,
    SegmentRecord,
)
from pytest_codex_replay.archive.segment import SegmentWriter, create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.recorder.codex_copies import CodexCopies, Known
from pytest_codex_replay.recorder.rollout_copies import compress_rollouts
from pytest_codex_replay.recorder.trouble import Status, is_disk_pressure
from pytest_codex_replay.redaction.ruleset import RULESET
from pytest_codex_replay.visible import visible

SEGMENT_BYTES = 256 * 1024 * 1024
"""Size of a segment file after which a new one is begun."""
_TOGETHER, _TOGETHER_BYTES = 1000, 256 * 1024
"""Records that are written at once, and their bytes, unless it is one: behind them it is looked at whether the segment
is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterContext:
    """What all session writers of a recorder run share."""

    archive: Path
    run: str
    recorder: str
    files: Files
    codex_home: Path | None
    pause_ms: float
    """How long a session rests after it could not be written."""
    on_trouble: Callable[[str, Exception], None]
    """Told what could not be done, and why."""
    unattributed: str = ""
    """Name of the session of what belongs to no Codex session."""
    clean: Callable[[bytes], bytes] = bytes
    """Removes known secrets; returns the same object when it finds none."""
    status: Status = field(default_factory=Status)


@dataclass(slots=True)
class _Lost:
    """What could not be written since the last record that was."""

    from_ms: float
    reason: str
    records: int = 0
    flows: set[str] | None = field(default_factory=set)
    """None: unknown; it may be any that are open."""


class SessionWriter:
    """Writes the records of one session; a failing disk makes it rest, never raise."""

    def __init__(self, context: WriterContext, name: str) -> None:
        self.directory = context.archive / name
        self.last_at_ms = 0.0
        """When it last had something to write."""
        self._context = context
        self._name = name
        self._segment: SegmentWriter | None = None
        self._mine: list[Path] = []
        self._before: dict[str, dict[str, Any]] = {}
        """What the manifest says of earlier segments, by name: their records are in the summary already."""
        self._summary = Summary()
        self._batch: list[Record] = []
        self._lost: _Lost | None = None
        self._rests_until_ms = 0.0
        self._is_manifest_due = False
        self._codex: CodexCopies | None = None
        if (home := context.codex_home) is not None:
            self._codex = CodexCopies(context.files, home, self.directory, context.clean, self._note)

    @property
    def is_due(self) -> bool:
        """Whether there is something to write."""
        return bool(self._batch) or self._lost is not None

    @property
    def is_open(self) -> bool:
        """Whether it has a segment open."""
        return self._segment is not None

    def write(self, record: Record) -> None:
        """Add a record to the batch."""
        self._batch.append(record)

    def flush(self, now_ms: float) -> None:
        """Bring the batch into the file, or count it as lost."""
        batch, self._batch = self._batch, []
        if batch:
            self.last_at_ms = now_ms
        elif self._lost is None:
            return
        self.write_all(batch, now_ms)

    def write_all(self, records: Iterable[Record], now_ms: float) -> None:
        """Bring records into the file, or count them as lost; only those that are written at once are in memory."""
        for part in _parts(records):
            self._flush(part, now_ms)

    def _flush(self, batch: list[Record], now_ms: float) -> None:
        if 0 < self._rests_until_ms - now_ms <= self._context.pause_ms:  # more, and the clock was set back
            self._lose(batch)
            return
        try:
            written = self._write(batch, now_ms)
        except Exception as error:  # noqa: BLE001  a disk that fails, or a record that cannot be written
            self._give_up(batch, now_ms, error)
            return
        self._is_manifest_due = True
        for record in written:
            self._summary.add(record)

    def release(self, *, is_open: bool) -> None:
        """Give up the compressor of an idle session, and bring the manifest up to date.

        Args:
            is_open: a flow of it is open; else others need not think that it is being written.
        """
        if self._segment is not None and not self._attempt(self._release, self._segment, is_open):
            self.forget()
        self._keep_copies()
        self.refresh()

    def rest(self, now_ms: float) -> None:
        """Write what is left, and close the segment; more records begin a new one."""
        self.flush(now_ms)
        self._finish_segment()
        self.refresh()

    def refresh(self) -> None:
        """Bring the manifest up to date."""
        self._attempt(self._write_manifest)

    def close(self, now_ms: float, *, is_cold: bool = False) -> None:
        """Write what is left, close the segment, finish the manifest. `is_cold`: compress the rollouts, too."""
        self._rests_until_ms = 0  # the last attempt
        self.flush(now_ms)
        self._finish_segment()
        self._keep_copies()
        if is_cold and self._mine:
            self._attempt(compress_rollouts, self._context.files, self.directory)
        self._is_manifest_due = bool(self._mine)
        self._attempt(self._write_manifest, asdict(self._context.status))

    def _write_manifest(self, status: dict[str, Any] | None = None) -> None:
        """Write `session.json` if records came since; with the counters of the run once the session is closed."""
        if not self._is_manifest_due:
            return
        self._is_manifest_due = False
        session = Session(self.directory)
        segments = session.segments()
        is_all_known = segments == [*map(self.directory.joinpath, self._before), *self._mine]
        is_all_known = is_all_known and all(map(self._is_as_before, self._before.values()))
        if status is None and not is_all_known:
            return  # others write here too: readers rebuild it, since reading all again and again would cost too much
        closed = {path.name for path in self._mine}.union(digests_in(session.written_manifest())) if status else ()
        known = self._before if is_all_known else {}
        # sizes first: where others write on meanwhile, readers see that it is stale
        entries = [known.get(path.name) or segment_entry(path, is_closed=path.name in closed) for path in segments]
        summary = self._summary
        if not is_all_known:  # others write here too: what they wrote is in their segments
            summary = Summary()
            for record in session.records():
                summary.add(record)
        more = {"recorder": status} if status else {}
        self._context.files.replace(self.directory / MANIFEST, manifest_of(summary, entries, **more))

    def _is_as_before(self, entry: dict[str, Any]) -> bool:
        return (self.directory / str(entry["name"])).stat().st_size == int(entry["bytes"])

    def _go_on(self) -> None:
        """Take over what the manifest says of earlier segments: to read them again would cost more each time."""
        written = Session(self.directory).written_manifest()
        if written is not None and not is_stale(written, self.directory):
            self._before = {entry["name"]: entry for entry in written["segments"]}
            self._summary = Summary.of(written)

    def _write(self, batch: list[Record], now_ms: float) -> list[Record]:
        """Bring the batch into the file, behind a gap for what was lost before; return what was written."""
        segment = self._open_segment(now_ms, batch)
        if self._lost is not None:
            batch = [self._gap(self._lost, now_ms), *batch]
        for record in batch:
            segment.write(record)
        segment.flush()
        self._context.status.recorded += _count(batch)
        self._context.status.gaps += sum(isinstance(record, GapRecord) for record in batch)
        self._lost = None
        return batch

    def _finish_segment(self) -> None:
        """Close the segment. Its records are in the file already: none is lost if this fails."""
        segment, self._segment = self._segment, None
        if segment is not None:
            self._attempt(segment.close)

    def _release(self, segment: SegmentWriter, is_open: bool) -> None:  # noqa: FBT001  handed through `_attempt`
        before = segment.bytes_written
        segment.release(keep_claim=is_open)
        self._is_manifest_due |= segment.bytes_written != before

    def _open_segment(self, now_ms: float, batch: Sequence[Record]) -> SegmentWriter:
        """Return the segment to write a batch into. One that is new begins when the batch did, not when it is written.

        A request that is earlier than its run would be taken for one of a run that is over.
        """
        context, full = self._context, None
        if self._segment is not None and self._segment.is_in_place:
            if self._segment.bytes_written <= SEGMENT_BYTES and not self._segment.is_full:
                return self._segment
            full, self._segment = self._segment, None
        elif self._segment is not None:
            self._lost = self._lost or _Lost(from_ms=now_ms, reason=f"{self._segment.path.name} is gone")
            self._lost.records += self._segment.records
            self._lost.flows = None
            self.forget()
        if not self._mine and not self._before:
            self._attempt(self._go_on)
        try:
            self._segment = create_segment(context.files, self.directory)
        finally:
            if full is not None:  # not before: others see without a break that the session is being recorded
                self._attempt(full.close)
        self._mine.append(self._segment.path)
        start = SegmentRecord(
            at_ms=min([now_ms, *(record.at_ms for record in batch)]),
            format=FORMAT,
            session=self._name,
            run=context.run,
            recorder=context.recorder,
            ruleset=RULESET,
        )
        self._segment.write(start)
        self._summary.add(start)
        self._log(now_ms, f"recording into {self._segment.path.name}")
        return self._segment

    def _give_up(self, batch: list[Record], now_ms: float, error: Exception) -> None:
        """Rest for a while. A segment with a failed write is never written to again."""
        why = getattr(error, "strerror", None) or f"{type(error).__name__} {error}"
        reason = "disk full" if is_disk_pressure(error) else f"cannot write: {why}"
        self._lost = self._lost or _Lost(from_ms=now_ms, reason=reason)
        self._lose(batch)
        self._rests_until_ms = now_ms + self._context.pause_ms
        self.forget()
        self._report(error)

    def _lose(self, batch: list[Record]) -> None:
        count = _count(batch)
        self._context.status.dropped += count
        if self._lost is not None:
            self._lost.records += count
            if self._lost.flows is not None:
                self._lost.flows |= {record.flow for record in batch if isinstance(record, FlowRecord)}

    def forget(self) -> None:
        """Give up the segment as it is; also when its directory was removed on purpose."""
        segment, self._segment = self._segment, None
        if segment is not None:
            self._attempt(self._discard, segment)

    def _discard(self, segment: SegmentWriter) -> None:
        segment.abandon()
        if segment.path.exists() and segment.path.stat().st_size == 0:
            self._context.files.remove(segment.path)  # a disk that stays full must not collect empty files
            self._mine.remove(segment.path)

    def _gap(self, lost: _Lost, now_ms: float) -> GapRecord:
        self._log(now_ms, f"{lost.records} records lost ({lost.reason})")
        return GapRecord(
            at_ms=lost.from_ms,
            until_ms=now_ms,
            reason=lost.reason,
            lost_count=lost.records,
            lost_bytes=0,
            flows=tuple(sorted(lost.flows or ())),
        )

    def _keep_copies(self) -> None:
        """Fetch what Codex itself wrote of the session, now that it is quiet."""
        span = self._summary.span_ms
        if self._codex is not None and self._mine and span is not None:
            session = None if self._name == self._context.unattributed else self._name
            known = Known(session=session, threads=self._summary.threads, from_ms=span[0], until_ms=span[1])
            self._attempt(self._codex.keep, known, self._attempt)

    def _note(self, text: str) -> None:
        self._log(self.last_at_ms, text)

    def _log(self, now_ms: float, text: str) -> None:
        when = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds")
        line = " ".join(f"{when} {self._context.run} {visible(text)}".splitlines()) + "\n"
        self._attempt(self._context.files.append, self.directory / "recorder.log", line.encode(errors="replace"))

    def _attempt(self, step: Callable[..., object], *args: Any) -> bool:
        """Take a step on which no record depends; return whether it worked. A failure is reported."""
        try:
            step(*args)
        except Exception as error:  # noqa: BLE001  whatever it is: what is in the file stays readable
            self._report(error)
            return False
        return True

    def _report(self, error: Exception) -> None:
        self._context.on_trouble(f"session {self._name}", error)


def _parts(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield what is written at once; of no records, an empty list."""
    part: list[Record] = []
    length = 0
    for record in records:
        more = _length(record)
        if part and (len(part) == _TOGETHER or length + more > _TOGETHER_BYTES):
            yield part
            part, length = [], 0
        part.append(record)
        length += more
    yield part


def _length(record: Record) -> int:
    """Return the bytes that a record was sent with, headers aside."""
    if isinstance(record, RunRecord):
        return len(record.text)
    if isinstance(record, EventRecord):
        return len(record.raw)
    if isinstance(record, RequestRecord | BodyRecord | MessageRecord) and record.payload is not None:
        return len(record.payload.raw)
    return 0


def _count(records: list[Record]) -> int:
    return sum([len(record.times_ms) if isinstance(record, RunRecord) else 1 for record in records])
