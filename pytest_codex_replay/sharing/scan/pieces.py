"""A file of any kind as texts that a scan can hold, however long the file is. What is left out is reported."""

import lzma
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, BinaryIO, NamedTuple

import zstandard

from pytest_codex_replay.limits import MIB, SCANNED_LINE_BYTES
from pytest_codex_replay.redaction.views.views import opened_bytes, opener_of
from pytest_codex_replay.sharing.expansion import Room

Report = Callable[[str], None]
PIECE_BYTES = 768 * 1024
"""A longer file is looked at in pieces; each goes on to the end of its line."""
OVERLAP_BYTES = MIB // 16
"""What a piece repeats of the one before, in whole lines: a secret may have several."""
_CHUNK_BYTES = MIB
_SHUT = {b"PK\x03\x04": "a zip archive", b"7z\xbc\xaf\x27\x1c": "a 7z archive"}
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\x00\x00": "utf-32-le",
    b"\x00\x00\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
"""Byte order marks; longer ones come first."""


class Stored(NamedTuple):
    """What a file takes that is scanned."""

    size: int
    """Its bytes; of what is derived, those that it is derived from."""
    room: Room
    """Measures the files that are scanned together."""
    is_derived: bool = False
    """Whether it is limited as what compressed bytes expand to, though it is not compressed itself."""


def texts_of(file: BinaryIO, stored: Stored, report: Report) -> Iterator[tuple[int, str]]:
    """Yield the texts in a file, decompressed and decoded, each with the number of its first line."""
    encoding, is_first = "", True
    pieces = _Pieces(report)
    fed = chain.from_iterable(map(pieces.feed, _chunks(file, stored, report)))
    for line, piece in chain(fed, pieces.end()):  # a generator: it looks once the others are done
        if is_first:
            encoding, is_first = next((code for mark, code in _MARKS.items() if piece.startswith(mark)), ""), False
            for magic, what in _SHUT.items():
                if piece.startswith(magic):
                    report(f"is {what}, which is not opened")
        if encoding:
            yield line, piece.decode(encoding, errors="replace").removeprefix("\ufeff")
        else:
            yield line, opened_bytes(piece) or piece.decode("latin-1")


def _chunks(file: BinaryIO, stored: Stored, report: Report) -> Iterator[bytes]:
    """Yield the bytes of a file, decompressed over all frames and as far as possible."""
    opener = opener_of(file.read(_CHUNK_BYTES))
    file.seek(0)
    if opener is None and not stored.is_derived:
        yield from iter(lambda: file.read(_CHUNK_BYTES), b"")
        return
    most, count = stored.room.most_of(stored.size), 0
    try:
        opened: Any = file if opener is None else opener(file)
        while count <= most and (chunk := opened.read1(_CHUNK_BYTES)):
            yield chunk[: most - count]
            count += len(chunk)
        if count > most:
            report(f"holds more than the {most:,} bytes that were looked at")
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
        report(f"is damaged, and was looked at only as far as it can be opened ({error})")
        if not count:
            file.seek(0)
            yield from iter(lambda: file.read(_CHUNK_BYTES), b"")
    finally:
        stored.room.take(stored.size, min(count, most))


def _unit_of(head: bytes) -> int:
    """Return how many bytes a character has at least, in a file that begins so; each piece begins with a whole one."""
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return 4
    return 2 if 0 in head or head.startswith((b"\xff\xfe", b"\xfe\xff")) else 1


class _Pieces:
    """Chunks in; pieces of whole lines out, each with the number of its first line. Holds no more than a long line."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._held = bytearray()
        self._line = 1
        self._unit = 0
        """A piece begins at a multiple of so many bytes; 0: not known yet."""
        self._is_skipping = False

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        self._unit = self._unit or _unit_of(chunk)
        self._held += self._after_skipped(chunk) if self._is_skipping else chunk
        if len(self._held) < PIECE_BYTES:
            return
        end = self._rounded(self._held.rfind(b"\n", 0, len(self._held) - self._unit) + 1)
        if end > OVERLAP_BYTES:
            yield self._line, bytes(self._held[:end])
            overlap = self._held.find(b"\n", end - OVERLAP_BYTES, end - self._unit) + 1
            self._drop(self._rounded(overlap) or end)
        elif len(self._held) > SCANNED_LINE_BYTES:
            yield self._line, bytes(self._held[:SCANNED_LINE_BYTES])
            self._skip(end)

    def end(self) -> Iterator[tuple[int, bytes]]:
        if self._held:
            yield self._line, bytes(self._held)

    def _drop(self, end: int) -> None:
        self._line += self._held.count(b"\n", 0, end)
        del self._held[:end]

    def _skip(self, start: int) -> None:
        self._drop(start)
        self._report(f"line {self._line} is longer than the {SCANNED_LINE_BYTES:,} bytes of it that were looked at")
        self._held.clear()
        self._is_skipping = True

    def _after_skipped(self, chunk: bytes) -> bytes:
        end = chunk.find(b"\n") + 1
        self._is_skipping = not end
        self._line += bool(end)
        return chunk[self._rounded(end) :] if end else b""

    def _rounded(self, at: int) -> int:
        return -(-at // self._unit) * self._unit
