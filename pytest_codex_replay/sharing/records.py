"""The records of a session, redacted: each by what it is, deltas as one text. No I/O."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, chain
from operator import getitem
from typing import Any

from pytest_codex_replay.archive.record import EventRecord, Headers, MessageRecord, Record
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.ruleset import RULESET
from pytest_codex_replay.redaction.views.documents import BrokenTextError
from pytest_codex_replay.sharing.block import PLACEHOLDER, Block
from pytest_codex_replay.sharing.held_records import Held, HeldRecords, Piece, Stream, asked_by
from pytest_codex_replay.sharing.pieces import Frame, Said, SaidPiece
from pytest_codex_replay.wire.continued_lists import ContinuedLists
from pytest_codex_replay.wire.json_values import Path, exact_json
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import edited_event, join_event, split_event


def redact_records(records: Iterable[Record], redactor: Redactor) -> list[Record]:
    """Return the records of a session, redacted by what is known by now."""
    return list(redacted(HeldRecords.of(records), redactor))


def redacted(records: HeldRecords, redactor: Redactor) -> HeldRecords:
    """Return the records of a session, redacted by what is known by now."""
    clean = HeldRecords()
    for entry, changed in _looked_at(records, redactor):
        if isinstance(entry, Held):
            clean.add(changed.get(0, entry.record), entry.event)
        elif not changed:
            clean.add_block(entry)
        else:
            for row in entry.rows():
                clean.add(changed.get(row.offset, row.record), row.event)
    return clean.ended()


def learn_from(records: HeldRecords, redactor: Redactor) -> None:
    """Let a redactor look at the records of a session."""
    for _ in _looked_at(records, redactor):
        pass


def _looked_at(records: HeldRecords, redactor: Redactor) -> Iterator[tuple[Held | Block, dict[int, Record]]]:
    """Yield the records as they are held, and what those become that change, by their index in it."""
    deltas = _changed_pieces(records, redactor)
    at_deltas = sorted(deltas)

    def is_clean(frame: Frame) -> bool:
        return frame in redactor.clean_frames()

    def rows_of(start: int, entry: Held | Block) -> Iterable[tuple[int, Record, Said | SaidPiece | None]]:
        if isinstance(entry, Held):
            return ((0, entry.record, entry.event),)
        first = bisect_left(at_deltas, start)
        has_deltas = first < len(at_deltas) and at_deltas[first] < start + entry.count
        return entry.rows() if has_deltas else entry.looked_at(is_clean)

    for start, entry in records.entries():
        changed: dict[int, Record] = {}
        for index, record, event in rows_of(start, entry):
            frame = None if event is None else event.frame
            new_pieces = deltas.get(start + index)
            if new_pieces is None and frame is not None and is_clean(frame):
                continue
            pieces = {path: text for _, path, text in event.deltas} if event else {}
            try:
                clean = record.rewritten(_Redaction(redactor, records.urls, pieces | (new_pieces or {})))
            except BrokenTextError as error:
                raise _with_place(error, start + index) from error
            if clean is not record:
                changed[index] = clean
            elif frame is not None:
                redactor.clean_frames().add(frame)
        yield entry, changed


def _changed_pieces(records: HeldRecords, redactor: Redactor) -> dict[int, dict[Path, str]]:
    """Return the pieces of texts that change, by the index of their record and their path."""
    deltas: dict[int, dict[Path, str]] = {}
    for stream in records.streams():
        pieces: list[Piece] = []

        def texts(stream: Stream = stream, pieces: list[Piece] = pieces) -> list[str]:
            pieces += stream.pieces
            return [piece.text for piece in pieces]

        try:
            clean = redactor.pieces(stream.text, texts)
        except BrokenTextError as error:
            raise _with_place(error, stream.at) from error
        for piece, new in zip(pieces, clean, strict=True):
            if new != piece.text:
                deltas.setdefault(piece.at, {})[piece.path] = new
    return deltas


def _with_place(error: BrokenTextError, index: int) -> BrokenTextError:
    where = f"Nothing is written: record {index + 1}: {error}"
    return BrokenTextError(f"{where}. This is a defect: please report its kind and place, never the text.")


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


def placeholders_in(records: HeldRecords) -> Iterator[str]:
    """Yield texts with all placeholders of the records."""
    said: list[bytes] = []
    asked: list[Record] = []
    for _, entry in records.entries():
        if isinstance(entry, Block):
            said += (row.event.raw for row in entry.rows()) if entry.has_placeholder else ()
            continue
        record = entry.record
        if isinstance(record, EventRecord):
            said += _with_placeholder(record.raw)
            continue
        yield from _own_texts(record)
        payload: Payload | None = getattr(record, "payload", None)
        if payload is not None and payload.is_of_value and asked_by(record) is payload:
            asked.append(record)  # its text would be made anew, with all that it repeats
        elif payload is not None:
            said += _with_placeholder(payload.raw)
    yield from (part.decode(errors="replace") for part in chain(said, said_once(asked)) if PLACEHOLDER in part)


def _with_placeholder(raw: bytes) -> tuple[bytes, ...]:
    return (raw,) if PLACEHOLDER in raw else ()


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
