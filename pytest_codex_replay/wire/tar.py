"""Tar files, read as a stream: files, and the pax headers that name them (POSIX.1-2008, pax, ustar). No other kinds.

`tarfile` holds a header whole, however long it claims to be, and follows one header after the other.
"""

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

import zstandard

from pytest_codex_replay.limits import WINDOW_BYTES

MAX_HEADER_BYTES = 16 * 1024
"""Of a pax header: twice the longest path of a file system, and more."""
_BLOCK_BYTES = 512
_READ_BYTES = 64 * 1024
_SPARSE = "GNU.sparse"
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE)

Read = Callable[[int], bytes]
"""Returns so many bytes, or fewer at the end."""


class TarError(ValueError):
    """What is read is not a tar file, is cut short, or has a header that is too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a tar file."""

    name: str
    size: int
    is_file: bool
    """Not a link, a directory, a device, or a file with holes."""
    pieces: Iterator[bytes]
    """Its content, to be read before the next member is asked for; else it is skipped."""


def members_of(file: IO[bytes]) -> Iterator[Member]:
    """Yield the members of a tar file that is compressed by zstd.

    Raises:
        TarError: see there.
    """
    try:
        with zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES).stream_reader(file) as plain:
            yield from members_in(plain.read)
    except zstandard.ZstdError as error:
        raise TarError(str(error)) from error


def members_in(read: Read) -> Iterator[Member]:
    """Yield the members of a tar file.

    Raises:
        TarError: see there.
    """
    while any(block := _exactly(read, _BLOCK_BYTES)):
        header, said = _header(block), {}
        if header.type == tarfile.XHDTYPE:
            said = _pax(read, header.size)
            header = _header(_exactly(read, _BLOCK_BYTES))
        size = _size(said.get("size", str(header.size)))
        is_file = header.type in _FILES and not any(name.startswith(_SPARSE) for name in said)
        pieces = _pieces(read, size)
        yield Member(name=said.get("path", header.name), size=size, is_file=is_file, pieces=pieces)
        for _ in pieces:
            pass
        _exactly(read, -size % _BLOCK_BYTES)


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise TarError(str(error)) from error


def _size(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 20:  # noqa: PLR2004  more than any file has
        raise TarError(f"a size of {text[:20]!r}")
    return int(text)


def _pax(read: Read, size: int) -> dict[str, str]:
    """Return the records of a pax header: `LENGTH NAME=VALUE` and LF each."""
    if not 0 <= size <= MAX_HEADER_BYTES:
        raise TarError(f"a header of {size:,} bytes")
    rest, said = _exactly(read, size + -size % _BLOCK_BYTES)[:size], {}
    while rest:
        digits, _, _ = rest.partition(b" ")
        length = _size(digits[:20].decode("latin-1"))
        name, equals, value = rest[len(digits) + 1 : length - 1].partition(b"=")
        if not equals or rest[length - 1 : length] != b"\n":
            raise TarError("a header that is none")
        said[name.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "surrogateescape")
        rest = rest[length:]
    return said


def _pieces(read: Read, size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = _exactly(read, min(left, _READ_BYTES))
        left -= len(piece)
        yield piece


def _exactly(read: Read, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (piece := read(size - len(data))):
            raise TarError("cut short")
        data += piece
    return data
