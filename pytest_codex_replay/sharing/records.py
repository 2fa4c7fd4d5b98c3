"""The records of a session, redacted: each by what it is, deltas as one text. No I/O."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate, chain, repeat
from operator import getitem
from typing import Any, NamedTuple

import orjson

from pytest_codex_replay.archive.record import EventRecord, FlowRecord, Headers, MessageRecord, Record, RequestRecord
from pytest_codex_replay.redaction.documents import BrokenTextError
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.ruleset import RULESET
from pytest_codex_replay.wire.json_values import Path, exact_json, walk
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import edited_event, join_event, split_event, usual_event

StreamKey = tuple[Any, ...]
Frame = tuple[Any, ...]
"""What an event that brings a piece of a text is beside it: thousands of events differ in the piece alone."""
_OWN: Mapping[str, type] = {"delta": str, "sequence_number": int, "obfuscation": str}
"""Members that differ from event to event, with the type that each has there: no rule looks at such a value."""
_DELTA: Path = ("delta",)
_HOLDERS = (dict, list)
_SAYS = (EventRecord, MessageRecord)
_PLACE = ("content_index", "summary_index", "index")
_NO_TEXT = frozenset({"id", "name", "role", "type"})
"""Members of a delta that say what it is; each comes in one piece."""


class Piece(NamedTuple):
    """A part of a text that comes in deltas."""

    at: int
    """Index of the record that brings it."""
    path: Path
    text: str


def redact_records(records: Sequence[Record], redactor: Redactor, streams: "Streams | None" = None) -> list[Record]:
    """Return the records of a session, redacted by what is known by now; `streams` are those of the records."""
    streams = streams or Streams(records)
    deltas: dict[int, dict[Path, str]] = {}
    """Of events with a piece that changes, all their pieces."""
    for pieces in streams.pieces.values():
        try:
            texts = [piece.text for piece in pieces]
            clean = redactor.pieces(texts)
        except BrokenTextError as error:
            raise _with_place(error, pieces[0].at) from error
        for piece, new in zip(pieces, clean, strict=True) if clean != texts else ():
            if new != piece.text:
                deltas.setdefault(piece.at, streams.texts(piece.at))[piece.path] = new
    urls = {one.flow: one.url for one in records if isinstance(one, RequestRecord)}
    clean_records = []
    clean_frames = redactor.clean_frames()
    last: Frame | None = None  # a clean one; most events have that of the one before
    for index, (record, frame) in enumerate(zip(records, streams.frames, strict=True)):
        if index not in deltas and ((frame is last is not None) or frame in clean_frames):
            clean_records.append(record)
            last = frame
            continue
        last = None
        pieces_of = deltas.get(index) or streams.texts(index)
        try:
            clean_records.append(record.rewritten(_Redaction(redactor, urls, pieces_of)))
        except BrokenTextError as error:
            raise _with_place(error, index) from error
        clean_frames = redactor.clean_frames()
        if frame is not None and clean_records[-1] is record:
            clean_frames.add(frame)
    return clean_records


def _with_place(error: BrokenTextError, index: int) -> BrokenTextError:
    where = f"Nothing is written: record {index + 1}: {error}"
    return BrokenTextError(f"{where}. This is a defect: please report its kind and place, never the text.")


def asked_by(record: Record) -> Payload | None:
    """Return what a client says in a record, if it is one of a client's."""
    if isinstance(record, RequestRecord) or (isinstance(record, MessageRecord) and record.from_client):
        return record.payload
    return None


def items_of(asked: Payload | None) -> list[Any]:
    """Return the items of a request, which the next one repeats; each stays the same object."""
    items = asked.fields.get("input") if asked else None
    return items if isinstance(items, list) else []


def texts_of(records: Iterable[Record]) -> Iterable[str]:
    """Yield every text of the records, as it stands there."""
    for record in records:
        yield from _own_texts(record)
        payload = getattr(record, "payload", None)
        if payload is not None and (text := payload.text) is not None:
            yield text


