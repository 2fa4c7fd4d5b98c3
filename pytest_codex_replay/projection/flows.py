"""Records in, flows and the calls in them out, as far as they have come. No I/O."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from pytest_codex_replay.archive.event_streams import JSON_STARTS, settled
from pytest_codex_replay.archive.record import (
    CASSETTE_RUN,
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowRecord,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
    SegmentRecord,
)
from pytest_codex_replay.projection.answer import DELTA, Answer, type_of
from pytest_codex_replay.projection.packed import PackedParts, Room
from pytest_codex_replay.projection.spooled_items import SpooledItems
from pytest_codex_replay.spool import Spool
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import CREATE
from pytest_codex_replay.wire.sse import is_whole

ResponsePart = EventRecord | BodyRecord | MessageRecord
"""A piece of an answer: an SSE event, a body, or a WebSocket message."""
_PARTS = (EventRecord, BodyRecord, MessageRecord, RunRecord)


@dataclass(slots=True)
class OpenCall:
    """A request, and its answer as far as it has come."""

    number: int
    """Its place by arrival, from 0."""
    request: RequestRecord
    frame: MessageRecord | None = None
    """The `response.create` frame, over a WebSocket."""
    parts: list[ResponsePart] = field(default_factory=list)
    packed: PackedParts | None = None
    """The answer in place of `parts`, with what it says."""
    answer: Answer = field(default_factory=Answer)
    client_messages: list[tuple[int, MessageRecord]] = field(default_factory=list)
    """What else the client sent, each with the number of parts that had come."""
    has_gap: bool = False
    room: Room | None = field(default=None, compare=False)
    """What the session has for parts that are held as they came."""
    known: dict[str, tuple[bytes, Any]] = field(default_factory=dict, compare=False, repr=False)
    """What answers of the session said last of themselves."""

    def add(self, part: ResponsePart | RunRecord, response: ResponseRecord | None, *, packs: bool, keeps: bool) -> bool:
        """Take the next part; return whether it says more than that the answer goes on."""
        is_of_body = packs and not self.parts and self._is_of_body(part, response)
        if isinstance(part, RunRecord) and (is_of_body or not part.is_deltas):
            parts = cast("list[ResponsePart]", part.records())
            tells = [self.add(one, response, packs=packs, keeps=keeps) for one in parts]
            return any(tells)
        if is_of_body and isinstance(part, EventRecord):
            part = BodyRecord(flow=part.flow, at_ms=part.at_ms, payload=Payload(part.raw), cuts=part.cuts)
        if packs and not self.parts and (self.packed is not None or self._is_settled(part, response)):
            is_body = isinstance(part, BodyRecord)  # kept: no event says again what it says
            self.packed = self.packed or PackedParts(keeps=keeps or is_body, is_body=is_body)
            is_first = self.packed.length == 0
            self.packed.add(part, self.room)
            if isinstance(part, RunRecord):
                self.packed.types.update(self.answer.add_deltas(part.values or ()))
                return is_first
            before, kind = self.answer.figures, _fold(self.answer, part)
            if kind is not None:
                self.packed.types[kind] += 1
            if kind is None or kind.endswith(DELTA):
                return is_first
            self.answer.share(self.known)
            return is_first or self.answer.figures != before
        self.parts += cast("list[ResponsePart]", part.records()) if isinstance(part, RunRecord) else [part]
        return True

    def _is_of_body(self, part: ResponsePart | RunRecord, response: ResponseRecord | None) -> bool:
        """Return whether an answer that is recorded as events is one body, as its beginning says."""
        if self.packed is not None:
            return self.packed.is_body
        is_json = isinstance(part, EventRecord) and part.raw.lstrip().startswith(JSON_STARTS)
        return is_json and response is not None

    def _is_settled(self, part: ResponsePart | RunRecord, response: ResponseRecord | None) -> bool:
        """Return whether an answer that begins like this is what it is called: else it is looked at as a whole."""
        if isinstance(part, BodyRecord):
            return response is not None and settled(self.request, response, [part])[0] is part
        return not (isinstance(part, EventRecord) and part.raw.lstrip().startswith(JSON_STARTS))

    @property
    def parts_count(self) -> int:
        """How many parts have come."""
        return len(self.parts) if self.packed is None else self.packed.length

    @property
    def started_at_ms(self) -> float:
        """When it was asked."""
        return self.frame.at_ms if self.frame else self.request.at_ms


@dataclass(slots=True)
class Flow:
    """An HTTP exchange, or a WebSocket with its calls."""

    request: RequestRecord
    response: ResponseRecord | None = None
    end: EndRecord | None = None
    calls: list[OpenCall] = field(default_factory=list)

    @property
    def is_websocket(self) -> bool:
        """Whether the upgrade was accepted."""
        return self.response is not None and self.response.status == 101  # noqa: PLR2004  RFC 6455 §1.3

    def is_over(self, call: OpenCall) -> bool:
        """Whether nothing more is expected of a call."""
        return self.end is not None or call is not self.calls[-1] or call.answer.ended is not None

    def pack(self) -> None:
        """Make the answer that came last small: it is whole, as far as one can tell."""
        if self.calls and (packed := self.calls[-1].packed) is not None:
            packed.pack()


Changed = list[tuple[Flow, OpenCall]]
"""Calls of which more is known, each with its flow."""


class Flows:
    """Takes records as they come, also of a session that is still being written."""

    def __init__(
        self, *, packs: bool = False, keeps: bool = True, unkept: Container[str] = (), spool: Spool | None = None
    ) -> None:
        """`packs`: take runs of events as they are, and keep events packed; not `keeps`: keep no events.

        `unkept`: of these flows keep none, where events are packed. `spool`: keeps the items of answers.
        """
        self.by_name: dict[str, Flow] = {}
        self.count = 0
        """How many calls there have been."""
        self.has_canonical_times = False
        self.last_run: tuple[str, float] = ("", 0.0)
        """The recorder run that began last, and when: those before it are over."""
        self._packs, self._keeps, self._unkept, self._spool = packs, keeps, unkept, spool
        self._room = Room()
        self._known: dict[str, tuple[bytes, Any]] = {}
        self._open: dict[str, Flow] = {}
        """What a gap that names no flows may have hit, and no gap before it has."""

    def take_up(self, flows: Iterable[Flow]) -> None:
        """Go on with flows as they were."""
        self.by_name = {flow.request.flow: flow for flow in flows}
        self._open = {name: flow for name, flow in self.by_name.items() if flow.end is None}

    def add(self, record: Record) -> Changed:
        """Take the next record. What belongs to no flow (its request is lost), or comes behind its end, is left out."""
        if isinstance(record, RequestRecord):
            return self._request(record)
        if isinstance(record, FlowRecord):
            flow = self.by_name.get(record.flow)
            return self._continue(flow, record) if flow and flow.end is None else []
        if isinstance(record, GapRecord):
            return self._lose(record)
        if isinstance(record, SegmentRecord):
            self.has_canonical_times |= record.run == CASSETTE_RUN
            if record.run != self.last_run[0]:
                self.last_run = record.run, record.at_ms
        return []

    def may_go_on(self, flow: Flow) -> bool:
        """Return whether more of a flow may come, as long as its session is being recorded."""
        return flow.end is None and flow.request.at_ms >= self.last_run[1]

    def opened(self, flow: Flow, frame: MessageRecord | None = None) -> OpenCall:
        """Begin a call."""
        answer = Answer() if self._spool is None else Answer(output=SpooledItems(self._spool))
        call = OpenCall(self.count, flow.request, frame=frame, answer=answer, room=self._room, known=self._known)
        self.count += 1
        flow.calls.append(call)
        self._open[flow.request.flow] = flow
        return call

    def _request(self, record: RequestRecord) -> Changed:
        if record.flow in self.by_name:
            return []
        flow = self.by_name[record.flow] = self._open[record.flow] = Flow(record)
        return [] if record.payload is None else [(flow, self.opened(flow))]

    def _lose(self, gap: GapRecord) -> Changed:
        """Mark what a gap hit; one that names no flows may have hit any that is open."""
        named = dict.fromkeys(gap.flows)
        hit = [self.by_name[name] for name in named if name in self.by_name] if named else list(self._open.values())
        changed = [(flow, flow.calls[-1] if flow.calls else self.opened(flow)) for flow in hit]
        for _, call in changed:
            call.has_gap = True
        if not named:
            self._open.clear()
        return changed

    def _continue(self, flow: Flow, record: FlowRecord) -> Changed:
        if isinstance(record, MessageRecord) and record.from_client:
            return self._message(flow, record)
        if isinstance(record, _PARTS):  # nearly all are
            call = flow.calls[-1] if flow.calls else self.opened(flow)
            keeps = self._keeps and record.flow not in self._unkept
            tells = call.add(record, flow.response, packs=self._packs, keeps=keeps)
            return [(flow, call)] if tells else []
        if isinstance(record, ResponseRecord):
            flow.response = record
        elif isinstance(record, EndRecord):
            flow.end = record
            self._open.pop(record.flow, None)
            flow.pack()
        return [(flow, flow.calls[-1])] if flow.calls else []

    def _message(self, flow: Flow, record: MessageRecord) -> Changed:
        if flow.calls and record.payload.fields.get("type") != CREATE:
            flow.calls[-1].client_messages.append((flow.calls[-1].parts_count, record))
            return []
        flow.pack()
        before = flow.calls[-1:]
        call = self.opened(flow, record)
        return [(flow, one) for one in (*before, call)]


def is_read(part: ResponsePart) -> bool:
    """Return whether a client reads it as an event: not a body, nor half an event at the end of a stream."""
    return isinstance(part, MessageRecord) or (isinstance(part, EventRecord) and is_whole(part.raw))


def _fold(answer: Answer, part: ResponsePart) -> str | None:
    """Take what a part says into what the answer says; return its type. None: it is not an event."""
    if not is_read(part):
        return None
    payload = part.payload
    value = payload.json
    if value is None and payload.raw:  # not a keep-alive
        answer.add_other({"text": payload.raw.decode(errors="replace")})
    kind = type_of(value)
    if kind.endswith(DELTA):
        answer.add_delta(value)
    else:
        answer.add(value)
    return kind
