"""Events that follow each other and bring pieces of texts, in little room. No I/O.

Nearly all records of a long session are such: each differs from others in its piece alone.
"""

import re
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import accumulate, islice, pairwise
from typing import NamedTuple, cast

from pytest_codex_replay.archive.record import EventRecord, MessageRecord, make_event
from pytest_codex_replay.packed_bytes import pack, unpack
from pytest_codex_replay.sharing.pieces import DELTA, Frame, Said, SaidPiece, StreamKey, new_tuple
from pytest_codex_replay.spool import Place, Spool
from pytest_codex_replay.wire.payload import Payload

PLACEHOLDER = b"[[REDACTED:"
"""How one begins, as recorders and redaction write it."""


class Row(NamedTuple):
    """An event of a block, and what it adds to texts."""

    offset: int
    """Its index in the block."""
    record: EventRecord | MessageRecord
    event: Said | SaidPiece


class _Kind(NamedTuple):
    """What events of one flow are that differ in a piece alone."""

    flow: str
    frame: Frame
    key: StreamKey
    is_message: bool


def may_be_packed(record: EventRecord | MessageRecord, event: Said | SaidPiece | None) -> bool:
    """Return whether a block may have an event: it brings one piece, and came at once."""
    if event is None or event.frame is None:
        return False
    if isinstance(record, EventRecord):
        if record.cuts != ((0, record.at_ms),):
            return False
    elif record.from_client or record.binary:
        return False
    return isinstance(event, SaidPiece) or (len(event.deltas) == 1 and event.deltas[0][1] == DELTA)


