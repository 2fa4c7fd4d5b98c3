"""Pieces of a body, or messages, in little room: compressed as they come, made again when asked for."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import NamedTuple

from pytest_codex_replay.packed_bytes import pack, unpack
from pytest_codex_replay.spool import Place, Spool
from pytest_codex_replay.wire.payload import Payload

_BLOCK_BYTES = 256 * 1024
"""Pieces that are compressed together."""
_SMALL_BYTES = 4096
"""Of pieces that are left as they are: most flows that are not a turn are that short."""


class Piece(NamedTuple):
    """Bytes, and when they came."""

    at_ms: float
    data: bytes
    mark: int = 0
    """What else the owner has to know of it: a small number."""


class _Block(NamedTuple):
    """Pieces, compressed with their lengths, marks and times."""

    number: int
    """How many there are."""
    packed: bytes
    times_ms: Sequence[float] | None
    """The times, where not all of them are of the usual type: those of cassettes may be whole numbers."""

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> "_Block":
        times: Sequence[float]
        times, datas, marks = zip(*pieces, strict=True)
        is_usual = set(map(type, times)) == {float}
        parts = (array("Q", map(len, datas)), array("d", times if is_usual else ()), bytes(marks), *datas)
        return cls(len(pieces), pack(*parts), None if is_usual else times)

    def pieces(self) -> list[Piece]:
        view = memoryview(unpack(self.packed))
        start = 8 * self.number
        lengths, times = view[:start].cast("Q"), self.times_ms
        if times is None:
            times, start = view[start : 2 * start].cast("d"), 2 * start
        marks, start = view[start : start + self.number], start + self.number
        ends = list(accumulate(lengths, initial=start))
        datas = (view[begin:end].tobytes() for begin, end in pairwise(ends))
        return list(map(Piece, times, datas, marks))


class _Spooled(NamedTuple):
    """A block whose bytes are in a file."""

    spool: Spool
    place: Place
    block: _Block
    """Without its bytes."""

    def pieces(self) -> list[Piece]:
        return self.block._replace(packed=self.spool.get(self.place)).pieces()


class _Shared(NamedTuple):
    """One piece whose bytes are made of a value, which shares its parts with others."""

    at_ms: float
    payload: Payload
    mark: int

    def pieces(self) -> list[Piece]:
        return [Piece(self.at_ms, self.payload.raw, self.mark)]


class PackedPieces:
    """Takes pieces, oldest first; gives them back in their order, or from the last one on."""

    __slots__ = ("_blocks", "_new", "_new_bytes", "_spool")

    def __init__(self, spool: Spool | None = None) -> None:
        """Begin with none. `spool`: keeps what is compressed; else it is kept in memory."""
        self._spool = spool
        self._blocks: list[_Block | _Spooled | _Shared] = []
        self._new: list[Piece] = []
        self._new_bytes = 0

    def extend(self, pieces: Iterable[Piece]) -> None:
        """Take the next pieces."""
        for piece in pieces:
            if self._new_bytes >= _BLOCK_BYTES:
                self.pack()
            self._new.append(piece)
            self._new_bytes += len(piece.data)

    def add(self, at_ms: float, payload: Payload, mark: int = 0) -> None:
        """Take what a payload is as the next piece; the value stays of which its bytes are made."""
        if not payload.is_of_value:
            self.extend([Piece(at_ms, payload.raw, mark)])
            return
        self.pack(0)
        self._blocks.append(_Shared(at_ms, payload, mark))

    def lengthen(self, data: bytes) -> bool:
        """Add bytes to the last piece; return whether there is one."""
        if not self._new:
            if not self._blocks:
                return False
            self._new = self._blocks.pop().pieces()
            self._new_bytes = sum(len(piece.data) for piece in self._new)
        last = self._new[-1]
        self._new[-1] = last._replace(data=last.data + data)
        self._new_bytes += len(data)
        return True

    def pack(self, least: int = _SMALL_BYTES) -> None:
        """Compress what is not yet, if it has so many bytes: no more is expected soon."""
        if not self._new or self._new_bytes < least:
            return
        block = _Block.of(self._new)
        spool = self._spool
        self._blocks.append(
            block if spool is None else _Spooled(spool, spool.put(block.packed), block._replace(packed=b""))
        )
        self._new, self._new_bytes = [], 0

    def __iter__(self) -> Iterator[Piece]:
        for block in self._blocks:
            yield from block.pieces()
        yield from self._new

    def __reversed__(self) -> Iterator[Piece]:
        yield from reversed(self._new)
        for block in reversed(self._blocks):
            yield from reversed(block.pieces())


def in_one_file() -> Callable[[], PackedPieces]:
    """Return what makes pieces that are kept in one temporary file."""
    return partial(PackedPieces, Spool())
