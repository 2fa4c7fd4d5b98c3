"""The records of a session directory: each kind with its members, its texts, and how these are rewritten.

The written spec is docs/format.md; `line.py` writes and reads lines.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any, ClassVar, Protocol, Self

import orjson

from pytest_codex_replay.archive.members import Members
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event, split_event

FORMAT = 1
"""Version of the format. A reader refuses a newer one."""


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
    """What every record has."""

    named: ClassVar[tuple[str, ...]] = ()
    """Its members that are texts, or lists of texts."""
    at_ms: float
    """Unix time in milliseconds, with microseconds behind the point."""

    @classmethod
    def read(cls, members: Members) -> "Record":
        """Return the record that has these members.

        Raises:
            ValueError: one is missing, or is not what it must be.
        """
        raise NotImplementedError

    def members(self) -> dict[str, Any]:
        """Return the members of its line, from `kind` on; the payload comes behind them."""
        raise NotImplementedError

    def rewritten(self, change: Change) -> Self:
        """Return the record with its texts rewritten."""
        raise NotImplementedError

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the texts of its members, each with the name of its member. Headers and payload have their own."""
        for name in self.named:
            found = getattr(self, name)
            for text in found if isinstance(found, tuple) else (found,):
                if text:
                    yield name, text


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRecord(Record):
    """First line of a segment: who writes what here."""

    named = ("session", "run", "recorder")
    format: int
    session: str
    run: str
    """Id of the recorder run, which is the only writer of this segment."""
    recorder: str
    """Name and version of the writing program."""
    ruleset: int
    """Version of the redaction rules that were applied."""

    @classmethod
    def read(cls, members: Members) -> "SegmentRecord":
        return cls(
            at_ms=members.at_ms,
            format=members.number("format", least=1),
            session=members.text("session"),
            run=members.text("run"),
            recorder=members.text("recorder"),
            ruleset=members.number("ruleset"),
        )

    def members(self) -> dict[str, Any]:
        named = {"format": self.format, "session": self.session, "run": self.run, "recorder": self.recorder}
        return {"kind": "segment", **named, "ruleset": self.ruleset}

    def rewritten(self, change: Change) -> Self:
        return replace(self, session=change.session(self.session), ruleset=change.ruleset)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedValueRecord(Record):
    """A large value that later records of the segment refer to by its digest."""

    digest: str
    payload: Payload

    @classmethod
    def read(cls, members: Members) -> "SharedValueRecord":
        return cls(at_ms=members.at_ms, digest=members.text("digest"), payload=members.needed())

    def members(self) -> dict[str, Any]:
        return {"kind": "item", "digest": self.digest}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRecord(Record):
    """What every record of a flow has."""

    named: ClassVar[tuple[str, ...]] = ("flow",)
    flow: str
    """mitmproxy's flow id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord(FlowRecord):
    """An HTTP request with its body, or the upgrade request of a WebSocket."""

    named = ("flow", "url", "method", "http_version")
    method: str
    url: str
    http_version: str
    headers: Headers
    payload: Payload | None = None
    """The decoded body; None when there is none."""
    body_bytes: int = 0
    """Length of the body on the wire (encoded)."""
    body_sha256: str | None = None
    """SHA-256 of the body on the wire. Archives only: a cassette has no digest of unredacted bytes."""

    @classmethod
    def read(cls, members: Members) -> "RequestRecord":
        return cls(
            at_ms=members.at_ms,
            flow=members.text("flow"),
            method=members.text("method"),
            url=members.text("url"),
            http_version=members.text("http_version"),
            headers=members.headers(),
            payload=members.payload(),
            body_bytes=members.number_or_none("body_bytes") or 0,
            body_sha256=members.text_or_none("body_sha256"),
        )

    def members(self) -> dict[str, Any]:
        asked = {"flow": self.flow, "method": self.method, "url": self.url, "http_version": self.http_version}
        length = {"body_bytes": self.body_bytes} if self.body_bytes else {}
        return {"kind": "request", **asked, "headers": self.headers, **length, **_some(body_sha256=self.body_sha256)}

    def rewritten(self, change: Change) -> Self:
        """Return it without the digest of its body, which may have been another."""
        headers = change.headers(self.headers)
        payload = self.payload and change.request(self.url, self.payload)
        return replace(self, url=change.url(self.url), headers=headers, payload=payload, body_sha256=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecord(FlowRecord):
    """Status line and headers of the answer."""

    named = ("flow", "http_version")
    status: int
    http_version: str
    headers: Headers

    @classmethod
    def read(cls, members: Members) -> "ResponseRecord":
        return cls(
            at_ms=members.at_ms,
            flow=members.text("flow"),
            status=members.number("status", least=100, most=999),  # RFC 9110 §15
            http_version=members.text("http_version"),
            headers=members.headers(),
        )

    def members(self) -> dict[str, Any]:
        said = {"flow": self.flow, "status": self.status, "http_version": self.http_version}
        return {"kind": "response", **said, "headers": self.headers}

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

    @classmethod
    def read(cls, members: Members) -> "EventRecord":
        raw = members.raw()
        if members.is_json:
            raw = join_event(members.text_or_none("name"), raw)
        cuts = members.cuts() if members.has_cuts else ((0, members.at_ms),)
        return cls(at_ms=members.at_ms, flow=members.text("flow"), raw=raw, cuts=cuts)

    def members(self) -> dict[str, Any]:
        return {"kind": "event", "flow": self.flow, **_cuts(self.cuts, self.at_ms)}

    def rewritten(self, change: Change) -> Self:
        raw = change.event(self.raw)
        return self if raw is self.raw else replace(self, raw=raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRecord(FlowRecord):
    """Body of an answer that is not an event stream, or a piece of it when it is long or broke off."""

    payload: Payload
    cuts: Cuts
    encoded: bool = False
    """It could not be decoded: these are the bytes of its content-encoding."""

    @classmethod
    def read(cls, members: Members) -> "BodyRecord":
        return cls(
            at_ms=members.at_ms,
            flow=members.text("flow"),
            payload=members.needed(),
            cuts=members.cuts(),
            encoded=members.flag("encoded"),
        )

    def members(self) -> dict[str, Any]:
        encoded = {"encoded": True} if self.encoded else {}
        return {"kind": "body", "flow": self.flow, **encoded, **_cuts(self.cuts, self.at_ms)}

    def rewritten(self, change: Change) -> Self:
        return replace(self, payload=change.answer(self.flow, self.payload))


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord(FlowRecord):
    """One WebSocket message."""

    from_client: bool
    payload: Payload
    binary: bool = False

    @classmethod
    def read(cls, members: Members) -> "MessageRecord":
        return cls(
            at_ms=members.at_ms,
            flow=members.text("flow"),
            from_client=members.is_client("from"),
            payload=members.needed(),
            binary=members.flag("binary"),
        )

    def members(self) -> dict[str, Any]:
        binary = {"binary": True} if self.binary else {}
        return {"kind": "message", "flow": self.flow, "from": _side(is_client=self.from_client), **binary}

    def rewritten(self, change: Change) -> Self:
        return replace(self, payload=change.message(self.payload, from_client=self.from_client))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord(FlowRecord):
    """A run of plain events or messages of one flow, in one line.

    Plain: compact JSON; an event came as one chunk and is named like its type, a message is the server's. Nearly all
    of a stream is such, and written together it costs a recorder a fraction. Readers get the records that it stands
    for.
    """

    text: bytes
    """The data of the events or messages, as a JSON array that is exactly what compact JSON of its value would be."""
    times_ms: tuple[float, ...]
    """When each of them came."""
    is_messages: bool
    """WebSocket messages; else server-sent events."""
    values: list[Any] | None = field(default=None, compare=False, repr=False)
    """The value of `text` where it is known already."""

    @classmethod
    def read(cls, members: Members, *, is_messages: bool = False) -> "RunRecord":
        values, times_ms, text = members.list("json"), members.times_ms(), members.raw()
        if not values or len(times_ms) != len(values):
            raise ValueError("after_ms does not match json")
        return cls(
            flow=members.text("flow"),
            at_ms=members.at_ms,
            text=text,
            times_ms=times_ms,
            is_messages=is_messages,
            values=values,
        )

    def members(self) -> dict[str, Any]:
        after_ms = [int((at_ms - self.at_ms) * 1000 + 0.5) / 1000 for at_ms in self.times_ms]
        return {"kind": "messages" if self.is_messages else "events", "flow": self.flow, "after_ms": after_ms}

    def records(self) -> list[FlowRecord]:
        """Return the records that the run stands for.

        Raises:
            ArchiveError: it is not a run: a cassette may be edited by hand.
        """
        make = self._message if self.is_messages else self._event
        try:
            values = orjson.loads(self.text) if self.values is None else self.values
            return [make(value, at_ms) for value, at_ms in zip(values, self.times_ms, strict=True)]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ArchiveError(f"not a run of records: {type(error).__name__} {error}") from error

    def _message(self, value: Any, at_ms: float) -> FlowRecord:
        return MessageRecord(flow=self.flow, at_ms=at_ms, from_client=False, payload=Payload(orjson.dumps(value)))

    def _event(self, value: Any, at_ms: float) -> FlowRecord:
        raw = join_event(value["type"], orjson.dumps(value))
        return EventRecord(flow=self.flow, at_ms=at_ms, raw=raw, cuts=((0, at_ms),))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRecord(FlowRecord):
    """How a flow ended."""

    named = ("flow", "error", "close_reason")
    how: FlowEnd
    error: str | None = None
    close_code: int | None = None
    close_reason: str | None = None
    closed_by_client: bool | None = None

    @classmethod
    def read(cls, members: Members) -> "EndRecord":
        return cls(
            at_ms=members.at_ms,
            flow=members.text("flow"),
            how=FlowEnd(members.text("how")),
            error=members.text_or_none("error"),
            close_code=members.number_or_none("close_code", most=65535),  # RFC 6455 §5.5.1
            close_reason=members.text_or_none("close_reason"),
            closed_by_client=None if members.text_or_none("closed_by") is None else members.is_client("closed_by"),
        )

    def members(self) -> dict[str, Any]:
        closed_by = None if self.closed_by_client is None else _side(is_client=self.closed_by_client)
        said = {"error": self.error, "close_code": self.close_code, "close_reason": self.close_reason}
        return {"kind": "end", "flow": self.flow, "how": self.how, **_some(**said, closed_by=closed_by)}

    def rewritten(self, change: Change) -> Self:
        error, reason = (text and change.text(text) for text in (self.error, self.close_reason))
        return replace(self, error=error, close_reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRecord(Record):
    """Something was not recorded between `at_ms` and `until_ms`."""

    named = ("reason", "flows")
    until_ms: float
    reason: str
    lost_count: int
    """How many signals (requests, chunks, messages, ends) were lost."""
    lost_bytes: int
    flows: tuple[str, ...]
    """Flows that lost something."""

    @classmethod
    def read(cls, members: Members) -> "GapRecord":
        return cls(
            at_ms=members.at_ms,
            until_ms=members.time_ms("until_ms"),
            reason=members.text("reason"),
            lost_count=members.number("lost_count"),
            lost_bytes=members.number("lost_bytes"),
            flows=members.texts("flows"),
        )

    def members(self) -> dict[str, Any]:
        lost = {"lost_count": self.lost_count, "lost_bytes": self.lost_bytes, "flows": self.flows}
        return {"kind": "gap", "until_ms": round(self.until_ms, 3), "reason": self.reason, **lost}

    def rewritten(self, change: Change) -> Self:
        return replace(self, reason=change.text(self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRecord(Record):
    """A record of a kind that is not known here: a later version wrote it. It is kept as it is."""

    named = ("kind",)
    kind: str
    payload: Payload
    """Its members, but for those that every record has: a JSON object, verbatim."""

    def members(self) -> dict[str, Any]:
        return {"kind": self.kind}

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


READERS: dict[str, Callable[[Members], Record]] = {
    "segment": SegmentRecord.read,
    "item": SharedValueRecord.read,
    "request": RequestRecord.read,
    "response": ResponseRecord.read,
    "event": EventRecord.read,
    "events": partial(RunRecord.read, is_messages=False),
    "body": BodyRecord.read,
    "message": MessageRecord.read,
    "messages": partial(RunRecord.read, is_messages=True),
    "end": EndRecord.read,
    "gap": GapRecord.read,
}
"""By kind: what reads a record."""


def _side(*, is_client: bool) -> str:
    return "client" if is_client else "server"


def _cuts(cuts: Cuts, at_ms: float) -> dict[str, Any]:
    return {} if cuts == ((0, at_ms),) else {"cuts": [[offset, round(at, 3)] for offset, at in cuts]}


def _some(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
