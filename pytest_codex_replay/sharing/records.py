"""The records of a session, redacted: each by what it is, deltas as one text. No I/O."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, chain
from operator import getitem
from typing import Any, NamedTuple

from pytest_codex_replay.archive.record import EventRecord, Headers, MessageRecord, Record, RequestRecord
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.ruleset import RULESET
from pytest_codex_replay.redaction.views.documents import BrokenTextError
from pytest_codex_replay.sharing.pieces import SAYS, Frame, PieceReader, Said, SaidPiece, StreamKey, new_tuple, raw_of
from pytest_codex_replay.wire.continued_lists import ContinuedLists
from pytest_codex_replay.wire.json_values import Path, exact_json
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import edited_event, join_event, split_event


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
    inputs = ContinuedLists[Sequence[Any]]()
    others: set[bytes] = set()
    for asked in map(asked_by, records):
        if asked is None:
            continue
        own = items_of(asked)
        new = [item for item in inputs.made(own, lambda _, added: added) if id(item) not in items]
        items.update((id(item), item) for item in new)
        rest = exact_json({name: one for name, one in asked.fields.items() if name != "input"}) if own else asked.raw
        if rest not in others:
            others.add(rest)
            yield rest
        yield exact_json(new)


class _Joined:
    """A text that comes in pieces, joined as they come: each of them alone would take ten times its length."""

    __slots__ = ("_raw", "at")

    def __init__(self) -> None:
        self.at = -1
        """Index of the record that begins it."""
        self._raw = bytearray()

    def append(self, piece: Piece) -> None:
        if self.at < 0:
            self.at = piece.at
        self._raw += piece.text.encode(errors="surrogatepass")

    @property
    def text(self) -> str:
        return self._raw.decode(errors="surrogatepass")


class Streams:
    """The texts of a session that come in deltas. Worked out once for all who look at its records."""

    def __init__(self, records: Iterable[Record], *, keeps_events: bool = True) -> None:
        """Join the deltas of `records`.

        Not `keeps_events`: nothing is kept of the events but their frames, and each text is joined as it comes; then
        `pieces` and `texts` know none.
        """
        self._keeps_events = keeps_events
        self.pieces: dict[StreamKey, list[Piece]] = {}
        """Each text, with its pieces in order."""
        self._joined: dict[StreamKey, _Joined] = {}
        """Each text, where no events are kept."""
        self.frames: list[Frame | None] = []
        """The frame of each event that has one."""
        self._events: list[Said | SaidPiece | None] = []
        self._reader = PieceReader()
        self._reread: tuple[int, frozenset[str]] = -1, frozenset()
        """The pieces of the last event that was asked for, where none are kept."""
        asked_count: Counter[str] = Counter()
        count_of = asked_count.get  # to ask it for what it has not is slow
        last: tuple[str, StreamKey] | None = None
        last_pieces: list[Piece] | _Joined = []
        for index, record in enumerate(records):
            if not isinstance(record, SAYS):
                self._add(None)
                continue
            if isinstance(record, MessageRecord) and record.from_client:
                asked_count[record.flow] += record.payload.fields.get("type") == "response.create"
                last = None
            self._add(event := self._reader.read(record, raw_of(record)))
            for key, path, text in event.deltas if event else ():
                if last is None or last[1] is not key or last[0] != record.flow:  # seldom: most follow their like
                    last = record.flow, key
                    name = record.flow, count_of(record.flow, 0), key
                    last_pieces = (
                        self.pieces.setdefault(name, []) if keeps_events else self._joined.setdefault(name, _Joined())
                    )
                last_pieces.append(new_tuple(Piece, (index, path, text)))

    def after(self, records: Sequence[Record]) -> "Streams":
        """Return the streams of what the records became; the same object where no event with a piece changed."""
        known = enumerate(zip(self._events, records, strict=True))
        changed = [index for index, (event, record) in known if not _is_of(event, record)]
        return (self._edited(records, changed) or Streams(records)) if changed else self

    def _edited(self, records: Sequence[Record], changed: Iterable[int]) -> "Streams | None":
        """Return the streams of which some events bring other pieces; None where these are of other texts."""
        other = copy(self)
        events = other._events = self._events.copy()  # noqa: SLF001
        frames = other.frames = self.frames.copy()
        texts: dict[tuple[int, Path], str] = {}
        for index in changed:
            record, old = records[index], self._events[index]
            assert isinstance(record, SAYS)
            new = self._reader.read(record, raw_of(record))
            if _places_of(old) != _places_of(new):
                return None
            events[index], frames[index] = new, None if new is None else new.frame
            texts |= {(index, path): text for _, path, text in (new.deltas if new else ())}
        at = {index for index, _ in texts}
        other.pieces = {
            key: pieces
            if at.isdisjoint(one.at for one in pieces)
            else [one._replace(text=texts[one.at, one.path]) if one.at in at else one for one in pieces]
            for key, pieces in self.pieces.items()
        }
        return other

    def brings(self, index: int, record: Record, text: str) -> bool:
        """Return whether a record brings a text as the piece of another one."""
        if self._keeps_events:
            return text in self.texts(index).values()
        if self._reread[0] != index:
            event = self._reader.read(record, raw_of(record)) if isinstance(record, SAYS) else None
            self._reread = index, frozenset(piece for _, _, piece in (event.deltas if event else ()))
        return text in self._reread[1]

    def joined(self) -> Iterator[tuple[int, str]]:
        """Yield each text, with the index of the record that begins it; of events that are not kept, only once."""
        for pieces in self.pieces.values():
            yield pieces[0].at, "".join(piece.text for piece in pieces)
        for key in list(self._joined):
            joined = self._joined.pop(key)  # a long text is not held twice
            at, text = joined.at, joined.text
            del joined
            yield at, text

    @property
    def brings_piece(self) -> Iterator[bool]:
        """Whether each record is an event that has a frame, and brings a piece of a text."""
        return (event is not None and event.frame is not None and bool(event.deltas) for event in self._events)

    def texts(self, index: int) -> dict[Path, str]:
        """Return the pieces that an event brings, by their paths."""
        event = self._events[index]
        return {} if event is None else {path: text for _, path, text in event.deltas}

    def _add(self, event: Said | SaidPiece | None) -> None:
        if self._keeps_events:
            self._events.append(event)
        self.frames.append(None if event is None else event.frame)


def _is_of(event: Said | SaidPiece | None, record: Record) -> bool:
    """Return whether a record says what an event did."""
    if not isinstance(record, SAYS):
        return True
    raw = raw_of(record)
    return b'"delta"' not in raw if event is None else event.raw is raw


def _places_of(event: Said | SaidPiece | None) -> list[tuple[StreamKey, Path]]:
    return [(key, path) for key, path, _ in event.deltas] if event else []


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
