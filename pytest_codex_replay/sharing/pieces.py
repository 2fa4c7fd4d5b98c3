"""The pieces of texts that events bring. No I/O.

Thousands of events differ in their piece alone: what they say beside it is looked at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from pytest_codex_replay.archive.record import EventRecord, FlowRecord, MessageRecord, Record
from pytest_codex_replay.wire.json_values import Path, walk
from pytest_codex_replay.wire.sse import usual_event

StreamKey = tuple[Any, ...]
Frame = tuple[Any, ...]
"""What an event that brings a piece of a text is beside it: thousands of events differ in the piece alone."""
_OWN: Mapping[str, type] = {"delta": str, "sequence_number": int, "obfuscation": str}
"""Members that differ from event to event, with the type that each has there: no rule looks at such a value."""
DELTA: Path = ("delta",)
_HOLDERS = (dict, list)
SAYS = (EventRecord, MessageRecord)
"""Records that may bring one."""
_PLACE = ("content_index", "summary_index", "index")
_NO_TEXT = frozenset({"id", "name", "role", "type"})
"""Members of a delta that say what it is; each comes in one piece."""


def alike(records: Iterable[tuple[Record, Frame | None]]) -> Iterator[tuple[Record, list[EventRecord]]]:
    """Yield each record, with the events behind it that are of its flow and have its frame."""
    first: Record | None = None
    shared: Frame | None = None
    flow, others = "", list[EventRecord]()
    for record, frame in records:
        if frame is not None and frame is shared and isinstance(record, EventRecord) and record.flow == flow:
            others.append(record)
            continue
        if first is not None:
            yield first, others
        first, shared, others = record, frame, []
        flow = record.flow if isinstance(record, FlowRecord) else ""
    if first is not None:
        yield first, others


class Said(NamedTuple):
    """What one event, or message of a server, adds to texts."""

    raw: bytes
    deltas: tuple[tuple[StreamKey, Path, str], ...]
    frame: Frame | None


class SaidPiece(NamedTuple):
    """What an event adds of which others differ in its piece alone: nearly all are such, so each takes little."""

    raw: bytes
    key: StreamKey
    text: str
    frame: Frame

    @property
    def deltas(self) -> tuple[tuple[StreamKey, Path, str]]:
        """The piece, as `Said` has it."""
        return ((self.key, DELTA, self.text),)


new_tuple = tuple.__new__
"""Makes one of thousands in half the time that a call of its class takes."""
_SHORT_BYTES = 256


def _short(record: EventRecord | MessageRecord, raw: bytes) -> Said | None:
    """Return what a short event is without a piece of a text: thousands may be the same, such as a keep-alive."""
    if len(raw) > _SHORT_BYTES:
        return None
    return Said(raw, (), (isinstance(record, MessageRecord) and record.from_client, raw))


class PieceReader:
    """Tells what events add to texts. One that differs from an earlier one in its piece alone is not parsed."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[bool, bytes], tuple[StreamKey, Frame]] = {}
        """To which text the events add that are alike but for their pieces, and their frame."""
        self._last: _Last | None = None

    def read(self, record: EventRecord | MessageRecord, raw: bytes) -> Said | SaidPiece | None:
        """Return what an event adds to texts; None for a long one without a piece."""
        if (last := self._last) is not None and (text := last.piece_of(raw)) is not None:
            from_client = isinstance(record, MessageRecord) and record.from_client
            if last.from_client is from_client:
                return new_tuple(SaidPiece, (raw, last.key, text, last.frame))
        return self._event_of(record, raw) if b'"delta"' in raw else _short(record, raw)

    def _event_of(self, record: EventRecord | MessageRecord, raw: bytes) -> Said | SaidPiece:
        from_client = isinstance(record, MessageRecord) and record.from_client
        shape, text = _shape_of(raw)
        alike = from_client, shape
        known = self._shapes.get(alike)
        if known is not None:
            self._last = _last_of(raw, from_client, *known)
            return SaidPiece(raw, known[0], text, known[1])
        fields = record.payload.fields
        frame, deltas = _frame_of(record, fields), tuple(_deltas(fields))
        if frame is not None and [(path, piece) for _, path, piece in deltas] == [(DELTA, text)]:
            self._shapes[alike] = deltas[0][0], frame
        return Said(raw, deltas, frame)


def raw_of(record: EventRecord | MessageRecord) -> bytes:
    """Return what an event says, as it came."""
    return record.raw if isinstance(record, EventRecord) else record.payload.raw


