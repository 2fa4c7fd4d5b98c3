"""Lays faults over replies; the recording stays as it is. No I/O.

What an upstream sends with an error: codex-rs/codex-api/src/api_bridge.rs and rate_limits.rs (revision of 2026-07).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import orjson

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.faults import (
    LAST,
    Close,
    Cut,
    Duplicate,
    Effect,
    Failed,
    Forgotten,
    Incomplete,
    Malformed,
    Refuse,
    Slow,
    Stall,
    Status,
)
from pytest_codex_replay.replay.playback import json_reply
from pytest_codex_replay.replay.reply import Ending, HttpReply, SocketReply, TimedBytes, TimedFrame
from pytest_codex_replay.wire.sse import SseDecoder, join_event, split_event

Reply = TypeVar("Reply", HttpReply, SocketReply)
Piece = TypeVar("Piece", TimedBytes, TimedFrame)
Events = Sequence[tuple[Piece, ...]]
"""Each event with the pieces that carry it."""

_REFUSED_STATUS = 502
"""Never sent: the connection drops first."""
_BAD_REQUEST = 400
_RATE_LIMITED = 429
_RESET_AT = "4102444800"
"""The year 2100: the limits of a test do not reset by themselves."""
_RATE_LIMIT_HEADERS: Headers = (
    ("x-codex-active-limit", "codex"),
    ("x-codex-primary-used-percent", "100.0"),
    ("x-codex-primary-window-minutes", "300"),
    ("x-codex-primary-reset-at", _RESET_AT),
    ("retry-after", "1"),
)
_CODES = MappingProxyType({401: "invalid_api_key", 403: "forbidden", 404: "not_found", 429: "rate_limit_exceeded"})
_NOT_FOUND = "previous_response_not_found"
_MESSAGES = MappingProxyType(
    {
        "context_length_exceeded": "Your input exceeds the context window of this model.",
        "insufficient_quota": "You exceeded your current quota, please check your plan and billing details.",
        "invalid_api_key": "Incorrect API key provided.",
        "rate_limit_exceeded": "Rate limit reached. Please try again in 100ms.",
        "server_error": "The server had an error while processing your request.",
        "server_is_overloaded": "Our servers are currently overloaded. Please try again later.",
        "upgrade_required": "This upstream speaks HTTP only.",
        "usage_limit_reached": "The usage limit has been reached",
        _NOT_FOUND: "Previous response not found.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultedReply(Generic[Reply]):
    """A reply with a fault laid over it."""

    reply: Reply
    is_whole: bool
    """Whether all of the recorded answer goes out, if the client stays; else the interaction is still to be served."""


def lay_on_http(effect: Effect, reply: HttpReply) -> FaultedReply[HttpReply]:
    """Return `reply` with what `effect` makes of it."""
    if isinstance(effect, Status | Forgotten):
        return FaultedReply(reply=_error_reply(effect), is_whole=False)
    if isinstance(effect, Refuse):
        return FaultedReply(reply=HttpReply(status=_REFUSED_STATUS, headers=(), ends=Ending.CUT), is_whole=False)
    if isinstance(effect, Slow):
        return FaultedReply(reply=replace(reply, delay_ms=reply.delay_ms + effect.wait_ms), is_whole=True)
    is_stream = any(n.lower() == "content-type" and v.startswith("text/event-stream") for n, v in reply.headers)
    events = _stream_events(reply.parts) if is_stream else [reply.parts]
    if isinstance(effect, Failed | Incomplete):
        made = _ending_event(effect, reply.interaction)
        last = TimedBytes(delay_ms=0, data=_sse(made) if is_stream else orjson.dumps(made["response"]))
        kept = (*_flat(events[: effect.after]), last) if is_stream else (last,)
        return FaultedReply(reply=replace(reply, parts=kept, ends=Ending.COMPLETE), is_whole=False)
    parts, is_whole = _bent(effect, events)
    ends = Ending.CUT if isinstance(effect, Cut | Close) else reply.ends
    return FaultedReply(reply=replace(reply, parts=parts, ends=ends), is_whole=is_whole)


def lay_on_socket(effect: Effect, reply: SocketReply) -> FaultedReply[SocketReply]:
    """Return `reply` with what `effect` makes of it."""
    if isinstance(effect, Status | Forgotten):
        return FaultedReply(reply=SocketReply(frames=(_frame(_error_frame(effect)),)), is_whole=False)
    if isinstance(effect, Refuse):
        return FaultedReply(reply=SocketReply(ends=Ending.CUT), is_whole=False)
    if isinstance(effect, Slow):
        effect = Stall(silence_ms=effect.wait_ms, after=0)
    events = [(frame,) for frame in reply.frames]
    if isinstance(effect, Failed | Incomplete):
        kept = (*_flat(events[: effect.after]), _frame(_ending_event(effect, reply.interaction)))
        return FaultedReply(reply=replace(reply, frames=kept, ends=Ending.COMPLETE), is_whole=False)
    frames, is_whole = _bent(effect, events)
    reply = replace(reply, frames=frames)
    if isinstance(effect, Close):
        reply = replace(reply, ends=Ending.CLOSE, close_code=effect.code, close_reason="")
    elif isinstance(effect, Cut):
        reply = replace(reply, ends=Ending.CUT)
    return FaultedReply(reply=reply, is_whole=is_whole)


def refuse_upgrade(effect: Effect) -> HttpReply:
    """Return what answers an upgrade in place of the 101."""
    if isinstance(effect, Status):
        return _error_reply(effect)
    return HttpReply(status=_REFUSED_STATUS, headers=(), ends=Ending.CUT)


def _bent(effect: Effect, events: Events[Piece]) -> tuple[tuple[Piece, ...], bool]:
    """Return the pieces that are left to send, and whether all that was recorded is among them."""
    whole = _flat(events)
    if isinstance(effect, Cut) and effect.is_bytes:
        kept = tuple(_first_bytes(whole, effect.after))
        return kept, sum(len(piece.data) for piece in kept) == sum(len(piece.data) for piece in whole)
    if isinstance(effect, Cut | Close):
        return _flat(events[: effect.after]), effect.after >= len(events)
    if isinstance(effect, Stall):
        return _stalled(events, effect), math.isfinite(effect.silence_ms)
    if isinstance(effect, Malformed | Duplicate) and events:
        return _flat(_with_changed_event(effect, list(events))), True
    return whole, True


def _with_changed_event(effect: Malformed | Duplicate, events: list[tuple[Piece, ...]]) -> Events[Piece]:
    last = len(events) - 1
    at = last if effect.event == LAST else min(effect.event - 1, last)
    event = events[at]
    if isinstance(effect, Malformed):
        events[at] = (_broken(event),)
    else:
        events.insert(at + 1, tuple(piece._replace(delay_ms=0.0) for piece in event))
    return events


def _stalled(events: Events[Piece], effect: Stall) -> tuple[Piece, ...]:
    """Wait before the event that comes after the first so many; before the last one when there are not so many."""
    pieces = list(_flat(events))
    first = len(_flat(events[: max(0, min(effect.after, len(events) - 1))]))
    if pieces:
        late = pieces[first]
        pieces[first] = late._replace(delay_ms=late.delay_ms + effect.silence_ms)
    return tuple(pieces)


def _flat(events: Iterable[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    return tuple(piece for event in events for piece in event)


def _first_bytes(pieces: Iterable[Piece], count: int) -> Iterator[Piece]:
    for piece in pieces:
        is_cut = len(piece.data) > count
        if is_cut and isinstance(piece, TimedFrame):
            return
        if count:
            yield piece._replace(data=piece.data[:count])
        count -= min(count, len(piece.data))


def _stream_events(parts: Iterable[TimedBytes]) -> Events[TimedBytes]:
    """Divide chunks at the ends of events; what is left behind the last event is one, too."""
    decoder = SseDecoder()
    events: list[tuple[TimedBytes, ...]] = []
    open_pieces: list[TimedBytes] = []
    pending = 0
    for part in parts:
        rest = part
        for event in decoder.feed(part.data, at_ms=0):
            head, rest = _divided(rest, len(event.raw) - pending)
            events.append((*open_pieces, head))
            open_pieces, pending = [], 0
        if rest.data:
            open_pieces.append(rest)
            pending += len(rest.data)
    return [*events, tuple(open_pieces)] if open_pieces else events


def _divided(part: TimedBytes, length: int) -> tuple[TimedBytes, TimedBytes]:
    return part._replace(data=part.data[:length]), TimedBytes(delay_ms=0, data=part.data[length:])


def _broken(event: tuple[Piece, ...]) -> Piece:
    """Return one piece with the event's JSON up to its middle."""
    raw = b"".join(piece.data for piece in event)
    if isinstance(event[0], TimedFrame):
        return event[0]._replace(data=_half(raw))
    name, data = split_event(raw)
    return event[0]._replace(data=_half(raw) if data is None else join_event(name, _half(data)))