def _own_texts(record: Record) -> Iterator[str]:
    yield from (text for _, text in record.texts())
    yield "\n".join(value for _, value in getattr(record, "headers", ()))


def placeholders_in(records: Sequence[Record]) -> Iterator[str]:
    """Yield texts with all placeholders of the records."""
    parts: list[bytes] = []
    asked: list[Record] = []
    for record in records:
        if isinstance(record, EventRecord):
            parts.append(record.raw)
            continue
        yield from _own_texts(record)
        payload: Payload | None = getattr(record, "payload", None)
        if payload is not None and payload.is_of_value and asked_by(record) is payload:
            asked.append(record)  # its text would be made anew, with all that it repeats
        elif payload is not None:
            parts.append(payload.raw)
    yield from (part.decode(errors="replace") for part in chain(parts, said_once(asked)) if b"[[REDACTED:" in part)


def said_once(records: Iterable[Record]) -> Iterator[bytes]:
    """Yield the JSON of what clients said: what requests repeat once."""
    items: dict[int, Any] = {}
    others: set[bytes] = set()
    for asked in map(asked_by, records):
        if asked is None:
            continue
        own = items_of(asked)
        new = [item for item in own if id(item) not in items]
        items.update((id(item), item) for item in new)
        rest = exact_json({name: one for name, one in asked.fields.items() if name != "input"}) if own else asked.raw
        if rest not in others:
            others.add(rest)
            yield rest
        yield exact_json(new)


def alike(records: Iterable[Record], frames: Iterable[Frame | None]) -> Iterator[tuple[Record, list[EventRecord]]]:
    """Yield each record, with the events behind it that are of its flow and have its frame."""
    first: Record | None = None
    shared: Frame | None = None
    flow, others = "", list[EventRecord]()
    for record, frame in zip(records, chain(frames, repeat(None))):  # noqa: B905  the second one never ends
        if frame is not None and frame is shared and isinstance(record, EventRecord) and record.flow == flow:
            others.append(record)
            continue
        if first is not None:
            yield first, others
        first, shared, others = record, frame, []
        flow = record.flow if isinstance(record, FlowRecord) else ""
    if first is not None:
        yield first, others


class _Event(NamedTuple):
    """What one event, or message of a server, adds to texts."""

    raw: bytes
    deltas: tuple[tuple[StreamKey, Path, str], ...]
    frame: Frame | None


class _Delta(NamedTuple):
    """An event of which others differ in one piece of a text alone: nearly all are, so each takes little."""

    raw: bytes
    key: StreamKey
    text: str
    frame: Frame

    @property
    def deltas(self) -> tuple[tuple[StreamKey, Path, str]]:
        return ((self.key, _DELTA, self.text),)


_SHORT_BYTES = 256


def _short(record: EventRecord | MessageRecord, raw: bytes) -> _Event | None:
    """Return what a short event is without a piece of a text: thousands may be the same, such as a keep-alive."""
    frame = isinstance(record, MessageRecord) and record.from_client, raw
    return _Event(raw, (), frame) if len(raw) <= _SHORT_BYTES else None