class Block:
    """Some events, packed in a spool; of each kind the first is at hand."""

    __slots__ = ("_kinds", "_numbers", "_raws", "_texts", "_times", "count", "firsts", "has_placeholder")

    def __init__(self, events: Sequence[tuple[EventRecord | MessageRecord, Said | SaidPiece]], spool: Spool) -> None:
        """Pack events that may be."""
        self.count = len(events)
        self._kinds: list[_Kind] = []
        self.firsts: list[Row] = []
        """The first of each kind."""
        numbers, raws, texts = array("H"), [], []
        known: dict[tuple[str, int], int] = {}
        flow, frame, number = "", (), -1
        for index, (record, event) in enumerate(events):
            assert event.frame is not None
            if event.frame is not frame or record.flow != flow:
                flow, frame = record.flow, event.frame
                number = known.setdefault((flow, id(frame)), len(known))
                if number == len(self._kinds):
                    self._kinds.append(_Kind(flow, frame, event.deltas[0][0], isinstance(record, MessageRecord)))
                    self.firsts.append(Row(index, record, event))
            numbers.append(number)
            raws.append(event.raw)
            texts.append(event.text if isinstance(event, SaidPiece) else event.deltas[0][2])
        self._numbers = _put(spool, numbers.tobytes()) if len(known) > 1 else None
        said = b"".join(raws)
        self._raws = _put(spool, array("I", map(len, raws)).tobytes(), said)
        joined = "".join(texts).encode(errors="surrogatepass")
        self._texts = _put(spool, array("I", map(len, texts)).tobytes(), joined)
        self._times = _packed_times([record.at_ms for record, _ in events], spool)
        self.has_placeholder = PLACEHOLDER in said

    @property
    def names(self) -> dict[tuple[str, StreamKey], list[int]]:
        """The numbers of its kinds by flow and text; several may bring pieces of one."""
        found: dict[tuple[str, StreamKey], list[int]] = {}
        for number, kind in enumerate(self._kinds):
            found.setdefault((kind.flow, kind.key), []).append(number)
        return found

    def pieces(self, kinds: Collection[int]) -> list[tuple[int, str]]:
        """Return the pieces of some kinds, each with its index in the block."""
        return [
            (index, text)
            for index, (number, text) in enumerate(zip(self._numbers_of_all(), self._all_texts(), strict=True))
            if number in kinds
        ]

    def text(self, kinds: Collection[int]) -> str:
        """Return the pieces of some kinds, joined."""
        if len(kinds) == len(self._kinds):
            return self._texts()[4 * self.count :].decode(errors="surrogatepass")
        return "".join(text for _, text in self.pieces(kinds))

    def says(self, pattern: re.Pattern[bytes]) -> bool:
        """Return whether its events may match a pattern."""
        return pattern.search(self._raws(), 4 * self.count) is not None

    def times_ms(self) -> Sequence[float]:
        """Return when each of its events came."""
        return _unpacked_times(self._times)

    def changed(self, times_ms: Sequence[float], flow_of: Callable[[str], str], spool: Spool) -> "Block":
        """Return the same with other times, which go to a `spool`, and other names of flows."""
        other: Block = object.__new__(Block)
        for name in ("_numbers", "_raws", "_texts", "count", "has_placeholder"):
            setattr(other, name, getattr(self, name))
        other._kinds = [kind._replace(flow=flow_of(kind.flow)) for kind in self._kinds]
        other._times = _packed_times(times_ms, spool)
        other.firsts = [
            row._replace(record=_made(kind, times_ms[row.offset], row.event.raw))
            for row, kind in zip(self.firsts, other._kinds, strict=True)
        ]
        return other

    def rows(self, start: int = 0) -> Iterator[Row]:
        """Yield its events from one on, each made anew."""
        raw = memoryview(self._raws())
        ends = accumulate(raw[: 4 * self.count].cast("I"), initial=4 * self.count)
        parts = zip(pairwise(ends), self._numbers_of_all(), self._all_texts(), self.times_ms(), strict=True)
        kinds = self._kinds
        for index, ((begin, end), number, text, at_ms) in enumerate(islice(parts, start, None), start):
            flow, frame, key, is_message = kind = kinds[number]
            data = raw[begin:end].tobytes()
            record = _made(kind, at_ms, data) if is_message else make_event(flow, at_ms, data, ((0, at_ms),))
            yield new_tuple(Row, (index, record, new_tuple(SaidPiece, (data, key, text, frame))))

    def looked_at(self, is_known: Callable[[Frame], bool]) -> Iterator[Row]:
        """Yield the events that are to be looked at: those whose frame is not known by then."""
        frames: list[Frame] = []
        last = -1
        for row in self.firsts:
            assert row.event.frame is not None
            if not all(map(is_known, frames)):
                break
            last = row.offset
            frames.append(row.event.frame)
            if not is_known(row.event.frame):
                yield row
        else:
            if all(map(is_known, frames)):
                return
        for row in self.rows(last + 1):
            assert row.event.frame is not None
            if not is_known(row.event.frame):
                yield row

    def _numbers_of_all(self) -> Sequence[int]:
        return memoryview(self._numbers()).cast("H") if self._numbers else bytes(self.count)

    def _all_texts(self) -> Iterator[str]:
        data = self._texts()
        text = data[4 * self.count :].decode(errors="surrogatepass")
        ends = accumulate(memoryview(data)[: 4 * self.count].cast("I"), initial=0)
        return (text[begin:end] for begin, end in pairwise(ends))


def _made(kind: _Kind, at_ms: float, raw: bytes) -> EventRecord | MessageRecord:
    if kind.is_message:
        return MessageRecord(flow=kind.flow, at_ms=at_ms, from_client=False, payload=Payload(raw))
    return make_event(kind.flow, at_ms, raw, ((0, at_ms),))


_Packed = Callable[[], bytes]
"""Returns bytes that are packed."""
_Times = tuple[str, _Packed] | Sequence[float]


def _put(spool: Spool, *parts: bytes) -> _Packed:
    return partial(_unpacked, spool, spool.put(pack(*parts)))


def _unpacked(spool: Spool, place: Place) -> bytes:
    return unpack(spool.get(place))


def _packed_times(times_ms: Sequence[float], spool: Spool) -> _Times:
    """Return times in little room; where they are of several types, as they are."""
    types = set(map(type, times_ms))
    code = "d" if types == {float} else "q" if types == {int} else ""
    try:
        return (code, _put(spool, array(code, times_ms).tobytes())) if code else tuple(times_ms)
    except OverflowError:
        return tuple(times_ms)


def _unpacked_times(times: _Times) -> Sequence[float]:
    if len(times) == 2 and isinstance(times[0], str):  # noqa: PLR2004  code and bytes
        return memoryview(cast("_Packed", times[1])()).cast("d" if times[0] == "d" else "q")
    return cast("Sequence[float]", times)  # two times are not a text and bytes
