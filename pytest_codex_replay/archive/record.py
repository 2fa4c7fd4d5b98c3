"""The records of a session directory: each kind with its members, its texts, and how these are rewritten.

The written spec is docs/format.md; `line.py` writes and reads lines.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import itemgetter
from typing import Any, ClassVar, Protocol, Self

import orjson

from pytest_codex_replay.archive.maker import maker
from pytest_codex_replay.archive.members import (
    Form,
    Layout,
    a_list,
    cuts_in,
    member,
    number,
    put_field,
    raw_in,
    side,
    text,
    times_in,
)
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.wire.json_values import elements_of, tight_json
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import CREATE
from pytest_codex_replay.wire.sse import join_event, split_event

FORMAT = 1
"""Version of the format. A reader refuses a newer one."""
CASSETTE_RUN = "cassette"
"""Run of a segment that redaction wrote: its times are made up, the pace of answers is kept roughly."""
TIMED_CASSETTE_RUN = "cassette-with-times"
"""Run of one that has the recorded times."""
Headers = tuple[tuple[str, str], ...]
Cuts = tuple[tuple[int, float], ...]
"""Where chunks begin in a run of bytes: byte offset and arrival time (ms)."""


class FlowEnd(StrEnum):
    """How a flow ended, as the proxy saw it."""

    FINISHED = "finished"
    """The whole answer came."""
    CLOSED = "closed"
    """A WebSocket was closed by a close frame."""
    CLIENT_GONE = "client-gone"
    UPSTREAM_GONE = "upstream-gone"
    REFUSED = "refused"
    """The upstream could not be reached."""
    TIMEOUT = "timeout"
    SHUTDOWN = "shutdown"
    """The recorder stopped while the flow was open."""


class Change(Protocol):
    """Rewrites the texts of records, each by what it is. What stays is returned as the same object."""

    @property
    def ruleset(self) -> int:
        """Version of the rules that it goes by."""

    def text(self, text: str) -> str: ...
    def session(self, name: str) -> str: ...
    def url(self, url: str) -> str: ...
    def headers(self, headers: Headers) -> Headers: ...
    def request(self, url: str, payload: Payload) -> Payload: ...
    def answer(self, flow: str, payload: Payload) -> Payload: ...
    def event(self, raw: bytes) -> bytes: ...
    def message(self, payload: Payload, *, from_client: bool) -> Payload: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record has. A kind declares its fields; their types say how they stand in a line (`members.py`)."""

    layout: ClassVar[Layout]
    """How its kind stands in a line."""
    at_ms: float
    """Unix time in milliseconds, with microseconds behind the point."""

    def members(self) -> dict[str, Any]:
        """Return the members of its line, from `kind` on; the payload comes behind them."""
        return self.layout.written(self)

    def rewritten(self, change: Change) -> Self:
        """Return the record with its texts rewritten."""
        raise NotImplementedError

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the texts of its members, each with the name of its member. Headers and payload have their own."""
        for name in self.layout.texts:
            found = getattr(self, name)
            for one in found if isinstance(found, tuple) else (found,):
                if one:
                    yield name, one


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRecord(Record):
    """First line of a segment: who writes what here."""

    format: int
    session: str
    run: str
    """Id of the recorder run, which is the only writer of this segment."""
    recorder: str
    """Name and version of the writing program."""
    ruleset: int
    """Version of the redaction rules that were applied."""

    def rewritten(self, change: Change) -> Self:
        return replace(self, session=change.session(self.session), ruleset=change.ruleset)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedValueRecord(Record):
    """A large value that later records of the segment refer to by its digest."""

    digest: str
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPartsRecord(SharedValueRecord):
    """A large value that is here without what all cassettes repeat: those parts are in files of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRecord(Record):
    """What every record of a flow has."""

    flow: str
    """mitmproxy's flow id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord(FlowRecord):
    """An HTTP request with its body, or the upgrade request of a WebSocket."""

    method: str
    url: str
    http_version: str
    headers: Headers
    payload: Payload | None = None
    """The decoded body; None without one."""
    body_bytes: int = 0
    """Length of the body on the wire (encoded)."""
    body_sha256: str | None = None
    """SHA-256 of the body on the wire. Archives only: a cassette has no digest of unredacted bytes."""

    def rewritten(self, change: Change) -> Self:
        """Return it without the digest of its body, which may have been another."""
        headers = change.headers(self.headers)
        payload = self.payload and change.request(self.url, self.payload)
        return replace(self, url=change.url(self.url), headers=headers, payload=payload, body_sha256=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecord(FlowRecord):
    """Status line and headers of the answer."""

    status: int
    http_version: str
    headers: Headers

    def rewritten(self, change: Change) -> Self:
        return replace(self, headers=change.headers(self.headers))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord(FlowRecord):
    """One server-sent event, byte for byte."""

    raw: bytes
    cuts: Cuts

    @property
    def payload(self) -> Payload:
        """The data of the event; empty for comments and keep-alives."""
        return Payload(split_event(self.raw)[1] or b"")

    def members(self) -> dict[str, Any]:
        return {"kind": "event", "flow": self.flow, **_cuts(self.cuts, self.at_ms)}

    def rewritten(self, change: Change) -> Self:
        raw = change.event(self.raw)
        return self if raw is self.raw else replace(self, raw=raw)


make_event = maker(EventRecord, "flow", "at_ms", "raw", "cuts")


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRecord(FlowRecord):
    """Body of an answer that is not an event stream, or a piece of it when it is long or broke off."""

    payload: Payload
    cuts: Cuts
    encoded: bool = False
    """It could not be decoded: these are the bytes of its content-encoding."""

    def members(self) -> dict[str, Any]:
        return {**self.layout.written(self), **_cuts(self.cuts, self.at_ms)}

    def rewritten(self, change: Change) -> Self:
        return replace(self, payload=change.answer(self.flow, self.payload))


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord(FlowRecord):
    """One WebSocket message."""

    from_client: bool
    payload: Payload
    binary: bool = False

    def members(self) -> dict[str, Any]:  # by hand, as of events: these are many
        binary = {"binary": True} if self.binary else {}
        return {"kind": "message", "flow": self.flow, "from": "client" if self.from_client else "server", **binary}

    def rewritten(self, change: Change) -> Self:
        payload = change.message(self.payload, from_client=self.from_client)
        return self if payload is self.payload else replace(self, payload=payload)


_TYPE_OF = itemgetter("type")
SPACED = b'[{"type": '
"""How a run begins whose JSON has blanks, as some gateways write it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord(FlowRecord):
    """A run of plain events or messages of one flow, in one line.

    Plain: JSON in one line; an event came as one chunk and is named like its type, a message is the server's. Nearly
    all of a stream is such, and written together it costs a recorder a fraction. Readers get the records that it
    stands for.
    """

    text: bytes
    """The data of the events or messages, as a JSON array: exactly what compact JSON of its value would be; or, where
    it begins with a blank behind the first name, exactly what stands in it."""
    times_ms: Sequence[float]
    """When each of them came."""
    is_messages: bool
    """WebSocket messages; else server-sent events."""
    values: list[Any] | None = field(default=None, compare=False, repr=False)
    """The value of `text` where it is known already."""

    def members(self) -> dict[str, Any]:
        after_ms = [int((at_ms - self.at_ms) * 1000 + 0.5) / 1000 for at_ms in self.times_ms]
        return {"kind": "messages" if self.is_messages else "events", "flow": self.flow, "after_ms": after_ms}

    @property
    def is_deltas(self) -> bool:
        """Whether all of it are pieces of what another event brings whole, so that most readers can do without."""
        if self.values is None:
            return False
        try:
            kinds = set(map(_TYPE_OF, self.values))  # of thousands, a few: twenty times faster than one by one
        except (TypeError, KeyError):  # not an object, or without a type
            return False
        return all(isinstance(kind, str) and kind.endswith(".delta") for kind in kinds)

    def records(self) -> list[FlowRecord]:
        """Return the records that the run stands for.

        Raises:
            ArchiveError: it is not a run: a cassette may be edited by hand.
        """
        make = self._message if self.is_messages else self._event
        try:
            values = orjson.loads(self.text) if self.values is None else self.values
            data = self.data(values)
            if self.is_messages or self.text.startswith(SPACED):
                return [make(*each) for each in zip(values, data, self.times_ms, strict=True)]
            heads = [b"event: %b\ndata: " % value["type"].encode() for value in values]
            return [
                make_event(self.flow, at_ms, b"%b%b\n\n" % (head, one), ((0, at_ms),))
                for head, one, at_ms in zip(heads, data, self.times_ms, strict=True)
            ]
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ArchiveError(f"not a run of records: {type(error).__name__} {error}") from error

    def data(self, values: Iterable[Any]) -> Iterable[bytes]:
        """Return the data of its values, each as it came."""
        return elements_of(self.text) if self.text.startswith(SPACED) else map(tight_json, values)

    def _message(self, _: Any, data: bytes, at_ms: float) -> FlowRecord:
        return MessageRecord(flow=self.flow, at_ms=at_ms, from_client=False, payload=Payload(data))

    def _event(self, value: Any, data: bytes, at_ms: float) -> FlowRecord:
        return make_event(self.flow, at_ms, join_event(value["type"], data), ((0, at_ms),))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRecord(FlowRecord):
    """How a flow ended."""

    how: FlowEnd
    error: str | None = None
    close_code: int | None = None
    close_reason: str | None = None
    closed_by_client: bool | None = None

    def rewritten(self, change: Change) -> Self:
        error, reason = (text and change.text(text) for text in (self.error, self.close_reason))
        return replace(self, error=error, close_reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRecord(Record):
    """Something was not recorded between `at_ms` and `until_ms`."""

    until_ms: float
    reason: str
    lost_count: int
    """How many signals (requests, chunks, messages, ends) were lost."""
    lost_bytes: int
    flows: tuple[str, ...]
    """Flows that lost something."""

    def rewritten(self, change: Change) -> Self:
        return replace(self, reason=change.text(self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRecord(Record):
    """A record of a kind that is not known here: a later version wrote it. It is kept as it is."""

    kind: str
    payload: Payload
    """Its members, but for those that every record has: a JSON object, verbatim."""

    def members(self) -> dict[str, Any]:
        return {"kind": self.kind}  # the others are its payload

    def rewritten(self, change: Change) -> Self:
        payload = change.message(self.payload, from_client=True)
        if not isinstance(payload.json, dict):  # nested so deeply that it was rewritten as text
            payload = Payload.of({"text": payload.text})
        return replace(self, kind=change.text(self.kind), payload=payload)

    def with_flows(self, rename: Callable[[str], str]) -> Self:
        """Return it with its flows (`flow`, `flows`) called otherwise."""
        fields = dict(self.payload.fields)
        if isinstance(flow := fields.get("flow"), str):
            fields["flow"] = rename(flow)
        if isinstance(flows := fields.get("flows"), list):
            fields["flows"] = [rename(one) if isinstance(one, str) else one for one in flows]
        return self if fields == self.payload.fields else replace(self, payload=Payload.of(fields))


def _read_event(values: dict[str, Any]) -> EventRecord:
    raw = raw_in(values)
    if "json" in values:
        name = values.get("name")
        raw = join_event(name if name is None or type(name) is str else member(values, "name", text), raw)
    return make_event(member(values, "flow", text), values["at_ms"], raw, cuts_in(values))


def _read_body(values: dict[str, Any]) -> BodyRecord:
    record: BodyRecord = BodyRecord.layout.read(values)
    put_field(record, "cuts", cuts_in(values))
    return record


def _read_run(values: dict[str, Any]) -> RunRecord:
    found, times_ms = member(values, "json", a_list), times_in(values)
    if not found or len(times_ms) != len(found):
        raise ValueError("after_ms does not match json")
    return RunRecord(
        flow=member(values, "flow", text),
        at_ms=values["at_ms"],
        text=raw_in(values),
        times_ms=times_ms,
        is_messages=values["kind"] == "messages",
        values=found,
    )


_FORMS = {
    "format": number(least=1),
    "status": number(100, 999),  # RFC 9110 §15
    "from_client": side("from"),
    "how": Form(read=lambda found: FlowEnd(text(found))),
    "close_code": number(most=65535),  # RFC 6455 §5.5.1
    "closed_by_client": side("closed_by"),
    "digest": Form(read=text),  # no prose can stand in it
    "body_sha256": Form(read=text),
}
"""Fields that stand in a line otherwise than their type says."""
_KINDS: dict[str, type[Record]] = {
    "segment": SegmentRecord,
    "item": SharedValueRecord,
    "shared": SharedPartsRecord,
    "request": RequestRecord,
    "response": ResponseRecord,
    "event": EventRecord,
    "events": RunRecord,
    "body": BodyRecord,
    "message": MessageRecord,
    "end": EndRecord,
    "gap": GapRecord,
    "": UnknownRecord,
}
for _name, _kind in _KINDS.items():
    _kind.layout = Layout(_kind, _name, _FORMS)
WITHOUT_PAYLOAD = frozenset({"segment", "response", "end", "gap"})
READERS: dict[str, Callable[[dict[str, Any]], Record]] = {
    **{name: kind.layout.read for name, kind in _KINDS.items() if name},
    "event": _read_event,
    "events": _read_run,
    "body": _read_body,
    "messages": _read_run,
}
"""By kind: what reads a record. Raises ValueError: a member is missing, or is not what it must be."""


def requests_in(record: Record) -> float:
    """Return how much of a request a record is: of these, a segment has a limited number.

    One without a body, as of a health check, counts half, and so does a record of an unknown kind, which costs as
    much. What a client sends beside its requests is none.
    """
    if type(record) is MessageRecord:
        return record.from_client and record.payload.fields.get("type") == CREATE
    if type(record) is RequestRecord:
        return 0.5 if record.payload is None else 1
    return 0.5 if type(record) is UnknownRecord else 0


def elements_in(record: Record) -> int:
    """Return how many lines more a record counts for: each element of a run is one, each further chunk is two."""
    if type(record) is EventRecord or type(record) is BodyRecord:
        return max(0, 2 * len(record.cuts) - 2)
    return len(record.times_ms) if type(record) is RunRecord else 0


def _cuts(cuts: Cuts, at_ms: float) -> dict[str, Any]:
    return {} if cuts == ((0, at_ms),) else {"cuts": [[offset, round(at, 3)] for offset, at in cuts]}
