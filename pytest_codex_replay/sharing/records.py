"""The records of a session, redacted: each by what it is, deltas as one text. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowRecord,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    SegmentRecord,
)
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import RULESET
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event, split_event

__all__ = ["redact_records", "streams_of", "texts_of", "with_delta"]

StreamKey = tuple[Any, ...]
_PLACE = ("item_id", "output_index", "content_index", "summary_index")


def redact_records(records: Sequence[Record], redactor: Redactor) -> list[Record]:
    """Return the records of a session, redacted by what is known by now."""
    return _Session(records, redactor).redacted()


def texts_of(records: Iterable[Record]) -> Iterable[str]:
    """Yield every text of the records, as it stands there."""
    for record in records:
        payload = getattr(record, "payload", None)
        if isinstance(record, RequestRecord | ResponseRecord):
            yield "\n".join(value for _, value in record.headers)
        if isinstance(record, RequestRecord):
            yield record.url
        if payload is not None and (text := payload.text) is not None:
            yield text


def streams_of(records: Iterable[Record]) -> dict[StreamKey, list[tuple[int, str]]]:
    """Return the texts that come in deltas: for each, the index of every record that brings a piece, and the piece."""
    streams: dict[StreamKey, list[tuple[int, str]]] = {}
    for index, record in enumerate(records):
        if (found := _delta(record)) is not None:
            key, text = found
            streams.setdefault(key, []).append((index, text))
    return streams


class _Session:
    def __init__(self, records: Sequence[Record], redactor: Redactor) -> None:
        self._records = records
        self._redactor = redactor
        self._urls = {one.flow: one.url for one in records if isinstance(one, RequestRecord)}
        self._deltas: dict[int, str] = {}
        """Index of a record -> the delta that it is to bring."""

    def redacted(self) -> list[Record]:
        self._redact_streams()
        return [self._record(index, record) for index, record in enumerate(self._records)]

    def _redact_streams(self) -> None:
        for pieces in streams_of(self._records).values():
            clean = self._redactor.pieces([text for _, text in pieces])
            self._deltas.update((index, new) for (index, _), new in zip(pieces, clean, strict=True))

    def _record(self, index: int, record: Record) -> Record:
        redactor = self._redactor
        if isinstance(record, SegmentRecord):
            redactor.pseudonyms.learn_uuids(record.session)
            return replace(record, session=redactor.text(record.session), ruleset=RULESET)
        if isinstance(record, GapRecord):
            return replace(record, reason=redactor.text(record.reason))
        if isinstance(record, RequestRecord):
            return self._request(record)
        if isinstance(record, ResponseRecord):
            return replace(record, headers=redactor.headers(record.headers))
        if isinstance(record, EndRecord):
            error, reason = (text and redactor.text(text) for text in (record.error, record.close_reason))
            return replace(record, error=error, close_reason=reason)
        return self._part(index, record)

    def _part(self, index: int, record: Record) -> Record:
        redactor = self._redactor
        if isinstance(record, BodyRecord):
            url = self._urls.get(record.flow, "")
            return replace(record, payload=redactor.body(url, record.payload, is_client=False))
        if isinstance(record, MessageRecord):
            payload = self._with_delta(index, record.payload)
            return replace(record, payload=redactor.payload(payload, is_client=record.from_client))
        assert isinstance(record, EventRecord)
        return self._event(index, record)

    def _request(self, record: RequestRecord) -> RequestRecord:
        redactor = self._redactor
        headers = redactor.headers(record.headers)
        payload = record.payload and redactor.body(record.url, record.payload, is_client=True)
        return replace(record, url=redactor.url(record.url), headers=headers, payload=payload, body_sha256=None)

    def _event(self, index: int, record: EventRecord) -> EventRecord:
        name, data = split_event(record.raw)
        if data is None or join_event(name, data) != record.raw:
            clean = self._redactor.payload(Payload(record.raw), is_client=False).raw
            return replace(record, raw=clean)
        payload = Payload(data)
        clean_payload = self._redactor.payload(self._with_delta(index, payload), is_client=False)
        return record if clean_payload is payload else replace(record, raw=join_event(name, clean_payload.raw))

    def _with_delta(self, index: int, payload: Payload) -> Payload:
        delta = self._deltas.get(index)
        return payload if delta is None else _payload_with_delta(payload, delta)


def with_delta(record: EventRecord | MessageRecord, delta: str) -> EventRecord | MessageRecord:
    """Return a record with another piece of text in it; the same one when it brings that already."""
    clean = _payload_with_delta(record.payload, delta)
    if clean is record.payload:
        return record
    if isinstance(record, MessageRecord):
        return replace(record, payload=clean)
    return replace(record, raw=join_event(split_event(record.raw)[0], clean.raw))


def _payload_with_delta(payload: Payload, delta: str) -> Payload:
    if payload.fields.get("delta") == delta:
        return payload
    spelt: dict[str, Any] = {"logprobs": []} if payload.fields.get("logprobs") else {}  # the same letters once more
    return Payload.of({**payload.fields, "delta": delta, **spelt})


def _delta(record: Record) -> tuple[StreamKey, str] | None:
    """Return to which text a record adds, and what; None when it brings no piece of one."""
    if not isinstance(record, EventRecord | MessageRecord) or not isinstance(record, FlowRecord):
        return None
    if b'"delta"' not in (record.raw if isinstance(record, EventRecord) else record.payload.raw):
        return None
    fields = record.payload.fields
    delta, kind = fields.get("delta"), fields.get("type")
    if not isinstance(delta, str) or not isinstance(kind, str):
        return None
    return (record.flow, kind, *(fields.get(name) for name in _PLACE)), delta