class Streams:
    """The texts of a session that come in deltas. Worked out once for all who look at its records."""

    def __init__(self, records: Iterable[Record], *, keeps_events: bool = True) -> None:
        """Join the deltas of `records`.

        Not `keeps_events`: nothing is kept of the events but their frames; then `texts` knows none.
        """
        self._keeps_events = keeps_events
        self.pieces: dict[StreamKey, list[Piece]] = {}
        """Each text, with its pieces in order."""
        self.frames: list[Frame | None] = []
        """The frame of each event that has one."""
        self._events: list[_Event | _Delta | None] = []
        self._shapes: dict[tuple[bool, bytes], tuple[StreamKey, Frame]] = {}
        """To which text the events add that are alike but for their pieces, and their frame."""
        asked_count: Counter[str] = Counter()
        count_of = asked_count.get  # to ask it for what it has not is slow
        last: tuple[str, StreamKey] | None = None
        last_pieces: list[Piece] = []
        for index, record in enumerate(records):
            if not isinstance(record, _SAYS):
                self._add(None)
                continue
            if isinstance(record, MessageRecord) and record.from_client:
                asked_count[record.flow] += record.payload.fields.get("type") == "response.create"
                last = None
            self._add(event := self._seen(record))
            for key, path, text in event.deltas if event else ():
                if last is None or last[1] is not key or last[0] != record.flow:  # seldom: most follow their like
                    last = record.flow, key
                    last_pieces = self.pieces.setdefault((record.flow, count_of(record.flow, 0), key), [])
                last_pieces.append(Piece(index, path, text))

    def after(self, records: Sequence[Record]) -> "Streams":
        """Return the streams of what the records became; the same object where no event with a piece changed."""
        changed = {
            index: self._seen(record)
            for index, (event, record) in enumerate(zip(self._events, records, strict=True))
            if isinstance(record, _SAYS) and not _is_of(event, record)
        }
        if any(_places(self._events[index]) != _places(event) for index, event in changed.items()):
            return Streams(records)
        return self._with(changed) if changed else self

    def _with(self, changed: "Mapping[int, _Event | _Delta | None]") -> "Streams":
        """Return these streams with other events in the same places."""
        new = Streams(())
        new._events, new.frames = list(self._events), list(self.frames)
        for index, event in changed.items():
            new._events[index], new.frames[index] = event, event and event.frame
        for key, pieces in self.pieces.items():
            if not changed.keys().isdisjoint(piece.at for piece in pieces):
                pieces = [piece._replace(text=new.texts(piece.at)[piece.path]) for piece in pieces]  # noqa: PLW2901
            new.pieces[key] = pieces
        return new

    def brings(self, index: int, text: str) -> bool:
        """Return whether a record brings a text as the piece of another one."""
        return text in self.texts(index).values() if self._keeps_events else (index, text) in self._brought

    @cached_property
    def _brought(self) -> set[tuple[int, str]]:
        return {(piece.at, piece.text) for pieces in self.pieces.values() for piece in pieces}

    @property
    def brings_piece(self) -> Iterator[bool]:
        """Whether each record is an event that has a frame, and brings a piece of a text."""
        return (event is not None and event.frame is not None and bool(event.deltas) for event in self._events)

    def texts(self, index: int) -> dict[Path, str]:
        """Return the pieces that an event brings, by their paths."""
        event = self._events[index]
        return {} if event is None else {path: text for _, path, text in event.deltas}

    def _add(self, event: _Event | _Delta | None) -> None:
        if self._keeps_events:
            self._events.append(event)
        self.frames.append(None if event is None else event.frame)

    def _seen(self, record: EventRecord | MessageRecord) -> _Event | _Delta | None:
        raw = _raw_of(record)
        return self._event_of(record, raw) if b'"delta"' in raw else _short(record, raw)

    def _event_of(self, record: EventRecord | MessageRecord, raw: bytes) -> _Event | _Delta:
        shape, text = _shape_of(raw)
        alike = isinstance(record, MessageRecord) and record.from_client, shape
        known = self._shapes.get(alike)
        if known is not None:
            return _Delta(raw, known[0], text, known[1])
        fields = record.payload.fields
        frame, deltas = _frame_of(record, fields), tuple(_deltas(fields))
        if frame is not None and [(path, piece) for _, path, piece in deltas] == [(_DELTA, text)]:
            self._shapes[alike] = deltas[0][0], frame
        return _Event(raw, deltas, frame)


def _raw_of(record: EventRecord | MessageRecord) -> bytes:
    return record.raw if isinstance(record, EventRecord) else record.payload.raw


def _places(event: _Event | _Delta | None) -> list[tuple[StreamKey, Path]]:
    """Return to which texts an event adds, and where it has their pieces."""
    return [(key, path) for key, path, _ in event.deltas] if event else []


def _is_of(event: _Event | _Delta | None, record: EventRecord | MessageRecord) -> bool:
    """Return whether a record says what an event did."""
    raw = _raw_of(record)
    return b'"delta"' not in raw if event is None else event.raw is raw


