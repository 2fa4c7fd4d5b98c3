"""Volatile values of a recording, made canonical: a diff of two cassettes shows what really changed. No I/O.

They are ids and times that the client minted, names of flows, chunk boundaries, the port of the upstream. What the
upstream sent stays as it was sent.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.record import (
    CASSETTE_RUN,
    TIMED_CASSETTE_RUN,
    BodyRecord,
    Cuts,
    EndRecord,
    EventRecord,
    FlowRecord,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    SegmentRecord,
    UnknownRecord,
    make_event,
)
from pytest_codex_replay.codex.fragments import fragment_of
from pytest_codex_replay.codex.item_types import METADATA_MEMBER, OUTPUT_SUFFIX
from pytest_codex_replay.codex.minted import MEASURED, TOOL_OUTPUT, canonical
from pytest_codex_replay.codex.words import STREAM_START, TURN_METADATA, TURN_START
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.sharing.block import Block
from pytest_codex_replay.sharing.held_records import Held, HeldRecords
from pytest_codex_replay.sharing.shells import canonical_shells
from pytest_codex_replay.wire.continued_lists import ContinuedLists
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import ended_by

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
"""What answers `_SOCKET_KEY` (RFC 6455 §4.2.2)."""
_VOLATILE_HEADERS = {"date": _DATE, "sec-websocket-accept": _SOCKET_ACCEPT}
_CREATE_TIME = "create_time"


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
            self._begin(record.at_ms)
        self._now_ms = max(self._now_ms, self._base_ms + self._since_ms(record.at_ms))
        self._note(record)
        return self._now_ms

    def times_ms(self, block: Block) -> list[float]:
        """Return the times of events that each bring a piece of a text."""
        times_ms = block.times_ms()
        if self._is_first:
            self._begin(times_ms[0])
        found: list[float] = []
        for at_ms in times_ms:
            self._now_ms = max(self._now_ms, self._base_ms + self._since_ms(at_ms))
            found.append(self._now_ms)
        for row in block.firsts:  # the others say the same
            self._note(row.record)
        return found

    def _begin(self, at_ms: float) -> None:
        """Begin with the session, or with a request behind a pause."""
        self._base_ms = EPOCH_MS if self._is_first else (self._now_ms // _PAUSE_MS + 1) * _PAUSE_MS
        self._began_ms = at_ms
        self._is_first = False

    def _since_ms(self, at_ms: float) -> int:
        return round((at_ms - self._began_ms) / TICK_MS) * TICK_MS

    def _note(self, record: Record) -> None:
        if not isinstance(record, FlowRecord) or (isinstance(record, EventRecord) and not _may_end(record.raw)):
            return
        if _asks(record):
            self._open.add(record.flow)
        elif isinstance(record, EndRecord) or _is_answered(record):
            self._open.discard(record.flow)


class Canonical:
    """Makes the records of one session canonical; with `keep_times`, all but their times."""

    def __init__(self, *, keep_times: bool = False) -> None:
        self._clock = None if keep_times else CanonicalClock()
        self._items = _Items(MEASURED if keep_times else ())
        self._flows: dict[str, str] = {}

    def record(self, record: Record) -> Record:
        """Return the next record."""
        at_ms = self._clock.at_ms(record) if self._clock else record.at_ms
        if isinstance(record, EventRecord):  # nearly all are: to replace its fields would take three times as long
            return make_event(self._flow(record.flow), at_ms, record.raw, self._cuts(record, at_ms))
        if isinstance(record, GapRecord):
            flows = tuple(self._flow(flow) for flow in record.flows)
            until_ms = at_ms if self._clock else record.until_ms
            return replace(record, at_ms=at_ms, until_ms=until_ms, flows=flows)
        if isinstance(record, SegmentRecord):
            session = record.session.removesuffix(f"-{record.run}")  # the name may be `unattributed-<run>`
            run = CASSETTE_RUN if self._clock else TIMED_CASSETTE_RUN
            return replace(record, at_ms=at_ms, run=run, session=session)
        if isinstance(record, UnknownRecord):
            return replace(record.with_flows(self._flow), at_ms=at_ms)
        assert isinstance(record, FlowRecord)
        return self._fields(replace(record, at_ms=at_ms, flow=self._flow(record.flow)))

    def block(self, block: Block, made: HeldRecords) -> None:
        """Add the next events that each bring a piece of a text to what is `made`."""
        times_ms = self._clock.times_ms(block) if self._clock else block.times_ms()
        made.add_block(block.changed(times_ms, self._flow, made.spool))

    def _flow(self, flow: str) -> str:
        if (known := self._flows.get(flow)) is None:
            known = self._flows[flow] = f"flow-{len(self._flows) + 1}"
        return known

    def _fields(self, record: FlowRecord) -> FlowRecord:
        """Return a record whose volatile fields of its own are canonical."""
        match record:
            case RequestRecord():
                return _request(record, self._items)
            case ResponseRecord():
                headers = tuple((name, _VOLATILE_HEADERS.get(name.lower(), value)) for name, value in record.headers)
                return replace(record, headers=headers)
            case BodyRecord():
                return replace(record, cuts=self._cuts(record, record.at_ms))
            case MessageRecord(from_client=True):
                return replace(record, payload=_asked(record.payload, self._items))
            case _:
                return record

    def _cuts(self, record: EventRecord | BodyRecord, at_ms: float) -> Cuts:
        if self._clock is not None:
            return ((0, at_ms),)
        length = len(record.raw if isinstance(record, EventRecord) else record.payload.raw)  # redaction changes it
        return tuple((min(offset, length), at_ms) for offset, at_ms in record.cuts)


def canonical_request(record: RequestRecord | MessageRecord) -> RequestRecord | MessageRecord:
    """Return a request, or a message of the client, with what it minted canonical; its time and flow stay."""
    items = _Items()
    if isinstance(record, RequestRecord):
        return _request(record, items)
    return replace(record, payload=_asked(record.payload, items))


def has_canonical_times(records: Iterable[Record]) -> bool:
    """Return whether redaction dropped the times of a session before."""
    return any(isinstance(one, SegmentRecord) and one.run == CASSETTE_RUN for one in records)


def check_has_times(session: Path, records: Iterable[Record]) -> None:
    """Check that the times of a session can be kept.

    Raises:
        UsageError: redaction dropped them before.
    """
    if has_canonical_times(records):
        raise UsageError(f"{session}: its times are canonical already. Keep those of the archive it was made from.")


def canonical_records(records: Iterable[Record], *, keep_times: bool = False) -> HeldRecords:
    """Return the records of a session, canonical; with `keep_times`, all but their times."""
    canonical, made = Canonical(keep_times=keep_times), HeldRecords()
    for _, entry in canonical_shells(records).entries():
        if isinstance(entry, Held):
            made.add(canonical.record(entry.record), entry.event)
        else:
            canonical.block(entry, made)
    return made.ended()


def without_lengths(records: HeldRecords) -> HeldRecords:
    """Return the records of a session, whose requests do not say how long they are."""
    made = HeldRecords()
    for _, entry in records.entries():
        if not isinstance(entry, Held):
            made.add_block(entry)
        elif isinstance(entry.record, RequestRecord):
            made.add(_without_length(entry.record))
        else:
            made.add(entry.record, entry.event)
    return made.ended()


def _asks(record: Record) -> bool:
    return isinstance(record, RequestRecord) or (isinstance(record, MessageRecord) and record.from_client)


def _is_answered(record: FlowRecord) -> bool:
    if isinstance(record, ResponseRecord):
        return record.status == 101  # noqa: PLR2004  RFC 6455: open for frames, before the first request
    if isinstance(record, EventRecord):
        return _may_end(record.raw) and _ends(record.payload)
    return isinstance(record, MessageRecord) and _may_end(record.payload.raw) and _ends(record.payload)


def _may_end(raw: bytes) -> bool:
    """Return whether an event may end a response, as far as one sees without parsing it."""
    return b"error" in raw or _TERMINAL.search(raw) is not None  # a pattern of both would take four times as long


def _ends(payload: Payload) -> bool:
    return b"response." in payload.raw[:60] and ended_by(payload.json) is not None


_TERMINAL = re.compile(rb"response\.(?:completed|done|failed|incomplete)")


class _Items:
    """What the items of requests become: each request repeats those before it. Values named by `stay` do."""

    def __init__(self, stay: Collection[str] = ()) -> None:
        self._stay = stay
        self._known: dict[int, tuple[Any, Any]] = {}
        """By identity."""
        self._inputs = ContinuedLists[list[Any]]()

    def of(self, items: list[Any]) -> list[Any]:
        """Return what the items of a request become."""
        return self._inputs.made(items, self._continued)

    def _continued(self, before: list[Any] | None, items: Iterable[Any]) -> list[Any]:
        return [*(before or ()), *map(self._one, items)]

    def _one(self, item: Any) -> Any:
        known = self._known.get(id(item))
        if known is None:
            known = self._known[id(item)] = item, _item(item, self._stay)
        return known[1]


def _request(record: RequestRecord, items: _Items) -> RequestRecord:
    payload = record.payload and _asked(record.payload, items)
    headers = tuple((name, _header(name, value)) for name, value in record.headers)
    url = _LOOPBACK.sub(rf"\1\2:{_PORT}", record.url)
    return _without_length(replace(record, url=url, headers=headers, payload=payload, body_sha256=None))


def _without_length(record: RequestRecord) -> RequestRecord:
    """Return a request that does not say how long it is: the body shows it, and each release of Codex changes it."""
    headers = tuple(header for header in record.headers if header[0].lower() != "content-length")
    return replace(record, headers=headers, body_bytes=0)


def _header(name: str, value: str) -> str:
    name = name.lower()
    if name == TURN_METADATA:
        return TURN_START.sub(rf"\g<1>{EPOCH_MS}", value)
    if name == "sec-websocket-key":
        return _SOCKET_KEY
    return _LOOPBACK.sub(rf"\1\2:{_PORT}", value) if name == "host" else value


def _asked(payload: Payload, items: _Items) -> Payload:
    """Return a payload of the client in which the values that it minted are canonical."""
    body = payload.json
    if not isinstance(body, dict):
        return payload
    changed = dict(body)
    if isinstance(metadata := body.get("client_metadata"), dict):
        changed["client_metadata"] = {name: _metadata(name, metadata[name]) for name in sorted(metadata)}
    if isinstance(own := body.get("input"), list):
        changed["input"] = items.of(own)
    return payload if changed == body and list(changed) == list(body) else Payload.of(changed)


def _metadata(name: str, value: Any) -> Any:
    if name == TURN_METADATA and isinstance(value, str):
        return TURN_START.sub(rf"\g<1>{EPOCH_MS}", value)
    return str(EPOCH_MS) if name == STREAM_START else value


def _item(item: Any, stay: Collection[str]) -> Any:
    if not isinstance(item, dict):
        return item
    if isinstance(metadata := item.get(METADATA_MEMBER), dict) and _CREATE_TIME in metadata:
        item = {**item, METADATA_MEMBER: {**metadata, _CREATE_TIME: EPOCH_MS / 1000}}
    if str(item.get("type", "")).endswith(OUTPUT_SUFFIX) and "output" in item:
        return {**item, "output": _rewritten(item["output"], lambda _: TOOL_OUTPUT.difference(stay))}
    if item.get("role") == "user" and isinstance(item.get("content"), list):
        return {**item, "content": _rewritten(item["content"], lambda text: _volatile_names(text).difference(stay))}
    return item


def _volatile_names(text: str) -> frozenset[str]:
    fragment = fragment_of(text)
    return frozenset(fragment.volatile if fragment else ())


def _rewritten(value: Any, names_of: Callable[[str], Collection[str]]) -> Any:
    """Return a text, or pieces with texts, with the values of the names that are volatile in each text canonical."""
    if isinstance(value, list):
        return [
            {**one, "text": _rewritten(one["text"], names_of)} if isinstance(one, dict) and "text" in one else one
            for one in value
        ]
    return canonical(value, names_of(value)) if isinstance(value, str) else value
