"""Records in, interactions out: one request and its answer, whatever carried it. No I/O.

An HTTP exchange is one interaction; on a WebSocket each `response.create` frame and the frames that answer it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from pytest_codex_replay.archive.event_streams import is_called_stream, settled
from pytest_codex_replay.archive.record import (
    CASSETTE_RUN,
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    FlowRecord,
    GapRecord,
    Headers,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    SegmentRecord,
)
from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.codex.identity import Identity, identify
from pytest_codex_replay.codex.item_types import COMPACTION_TRIGGER
from pytest_codex_replay.codex.threads import asks_for_title
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import CREATE, INTERRUPT, Outcome, ended_by, output_item, response_id
from pytest_codex_replay.wire.sse import is_whole

ResponsePart = EventRecord | BodyRecord | MessageRecord
"""A piece of an answer: an SSE event, a body, or a WebSocket message."""
_PARTS = (EventRecord, BodyRecord, MessageRecord)


class Transport(StrEnum):
    """What carried an interaction."""

    HTTP = "http"
    """Request and body."""
    SSE = "sse"
    WEBSOCKET = "websocket"


class Role(StrEnum):
    """What an interaction is for. Model calls are matched by content, all else by role."""

    TURN = "turn"
    PREWARM = "prewarm"
    """Sent at session start with `generate: false`; present or not, from run to run."""
    COMPACTION = "compaction"
    MEMORY = "memory"
    TITLE = "title"
    """Asks for a title of the conversation, in a thread of its own."""
    UPGRADE = "upgrade"
    """A WebSocket upgrade that was declined, or over which no frame was sent."""
    BACKGROUND = "background"
    """`/models`, usage, analytics, login and the rest."""


_ENDINGS = (b"response.completed", b"response.done", b"response.failed", b"response.incomplete", b"error")
"""What an event has in it that ends a response."""

_FLOW_OUTCOMES = {
    FlowEnd.CLIENT_GONE: Outcome.CLIENT_GONE,
    FlowEnd.UPSTREAM_GONE: Outcome.UPSTREAM_GONE,
    FlowEnd.REFUSED: Outcome.REFUSED,
    FlowEnd.TIMEOUT: Outcome.TIMEOUT,
    FlowEnd.SHUTDOWN: Outcome.SHUTDOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMessage:
    """What a client sent over a WebSocket while it was answered, or afterwards, that asks for nothing new."""

    after: int
    """How many parts of the answer had come."""
    message: MessageRecord

    @property
    def is_interrupt(self) -> bool:
        """Whether it breaks the answer off."""
        return self.message.payload.fields.get("type") == INTERRUPT


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One request and its answer."""

    index: int
    """Position in the session by start time, from 1."""
    flow: str
    transport: Transport
    method: str
    url: str
    request_headers: Headers
    """Of the request, or of the WebSocket upgrade."""
    request: Payload | None
    """The body, or the `response.create` frame."""
    started_at_ms: float
    status: int | None
    """HTTP status; 101 on a WebSocket; None when no answer came."""
    response_headers: Headers
    parts: tuple[ResponsePart, ...]
    """The answer, oldest first."""
    end: EndRecord | None
    """How the flow ended; on a WebSocket, only the last interaction has it."""
    before: tuple[Any, ...] = ()
    """Input and output items behind `previous_response_id`: what this request continues."""
    has_gap: bool = False
    """Part of it was not recorded, or is damaged."""
    has_canonical_times: bool = False
    """Whether redaction made its times up."""
    client_messages: tuple[ClientMessage, ...] = ()
    """What else the client sent until its next request, oldest first."""
    is_chain_known: bool = True
    """False when `previous_response_id` names a response that is not in the recording."""

    @cached_property
    def identity(self) -> Identity:
        """Whose request it is."""
        return identify(self.request_headers, self.request.json if self.request else None)

    @property
    def endpoint(self) -> Endpoint:
        """Where the request went."""
        return endpoint_of(self.url)

    @cached_property
    def role(self) -> Role:
        """What the request is for."""
        return _role(self)

    @property
    def is_model_call(self) -> bool:
        """Whether the model answers."""
        return self.role in {Role.TURN, Role.COMPACTION, Role.MEMORY}

    @cached_property
    def input(self) -> tuple[Any, ...]:
        """The whole logical input: what a request without `previous_response_id` would send. Any JSON values."""
        own = self.request.fields.get("input") if self.request else None
        items = own if isinstance(own, list) else [_user_message(own)] if isinstance(own, str) else []
        return self.before + tuple(items)

    @cached_property
    def events(self) -> tuple[Any, ...]:
        """JSON values of the answer's events."""
        if self.transport is Transport.HTTP:
            return ()
        return tuple(part.payload.json for part in self.parts if not isinstance(part, BodyRecord))

    @cached_property
    def output(self) -> tuple[dict[str, Any], ...]:
        """The items that the answer finished."""
        if self.transport is Transport.HTTP:
            items = self._answer.get("output")
            return tuple(item for item in items if isinstance(item, dict)) if isinstance(items, list) else ()
        return tuple(item for event in self._events_with(b"output_item") if (item := output_item(event)) is not None)

    @cached_property
    def response_id(self) -> str | None:
        """The id by which a later request may continue this one."""
        events = ({"response": self._answer},) if self.transport is Transport.HTTP else self._events_with(b"response")
        return next((found for event in events if (found := response_id(event))), None)

    @cached_property
    def outcome(self) -> Outcome:
        """How the interaction ended."""
        if self.has_gap:
            return Outcome.UNKNOWN
        if self.status is not None and self.status >= 400:  # noqa: PLR2004  RFC 9110 §15.5, §15.6
            return Outcome.ERROR
        error = None
        for how in map(ended_by, self._events_with(*_ENDINGS, newest_first=True)):
            if how is Outcome.ERROR:
                error = how  # may concern the connection alone: the response's own end, when there is one, says more
            elif how is not None:
                return how
        return error or self._broken_off()

    @property
    def ended_at_ms(self) -> float | None:
        """When the last of the answer came; None when nothing came."""
        last = self.parts[-1] if self.parts else self.end
        return last.at_ms if last else None

    @property
    def first_part_at_ms(self) -> float | None:
        """When the first of the answer came."""
        return self.parts[0].at_ms if self.parts else None

    @cached_property
    def body(self) -> bytes:
        """The answer's body of an HTTP exchange."""
        return b"".join(part.payload.raw for part in self.parts if isinstance(part, BodyRecord))

    @property
    def _answer(self) -> dict[str, Any]:
        """The response object that is the whole answer of a model call without a stream."""
        return Payload(self.body).fields if self.endpoint in {Endpoint.RESPONSES, Endpoint.COMPACT} else {}

    def _events_with(self, *words: bytes, newest_first: bool = False) -> Iterator[Any]:
        """Yield the JSON values of the events that have one of `words` in them: most are deltas, and stay unparsed."""
        if self.transport is Transport.HTTP:
            return
        for part in reversed(self.parts) if newest_first else self.parts:
            raw = part.raw if isinstance(part, EventRecord) else part.payload.raw
            for word in words:
                if word in raw and _is_read(part):
                    yield part.payload.json
                    break

    def _broken_off(self) -> Outcome:
        if self.end is None:
            return Outcome.UNKNOWN
        if self.end.how is FlowEnd.FINISHED:
            has_no_terminal = self.transport is Transport.HTTP or self.role is Role.BACKGROUND
            return Outcome.COMPLETED if has_no_terminal else Outcome.UPSTREAM_GONE
        if self.end.how is FlowEnd.CLOSED:
            return Outcome.CLIENT_GONE if self.end.closed_by_client else Outcome.UPSTREAM_GONE
        return _FLOW_OUTCOMES[self.end.how]