def _half(text: bytes) -> bytes:
    """Return the first half, up to a whole letter: a frame must be UTF-8."""
    return text[: max(1, len(text) // 2)].decode(errors="ignore").encode()


def _frame(value: Any) -> TimedFrame:
    return TimedFrame(delay_ms=0, data=orjson.dumps(value))


def _sse(event: dict[str, Any]) -> bytes:
    return join_event(event["type"], orjson.dumps(event))


def _error_reply(effect: Status | Forgotten) -> HttpReply:
    reply = json_reply(_status(effect), {"error": _error(effect)})
    return replace(reply, headers=(*reply.headers, *_headers(effect)))


def _error_frame(effect: Status | Forgotten) -> dict[str, Any]:
    return {"type": "error", "status": _status(effect), "error": _error(effect), "headers": dict(_headers(effect))}


def _status(effect: Status | Forgotten) -> int:
    return effect.status if isinstance(effect, Status) else _BAD_REQUEST


def _headers(effect: Status | Forgotten) -> Headers:
    if not isinstance(effect, Status):
        return ()
    return effect.headers or (_RATE_LIMIT_HEADERS if effect.status == _RATE_LIMITED else ())


def _error(effect: Status | Forgotten) -> dict[str, Any]:
    if isinstance(effect, Forgotten):
        code = _NOT_FOUND
    else:
        usual = "server_error" if effect.status >= 500 else "invalid_request"  # noqa: PLR2004  RFC 9110 §15.6
        usual = "upgrade_required" if effect.status == 426 else usual  # noqa: PLR2004  RFC 9110 §15.5.22
        code = effect.code or _CODES.get(effect.status, usual)
    error = {"type": code, "code": code, "message": _message(code), "param": None}
    return error | ({"plan_type": "pro", "resets_at": int(_RESET_AT)} if code == "usage_limit_reached" else {})


def _ending_event(effect: Failed | Incomplete, interaction: Interaction | None) -> dict[str, Any]:
    response_id = interaction.response_id if interaction else None
    response: dict[str, Any] = {"id": response_id or "resp_fault", "object": "response"}
    if isinstance(effect, Failed):
        response |= {"status": "failed", "error": {"code": effect.code, "message": _message(effect.code)}}
        return {"type": "response.failed", "response": response}
    response |= {"status": "incomplete", "incomplete_details": {"reason": effect.reason}}
    return {"type": "response.incomplete", "response": response}


def _message(code: str) -> str:
    return _MESSAGES.get(code, f"A fault was laid over the recording: {code}.")
