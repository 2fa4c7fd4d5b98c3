"""The records of a session, held in little room, with the texts that come in pieces. No I/O.

All who look at a session look at the same ones: they are read once.
"""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Self, cast, overload

from pytest_codex_replay.archive.record import EventRecord, MessageRecord, Record, RequestRecord
from pytest_codex_replay.limits import MIB
from pytest_codex_replay.sharing.away import Away, may_be_away
from pytest_codex_replay.sharing.block import Block, may_be_packed
from pytest_codex_replay.sharing.pieces import (
    DELTA,
    SAYS,
    Frame,
    PieceReader,
    Said,
    SaidPiece,
    StreamKey,
    alike,
    raw_of,
)
from pytest_codex_replay.spool import Spool
from pytest_codex_replay.wire.json_values import Path
from pytest_codex_replay.wire.payload import Payload

_LEAST, _MOST = 8, 1024
"""Events that are packed together: of fewer, each is held as it is."""
_ROOM_BYTES = MIB
"""Of what is packed, so much of a session is in memory: most sessions are shorter."""


class Piece(NamedTuple):
    """A part of a text that comes in deltas."""

    at: int
    """Index of the record that brings it."""
    path: Path
    text: str


class Held(NamedTuple):
    """A record that is held as it is, and what it adds to texts."""

    record: Record
    event: Said | SaidPiece | None


def asked_by(record: Record) -> Payload | None:
    """Return what a client says in a record, if it is one of a client's."""
    if isinstance(record, RequestRecord) or (isinstance(record, MessageRecord) and record.from_client):
        return record.payload
    return None