def interactions_of(records: Iterable[Record]) -> tuple[Interaction, ...]:
    """Return the interactions of a session, by start time."""
    builder = InteractionBuilder()
    for record in records:
        builder.add(record)
    return builder.interactions()


def body_of(payload: Payload | None) -> dict[str, Any]:
    """Return the JSON object of a request; one that has none is compared by its bytes."""
    if payload is None or isinstance(payload.json, dict):
        return {} if payload is None else payload.fields
    text = payload.raw.decode("latin-1") if payload.text is None else payload.text
    return {"input": [{"type": "not_an_object", "body": text}]}


@dataclass(slots=True)
class _Open:
    """An interaction as far as it has come."""

    request: RequestRecord
    frame: MessageRecord | None = None
    parts: list[ResponsePart] = field(default_factory=list)
    client_messages: list[ClientMessage] = field(default_factory=list)
    has_gap: bool = False


@dataclass(slots=True)
class _Flow:
    request: RequestRecord
    response: ResponseRecord | None = None
    end: EndRecord | None = None
    interactions: list[_Open] = field(default_factory=list)

    @property
    def is_websocket(self) -> bool:
        return self.response is not None and self.response.status == 101  # noqa: PLR2004  RFC 6455 §1.3


class InteractionBuilder:
    """Takes records as they come, also of a session that is still being written."""

    def __init__(self) -> None:
        self._flows: dict[str, _Flow] = {}
        self._has_canonical_times = False

    def add(self, record: Record) -> None:
        """Take the next record. What belongs to no known flow (its request is lost) is left out."""
        if isinstance(record, RequestRecord):
            self._flows.setdefault(record.flow, _Flow(record))
        elif isinstance(record, FlowRecord):
            if flow := self._flows.get(record.flow):
                self._continue(flow, record)
        elif isinstance(record, GapRecord):
            self._lose(record)
        elif isinstance(record, SegmentRecord):
            self._has_canonical_times |= record.run == CASSETTE_RUN

    def interactions(self) -> tuple[Interaction, ...]:
        """Return the interactions so far, by start time, each with what it continues."""
        opened = [(flow, one) for flow in self._flows.values() for one in (flow.interactions or [_Open(flow.request)])]
        opened.sort(key=lambda pair: _started(pair[1]))
        chain: dict[str, Interaction] = {}
        result = []
        for index, (flow, one) in enumerate(opened, start=1):
            interaction = _interaction(index, flow, one, chain, has_canonical_times=self._has_canonical_times)
            if interaction.response_id is not None:
                chain[interaction.response_id] = interaction
            result.append(interaction)
        return tuple(result)

    def _lose(self, gap: GapRecord) -> None:
        """Mark what a gap hit; one that names no flows may have hit any that is open."""
        for name, flow in self._flows.items():
            if name in gap.flows or (not gap.flows and flow.end is None):
                flow.interactions = flow.interactions or [_Open(flow.request)]
                flow.interactions[-1].has_gap = True

    def _continue(self, flow: _Flow, record: FlowRecord) -> None:
        if isinstance(record, MessageRecord) and record.from_client:
            if record.payload.fields.get("type") == CREATE or not flow.interactions:
                flow.interactions.append(_Open(flow.request, frame=record))
            else:
                open_now = flow.interactions[-1]
                open_now.client_messages.append(ClientMessage(after=len(open_now.parts), message=record))
        elif isinstance(record, _PARTS):  # nearly all are
            if not flow.interactions:
                flow.interactions.append(_Open(flow.request))
            flow.interactions[-1].parts.append(record)
        elif isinstance(record, ResponseRecord):
            flow.response = record
        elif isinstance(record, EndRecord):
            flow.end = flow.end or record


