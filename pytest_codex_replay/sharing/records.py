"""The records of a session, redacted: each by what it is, deltas as one text. No I/O."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate
from operator import getitem
from typing import Any, NamedTuple

import orjson

from pytest_codex_replay.archive.record import EventRecord, Headers, MessageRecord, Record, RequestRecord
from pytest_codex_replay.redaction.documents import BrokenTextError
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.ruleset import RULESET
from pytest_codex_replay.wire.json_values import Path, walk
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import edited_event, join_event, split_event

StreamKey = tuple[Any, ...]
Frame = tuple[Any, ...]
"""What an event that brings a piece of a text is beside it: thousands of events differ in the piece alone."""
_OWN = frozenset({"delta", "sequence_number", "obfuscation"})
"""Members that differ from event to event; no rule looks at the numbers and the padding."""
_LINES = 3
"""Line ends of an event as the Responses API writes it."""
_PLACE = ("content_index", "summary_index", "index")
_NO_TEXT = frozenset({"id", "name", "role", "type"})
"""Members of a delta that say what it is; each comes in one piece."""


class Piece(NamedTuple):
    """A part of a text that comes in deltas."""

    at: int
    """Index of the record that brings it."""
    path: Path
    text: str


def redact_records(records: Sequence[Record], redactor: Redactor) -> list[Record]:
    """Return the records of a session, redacted by what is known by now."""
    deltas: dict[int, dict[Path, str]] = {}
    frames: dict[int, Frame] = {}
    for pieces in streams_of(records, frames).values():
        try:
            clean = redactor.pieces([piece.text for piece in pieces])
        except BrokenTextError as error:
            raise _with_place(error, pieces[0].at) from error
        for piece, new in zip(pieces, clean, strict=True):
            deltas.setdefault(piece.at, {})[piece.path] = new
            if new != piece.text:
                frames.pop(piece.at, None)
    urls = {one.flow: one.url for one in records if isinstance(one, RequestRecord)}
    clean_records = []
    for index, record in enumerate(records):
        frame = frames.get(index)
        if frame is not None and redactor.is_clean(frame):
            clean_records.append(record)
            continue
        try:
            clean_records.append(record.rewritten(_Redaction(redactor, urls, deltas.get(index, {}))))
        except BrokenTextError as error:
            raise _with_place(error, index) from error
        if frame is not None and clean_records[-1] is record:
            redactor.note_clean(frame)
    return clean_records


def _with_place(error: BrokenTextError, index: int) -> BrokenTextError:
    where = f"Nothing is written: record {index + 1}: {error}"
    return BrokenTextError(f"{where}. This is a defect: please report its kind and place, never the text.")


def texts_of(records: Iterable[Record]) -> Iterable[str]:
    """Yield every text of the records, as it stands there."""
    for record in records:
        yield from (text for _, text in record.texts())
        yield "\n".join(value for _, value in getattr(record, "headers", ()))
        payload = getattr(record, "payload", None)
        if payload is not None and (text := payload.text) is not None:
            yield text


def streams_of(records: Iterable[Record], frames: dict[int, Frame] | None = None) -> dict[StreamKey, list[Piece]]:
    """Return the texts that come in deltas, each with its pieces in order; note the `frames` of their events."""
    streams: dict[StreamKey, list[Piece]] = {}
    asked_count: Counter[str] = Counter()
    for index, record in enumerate(records):
        if not isinstance(record, EventRecord | MessageRecord):
            continue
        if isinstance(record, MessageRecord) and record.from_client:
            asked_count[record.flow] += record.payload.fields.get("type") == "response.create"
        if b'"delta"' not in (record.raw if isinstance(record, EventRecord) else record.payload.raw):
            continue
        fields = record.payload.fields
        for key, path, text in _deltas(fields):
            streams.setdefault((record.flow, asked_count[record.flow], *key), []).append(Piece(index, path, text))
        if frames is not None and (frame := _frame_of(record, fields)) is not None:
            frames[index] = frame
    return streams


def _frame_of(record: EventRecord | MessageRecord, fields: Mapping[str, Any]) -> Frame | None:
    """Return the frame of an event; None for one that has texts in other members than those of its own level."""
    if not isinstance(fields.get("delta"), str):
        return None
    rest: list[Any] = []
    for name, value in fields.items():
        if name in _OWN:
            continue
        if value and isinstance(value, dict | list):
            return None
        rest += name, value or None
    if isinstance(record, MessageRecord):
        return (record.from_client, *rest)
    return (record.raw[: record.raw.find(b"\n")], *rest) if record.raw.count(b"\n") == _LINES else None


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
    value = orjson.loads(payload.raw)  # a value of its own
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
    item = fields.get("output_index", fields.get("item_id"))
    key = (str(fields.get("type")), str(item), *[str(fields.get(name)) for name in _PLACE])
    if isinstance(delta := fields.get("delta"), str):
        yield key, ("delta",), delta
    for name in ("delta", "choices"):
        if not isinstance(fields.get(name), dict | list):
            continue
        for path, text in walk(fields.get(name)):
            if isinstance(text, str) and "delta" in (name, *path) and _NO_TEXT.isdisjoint(path):
                yield (*key, *_numbered(fields[name], path)), (name, *path), text


def _numbered(value: Any, path: Path) -> Iterator[str]:
    """Yield the steps of a path in a delta. One of a list is known by its member `index`, else by where it stands."""
    for step in path:
        value = value[step]
        yield str(value.get("index", step) if isinstance(step, int) and isinstance(value, dict) else step)
