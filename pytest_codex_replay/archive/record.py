"""The records of a session directory. The written spec is docs/format.md; `line.py` writes and reads them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record has."""

    at_ms: float
    """Unix time in milliseconds, with microseconds behind the point."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedValueRecord(Record):
    """A large value that later records of the segment refer to by its digest."""

    digest: str
    payload: Payload


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
    """The decoded body; None when there is none."""
    body_bytes: int = 0
    """Length of the body on the wire (encoded)."""
    body_sha256: str | None = None
    """SHA-256 of the body on the wire. Archives only: a cassette has no digest of unredacted bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecord(FlowRecord):
    """Status line and headers of the answer."""

    status: int
    http_version: str
    headers: Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord(FlowRecord):
    """One server-sent event, byte for byte."""

    raw: bytes
    cuts: Cuts

    @property
    def payload(self) -> Payload:
        """The data of the event; empty for comments and keep-alives."""
        return Payload(split_event(self.raw)[1] or b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRecord(FlowRecord):
    """Body of an answer that is no event stream, or a piece of it when it is long or broke off."""

    payload: Payload
    cuts: Cuts


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord(FlowRecord):
    """One WebSocket message."""

    from_client: bool
    payload: Payload
    binary: bool = False


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

    def records(self) -> list[FlowRecord]:
        """Return the records that the run stands for.

        Raises:
            ArchiveError: it is no run: a cassette may be edited by hand.
        """
        make = self._message if self.is_messages else self._event
        try:
            return [make(value, at_ms) for value, at_ms in zip(orjson.loads(self.text), self.times_ms, strict=True)]
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

    how: FlowEnd
    error: str | None = None
    close_code: int | None = None
    close_reason: str | None = None
    closed_by_client: bool | None = None


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
