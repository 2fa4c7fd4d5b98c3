"""A segment, read: its records, with what they refer to in its place, and what of them is damaged."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.line import (
    ITEM,
    ITEM_END,
    TOO_LONG,
    NewerFormatError,
    Passes,
    decode_line,
    held_value,
    passed_over,
    repeated_payload,
)
from pytest_codex_replay.archive.merges import ONCE_A_FLOW, MergedFlows, plain_lines
from pytest_codex_replay.archive.record import (
    EndRecord,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
    SegmentRecord,
    SharedPartsRecord,
    SharedValueRecord,
    elements_in,
    requests_in,
)
from pytest_codex_replay.archive.segment_bytes import (
    Damage,
    EnoughError,
    SessionCount,
    check_run,
    check_values,
    segment_lines,
)
from pytest_codex_replay.archive.shared_values import HeldValues, SharedValueReader, with_parts
from pytest_codex_replay.archive.value_files import SharedValueError, ValueReader
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import (
    DAMAGES,
    LIGHT_BYTES,
    LINE_BYTES,
    RESOLVED_BYTES,
    SHORT_BYTES,
    lines_of,
    requests_of,
    resolved_of,
    values_in,
    values_of,
)
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.payload import Payload

_OF_ONE_LINE = frozenset({SegmentRecord, SharedValueRecord, SharedPartsRecord, ResponseRecord, EndRecord})
"""Kinds of records that have nothing else of which a segment has a limited number."""
_UNFOLDED = frozenset({RunRecord, SharedValueRecord, SharedPartsRecord})
"""Kinds of records in place of which readers get others, or none."""


def read_segment(
    path: Path,
    on_damage: Callable[[Damage], None],
    *,
    keep_runs: bool = False,
    keep_all_runs: bool = False,
    passes: Passes | None = None,
    held: HeldValues | None = None,
    session: SessionCount | None = None,
) -> Iterator[Record]:
    """Yield the readable records of a segment, references resolved; report the rest.

    `keep_runs`: yield a run of deltas as the one record that it is, not as a hundred; `keep_all_runs`: any run.
    `passes`: in place of these lines, yield bare records that have a time only. `held`: values that were parsed before.
    `session`: counts what its session has.

    Raises:
        ArchiveError: the segment is of a newer format, or wants a value that its cassettes do not share.
        OSError: the file cannot be read.
    """
    damage_count = 0

    def count(damage: Damage) -> None:
        nonlocal damage_count
        damage_count += 1
        if damage_count > DAMAGES:
            raise EnoughError(f"more than {DAMAGES:,} places are damaged")
        on_damage(damage)

    try:
        decoder = LineDecoder(
            path, keep_runs=keep_runs, keep_all_runs=keep_all_runs, passes=passes, held=held, session=session
        )
        yield from _read(path, count, decoder)
    except EnoughError as error:
        is_unread = damage_count <= DAMAGES
        on_damage(Damage(path=path, line=0, reason=f"{error}; the rest is not read", is_unread=is_unread))


def _read(path: Path, on_damage: Callable[[Damage], None], decoder: "LineDecoder") -> Iterator[Record]:
    last_seq, damaged_count, is_begun = -1, 0, False
    is_plain = path.suffix != ".zst"
    merged = MergedFlows(
        lambda: plain_lines(
            path, segment_lines(path, lambda _: None)
        ),  # its damage was reported when it was read first
        lambda number, reason, flow: on_damage(Damage(path=path, line=number, reason=reason, flows=(flow,))),
    )
    lines = segment_lines(path, on_damage, decoder.session.expansion)
    for line_number, line in plain_lines(path, lines) if is_plain else lines:
        try:
            seq, record = decoder.decode(line)
        except NewerFormatError as error:
            raise ArchiveError(f"{path}: {error}.\n  Update it: pip install -U pytest-codex-replay") from error
        except ArchiveError as error:
            on_damage(Damage(path=path, line=line_number, reason=str(error)))
            damaged_count += 1
            continue
        if seq <= last_seq and not is_plain:  # into a plain one, lines may have been put by hand
            on_damage(Damage(path=path, line=line_number, reason=f"record {seq} is out of place"))
            continue
        if not is_begun or seq != last_seq + 1:
            lost = seq - last_seq - 1 - damaged_count
            is_headless = not (is_begun or damaged_count)
            if (reason := _missing_before(record, lost, is_headless=is_headless)) is not None:
                on_damage(Damage(path=path, line=line_number, reason=reason))
        is_again = seq <= last_seq
        if not is_again:
            last_seq, damaged_count = seq, 0
        is_begun = True
        is_suspect = is_again or merged.is_found or type(record) in ONCE_A_FLOW
        if is_suspect and merged.drops(record, line_number, seq, line if is_plain else b"", is_again=is_again):
            continue
        if type(record) in _UNFOLDED:
            yield from decoder.records(record, line_number)
        else:
            yield record
        del line, record  # they may be large, and the next is read first


class LineDecoder:
    """Decodes the lines of one segment, one after the other; knows the values that they refer to."""

    def __init__(
        self,
        path: Path,
        *,
        keep_runs: bool = False,
        keep_all_runs: bool = False,
        passes: Passes | None = None,
        held: HeldValues | None = None,
        session: SessionCount | None = None,
    ) -> None:
        """`keep_runs`: leave a run of deltas as the one record that it is; `keep_all_runs`: any run that can be read.

        `passes`: what is not decoded. `held`: values that were parsed before, and that are for later segments.
        `session`: counts what its session has, if it has several segments.
        """
        self._path = path
        self._checksum = path.suffix == ".zst"
        self._keep_runs, self._keep_all_runs = keep_runs, keep_all_runs
        self._passes = passes if self._checksum else None
        self._held = held if self._checksum else None
        self._items = SharedValueReader()
        self._values = ValueReader(path.parent)
        self._most_resolved = resolved_of(0)
        self._count = self._named = self._values_seen = self._uncounted_bytes = 0
        self._uncounted: list[bytes] | None = []
        """The lines whose values are not counted yet; None: those of each line are."""
        self.session = session or SessionCount()
        self._most_values = values_of(0)
        self._asked = 0.0
        self._most_asked = requests_of(0)
        self._before: Payload | None = None
        """That of the last long request or message: a writer other than a recorder may repeat it."""
        self._run: Sequence[Record] = ()
        """The records of the run that was decoded last."""

    def decode(self, line: bytes) -> tuple[int, Record]:
        """Return the number of a line, and its record.

        Raises:
            ArchiveError: it is damaged, too long, or refers to what is lost.
            EnoughError: with it, and with the elements of runs, the segment has more than is read of one.
        """
        if line is TOO_LONG:
            raise ArchiveError(f"longer than {LINE_BYTES:,} bytes")
        if self._passes is not None and (passed := passed_over(line, self._passes)) is not None:
            return passed
        if self._checksum and len(line) > SHORT_BYTES:
            self._check_values(line)
        seq, record = self._found(line) or decode_line(line, self._items.resolve, checksum=self._checksum)
        if self._checksum and len(line) > LIGHT_BYTES and isinstance(record, MessageRecord | RequestRecord):
            self._before = None if record.payload is None or record.payload.is_of_value else record.payload
        if self._items.resolved_bytes > self._most_resolved:
            self._check_resolved()
        self._count += 1
        if type(record) not in _OF_ONE_LINE:
            self._count_more(record)
        if not self._checksum:
            self.session.plain_bytes += len(line) + 1
        if type(record) is RunRecord:
            is_kept = self._keep_runs and record.is_deltas
            self._run = (record,) if is_kept else record.records()  # it fails where that is not a run
            self._run = (record,) if self._keep_all_runs else self._run
        return seq, record

    def _found(self, line: bytes) -> tuple[int, Record] | None:
        """Return the number and the record of a line whose payload was parsed before."""
        if self._before is not None and len(line) > LIGHT_BYTES:
            before, self._before = self._before, None  # it is let go before another one is parsed
            if (found := repeated_payload(line, before)) is not None:
                return found
        if self._held is None or line.find(ITEM, 0, ITEM_END) < 0:
            return None
        return held_value(line, self._held.get)

    def _count_more(self, record: Record) -> None:
        """Count what a record has that is limited, beside its line."""
        if type(record) is GapRecord:
            self._check_named(len(record.flows))
        elif more := elements_in(record):
            self._count += more
            check_run(self._count)
        elif (asked := requests_in(record)) > 0:
            self._check_asked(asked)

    def _check_asked(self, count: float) -> None:
        if not self._checksum:
            if (most := self.session.most_requests(count)) is not None:
                raise EnoughError(f"more than {most:,} requests")
            return
        self._asked += count
        if self._asked > self._most_asked:
            self._most_asked = requests_of(self._path.stat().st_size)  # it may have grown
            if self._asked > self._most_asked:
                raise EnoughError(f"more than {self._most_asked:,} requests")

    def _check_values(self, line: bytes) -> None:
        """Count the values of a line; not before all lines may have too many: each takes a byte at least."""
        if self._uncounted is not None:
            self._uncounted.append(line)
            self._uncounted_bytes += len(line)
            if self._uncounted_bytes <= self._most_values:
                return
            lines, self._uncounted = self._uncounted, None
        else:
            lines = [line]
        self._values_seen += sum(map(values_in, lines))
        if self._values_seen > self._most_values:
            self._most_values = values_of(self._path.stat().st_size)  # it may have grown
            check_values(self._values_seen, self._most_values)

    def _check_named(self, count: int) -> None:
        self._named += count
        if self._named > lines_of(0) and self._named > (most := lines_of(self._path.stat().st_size)):
            raise EnoughError(f"its gaps name more than {most:,} flows")

    def _check_resolved(self) -> None:
        self._most_resolved = resolved_of(self._path.stat().st_size)  # it may have grown
        if self._items.resolved_bytes > self._most_resolved:
            raise EnoughError(f"its references name more than {self._most_resolved:,} bytes")

    def records(self, record: Record, line_number: int) -> Sequence[Record]:
        """Return what readers get for the record that was decoded last: of a value that others refer to, nothing.

        Raises:
            SharedValueError: its cassettes do not share a part of it.
            EnoughError: with it, such parts have more bytes than are read.
        """
        if type(record) is RunRecord:
            return self._run
        if type(record) is SharedPartsRecord:
            value, size = _whole(record, self._values, f"{self._path}:{line_number}")
            self._items.add(record.digest, value, size)
            self.session.check_parts(size)
        elif type(record) is SharedValueRecord:
            self._items.add(record.digest, record.payload.json, len(record.payload.raw))
            if self._held is not None:
                self._held.hold(record.digest, record.payload)
        else:
            return (record,)
        return ()


def _whole(record: SharedPartsRecord, values: ValueReader, place: str) -> tuple[Any, int]:
    """Return a value with its parts in it, and about how many bytes it has."""
    size = len(record.payload.raw)

    def read(digest: Any) -> Any:
        nonlocal size
        part = values.read(digest)
        size += len(part) if isinstance(part, str) else len(compact_json(part))
        if size > RESOLVED_BYTES:
            raise SharedValueError(f"more than {RESOLVED_BYTES:,} bytes of shared values")
        return part

    try:
        return with_parts(record.payload.json, read), size
    except SharedValueError as error:
        raise SharedValueError(f"{place}: wants {error}") from error


def _missing_before(record: Record, lost: int, *, is_headless: bool) -> str | None:
    if lost > 0:
        return f"{count_text(lost, 'record')} lost before this one"
    is_begin = isinstance(record, SegmentRecord | GapRecord)  # a gap: it was repaired
    return "the line that begins a segment is missing" if is_headless and not is_begin else None
