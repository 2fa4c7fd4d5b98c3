"""A segment: one file of records, written by one recorder run only and never reopened.

`traffic-NNNN.jsonl.zst` is a run of zstd frames, flushed per batch: a cut file still gives every complete record, a
damaged byte costs at most its frame. `traffic.jsonl` is the same in plain text, and goes on in `traffic.0002.jsonl`.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import zstandard

from pytest_codex_replay.archive.files import Files, naming
from pytest_codex_replay.archive.line import encode_line, lines_alike
from pytest_codex_replay.archive.names import PLAIN_SEGMENT as PLAIN_SEGMENT  # noqa: PLC0414  readers take it from here
from pytest_codex_replay.archive.names import SEGMENT_NAME, plain_name
from pytest_codex_replay.archive.names import is_segment as is_segment  # noqa: PLC0414
from pytest_codex_replay.archive.record import (
    BodyRecord,
    EventRecord,
    FlowRecord,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    SharedPartsRecord,
    SharedValueRecord,
    elements_in,
    requests_in,
)
from pytest_codex_replay.archive.segment_bytes import SessionCount
from pytest_codex_replay.archive.shared_values import (
    MIN_SHARED_BYTES,
    SharedValueWriter,
    without_parts,
)
from pytest_codex_replay.archive.value_files import ValueFiles
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import (
    HEADERS,
    LINE_BYTES,
    SEGMENT_LINES,
    SHORT_BYTES,
    expansion_of,
    lines_of,
    requests_of,
    resolved_of,
    values_in,
    values_of,
)
from pytest_codex_replay.wire.payload import Payload

FRAME_BYTES = 4 * 1024 * 1024
"""Bytes of records after which a new frame is begun and items are written again: what one damaged byte can cost."""
FRAME_REPEATS = 16
"""A frame is at least so many times as long as the items in it that the frame before it had, too."""


class SegmentFullError(ArchiveError):
    """A plain segment has no room for a record: readers would not read that. Nothing of the record was written."""


_REFERRING = (RequestRecord, EventRecord, BodyRecord, MessageRecord)


class SegmentWriter:
    """Writes records into one new segment. Not thread-safe."""

    def __init__(
        self,
        files: Files,
        path: Path,
        descriptor: int,
        *,
        frame_bytes: int = FRAME_BYTES,
        frame_repeats: int = FRAME_REPEATS,
        values: ValueFiles | None = None,
        session: SessionCount | None = None,
    ) -> None:
        """Write to an open file; what all cassettes repeat goes to `values`, if there are any.

        `session`: counts what its session has, if it has several segments.
        """
        self.path = path
        self.records = 0
        self.bytes_written = 0
        self._plain_bytes = 0
        self._referring_bytes = 0
        """Length of the payloads that have references, with what these name; of a plain one, it is not counted."""
        self._asked = 0.0
        """Requests."""
        self._run_count = 0
        """Elements of runs, and further chunks: each counts as a line."""
        self._value_count = 0
        """JSON values in long lines, as a reader counts them."""
        self._named = 0
        """Flows in gaps."""
        self._files = files
        self._descriptor: int | None = descriptor
        self._is_plain = path.suffix != ".zst"
        self._items = SharedValueWriter(keeps_values=self._is_plain)
        self._values = values
        self._session = session or SessionCount()
        self._frame_bytes, self._frame_repeats = frame_bytes, frame_repeats
        self._frame: zstandard.ZstdCompressionObj | None = None
        self._since_items = 0
        self._batch: list[bytes] = []
        self._is_claimed = False
        self._claim()

    @property
    def is_in_place(self) -> bool:
        """Whether its name is still that of its file: it was not removed, and no repair put another there.

        Raises:
            OSError: that cannot be told.
        """
        if self._descriptor is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return False

    @property
    def is_full(self) -> bool:
        """Whether a reader would soon take it for a file that expands without end: it is to be followed by another."""
        is_long = self.records + self._run_count > SEGMENT_LINES // 2
        is_long |= self.records > lines_of(self.bytes_written) // 2
        is_long |= self._asked > requests_of(self.bytes_written) // 2
        is_long |= self._value_count > values_of(self.bytes_written) // 2
        is_long |= self._referring_bytes > resolved_of(self.bytes_written) // 2
        return is_long or self._plain_bytes > expansion_of(self.bytes_written) // 2

    def write(self, record: Record) -> None:
        """Add a record to the batch; large values go before it, once a segment.

        In place of what no reader would read stands a gap.

        Raises:
            SegmentFullError: it is plain, and would have more lines than are read.
            ArchiveError: it is plain, and its cassette would have more requests than are read of so many bytes.
        """
        refs: object = None
        new: list[tuple[str, bytes]] = []
        is_short = isinstance(record, EventRecord) and len(record.raw) < MIN_SHARED_BYTES  # nearly all are
        payload = record.payload if isinstance(record, _REFERRING) and not is_short else None
        if payload is not None:
            raw = None if self._is_plain and payload.is_of_value else payload.raw
            refs, new = self._items.intern(raw, payload.json if raw is None or len(raw) >= MIN_SHARED_BYTES else None)
            self._referring_bytes += 0 if refs is None or raw is None else len(raw)
        run_count = elements_in(record)
        if self._is_plain and len(new) + 1 + run_count > self.lines_left:
            raise SegmentFullError(f"{self.path}: more than the {SEGMENT_LINES:,} lines that are read of a segment")
        self._run_count += run_count
        for digest, text in new:
            self._add(self._value(record.at_ms, digest, text), of=record)
        self._add(record, refs)

    @property
    def lines_left(self) -> int:
        """How many lines more of it would be read."""
        return SEGMENT_LINES - self.records - self._run_count

    def write_alike(self, first: EventRecord, others: Sequence[EventRecord]) -> None:
        """Add events that differ in a piece of text alone from the `first` one, which was the last to be written.

        Raises:
            SegmentFullError: the next one of them does not fit.
        """
        fits = self._is_plain and len(others) <= self.lines_left
        lines = lines_alike(first, others, self.records, MIN_SHARED_BYTES) if fits else None
        if lines is None:
            for record in others:
                self.write(record)
            return
        self._batch += lines
        self._count_bytes(sum(map(len, lines)))
        self.records += len(lines)

    def flush(self) -> None:
        """Bring the batch into the file: from here on it survives the process.

        Raises:
            OSError: it could not be written. The segment is to be given up: what it holds already stays readable.
        """
        if not self._batch:
            return
        data = b"".join(self._batch)
        self._batch.clear()
        self._put(data if self._is_plain else self._compress(data))

    def release(self, *, keep_claim: bool = False) -> None:
        """End the frame and give up the compressor's memory; a later record begins a new frame.

        Args:
            keep_claim: others still see that this is being written: more is sure to come.
        """
        self.flush()
        if self._frame is not None:
            self._put(self._end_frame())
        if not keep_claim and self._is_claimed and self._descriptor is not None:
            self._is_claimed = False
            self._files.disclaim(self._descriptor)

    def close(self) -> None:
        """Write what is left and close the file, also when writing fails."""
        try:
            if self._descriptor is not None:
                self.release()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close the file without writing more: after a failed write, what it holds may end anywhere."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._batch.clear()
            self._files.close(descriptor)

    def _value(self, at_ms: float, digest: str, raw: bytes) -> SharedValueRecord:
        parted = None if self._values is None else without_parts(raw, self._values.write)
        if parted is None:
            return SharedValueRecord(at_ms=at_ms, digest=digest, payload=Payload(raw))
        return SharedPartsRecord(at_ms=at_ms, digest=digest, payload=Payload.of(parted))

    def _add(self, record: Record, refs: object = None, of: Record | None = None) -> None:
        """Add a line; `of` is the record that an item is of."""
        record = self._with_few_flows(record) if isinstance(record, GapRecord) else record
        self._asked += (asked := requests_in(record))
        if asked and self._is_plain and (most := self._session.most_requests(asked)) is not None:
            raise ArchiveError(
                f"{self.path}: a cassette of so many bytes has at most {most:,} requests, and this one would have more"
            )
        line = encode_line(record, self.records, checksum=not self._is_plain, refs=refs)
        if (reason := _beyond_limits(record, len(line))) is not None:
            gap = _gap_for(of or record, len(line), reason)
            line = encode_line(gap, self.records, checksum=not self._is_plain)
        self._batch.append(line)
        self._count_bytes(len(line))
        self._value_count += 0 if self._is_plain or len(line) <= SHORT_BYTES else values_in(line)
        self.records += 1

    def _count_bytes(self, length: int) -> None:
        self._plain_bytes += length
        self._session.plain_bytes += length if self._is_plain else 0

    def _with_few_flows(self, gap: GapRecord) -> GapRecord:
        """Return a gap that names its flows, if a reader takes so many names: else it may have hit any."""
        most = lines_of(self._plain_bytes if self._is_plain else self.bytes_written)
        if self._named + len(gap.flows) > most // 2:
            return replace(gap, flows=())
        self._named += len(gap.flows)
        return gap

    def _put(self, data: bytes) -> None:
        if self._descriptor is None:
            raise ArchiveError(f"{self.path}: the segment is closed")
        self._claim()
        with naming(self.path):
            self._files.write(self._descriptor, data)
        self.bytes_written += len(data)

    def _claim(self) -> None:
        if not self._is_claimed and self._descriptor is not None:
            self._is_claimed = self._files.claim(self._descriptor)

    def _compress(self, data: bytes) -> bytes:
        if self._frame is None:
            self._frame = _compressor().compressobj()
        out = self._frame.compress(data)
        self._since_items += len(data)
        if self._since_items < max(self._frame_bytes, self._frame_repeats * self._items.repeated_bytes):
            return out + self._frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        self._items = self._items.renewed()  # what follows refers to nothing that damage here can take
        self._since_items = 0
        return out + self._end_frame()

    def _end_frame(self) -> bytes:
        frame, self._frame = self._frame, None
        return b"" if frame is None else frame.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)


def _beyond_limits(record: Record, length: int) -> str | None:
    """Return why a reader would not take a line, or None."""
    if length > LINE_BYTES:
        return f"longer than {LINE_BYTES:,} bytes"
    if isinstance(record, RequestRecord | ResponseRecord) and len(record.headers) > HEADERS:
        return f"more than {HEADERS:,} headers"
    return None


def _gap_for(record: Record, length: int, reason: str) -> GapRecord:
    flows = (record.flow,) if isinstance(record, FlowRecord) else ()
    return GapRecord(
        at_ms=record.at_ms, until_ms=record.at_ms, reason=reason, lost_count=1, lost_bytes=length, flows=flows
    )


def create_segment(
    files: Files,
    directory: Path,
    *,
    plain: int = 0,
    values: ValueFiles | None = None,
    session: SessionCount | None = None,
) -> SegmentWriter:
    """Create the next segment of a session directory; no other writer ever writes to it.

    A `plain` one has that number, from 1, and may keep what all cassettes repeat in `values`; `session` counts
    what its session has by now.

    Raises:
        OSError: the directory or the file cannot be made.
    """
    files.make_directory(directory)
    files.check_own(directory)
    if plain:
        path = directory / plain_name(plain)
        return SegmentWriter(files, path, files.open_new(path), values=values, session=session)
    found = (SEGMENT_NAME.match(name) for name in files.names(directory))
    number = max((int(match[1]) for match in found if match), default=0)
    while True:
        number += 1
        path = directory / f"traffic-{number:04}.jsonl.zst"
        try:
            return SegmentWriter(files, path, files.open_new(path))
        except FileExistsError:
            continue  # another recorder was faster


def _compressor() -> zstandard.ZstdCompressor:
    """Level 3, a window as long as a frame; a checksum at the end of each frame (RFC 8878 §3.1.1).

    Long-distance matching makes this three times slower and nothing smaller: what is long and far away is an item.
    """
    parameters = zstandard.ZstdCompressionParameters.from_level(
        3, window_log=22, write_checksum=True, write_content_size=False
    )
    return zstandard.ZstdCompressor(compression_params=parameters)