class Stream:
    """A text that comes in pieces."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[tuple[int, Piece | tuple[Block, list[int]]]] = []
        """Pieces, and blocks with the kinds of their events that bring some; each with the index where it begins."""

    def add(self, piece: Piece) -> None:
        """Take the next piece."""
        self._parts.append((piece.at, piece))

    def add_of(self, start: int, block: Block, kinds: list[int]) -> None:
        """Take those that a block brings, which stands at `start`."""
        self._parts.append((start, (block, kinds)))

    @property
    def pieces(self) -> list[Piece]:
        """The pieces, in order."""
        found: list[Piece] = []
        for start, part in self._parts:
            if isinstance(part, Piece):
                found.append(part)
            else:
                block, kinds = part
                found += (Piece(start + index, DELTA, text) for index, text in block.pieces(kinds))
        return found

    @property
    def text(self) -> str:
        """The text."""
        parts = (part for _, part in self._parts)
        return "".join(part.text if isinstance(part, Piece) else part[0].text(part[1]) for part in parts)

    @property
    def at(self) -> int:
        """Index of the record that begins it."""
        start, part = self._parts[0]
        return start if isinstance(part, Piece) else start + min(part[0].firsts[kind].offset for kind in part[1])


class HeldRecords(Sequence[Record]):
    """Takes records, oldest first; gives them as they came, each made anew where it was packed."""

    def __init__(self) -> None:
        self.spool = Spool(_ROOM_BYTES)
        """For what is packed."""
        self._entries: list[Held | Away | Block] = []
        self._starts = array("Q")
        """Index of the first record of each entry."""
        self._count = 0
        self._open: list[tuple[EventRecord | MessageRecord, Said | SaidPiece]] = []
        """Events that may be packed together."""
        self._reader = PieceReader()
        self._asked: Counter[str] = Counter()
        self._streams: dict[StreamKey, Stream] = {}
        self.urls: dict[str, str] = {}
        """That of each flow."""

    @classmethod
    def of(cls, records: Iterable[Record]) -> Self:
        """Return these records, held; the same object if they are."""
        if isinstance(records, cls):
            return records
        held = cls()
        for record in records:
            held.add(record)
        return held.ended()

    def add(self, record: Record, event: Said | SaidPiece | None = None) -> None:
        """Take the next record; `event` is what it added to texts before it was changed, if that is known."""
        if isinstance(record, SAYS):
            raw = raw_of(record)
            if event is None or event.raw is not raw:
                event = self._reader.read(record, raw)
            if event is not None and may_be_packed(record, event):
                self._open.append((record, event))
                if len(self._open) == _MOST:
                    self._pack()
                return
        self._pack()
        self._hold(record, event)

    def add_block(self, block: Block) -> None:
        """Take the next records as they are packed."""
        self._pack()
        self._hold_block(block)

    def ended(self) -> Self:
        """Return the same: all records have come."""
        self._pack()
        return self

    def entries(self) -> Iterator[tuple[int, Held | Block]]:
        """Yield the records as they are held, each or a block of them with its index."""
        for start, entry in zip(self._starts, self._entries, strict=True):
            yield start, Held(entry.record(), None) if isinstance(entry, Away) else entry

    def rows(self) -> Iterator[tuple[Record, Said | SaidPiece | None]]:
        """Yield the records, each with what it adds to texts."""
        for _, entry in self.entries():
            if isinstance(entry, Held):
                yield entry
            else:
                yield from ((row.record, row.event) for row in entry.rows())

    def looked_at(self, is_known: Callable[[Frame], bool]) -> Iterator[tuple[int, Record, Said | SaidPiece | None]]:
        """Yield the records that are to be looked at, each with its index: not those whose frame is known by then."""
        for start, entry in self.entries():
            if isinstance(entry, Block):
                yield from ((start + row.offset, row.record, row.event) for row in entry.looked_at(is_known))
            elif entry.event is None or entry.event.frame is None or not is_known(entry.event.frame):
                yield start, *entry

    def single(self) -> Iterator[Record]:
        """Yield the records that are not packed."""
        return (entry.record for _, entry in self.entries() if isinstance(entry, Held))

    def alike(self) -> Iterator[tuple[Record, list[EventRecord]]]:
        """Yield each record, with the events behind it that are of its flow and have its frame."""
        return alike((record, None if event is None else event.frame) for record, event in self.rows())

    def streams(self) -> Iterable[Stream]:
        """Return the texts that come in pieces."""
        return self._streams.values()

    def joined(self) -> Iterator[tuple[int, str]]:
        """Yield each text that comes in pieces, with the index of the record that begins it."""
        return ((one.at, one.text) for one in self._streams.values())

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Record]:
        return (record for record, _ in self.rows())

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        if isinstance(index, slice):
            return list(self)[index]
        index += self._count if index < 0 else 0
        if not 0 <= index < self._count:
            raise IndexError(index)
        at = bisect_right(self._starts, index) - 1
        entry = self._entries[at]
        if isinstance(entry, Away):
            return entry.record()
        return entry.record if isinstance(entry, Held) else next(entry.rows(index - self._starts[at])).record

    def _hold(self, record: Record, event: Said | SaidPiece | None) -> None:
        if isinstance(record, RequestRecord):
            self.urls[record.flow] = record.url
        elif isinstance(record, MessageRecord) and record.from_client:
            self._asked[record.flow] += record.payload.fields.get("type") == "response.create"
        if event is not None and event.deltas:
            flow = cast("EventRecord | MessageRecord", record).flow
            for key, path, text in event.deltas:
                self._stream(flow, key).add(Piece(self._count, path, text))
        if event is None and may_be_away(record):
            self._append(Away(record, self.spool), 1)
        else:
            self._append(Held(record, event), 1)

    def _hold_block(self, block: Block) -> None:
        for (flow, key), kinds in block.names.items():
            self._stream(flow, key).add_of(self._count, block, kinds)
        self._append(block, block.count)

    def _stream(self, flow: str, key: StreamKey) -> Stream:
        name = flow, self._asked[flow], key
        if (found := self._streams.get(name)) is None:
            found = self._streams[name] = Stream()
        return found

    def _append(self, entry: Held | Away | Block, count: int) -> None:
        self._entries.append(entry)
        self._starts.append(self._count)
        self._count += count

    def _pack(self) -> None:
        if not self._open:
            return
        events, self._open = self._open, []
        if len(events) < _LEAST:
            for record, event in events:
                self._hold(record, event)
        else:
            self._hold_block(Block(events, self.spool))
