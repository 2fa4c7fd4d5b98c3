"""Records in, interactions out: one request and its answer, whatever carried it. No I/O.

An HTTP exchange is one interaction; on a WebSocket each `response.create` frame and the frames that answer it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cached_property
from io import BytesIO
from typing import Any, Protocol, Self, cast

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    Headers,
    MessageRecord,
    RunRecord,
)
from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.codex.identity import Identity, identify
from pytest_codex_replay.codex.item_types import COMPACTION_TRIGGER
from pytest_codex_replay.codex.threads import asks_for_title
from pytest_codex_replay.codex.workspaces import workspaces
from pytest_codex_replay.limits import SEARCHED_BODY_BYTES
from pytest_codex_replay.projection.answer import (
    JSON_BODY_BYTES,
    Answer,
    answer_of_body,
    is_telling,
    message_of,
    model_in,
    open_texts_of,
    type_of,
)
from pytest_codex_replay.projection.flows import is_read
from pytest_codex_replay.projection.packed import PackedParts
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import BROKEN_OFF, INTERRUPT, Outcome

ResponsePart = EventRecord | BodyRecord | MessageRecord
"""A piece of an answer: an SSE event, a body, or a WebSocket message."""


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


MODEL_CALLS = frozenset({Role.TURN, Role.COMPACTION, Role.MEMORY})
"""What an interaction is for that a model answers, in a conversation."""
_GLANCE = 200
"""Characters of an error body that is not JSON."""
_MESSAGE_BYTES = 2**20
"""Of the body of a failed answer: its message is read from these."""
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


class _Unfolding(Protocol):
    """Stands for a tuple that takes much room, and makes it when asked."""

    def unpacked(self) -> tuple[Any, ...]: ...


class _Folded:
    """A field of an interaction: a tuple, or what unfolds to one each time that it is asked for."""

    def __init__(self, *default: tuple[Any, ...]) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, one: object | None, owner: type) -> tuple[Any, ...]:
        if one is None:
            if not self._default:
                return cast("tuple[Any, ...]", MISSING)  # a field without a default
            return self._default[0]
        held: tuple[Any, ...] | _Unfolding = one.__dict__[self._name]
        return held if isinstance(held, tuple) else held.unpacked()

    def __set__(self, one: object, value: tuple[Any, ...] | _Unfolding) -> None:
        one.__dict__[self._name] = value


def _folded(*default: tuple[Any, ...]) -> Any:
    return _Folded(*default)


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One request and its answer.

    Of a long recording, what takes much room (`parts`, `events`, `before`, `input`) is made each time that it is asked
    for: keep it in a variable where it is needed twice.
    """

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
    parts: tuple[ResponsePart, ...] = _folded()
    """The answer, oldest first."""
    end: EndRecord | None
    """How the flow ended; on a WebSocket, only the last interaction has it."""
    before: tuple[Any, ...] = _folded(())
    """Input and output items behind `previous_response_id`: what this request continues."""
    has_gap: bool = False
    """Part of it was not recorded, or is damaged."""
    has_canonical_times: bool = False
    """Whether redaction made its times up."""
    client_messages: tuple[ClientMessage, ...] = ()
    """What else the client sent until its next request, oldest first."""
    is_chain_known: bool = True
    """False when `previous_response_id` names a response that is not in the recording."""
    is_recorded_now: bool = False
    """Whether a recorder may add to it at this moment: what has no end yet is running."""

    @cached_property
    def identity(self) -> Identity:
        """Whose request it is."""
        return identify(self.request_headers, self.request.json if self.request else None)

    @property
    def workspaces(self) -> tuple[tuple[str, str | None, bool | None], ...]:
        """The checkouts of git in which Codex works: path, commit, and whether it has changes, as far as it says so."""
        found = workspaces(self.request_headers, self.request.json if self.request else None)
        return tuple((one.path, one.commit, one.is_dirty) for one in found)

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
        return self.role in MODEL_CALLS

    @property
    def own_input(self) -> list[Any]:
        """The items that the request itself brings."""
        own = self.request.fields.get("input") if self.request else None
        return own if isinstance(own, list) else [_user_message(own)] if isinstance(own, str) else []

    @property
    def continued(self) -> "Interaction | None":
        """The interaction that it continues, whose input and output are all of `before`; None: `before` says it."""
        held = self.__dict__["_before"]
        return None if isinstance(held, tuple) else cast("Interaction", held.known)

    def changed(self, **values: Any) -> Self:
        """Return the same with other values; what takes much room is not made for it, as `replace` would."""
        names = [(one.name, f"_{one.name}" if f"_{one.name}" in self.__dict__ else one.name) for one in fields(self)]
        other = object.__new__(type(self))
        other.__dict__.update((key, values.get(name, self.__dict__[key])) for name, key in names)
        return other

    @property
    def input(self) -> tuple[Any, ...]:
        """The whole logical input: what a request without `previous_response_id` would send. Any JSON values."""
        return self.before + tuple(self.own_input)

    @property
    def events(self) -> tuple[Any, ...]:
        """JSON values of the answer's events."""
        if self.transport is Transport.HTTP:
            return ()
        return tuple(part.payload.json for part in self.parts if not isinstance(part, BodyRecord))

    @cached_property
    def _answer(self) -> Answer:
        """What the answer says, put together from its events."""
        if self.transport is Transport.HTTP:
            is_response = self.endpoint in {Endpoint.RESPONSES, Endpoint.COMPACT}
            return answer_of_body(Payload(self.body_to(JSON_BODY_BYTES)).fields) if is_response else Answer()
        found = Answer()
        for part in self.parts:
            raw = part.raw if isinstance(part, EventRecord) else part.payload.raw
            if is_telling(raw) and is_read(part):
                found.add(part.payload.json)
        return found

    @property
    def usage(self) -> dict[str, Any]:
        """The tokens, as the answer reports them; empty where it reports none."""
        return self._answer.usage

    @property
    def message(self) -> str | None:
        """What went wrong, in the words of the answer; None where it does not say."""
        return self._answer.message

    @property
    def served_model(self) -> str | None:
        """The model that answered, where an event of the answer or its header names one."""
        return self._answer.served_model or model_in(self.response_headers)

    @property
    def output(self) -> tuple[dict[str, Any], ...]:
        """The items that the answer finished."""
        return tuple(self._answer.output)

    @property
    def told(self) -> tuple[dict[str, Any], list[Any]]:
        """What the response says of itself, by name, and the events that are not of it."""
        return self._answer.told, self._answer.others

    @property
    def is_searched_in_part(self) -> bool:
        """Whether its answer says more than is searched of one."""
        if self.transport is Transport.HTTP and not self.output:
            return len(self.body_to(SEARCHED_BODY_BYTES + 1)) > SEARCHED_BODY_BYTES
        return self._answer.is_kept_in_part

    @property
    def ids_begun(self) -> list[dict[str, Any]]:
        """The ids of the items that the answer began."""
        return self._answer.ids

    @property
    def response_id(self) -> str | None:
        """The id by which a later request may continue this one."""
        return self._answer.response_id

    @cached_property
    def open_texts(self) -> list[tuple[str, str | None]]:
        """The text of messages that the answer began and did not finish, each with its phase."""
        is_packed = isinstance(self.__dict__["_parts"], PackedParts)
        if is_packed or self.outcome is Outcome.COMPLETED:
            return self._answer.begun
        return open_texts_of(part.payload.json for part in self.parts if is_read(part))

    @cached_property
    def outcome(self) -> Outcome:
        """How the interaction ended."""
        if self.has_gap:
            return Outcome.UNKNOWN
        if self.status is not None and self.status >= 400:  # noqa: PLR2004  RFC 9110 §15.5, §15.6
            return Outcome.ERROR
        return self._answer.ended or self._broken_off()

    @property
    def error(self) -> str | None:
        """What went wrong; None when nothing did."""
        if self.outcome in {Outcome.COMPLETED, Outcome.RUNNING}:
            return None
        if self.has_gap:
            return "part of the answer was not recorded"
        if self.status is not None and self.status >= 400:  # noqa: PLR2004  RFC 9110 §15.5, §15.6
            body = self.body_to(_MESSAGE_BYTES)
            text: str = message_of(Payload(body).json) or body.decode(errors="replace")[:_GLANCE]
            return f"HTTP {self.status}: {' '.join(text.split())}" if text else f"HTTP {self.status}"
        if self.message is not None:
            return self.message
        if self.end is None:
            return "the recording stops before the end of the answer"
        return self.end.error or f"the flow ended before the answer did ({self.end.how})"

    @property
    def close_code(self) -> int | None:
        """That of the WebSocket's close frame; None without one."""
        return self.end.close_code if self.end else None

    @property
    def ended_at_ms(self) -> float | None:
        """When the last of the answer came, or when the flow broke off before that; None when nothing came."""
        if self.end is not None and self.outcome in BROKEN_OFF:
            return self.end.at_ms
        if isinstance(packed := self.__dict__["_parts"], PackedParts):
            return packed.last_at_ms
        last = self.parts[-1] if self.parts else self.end
        return last.at_ms if last else None

    @property
    def first_part_at_ms(self) -> float | None:
        """When the first of the answer came."""
        if isinstance(packed := self.__dict__["_parts"], PackedParts):
            return packed.first_at_ms
        return self.parts[0].at_ms if self.parts else None

    @property
    def body(self) -> bytes:
        """The answer's body of an HTTP exchange."""
        return self.body_to(None)

    def body_to(self, most_bytes: int | None) -> bytes:
        """Return the answer's body of an HTTP exchange, or its beginning."""
        found = BytesIO()
        for part in part_runs(self):
            if isinstance(part, BodyRecord):
                found.write(part.payload.raw)
            if most_bytes is not None and found.tell() >= most_bytes:
                break
        return found.getvalue()[:most_bytes]

    @property
    def event_counts(self) -> dict[str, int]:
        """How many events of each type the answer has; of a stream only. Cheaper than to look at `parts`."""
        if isinstance(packed := self.__dict__["_parts"], PackedParts):
            return dict(packed.types)
        return dict(Counter(map(type_of, self.events)))

    def _broken_off(self) -> Outcome:
        if self.end is None:
            return Outcome.RUNNING if self.is_recorded_now else Outcome.UNKNOWN
        if self.end.how is FlowEnd.FINISHED:
            has_no_terminal = self.transport is Transport.HTTP or self.role is Role.BACKGROUND
            return Outcome.COMPLETED if has_no_terminal else Outcome.UPSTREAM_GONE
        if self.end.how is FlowEnd.CLOSED:
            return Outcome.CLIENT_GONE if self.end.closed_by_client else Outcome.UPSTREAM_GONE
        return _FLOW_OUTCOMES[self.end.how]


def part_runs(call: Interaction) -> Iterator[ResponsePart | RunRecord]:
    """Yield its parts, oldest first; plain ones in a row as the run that was recorded. Cheaper than `call.parts`."""
    packed = vars(call)["_parts"]
    yield from cast("Iterator[ResponsePart]", packed.runs()) if isinstance(packed, PackedParts) else call.parts


def body_of(payload: Payload | None) -> dict[str, Any]:
    """Return the JSON object of a request; one that has none is compared by its bytes."""
    if payload is None or isinstance(payload.json, dict):
        return {} if payload is None else payload.fields
    text = payload.raw.decode("latin-1") if payload.text is None else payload.text
    return {"input": [{"type": "not_an_object", "body": text}]}


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
    if any(isinstance(item, dict) and item.get("type") == COMPACTION_TRIGGER for item in interaction.own_input[-1:]):
        return Role.COMPACTION
    if asks_for_title(interaction.identity, request.fields):
        return Role.TITLE
    return _KINDS.get(interaction.identity.request_kind or "", Role.TURN)


def _user_message(text: str) -> dict[str, Any]:
    """What the Responses API makes of an `input` that is a string."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
