"""What a fault makes of an answer; the recording stays as it is. No I/O.

What an upstream sends with an error: codex-rs/codex-api/src/api_bridge.rs and rate_limits.rs (revision of 2026-07).
"""

import math
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pytest_codex_replay.archive.record import BodyRecord, Headers, MessageRecord
from pytest_codex_replay.projection.interactions import ResponsePart, Transport
from pytest_codex_replay.replay.faults import (
    LAST,
    Close,
    Cut,
    Duplicate,
    Effect,
    Failed,
    Fault,
    Forgotten,
    Incomplete,
    Malformed,
    Refuse,
    Slow,
    Stall,
    Status,
)
from pytest_codex_replay.replay.framing import converted, frame, sse_event
from pytest_codex_replay.replay.reply import JSON, Answer, Ending, FaultedReply, Hold, made_up_body, made_up_event
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event, split_event

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


def apply_fault(fault: Fault, answer: Answer) -> FaultedReply:
    """Return what a fault makes of an answer. It names no interaction: whether the client got it all, it must show."""
    answer = converted(answer)
    faulted, is_whole = _applied(fault.effect, replace(answer, parts=_events(answer)))
    faulted = replace(faulted, interaction=None, holds=_holds(fault.effect, faulted))
    return FaultedReply(answer=faulted, is_whole=is_whole, fault=fault)


def _applied(effect: Effect, answer: Answer) -> tuple[Answer, bool]:  # noqa: PLR0911  one for each kind
    """Return the answer with a fault applied, and whether all that was recorded is still in it."""
    match effect:
        case Status() | Forgotten():
            return _error_answer(effect, answer), False
        case Refuse():
            return replace(answer, status=_REFUSED_STATUS, headers=(), parts=(), ends=Ending.CUT), False
        case Slow():
            return replace(answer, delay_ms=answer.delay_ms + effect.wait_ms), True
        case Failed() | Incomplete():
            return _ended_early(effect, answer), False
        case Cut(is_bytes=True):
            cut = replace(answer, limit_bytes=effect.after, ends=Ending.CUT)
            return cut, frame(answer).size_bytes <= effect.after
        case Cut() | Close():
            return _cut(effect, answer), effect.after >= len(answer.parts)
        case Stall():
            position = max(0, min(effect.after, len(answer.parts) - 1))
            return replace(answer, stall=(position, effect.silence_ms)), math.isfinite(effect.silence_ms)
        case Malformed() | Duplicate():
            return replace(answer, parts=_with_changed_event(effect, answer)), True


def _events(answer: Answer) -> tuple[ResponsePart, ...]:
    """Return the parts that faults count: the events of a stream; a body, however long, is one."""
    if answer.is_stream or len(answer.parts) < 2:  # noqa: PLR2004  one already
        return answer.parts
    raw, cuts = b"", []
    for part in answer.parts:
        own = part.cuts if isinstance(part, BodyRecord) else ()
        cuts += [(len(raw) + offset, at_ms) for offset, at_ms in own]
        raw += part.payload.raw
    return (BodyRecord(flow="", at_ms=answer.parts[0].at_ms, payload=Payload(raw), cuts=tuple(cuts)),)


def _holds(effect: Effect, answer: Answer) -> tuple[Hold, ...]:
    """Return where the answer still waits for its client: an event that comes twice moves what comes after it."""
    twice = effect.event if isinstance(effect, Duplicate) and effect.event != LAST else math.inf
    holds = [replace(one, after=one.after + (twice <= one.after)) for one in answer.holds]
    return tuple(one for one in holds if one.after < len(answer.parts))


def _cut(effect: Cut | Close, answer: Answer) -> Answer:
    parts = answer.parts[: effect.after]
    if isinstance(effect, Close):
        return replace(answer, parts=parts, ends=Ending.CLOSE, close_code=effect.code, close_reason="")
    return replace(answer, parts=parts, ends=Ending.CUT)


def _ended_early(effect: Failed | Incomplete, answer: Answer) -> Answer:
    event = _ending_event(effect, answer)
    if answer.is_stream:
        parts: tuple[ResponsePart, ...] = (*answer.parts[: effect.after], made_up_event(event))
    else:
        parts = (made_up_body(event["response"]),)
    return replace(answer, parts=parts, ends=Ending.COMPLETE)


def _with_changed_event(effect: Malformed | Duplicate, answer: Answer) -> tuple[ResponsePart, ...]:
    parts = answer.parts
    if not parts:
        return parts
    last = len(parts) - 1
    at = last if effect.event == LAST else min(effect.event - 1, last)
    if isinstance(effect, Malformed):
        return (*parts[:at], _malformed(parts[at], answer.transport), *parts[at + 1 :])
    return (*parts[: at + 1], _again(parts[at]), *parts[at + 1 :])


def _malformed(part: ResponsePart, transport: Transport) -> ResponsePart:
    """Return the event with its JSON up to the middle, in one chunk; over HTTP it keeps its name."""
    if isinstance(part, MessageRecord) and transport is Transport.HTTP:
        part = sse_event(part)
    if isinstance(part, MessageRecord):
        return replace(part, payload=Payload(_half(part.payload.raw)))
    cuts = tuple(cut for cut in part.cuts if cut[0] == 0)
    if isinstance(part, BodyRecord):
        return replace(part, payload=Payload(_half(part.payload.raw)), cuts=cuts)
    name, data = split_event(part.raw)
    return replace(part, raw=_half(part.raw) if data is None else join_event(name, _half(data)), cuts=cuts)


def _again(part: ResponsePart) -> ResponsePart:
    """Return the event once more, in a chunk of its own and at once."""
    if isinstance(part, MessageRecord):
        return part
    return replace(part, cuts=((0, part.cuts[-1][1] if part.cuts else part.at_ms),))


def _half(text: bytes) -> bytes:
    """Return the first half, up to a whole character: a message must be UTF-8."""
    return text[: max(1, len(text) // 2)].decode(errors="ignore").encode()


def _error_answer(effect: Status | Forgotten, answer: Answer) -> Answer:
    status = effect.status if isinstance(effect, Status) else _BAD_REQUEST
    body = made_up_body({"error": _error(effect)})
    return replace(answer, status=status, headers=(*JSON, *_headers(effect)), parts=(body,), ends=Ending.COMPLETE)


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


def _ending_event(effect: Failed | Incomplete, answer: Answer) -> dict[str, Any]:
    response_id = answer.interaction.response_id if answer.interaction else None
    response: dict[str, Any] = {"id": response_id or "resp_fault", "object": "response"}
    if isinstance(effect, Failed):
        response |= {"status": "failed", "error": {"code": effect.code, "message": _message(effect.code)}}
        return {"type": "response.failed", "response": response}
    response |= {"status": "incomplete", "incomplete_details": {"reason": effect.reason}}
    return {"type": "response.incomplete", "response": response}


def _message(code: str) -> str:
    return _MESSAGES.get(code, f"A fault was applied to the recording: {code}.")
