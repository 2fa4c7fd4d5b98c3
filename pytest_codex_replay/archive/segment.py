"""A segment: one file of records, written by one recorder run only and never reopened.

`traffic-NNNN.jsonl.zst` is a run of zstd frames, flushed per batch: a cut file still gives every complete record, a
damaged byte costs at most its frame. `traffic.jsonl` is the same in plain text.
"""

import os
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.line import TOO_LONG, NewerFormatError, decode_line, encode_line
from pytest_codex_replay.archive.merges import MergedFlows, plain_lines
from pytest_codex_replay.archive.record import (
    BodyRecord,
    EventRecord,
    FlowRecord,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    RunRecord,
    SegmentRecord,
    SharedPartsRecord,
    SharedValueRecord,
)
from pytest_codex_replay.archive.shared_values import (
    MIN_SHARED_BYTES,
    SharedValueReader,
    SharedValueWriter,
    with_parts,
    without_parts,
)
from pytest_codex_replay.archive.value_files import SharedValueError, ValueFiles, ValueReader
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import (
    DAMAGES,
    LINE_BYTES,
    RESOLVED_BYTES,
    SEGMENT_LINES,
    WINDOW_BYTES,
    expansion_of,
)
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.payload import Payload

PLAIN_SEGMENT = "traffic.jsonl"
FRAME_BYTES = 4 * 1024 * 1024
"""Bytes of records after which a new frame is begun and items are written again: what one damaged byte can cost."""
FRAME_REPEATS = 16
"""A frame is at least so many times as long as the items in it that the frame before it had, too."""

