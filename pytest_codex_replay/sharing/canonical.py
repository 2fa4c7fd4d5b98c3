"""The volatile parts of a recording, made canonical: a diff between two cassettes shows real changes only. No I/O.

These are ids and times that the client minted, names of flows, chunk boundaries and the port of the upstream. The
answers of the upstream are not changed.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowRecord,
    GapRecord,
    Headers,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    SegmentRecord,
)
from pytest_codex_replay.sharing.shells import canonical_shells
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import ended_by

CASSETTE_RUN = "cassette"
"""Replaces the id of the recorder run, and marks the records as redacted."""
EPOCH_MS = 946_684_800_000
"""Start of each cassette: 2000-01-01 00:00:00 UTC."""
TICK_MS = 200
"""Resolution of times within a burst: fine enough to see the pace, too coarse for jitter."""
_PAUSE_MS = 1000
"""The next request begins on the next full second, however long the client waited: a slow step shifts no other."""
_DATE = "Sat, 01 Jan 2000 00:00:00 GMT"
_LOOPBACK = re.compile(r"^((?:https?|wss?)://)?(127\.0\.0\.1|localhost|\[::1\]):\d+")
_PORT = "8000"
_SOCKET_KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
_SOCKET_ACCEPT = "ICX+Yqv66kxgM0FcWaLWlFLwTAI="
"""The answer to `_SOCKET_KEY` (RFC 6455 §4.2.2)."""
_VOLATILE_HEADERS = {"date": _DATE, "sec-websocket-accept": _SOCKET_ACCEPT}
_METADATA_TIME = re.compile(r'("turn_started_at_unix_ms":)\d+')
_PASSED = "internal_chat_message_metadata_passthrough"
_VOLATILE_IN_OUTPUT = (
    (re.compile(r"(Chunk ID: |chunk_id[\\\"]*: ?[\\\"]*)[0-9a-f]{6}(?![0-9a-f])"), r"\g<1>000000"),
    (re.compile(r"(Wall time:? |wall_time_seconds[\\\"]*: ?)[0-9][0-9.eE+-]{0,20}"), r"\g<1>0.0"),
)
_VOLATILE_IN_CONTEXT = (
    (re.compile(r"(<current_date>)[^<]*"), r"\g<1>2000-01-01"),
    (re.compile(r"(<timezone>)[^<]*"), r"\g<1>Etc/UTC"),
)


class CanonicalClock:
    """Moves times to the epoch. It keeps the pace of an answer, and drops the client's pauses."""

    def __init__(self) -> None:
        self._open: set[str] = set()
        self._began_ms = 0.0
        self._base_ms = EPOCH_MS
        self._now_ms = EPOCH_MS
        self._is_first = True

    def at_ms(self, record: Record) -> float:
        """Return the canonical time of the next record; records come in the order of the session."""
        if self._is_first or (not self._open and _asks(record)):
            self._base_ms = EPOCH_MS if self._is_first else (self._now_ms // _PAUSE_MS + 1) * _PAUSE_MS
            self._began_ms = record.at_ms
            self._is_first = False
        since_ms = round((record.at_ms - self._began_ms) / TICK_MS) * TICK_MS
        self._now_ms = max(self._now_ms, self._base_ms + since_ms)
        self._note(record)
        return self._now_ms

    def _note(self, record: Record) -> None:
        if not isinstance(record, FlowRecord):
            return
        if _asks(record):
            self._open.add(record.flow)
        elif isinstance(record, EndRecord) or _is_answered(record):
            self._open.discard(record.flow)


class Canonical:
    """Makes the records of one session canonical."""

    def __init__(self) -> None:
        self._clock = CanonicalClock()
        self._flows: dict[str, str] = {}

    def record(self, record: Record) -> Record:
        """Return the next record."""
        at_ms = self._clock.at_ms(record)
        if isinstance(record, GapRecord):
            flows = tuple(self._flow(flow) for flow in record.flows)
            return replace(record, at_ms=at_ms, until_ms=at_ms, flows=flows)
        if isinstance(record, SegmentRecord):
            session = record.session.removesuffix(f"-{record.run}")  # the name may be `unattributed-<run>`
            return replace(record, at_ms=at_ms, run=CASSETTE_RUN, session=session)
        assert isinstance(record, FlowRecord)
        return _FIELDS[type(record)](replace(record, at_ms=at_ms, flow=self._flow(record.flow)))

    def _flow(self, flow: str) -> str:
        return self._flows.setdefault(flow, f"flow-{len(self._flows) + 1}")


def canonical_records(records: Iterable[Record]) -> list[Record]:
    """Return the records of a session, canonical."""
    canonical = Canonical()
    return [canonical.record(record) for record in canonical_shells(list(records))]


def _asks(record: Record) -> bool:
    return isinstance(record, RequestRecord) or (isinstance(record, MessageRecord) and record.from_client)


def _is_answered(record: FlowRecord) -> bool:
    if isinstance(record, ResponseRecord):
        return record.status == 101  # noqa: PLR2004  RFC 6455: open for frames, before the first request
    if isinstance(record, EventRecord | MessageRecord) and b"response." in record.payload.raw[:60]:
        return ended_by(record.payload.json) is not None
    return False


def _request(record: RequestRecord) -> RequestRecord:
    payload = record.payload and _asked(record.payload)
    length = len(payload.raw) if payload else 0
    headers = tuple((name, _header(name, value, length)) for name, value in record.headers)
    url = _LOOPBACK.sub(rf"\1\2:{_PORT}", record.url)
    return replace(record, url=url, headers=headers, payload=payload, body_bytes=length, body_sha256=None)


def _response(record: ResponseRecord) -> ResponseRecord:
    headers: Headers = tuple((name, _VOLATILE_HEADERS.get(name.lower(), value)) for name, value in record.headers)
    return replace(record, headers=headers)


def _uncut(record: EventRecord | BodyRecord) -> EventRecord | BodyRecord:
    return replace(record, cuts=((0, record.at_ms),))


def _message(record: MessageRecord) -> MessageRecord:
    return replace(record, payload=_asked(record.payload)) if record.from_client else record


_FIELDS: dict[type[FlowRecord], Callable[[Any], FlowRecord]] = {
    RequestRecord: _request,
    ResponseRecord: _response,
    EventRecord: _uncut,
    BodyRecord: _uncut,
    MessageRecord: _message,
    EndRecord: lambda record: record,
}


def _header(name: str, value: str, length: int) -> str:
    name = name.lower()
    if name == "content-length":
        return str(length)
    if name == "x-codex-turn-metadata":
        return _METADATA_TIME.sub(rf"\g<1>{EPOCH_MS}", value)
    if name == "sec-websocket-key":
        return _SOCKET_KEY
    return _LOOPBACK.sub(rf"\1\2:{_PORT}", value) if name == "host" else value


def _asked(payload: Payload) -> Payload:
    """Return a payload of the client in which the values that it minted are canonical."""
    body = payload.json
    if not isinstance(body, dict):
        return payload
    changed = dict(body)
    if isinstance(metadata := body.get("client_metadata"), dict):
        changed["client_metadata"] = {name: _metadata(name, metadata[name]) for name in sorted(metadata)}
    if isinstance(items := body.get("input"), list):
        changed["input"] = [_item(item) for item in items]
    return payload if changed == body and list(changed) == list(body) else Payload.of(changed)


def _metadata(name: str, value: Any) -> Any:
    if name == "x-codex-turn-metadata" and isinstance(value, str):
        return _METADATA_TIME.sub(rf"\g<1>{EPOCH_MS}", value)
    return str(EPOCH_MS) if name == "x-codex-ws-stream-request-start-ms" else value


def _item(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    if isinstance(passed := item.get(_PASSED), dict) and "create_time" in passed:
        item = {**item, _PASSED: {**passed, "create_time": EPOCH_MS / 1000}}
    if str(item.get("type", "")).endswith("_output"):
        return {
            name: _rewritten(value, _VOLATILE_IN_OUTPUT) if name == "output" else value for name, value in item.items()
        }
    if item.get("role") == "user" and isinstance(item.get("content"), list):
        return {**item, "content": [_context(piece) for piece in item["content"]]}
    return item


def _context(piece: Any) -> Any:
    text = piece.get("text") if isinstance(piece, dict) else None
    if not isinstance(text, str) or not text.lstrip().startswith("<environment_context"):
        return piece
    return {**piece, "text": _rewritten(text, _VOLATILE_IN_CONTEXT)}


def _rewritten(value: Any, rules: tuple[tuple[re.Pattern[str], str], ...]) -> Any:
    if isinstance(value, list):
        return [
            {**one, "text": _rewritten(one["text"], rules)} if isinstance(one, dict) and "text" in one else one
            for one in value
        ]
    if isinstance(value, str):
        for pattern, new in rules:
            value = pattern.sub(new, value)
    return value