_PIECE = re.compile(rb'"delta":"([^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+)"')
_NUMBER = re.compile(rb'"sequence_number":(?:0|[1-9]\d*)')
_PADDING = re.compile(rb'"obfuscation":"[ !#-\[\]-~]*"')
"""Two patterns: one of both would take three times as long."""


def _shape_of(raw: bytes) -> tuple[bytes, str]:
    """Return what an event is without its piece of a text, and that piece: cheaper than to parse each of thousands."""
    found = _PIECE.search(raw)
    if found is None:
        return raw, ""
    start, end = found.span(1)
    try:
        text = orjson.loads(raw[start - 1 : end + 1]) if b"\\" in found[1] else found[1].decode()
    except ValueError:  # half a surrogate pair, or bytes that are no text
        return raw, ""
    shape = _NUMBER.sub(b"", raw[:start] + raw[end:])
    return _PADDING.sub(b"", shape) if b'"obfuscation"' in shape else shape, text


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


@dataclass(frozen=True, slots=True)
class _Redaction:
    """The change that redaction makes to one record."""

    redactor: Redactor
    urls: Mapping[str, str]
    deltas: Mapping[Path, str]
    ruleset: int = RULESET

    def text(self, text: str) -> str:
        return self.redactor.text(text)

    def session(self, name: str) -> str:
        self.redactor.pseudonyms.learn_uuids(name)
        return self.redactor.text(name)

    def url(self, url: str) -> str:
        return self.redactor.url(url)

    def headers(self, headers: Headers) -> Headers:
        return self.redactor.headers(headers)

    def request(self, url: str, payload: Payload) -> Payload:
        return self.redactor.body(url, payload, is_client=True)

    def answer(self, flow: str, payload: Payload) -> Payload:
        return self.redactor.body(self.urls.get(flow, ""), payload, is_client=False)

    def message(self, payload: Payload, *, from_client: bool) -> Payload:
        return self.redactor.payload(
            _with_texts(payload, self.deltas), is_client=from_client, pieces=self.deltas.values()
        )

    def event(self, raw: bytes) -> bytes:
        name, data = split_event(raw)
        if data is None:
            return self._bytes(raw)
        payload = Payload(data)
        clean = self.message(payload, from_client=False)
        new = None if clean is payload or _says_the_same(payload, clean) else clean.raw
        if join_event(name, data) != raw:
            return edited_event(raw, new, edit=self._bytes)
        clean_name = name and self.redactor.text(name)
        return raw if new is None and clean_name == name else join_event(clean_name, data if new is None else new)

    def _bytes(self, raw: bytes) -> bytes:
        return self.redactor.payload(Payload(raw), is_client=False).raw


def _says_the_same(one: Payload, other: Payload) -> bool:
    try:
        return bool(one.json == other.json is not None)
    except RecursionError:  # nested too deeply to be compared
        return one == other


def with_deltas(record: EventRecord | MessageRecord, texts: Mapping[Path, str]) -> EventRecord | MessageRecord:
    """Return a record with other pieces of text in it; the same one when it brings these already."""
    payload = record.payload
    changed = _with_texts(payload, texts)
    if changed is payload:
        return record
    if isinstance(record, MessageRecord):
        return replace(record, payload=changed)
    return replace(record, raw=edited_event(record.raw, changed.raw, edit=lambda line: line))


def _with_texts(payload: Payload, texts: Mapping[Path, str]) -> Payload:
    new = {path: text for path, text in texts.items() if reduce(getitem, path, payload.json) != text}
    if not new:
        return payload
    value = Payload(payload.raw).json  # a value of its own
    for (*way, name), text in new.items():
        holders = list(accumulate(way, getitem, initial=value))
        holders[-1][name] = text
        for holder in holders:
            if isinstance(holder, dict) and holder.get("logprobs"):
                holder["logprobs"] = [] if isinstance(holder["logprobs"], list) else None  # the same characters again
    return Payload.of(value)


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
        yield key, _DELTA, delta
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