_SEGMENT_NAME = re.compile(r"^traffic-(\d{4,})\.jsonl\.zst$")
_MAGIC = b"\x28\xb5\x2f\xfd"
_READ_BYTES = 1024 * 1024
_SLICE_BYTES = 1024
"""Decompressed at once: 4 bytes may stand for a block of 128 KiB (RFC 8878 §3.1.1.2), so this gives at most 32 MiB."""
_READ_PIECE_BYTES = 64 * 1024
_REFERRING = (RequestRecord, EventRecord, BodyRecord, MessageRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Records that could not be read."""

    path: Path
    line: int
    """Number of the line in the decompressed segment, from 1; lines in a lost frame are not counted. 0: no line."""
    reason: str
    flows: tuple[str, ...] = ()
    """Flows of which nothing that follows can be told apart; empty: not known."""
    cut: bool = False
    """The segment just stops: its writer was killed, or is still writing."""

    @property
    def place(self) -> str:
        """The file, with the line where there is one."""
        return f"{self.path.name}:{self.line}" if self.line else self.path.name

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


def is_segment(name: str) -> bool:
    """Return whether a file name is that of a segment."""
    return name == PLAIN_SEGMENT or _SEGMENT_NAME.match(name) is not None


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
    ) -> None:
        """Write to an open file; what all cassettes repeat goes to `values`, if there are any."""
        self.path = path
        self.records = 0
        self.bytes_written = 0
        self._plain_bytes = 0
        self._run_count = 0
        """Elements of runs: each counts as a line."""
        self._files = files
        self._descriptor: int | None = descriptor
        self._items = SharedValueWriter()
        self._values = values
        self._is_plain = path.suffix != ".zst"
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
        return is_long or self._plain_bytes > expansion_of(self.bytes_written) // 2

    def write(self, record: Record) -> None:
        """Add a record to the batch; large values go before it, once a segment.

        In place of what no reader would read stands a gap.

        Raises:
            ArchiveError: it is plain, so no other segment can follow it, and has as many lines as are read.
        """
        refs = None
        payload = record.payload if isinstance(record, _REFERRING) else None
        if payload is not None and len(raw := payload.raw) >= MIN_SHARED_BYTES:
            refs, new = self._items.intern(raw, payload.json)
            for digest, text in new:
                self._add(self._value(record.at_ms, digest, text), of=record)
        self._add(record, refs)

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
        self._run_count += len(record.times_ms) if isinstance(record, RunRecord) else 0
        if self._is_plain and self.records + self._run_count >= SEGMENT_LINES:
            raise ArchiveError(
                f"{self.path}: a cassette has at most {SEGMENT_LINES:,} lines, and this one would have more"
            )
        line = encode_line(record, self.records, checksum=not self._is_plain, refs=refs)
        if len(line) > LINE_BYTES:
            line = encode_line(_too_long(of or record, len(line)), self.records, checksum=not self._is_plain)
        self._batch.append(line)
        self._plain_bytes += len(line)
        self.records += 1

    def _put(self, data: bytes) -> None:
        if self._descriptor is None:
            raise ArchiveError(f"{self.path}: the segment is closed")
        self._claim()
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


def _too_long(record: Record, length: int) -> GapRecord:
    flows = (record.flow,) if isinstance(record, FlowRecord) else ()
    reason = f"longer than {LINE_BYTES:,} bytes"
    return GapRecord(
        at_ms=record.at_ms, until_ms=record.at_ms, reason=reason, lost_count=1, lost_bytes=length, flows=flows
    )


def create_segment(
    files: Files, directory: Path, *, plain: bool = False, values: ValueFiles | None = None
) -> SegmentWriter:
    """Create the next segment of a session directory; no other writer ever writes to it.

    A plain one may keep what all cassettes repeat in `values`.

    Raises:
        OSError: the directory or the file cannot be made.
    """
    files.make_directory(directory)
    files.check_own(directory)
    if plain:
        path = directory / PLAIN_SEGMENT
        return SegmentWriter(files, path, files.open_new(path), values=values)
    found = (_SEGMENT_NAME.match(name) for name in files.names(directory))
    number = max((int(match[1]) for match in found if match), default=0)
    while True:
        number += 1
        path = directory / f"traffic-{number:04}.jsonl.zst"
        try:
            return SegmentWriter(files, path, files.open_new(path))
        except FileExistsError:
            continue  # another recorder was faster


def read_segment(path: Path, on_damage: Callable[[Damage], None], *, keep_runs: bool = False) -> Iterator[Record]:
    """Yield the readable records of a segment, references resolved; report the rest.

    `keep_runs`: yield a run of deltas as the one record that it is, not as a hundred.

    Raises:
        ArchiveError: the segment is of a newer format, or wants a value that its cassettes do not share.
        OSError: the file cannot be read.
    """
    damage_count = 0

    def count(damage: Damage) -> None:
        nonlocal damage_count
        damage_count += 1
        if damage_count > DAMAGES:
            raise _EnoughError(f"more than {DAMAGES:,} places are damaged")
        on_damage(damage)

    try:
        yield from _read(path, count, keep_runs=keep_runs)
    except _EnoughError as error:
        on_damage(Damage(path=path, line=0, reason=f"{error}; the rest is not read"))


class _EnoughError(Exception):
    """A segment holds more than is read of one."""


def _read(path: Path, on_damage: Callable[[Damage], None], *, keep_runs: bool) -> Iterator[Record]:  # noqa: C901  one pass
    items, values = SharedValueReader(), ValueReader(path.parent)
    last_seq, damaged_count, is_begun = -1, 0, False
    is_plain = path.suffix != ".zst"
    decoded = _Decoder(items, checksum=not is_plain, keep_runs=keep_runs)
    merged = MergedFlows(
        lambda: plain_lines(path, _lines(path, lambda _: None)),  # its damage was reported when it was read first
        lambda number, reason, flow: on_damage(Damage(path=path, line=number, reason=reason, flows=(flow,))),
    )
    lines = _lines(path, on_damage)
    for line_number, line in plain_lines(path, lines) if is_plain else lines:
        try:
            seq, record, records = decoded(line)
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
        if merged.drops(record, line_number, seq, line if is_plain else b"", is_again=is_again):
            continue
        if records is not None:
            yield from records
        elif type(record) is SharedValueRecord:
            items.add(record.digest, record.payload.json, len(record.payload.raw))
        elif type(record) is SharedPartsRecord:
            items.add(record.digest, *_whole(record, values, f"{path}:{line_number}"))
        else:
            yield record


class _Decoder:
    """Decodes lines, and counts them; each element of a run counts, too."""

    def __init__(self, items: SharedValueReader, *, checksum: bool, keep_runs: bool) -> None:
        self._resolve, self._checksum, self._keep_runs = items.resolve, checksum, keep_runs
        self._count = 0

    def __call__(self, line: bytes) -> tuple[int, Record, Sequence[Record] | None]:
        """Return the number of a line, its record, and the records of which it is a run."""
        if line is TOO_LONG:
            raise ArchiveError(f"longer than {LINE_BYTES:,} bytes")
        seq, record = decode_line(line, self._resolve, checksum=self._checksum)
        self._count += 1
        if type(record) is not RunRecord:
            return seq, record, None
        self._count += len(record.times_ms)
        _check_lines(self._count)
        return seq, record, None if self._keep_runs and record.is_deltas else record.records()


def _check_lines(count: int) -> None:
    if count > SEGMENT_LINES:
        raise _EnoughError(f"more than {SEGMENT_LINES:,} lines")


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


def segment_bytes(path: Path, on_damage: Callable[[Damage], None]) -> Iterator[bytes]:
    """Yield the decompressed bytes of a segment; `b""` marks a place where bytes are lost."""
    with path.open("rb") as file:
        if path.suffix != ".zst":
            yield from iter(lambda: file.read(_READ_BYTES), b"")
            return
        source = _Source(file)
        while True:
            start = source.at
            error = yield from _frame_bytes(source)
            if error is None and source.at == start:
                return
            if error is None:
                continue
            following = _find_magic(file, start + 1)
            cut = error == _CUT and following is None
            on_damage(Damage(path=path, line=0, reason=f"frame at byte {start}: {error}", cut=cut))
            yield b""
            if following is None:
                return
            source.seek(following)


_CUT = "cut short"


class _Source:
    """A compressed segment, read in slices. Counts what it expands to: a small file may do so without end."""

    def __init__(self, file: BinaryIO) -> None:
        self.at = 0
        self._file = file
        self._read, self._cut = b"", 0
        self._expanded = 0
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)

    def frame(self) -> "zstandard.ZstdDecompressionObj":
        """Return what decompresses a frame."""
        return self._decompressor.decompressobj()

    def slice(self) -> bytes:
        """Return the next bytes; none at the end."""
        if self._cut >= len(self._read):
            self._read, self._cut = self._file.read(_READ_PIECE_BYTES), 0
        piece = self._read[self._cut : self._cut + _SLICE_BYTES]
        self._cut += len(piece)
        self.at += len(piece)
        return piece

    def give_back(self, count: int) -> None:
        """Let the end of the last slice be read again."""
        self._cut -= count
        self.at -= count

    def seek(self, at: int) -> None:
        """Go on at another place."""
        self._file.seek(at)
        self._read, self._cut, self.at = b"", 0, at

    def pieces(self, out: bytes) -> Iterator[bytes]:
        """Yield what a slice expands to, in pieces."""
        for cut in range(0, len(out), _READ_BYTES):
            piece = out[cut : cut + _READ_BYTES]
            self._expanded += len(piece)
            if self._expanded > (most := expansion_of(self.at)):
                raise _EnoughError(f"{self.at:,} bytes of it expand to more than {most:,}")
            yield piece


def _frame_bytes(source: _Source) -> Generator[bytes, None, str | None]:
    """Yield what the frame that begins here holds; return what is wrong with it."""
    frame, start = source.frame(), source.at
    while piece := source.slice():
        try:
            out = frame.decompress(piece)
        except zstandard.ZstdError as error:
            yield from _before_damage(source, start, source.at - len(piece))
            return f"damaged ({error})"
        yield from source.pieces(out)
        if frame.eof:
            source.give_back(len(frame.unused_data))
            return None
    return _CUT if source.at > start else None


def _before_damage(source: _Source, start: int, end: int) -> Iterator[bytes]:
    """Yield what the frame at `start` holds behind `end` and before its damage, which is in the slice there."""
    frame = source.frame()
    source.seek(start)
    while source.at < end:
        frame.decompress(source.slice())
    piece = source.slice()
    with suppress(zstandard.ZstdError):
        for at in range(len(piece)):
            yield from source.pieces(frame.decompress(piece[at : at + 1]))


def _find_magic(file: BinaryIO, start: int) -> int | None:
    """Return where the next frame may begin."""
    file.seek(start)
    rest = b""
    while read := file.read(_READ_BYTES):
        if (found := (rest + read).find(_MAGIC)) >= 0:
            return start - len(rest) + found
        start += len(read)
        rest = (rest + read)[1 - len(_MAGIC) :]
    return None


def _lines(path: Path, on_damage: Callable[[Damage], None]) -> Iterator[tuple[int, bytes]]:
    """Yield numbered lines without their newline; a line without one at the end is not complete."""
    number, begun = 0, _Begun()
    for chunk in segment_bytes(path, on_damage):
        if not chunk:
            begun.clear()  # a frame ends with a whole record, so the next one begins a line
            continue
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            number += 1
            _check_lines(number)
            yield number, begun.ended(line) if begun.length else line
        begun.add(rest)
    if begun.length:
        on_damage(Damage(path=path, line=number + 1, reason="the last record is cut short", cut=True))
    elif path.stat().st_size == 0:
        on_damage(Damage(path=path, line=0, reason="the segment is empty", cut=True))


class _Begun:
    """A line whose end has not come yet; of one that is too long, nothing is kept."""

    def __init__(self) -> None:
        self.length = 0
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> None:
        if not piece:
            return
        self.length += len(piece)
        self._pieces.append(piece)
        if self.length > LINE_BYTES:
            self._pieces.clear()

    def ended(self, piece: bytes) -> bytes:
        self.add(piece)
        line = b"".join(self._pieces) if self.length <= LINE_BYTES else TOO_LONG
        self.clear()
        return line

    def clear(self) -> None:
        self.length = 0
        self._pieces.clear()


def _compressor() -> zstandard.ZstdCompressor:
    """Level 3, a window as long as a frame; a checksum at the end of each frame (RFC 8878 §3.1.1).

    Long-distance matching makes this three times slower and nothing smaller: what is long and far away is an item.
    """
    parameters = zstandard.ZstdCompressionParameters.from_level(
        3, window_log=22, write_checksum=True, write_content_size=False
    )
    return zstandard.ZstdCompressor(compression_params=parameters)
