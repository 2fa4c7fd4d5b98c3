"""The bytes of a segment's file, decompressed, and its lines: as much as is there, and as much as may be read.

What is damaged is reported, and passed over: a frame (RFC 8878 §3.1.1) can be read without those before it.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from pytest_codex_replay.archive.files import open_regular
from pytest_codex_replay.archive.line import TOO_LONG
from pytest_codex_replay.limits import (
    DAMAGES,
    EXPANDED_BYTES,
    EXPANDED_RATIO,
    LINE_BYTES,
    RESOLVED_TOTAL_BYTES,
    SEGMENT_LINES,
    SEGMENT_RATIO,
    WINDOW_BYTES,
    ValueCount,
    expansion_of,
    lines_of,
    plain_requests_of,
    separators_in,
    values_of,
)

_MAGIC = b"\x28\xb5\x2f\xfd"
_READ_BYTES = 1024 * 1024
_SLICE_BYTES, _FIRST_SLICE_BYTES, _SMALL_SLICE_BYTES = 1024, 32, 8
"""Decompressed at once; less at the beginning, and behind a slice that gave `_MUCH_BYTES`: 4 bytes may stand for a
block of 128 KiB (RFC 8878 §3.1.1.2), so these give at most 32 MiB, 1 MiB and 256 KiB. What gives more is cut, and
copied."""
_BEGINNING_BYTES = 128
"""Of a file: a block that stands for much is whole before that."""
_MUCH_BYTES = 128 * 1024
_HELD_BYTES = 64 * 1024
"""Decompressed bytes that are handed on together: slices give a line in many pieces."""
_READ_PIECE_BYTES = 64 * 1024


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
    is_unread: bool = False
    """There is more than is read of a segment: the rest of it may be whole."""

    @property
    def place(self) -> str:
        """The file, with the line where there is one."""
        return f"{self.path.name}:{self.line}" if self.line else self.path.name

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class EnoughError(Exception):
    """A segment holds more than is read of one."""


def check_run(count: int) -> None:
    """Count the elements of the runs of a segment, with its lines.

    Raises:
        EnoughError: these are more than are read.
    """
    if count > SEGMENT_LINES:
        raise EnoughError(f"more than {SEGMENT_LINES:,} lines")


def check_values(count: int, most: int) -> None:
    """Look at how many JSON values there are, of those that are read.

    Raises:
        EnoughError: these are more.
    """
    if count > most:
        raise EnoughError(f"more than {most:,} JSON values")


class ExpansionCount:
    """Counts what segments expand to that are read together: an archive may hold thousands of bombs."""

    def __init__(self, processes: int = 1) -> None:
        """Begin with nothing; so many `processes` read side by side."""
        self._most_bytes = EXPANDED_BYTES // processes
        self._stored = self._expanded = 0

    def add(self, stored: int, expanded: int) -> None:
        """Take how many bytes of a file were read, and what they became."""
        self._stored += stored
        self._expanded += expanded

    @property
    def is_over(self) -> bool:
        """Whether they expand to more than is read: of the next ones, no more is read than a recorder mostly writes."""
        return self._expanded > max(self._most_bytes, EXPANDED_RATIO * self._stored)


class SessionCount:
    """Counts what the segments of a session have together, where one limit is for all: a bomb may have many of them."""

    def __init__(self, expansion: ExpansionCount | None = None) -> None:
        """`expansion`: counts those of other sessions, too."""
        self.expansion = expansion or ExpansionCount()
        self.plain_bytes = 0
        """Of the lines of plain segments, up to here."""
        self._requests = 0.0
        self._parts_bytes = 0

    def most_requests(self, more: float) -> int | None:
        """Count some more requests of plain segments; return how many of them are read here, if that is fewer."""
        self._requests += more
        most = plain_requests_of(self.plain_bytes)
        return most if self._requests > most else None

    def check_parts(self, size: int) -> None:
        """Count the bytes of a value that has parts in shared files.

        Raises:
            EnoughError: with it, these are more than are read.
        """
        self._parts_bytes += size
        if self._parts_bytes > RESOLVED_TOTAL_BYTES:
            raise EnoughError(f"its parts in shared values have more than {RESOLVED_TOTAL_BYTES:,} bytes")


class LineCount:
    """Counts the lines of a segment: of a compressed one, its length says how many are read."""

    def __init__(self, path: Path) -> None:
        self.most = lines_of(0) if path.suffix == ".zst" else SEGMENT_LINES
        self._path = path

    def left(self, count: int, more: int) -> int:
        """Return how many of `more` lines behind the first `count` are read."""
        if count + more > self.most < SEGMENT_LINES:
            try:
                self.most = min(SEGMENT_LINES, lines_of(self._path.stat().st_size))  # it may have grown
            except FileNotFoundError:  # it was removed meanwhile: what is open is read on
                self.most = SEGMENT_LINES
        return min(more, self.most - count)

    def check(self, count: int) -> None:
        """Look at how many lines there are.

        Raises:
            EnoughError: these are more than are read.
        """
        if self.left(count, 0) < 0:
            raise EnoughError(f"more than {self.most:,} lines")


def segment_bytes(
    path: Path, on_damage: Callable[[Damage], None], expansion: ExpansionCount | None = None
) -> Iterator[bytes]:
    """Yield the decompressed bytes of a segment; `b""` marks a place where bytes are lost.

    `expansion` counts them together with those of others.

    Raises:
        EnoughError: it expands to more than is read, or has more damaged places.
        OSError: it is not a file, or cannot be read.
    """
    damage_count = 0
    with open_regular(path) as file:
        if path.suffix != ".zst":
            yield from iter(lambda: file.read(_READ_BYTES), b"")
            return
        source = FrameSource(file, expansion)
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
            if (damage_count := damage_count + 1) > DAMAGES:
                raise EnoughError(f"more than {DAMAGES:,} places are damaged")
            source.seek(following)


_CUT = "cut short"


class FrameSource:
    """A compressed segment, read in slices. Counts what it expands to: a small file may do so without end."""

    def __init__(self, file: BinaryIO, count: ExpansionCount | None = None) -> None:
        self.at = self._counted_at = 0
        self._count = count or ExpansionCount()
        self._file = file
        self._read, self._cut = b"", 0
        self._expanded = 0
        self._slice_bytes, self._most_bytes = _SMALL_SLICE_BYTES, _FIRST_SLICE_BYTES
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)

    def frame(self) -> "zstandard.ZstdDecompressionObj":
        """Return what decompresses a frame."""
        return self._decompressor.decompressobj()

    def slice(self, at_most: int = _SLICE_BYTES) -> bytes:
        """Return the next bytes; none at the end."""
        if self._cut >= len(self._read):
            self._read, self._cut = self._file.read(_READ_PIECE_BYTES), 0
        piece = self._read[self._cut : self._cut + min(at_most, self._slice_bytes)]
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
        self._read, self._cut, self.at, self._counted_at = b"", 0, at, at

    def expanded(self, length: int) -> None:
        """Take how long the last slice became: behind one that gave much, the next is smaller."""
        if length or self.at > _BEGINNING_BYTES:
            self._most_bytes = _SLICE_BYTES
        self._slice_bytes = _SMALL_SLICE_BYTES if length > _MUCH_BYTES else min(2 * self._slice_bytes, self._most_bytes)

    def pieces(self, out: bytes) -> Iterator[bytes]:
        """Yield what slices expand to, in pieces."""
        for cut in range(0, len(out), _READ_BYTES):
            piece = out[cut : cut + _READ_BYTES]
            self._expanded += len(piece)
            self._count.add(self.at - self._counted_at, len(piece))
            self._counted_at = self.at
            if self._expanded > (most := expansion_of(self.at)):
                raise EnoughError(f"{self.at:,} bytes of it expand to more than {most:,}")
            if self._expanded > (most := SEGMENT_RATIO * self.at) and self._count.is_over:
                others = "and what was read before it to more than all may expand to"
                raise EnoughError(f"{self.at:,} bytes of it expand to more than {most:,}, {others}")
            yield piece


def _frame_bytes(source: FrameSource) -> Generator[bytes, None, str | None]:
    """Yield what the frame that begins here holds; return what is wrong with it."""
    frame, start = source.frame(), source.at
    held, held_bytes = list[bytes](), 0
    while piece := source.slice():
        try:
            out = frame.decompress(piece)
        except zstandard.ZstdError as error:
            yield from source.pieces(b"".join(held))
            yield from _before_damage(source, start, piece)
            return f"damaged ({error})"
        source.expanded(len(out))
        if held_bytes + len(out) >= _HELD_BYTES and held:
            yield from source.pieces(b"".join(held))
            held, held_bytes = [], 0
        held.append(out)
        held_bytes += len(out)
        if held_bytes >= _HELD_BYTES or frame.eof:
            yield from source.pieces(b"".join(held))
            held, held_bytes = [], 0
        if frame.eof:
            source.give_back(len(frame.unused_data))
            return None
    yield from source.pieces(b"".join(held))
    return _CUT if source.at > start else None


def _before_damage(source: FrameSource, start: int, piece: bytes) -> Iterator[bytes]:
    """Yield what the frame at `start` holds in its last slice, before the damage in it."""
    frame, end = source.frame(), source.at - len(piece)
    source.seek(start)
    while source.at < end:
        frame.decompress(source.slice(end - source.at))
    with suppress(zstandard.ZstdError):
        for at in range(len(piece)):
            yield from source.pieces(frame.decompress(piece[at : at + 1]))


def _find_magic(file: BinaryIO, start: int) -> int | None:
    """Return where the next frame may begin."""
    file.seek(start)
    rest = b""
    while read := file.read(_READ_PIECE_BYTES):  # mostly it is near: a frame has some thousand bytes
        if (found := (rest + read).find(_MAGIC)) >= 0:
            return start - len(rest) + found
        start += len(read)
        rest = (rest + read)[1 - len(_MAGIC) :]
    return None


def segment_lines(
    path: Path, on_damage: Callable[[Damage], None], expansion: ExpansionCount | None = None
) -> Iterator[tuple[int, bytes]]:
    """Yield numbered lines without their newline; a line without one at the end is not complete.

    `expansion` counts their bytes together with those of other segments.
    """
    number, begun, count = 0, BegunLine(), LineCount(path)
    is_packed = path.suffix == ".zst"
    for chunk in segment_bytes(path, on_damage, expansion):
        if not chunk:
            begun.clear()  # a frame ends with a whole record, so the next one begins a line
            continue
        if b"\n" in chunk:
            *lines, rest = chunk.split(b"\n")
            if begun.length:
                lines[0] = begun.ended(lines[0])
            yield from enumerate(lines[: count.left(number, len(lines))], number + 1)
            number += len(lines)
            count.check(number)
            begun.add(rest)
        else:  # to look for a line end takes a hundredth of what it takes to split
            begun.add(chunk)
        if is_packed and begun.length > values_of(0):  # a value takes a byte at least
            most = values_of(path.stat().st_size)
            check_values(begun.values(most), most)
    if begun.length:
        on_damage(Damage(path=path, line=number + 1, reason="the last record is cut short", cut=True))
    elif not number and path.stat().st_size == 0:
        on_damage(Damage(path=path, line=0, reason="the segment is empty", cut=True))


class BegunLine:
    """A line whose end has not come yet; of one that is too long, nothing is kept."""

    def __init__(self) -> None:
        self.length = 0
        self._pieces: list[bytes] = []
        self._rough = self._looked_at = self._counted = 0
        self._count = ValueCount()

    def add(self, piece: bytes) -> None:
        if not piece:
            return
        self.length += len(piece)
        self._pieces.append(piece)
        if self.length > LINE_BYTES:
            self._pieces.clear()

    def values(self, most: int) -> int:
        """Return how many JSON values it has so far, or rather too many, but no more than `most` where it has not."""
        self._rough += sum(map(separators_in, self._pieces[self._looked_at :]))  # each once
        self._looked_at = len(self._pieces)
        if self._rough > most:
            for piece in self._pieces[self._counted :]:
                self._count.add(piece, most)
            self._rough, self._counted = self._count.total, len(self._pieces)
        return self._rough

    def ended(self, piece: bytes) -> bytes:
        self.add(piece)
        line = b"".join(self._pieces) if self.length <= LINE_BYTES else TOO_LONG
        self.clear()
        return line

    def clear(self) -> None:
        self.length = self._rough = self._looked_at = self._counted = 0
        self._pieces.clear()
        self._count = ValueCount()