def _is_read(part: ResponsePart) -> bool:
    """Whether a client reads it as an event: not a body, nor half an event at the end of a stream."""
    return isinstance(part, MessageRecord) or (isinstance(part, EventRecord) and is_whole(part.raw))


def _started(one: _Open) -> float:
    return one.frame.at_ms if one.frame else one.request.at_ms


def _interaction(
    index: int, flow: _Flow, one: _Open, chain: dict[str, Interaction], *, has_canonical_times: bool
) -> Interaction:
    request = one.frame.payload if one.frame else flow.request.payload
    previous = request.fields.get("previous_response_id") if request else None
    known = chain.get(previous) if isinstance(previous, str) else None
    is_last = not flow.interactions or one is flow.interactions[-1]
    transport, parts = _answer(flow, one)
    return Interaction(
        index=index,
        flow=flow.request.flow,
        transport=transport,
        method=flow.request.method,
        url=flow.request.url,
        request_headers=flow.request.headers,
        request=request,
        started_at_ms=_started(one),
        status=flow.response.status if flow.response else None,
        response_headers=_headers(flow),
        parts=parts,
        end=flow.end if is_last else None,
        before=known.input + known.output if known else (),
        has_gap=one.has_gap,
        has_canonical_times=has_canonical_times,
        client_messages=tuple(one.client_messages),
        is_chain_known=previous is None or known is not None,
    )


def _answer(flow: _Flow, one: _Open) -> tuple[Transport, tuple[ResponsePart, ...]]:
    """Return what carried the answer, and its parts as what they are."""
    if flow.is_websocket or one.frame:
        return Transport.WEBSOCKET, tuple(one.parts)
    http = [part for part in one.parts if not isinstance(part, MessageRecord)]
    parts = settled(flow.request, flow.response, http)
    is_stream = isinstance(parts[0], EventRecord) if parts else is_called_stream(_headers(flow))
    return Transport.SSE if is_stream else Transport.HTTP, tuple(parts)


def _headers(flow: _Flow) -> Headers:
    return flow.response.headers if flow.response else ()


_KINDS = {"prewarm": Role.PREWARM, "compaction": Role.COMPACTION, "memory": Role.MEMORY}


def _role(interaction: Interaction) -> Role:
    if interaction.endpoint is Endpoint.COMPACT:
        return Role.COMPACTION
    if interaction.endpoint is not Endpoint.RESPONSES:
        return Role.BACKGROUND
    return Role.UPGRADE if interaction.request is None else _role_of_call(interaction, interaction.request)


def _role_of_call(interaction: Interaction, request: Payload) -> Role:
    if request.fields.get("generate") is False:
        return Role.PREWARM
    if any(isinstance(item, dict) and item.get("type") == COMPACTION_TRIGGER for item in interaction.input[-1:]):
        return Role.COMPACTION
    if asks_for_title(interaction.identity, request.fields):
        return Role.TITLE
    return _KINDS.get(interaction.identity.request_kind or "", Role.TURN)


def _user_message(text: str) -> dict[str, Any]:
    """What the Responses API makes of an `input` that is a string."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
