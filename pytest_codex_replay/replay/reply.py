"""What goes in and out of the engine: a request, and the one answer to it, whatever carries either. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple, Self

from pytest_codex_replay.archive.event_streams import is_called_stream
from pytest_codex_replay.archive.record import BodyRecord, Headers, MessageRecord
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.interactions import Interaction, ResponsePart, Transport
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.wire.encoding import decode_body
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import CREATE, failure_events

EVENT_STREAM: Headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
JSON: Headers = (("content-type", "application/json"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a recording is replayed."""

    factor: float = 0.0
    """Share of the recorded waiting time that is waited: 0 is instant, 1 as recorded, 0.5 twice as fast."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `instant`, `recorded`, or how many times faster than recorded (`10`; `0.5` is half the speed).

        Raises:
            UsageError: the speed is unknown.
        """
        if text in _SPEEDS:
            return cls(factor=_SPEEDS[text])
        try:
            times = float(text)
        except ValueError:
            times = 0.0
        if not 0 < times < float("inf"):
            raise UsageError(f"unknown speed {text!r}: use instant, recorded, or a factor such as 10")
        return cls(factor=1 / times)

    def delay_ms(self, recorded_ms: float) -> float:
        """Return how long to wait where the recording waited `recorded_ms`."""
        return max(0.0, recorded_ms) * self.factor if self.factor else 0.0


_SPEEDS = {"instant": 0.0, "recorded": 1.0}


class Ending(StrEnum):
    """What to do once the last part is out."""

    COMPLETE = "complete"
    """End the body; a WebSocket stays open for the next request."""
    CUT = "cut"
    """Drop the connection, as the recorded one was: no last chunk, no close frame."""
    LEFT = "left"
    """Keep the connection open until the client goes, as it did when this was recorded."""
    CLOSE = "close"
    """Close the WebSocket with a close frame; over HTTP, which has none, drop the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request as it came, body encoded; or a WebSocket message."""

    method: str
    """`FRAME` for a message."""
    url: str
    """URL, or path with its query."""
    headers: Headers
    """Of a message: those of its WebSocket's upgrade."""
    body: bytes = b""
    transport: Transport = Transport.HTTP

    def message(self, data: bytes) -> "Request":
        """Return a message on the WebSocket that this request opened."""
        return replace(self, method="FRAME", body=data, transport=Transport.WEBSOCKET)

    def decoded(self) -> tuple[Payload | None, str | None]:
        """Return the decoded body, and why it cannot be a model call, if it cannot."""
        if self.transport is Transport.WEBSOCKET:
            payload = Payload(self.body)
            if not isinstance(payload.json, dict):
                return payload, _NOT_AN_OBJECT
            kind = payload.fields.get("type")
            return payload, None if kind == CREATE else f"its type is {kind!r}, which is not replayed"
        if not self.body:
            return None, _NOT_AN_OBJECT
        encoding = next((value for name, value in self.headers if name.lower() == "content-encoding"), None)
        try:
            payload = Payload(decode_body(self.body, encoding))
        except ValueError as error:
            return Payload(self.body), str(error)
        return payload, None if isinstance(payload.json, dict) else _NOT_AN_OBJECT


_NOT_AN_OBJECT = (
    "the body is not a JSON object, or is nested more than 1,000 deep, and no recorded request has these bytes"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Where an answer over a WebSocket waits for its client, since it was interrupted there when it was recorded."""

    after: int
    """How many parts come before."""
    at_ms: float
    """When the recorded client interrupted it, on the clock of the parts."""
    mode: Any
    """How it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What answers a request: events or a body, how fast, and how it ends. `framing` makes bytes of it."""

    status: int = 200
    """Of an answer over HTTP; 101 accepts an upgrade."""
    headers: Headers = ()
    """Of an answer over HTTP, without those that belong to the connection: length, encodings, keep-alive."""
    parts: tuple[ResponsePart, ...] = ()
    """Events or a body, as recorded over either transport, or made up."""
    ends: Ending = Ending.COMPLETE
    holds: tuple[Hold, ...] = ()
    """In the order of the parts."""
    close_code: int | None = None
    """With Ending.CLOSE; RFC 6455 §7.4."""
    close_reason: str = ""
    transport: Transport = Transport.HTTP
    """What carries it to the client."""
    interaction: Interaction | None = None
    """The recorded interaction that it comes from; None when it was made up or changed by a fault."""
    started_at_ms: float = 0.0
    """When the recorded request was sent, on the clock of the parts."""
    speed: Speed = Speed()
    delay_ms: float = 0.0
    """To wait before status and headers, or before the first message."""
    stall: tuple[int, float] | None = None
    """Position of a part, and how long to wait before it (ms), whatever the speed."""
    has_body: bool = True
    """False for an answer to HEAD, and for 304: its length is that of the body that it does not have."""
    length_bytes: int | None = None
    """With `has_body` False: the length that it names."""
    limit_bytes: int | None = None
    """How much of it goes out."""
    recut_seed: str | None = None
    """By which to cut it into other chunks or fragments; None: as recorded."""

    @property
    def is_stream(self) -> bool:
        """Whether it consists of events; else it is one body."""
        return not isinstance(self.parts[0], BodyRecord) if self.parts else is_called_stream(self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultedReply:
    """An answer, and the fault that was applied to it."""

    answer: Answer
    is_whole: bool = True
    """Whether all of the recorded answer goes out, if the client stays; else the interaction is still to be served."""
    fault: Fault | None = None
    """None: the answer is as it was."""


class Piece(NamedTuple):
    """Bytes to write at once, or one message. A tuple: an answer has thousands, made before its first byte goes out."""

    delay_ms: float
    """To wait before writing it."""
    data: bytes
    is_binary: bool = False
    """Of a message."""
    cuts: tuple[int, ...] = ()
    """Offsets at which a new fragment of the message begins."""


def made_up_event(value: Any) -> MessageRecord:
    """Return an event that was not recorded; it comes without a wait."""
    return MessageRecord(flow="", at_ms=0.0, from_client=False, payload=Payload.of(value))


def made_up_body(value: Any) -> BodyRecord:
    """Return a JSON body that was not recorded; it comes without a wait."""
    return BodyRecord(flow="", at_ms=0.0, payload=Payload.of(value), cuts=((0, 0.0),))


def json_answer(status: int, value: Any) -> Answer:
    """Return a JSON answer that is not from the recording."""
    return Answer(status=status, headers=JSON, parts=(made_up_body(value),))


def events_answer(events: Iterable[Any]) -> Answer:
    """Return events that are not from the recording."""
    return Answer(headers=EVENT_STREAM, parts=tuple(map(made_up_event, events)))


def failure_answer(message: str) -> Answer:
    """Return events that end the client's turn and show `message`."""
    return events_answer(failure_events(message))