class _Last(NamedTuple):
    """What the last event said beside its number and its piece: nearly all that follow say the same."""

    from_client: bool
    key: StreamKey
    frame: Frame
    head: bytes
    middle: bytes
    tail: bytes

    def piece_of(self, raw: bytes) -> str | None:
        """Return the piece of an event that says the same; None for another one."""
        _, _, _, head, middle, tail = self
        if not (raw.startswith(head) and raw.endswith(tail)):
            return None
        at, end = raw.find(middle, len(head)), len(raw) - len(tail)
        number, begin = raw[len(head) : at], at + len(middle)
        is_number = number.isdigit() and (number == b"0" or not number.startswith(b"0"))
        return _piece(raw[begin:end]) if is_number and begin <= end and _PLAIN.fullmatch(raw, begin, end) else None


def _last_of(raw: bytes, from_client: bool, key: StreamKey, frame: Frame) -> _Last | None:  # noqa: FBT001
    """Return what an event says beside its number and its piece, where that number stands before it."""
    found = _PIECE.search(raw)
    number = _NUMBER.search(raw, 0, found.start()) if found else None
    if found is None or number is None:
        return None
    start, end = found.span(1)
    head = raw[: number.start() + len(b'"sequence_number":')]
    return _Last(from_client, key, frame, head, raw[number.end() : start], raw[end:])


_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+')
_PIECE = re.compile(rb'"delta":"(%b)"' % _PLAIN.pattern)
_NUMBER = re.compile(rb'"sequence_number":(?:0|[1-9]\d*)')
_PADDING = re.compile(rb'"obfuscation":"[ !#-\[\]-~]*"')
"""Two patterns: one of both would take three times as long."""


def _shape_of(raw: bytes) -> tuple[bytes, str]:
    """Return what an event is without its piece of a text, and that piece: cheaper than to parse each of thousands."""
    found = _PIECE.search(raw)
    if found is None:
        return raw, ""
    start, end = found.span(1)
    text = _piece(found[1])
    if text is None:
        return raw, ""
    shape = _NUMBER.sub(b"", raw[:start] + raw[end:])
    return _PADDING.sub(b"", shape) if b'"obfuscation"' in shape else shape, text


def _piece(raw: bytes) -> str | None:
    """Return a text that stands in JSON; None for half a surrogate pair, or bytes that are no text."""
    try:
        return orjson.loads(b'"%b"' % raw) if b"\\" in raw else raw.decode()
    except ValueError:
        return None


def _frame_of(record: EventRecord | MessageRecord, fields: Mapping[str, Any]) -> Frame | None:
    """Return the frame of an event; None for one that has texts in other members than those of its own level."""
    if not isinstance(fields.get("delta"), str):
        return None
    rest: list[Any] = [
        record.from_client if isinstance(record, MessageRecord) else record.raw[: record.raw.find(b"\n")]
    ]
    for name, value in fields.items():
        if name in _OWN and isinstance(value, _OWN[name]):
            continue
        if value and isinstance(value, _HOLDERS):
            return None
        rest += name, value or None
    if isinstance(record, EventRecord) and usual_event(record.raw.replace(b"\r\n", b"\n")) is None:
        return None  # a line of its own may hold anything
    payload = record.payload
    if payload.all_json is not payload.json:
        return None  # a member that its fields do not have
    return tuple(rest)


def _deltas(fields: Mapping[str, Any]) -> Iterator[tuple[StreamKey, Path, str]]:
    """Yield the pieces of text in an event: to which text each adds, where it stands, and the piece.

    Of the Responses API, where `delta` is the piece (also of an API whose `delta` has it within), and of Chat
    Completions, where each of `choices` has a `delta`. Which text it is says the place in the answer; the id of the
    item says it only where the place is missing, for some gateways make up an id for each event.
    """
    get = fields.get
    item = get("output_index", get("item_id"))
    key = (str(get("type")), str(item), *[str(get(name)) for name in _PLACE])
    if isinstance(delta := get("delta"), str):
        yield key, DELTA, delta
    for name in ("delta", "choices"):
        if not isinstance(get(name), _HOLDERS):
            continue
        for path, text in walk(fields.get(name)):
            if isinstance(text, str) and "delta" in (name, *path) and _NO_TEXT.isdisjoint(path):
                yield (*key, *_numbered(fields[name], path)), (name, *path), text


def _numbered(value: Any, path: Path) -> Iterator[str]:
    """Yield the steps of a path in a delta. One of a list is known by its member `index`, else by where it stands."""
    for step in path:
        value = value[step]
        yield str(value.get("index", step) if isinstance(step, int) and isinstance(value, dict) else step)
