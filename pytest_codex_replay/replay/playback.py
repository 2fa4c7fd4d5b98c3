"""Recorded interactions as answers: events or one body, as the client asks for. No I/O."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pytest_codex_replay.archive.record import BodyRecord, FlowEnd, Headers
from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.projection.interactions import Interaction, ResponsePart, Role, Transport
from pytest_codex_replay.replay.reply import (
    EVENT_STREAM,
    JSON,
    Answer,
    Ending,
    Hold,
    Speed,
    events_answer,
    failure_answer,
    json_answer,
    made_up_body,
    made_up_event,
)
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import REFUSED_INTERRUPT, Outcome, ended_by

_CONNECTION_HEADERS = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    "upgrade content-length content-encoding alt-svc date server sec-websocket-accept sec-websocket-extensions "
    "sec-websocket-protocol sec-websocket-version strict-transport-security".split()
)
"""Headers of the recorded connection (RFC 9110 §7.6.1), not of the answer."""
_OF_MODEL = frozenset({Endpoint.RESPONSES, Endpoint.COMPACT})
_BROKEN = frozenset({Outcome.CLIENT_GONE, Outcome.UPSTREAM_GONE, Outcome.TIMEOUT, Outcome.REFUSED})
_WHOLE = frozenset({Outcome.COMPLETED, Outcome.FAILED, Outcome.INCOMPLETE})
"""Outcomes of an answer that brings a response object."""
_FINAL = (None, "completed", "failed", "incomplete")
"""What the status of a response says that has come to its end."""
_NO_ANSWER = (None, *range(102, 200))
"""Status of an interaction without an answer: an interim one is followed by the real one, or by nothing."""
NO_ANSWER_STATUS = 502
"""Never sent: stands for an answer that did not even have a status."""
_SWITCHING_PROTOCOLS = 101
_MAX_REASON_BYTES = 123
"""Of a close frame (RFC 6455 §5.5); redaction may have made it longer."""
_NOT_MODIFIED = 304
_SUCCESSFUL = range(200, 300)
_NOT_A_RESPONSE = (
    "The recorded answer is not a whole response of the Responses API, so it cannot be sent over a WebSocket. "
    "Ask for it over HTTP, as it was recorded."
)


def recorded_answer(
    interaction: Interaction,
    speed: Speed,
    *,
    transport: Transport = Transport.HTTP,
    is_stream: bool | None = None,
) -> Answer:
    """Return the recorded answer.

    Args:
        interaction: what was recorded.
        speed: how fast to replay it.
        transport: what carries it to the client; over WebSocket there are events only.
        is_stream: what the client asked for, events or one JSON object; None: whatever was recorded.
    """
    answer = replace(_as_recorded(interaction, transport), speed=speed)
    is_recorded_stream = interaction.transport is not Transport.HTTP
    is_websocket = transport is Transport.WEBSOCKET
    if is_stream is None and is_websocket:
        is_stream = True
    is_as_recorded = is_stream in {None, is_recorded_stream} or (not is_websocket and is_stream == _asked(interaction))
    if is_as_recorded or answer.ends is Ending.CUT or interaction.outcome not in _WHOLE:
        return answer
    if (response := _response_of(interaction)) is None:  # whatever it is, it is what the upstream said
        return replace(failure_answer(_NOT_A_RESPONSE), interaction=interaction) if is_websocket else answer
    if is_stream:
        events = events_of_response(response)
        return replace(answer, status=200, headers=EVENT_STREAM, parts=tuple(map(made_up_event, events)))
    return replace(answer, status=200, headers=JSON, parts=(made_up_body(response),))


def recorded_upgrade(interactions: tuple[Interaction, ...], speed: Speed) -> Answer:
    """Return what answers an upgrade: 101 with the recorded headers, or a refusal if the upstream accepted none.

    A catalogue tag would make Codex ask for the catalogue (codex-rs/models-manager/src/manager.rs): it is left out
    when that was not recorded.
    """
    upgrades = [one for one in interactions if one.status == _SWITCHING_PROTOCOLS]
    accepted = upgrades[0] if upgrades else None
    declined = next((one for one in interactions if one.role is Role.UPGRADE and one.status is not None), None)
    if accepted is None:
        return recorded_answer(declined, speed) if declined else Answer(status=_SWITCHING_PROTOCOLS)
    has_catalogue = any(one.endpoint is Endpoint.MODELS for one in interactions)
    headers = replayed_headers(accepted.response_headers)
    kept = [pair for pair in headers if has_catalogue or pair[0].lower() != "x-models-etag"]
    agreed = [pair for one in upgrades for pair in one.response_headers if pair[0].lower() == "sec-websocket-protocol"]
    return Answer(status=_SWITCHING_PROTOCOLS, headers=(*kept, *dict.fromkeys(agreed)))


def asked_again(interactions: Iterable[Interaction]) -> frozenset[int]:
    """Return the indices of the answers that a client left to ask for them again: it had waited for too long."""
    last: dict[Any, Interaction] = {}
    found = set()
    for one in interactions:
        if one.is_model_call:
            client = one.identity
            before = last.get(client.thread_id)
            last[client.thread_id] = one
            if before is not None and before.outcome is Outcome.CLIENT_GONE:
                is_same_turn = client.turn_id is not None and client.turn_id == before.identity.turn_id
                found |= {before.index} if is_same_turn or before.input == one.input else set()
    return frozenset(found)


def replayed_headers(headers: Iterable[tuple[str, str]]) -> Headers:
    """Return the recorded headers that belong to the answer: no connection headers, no redacted values."""
    return tuple(
        (name, value)
        for name, value in headers
        if name.lower() not in _CONNECTION_HEADERS and ("[[REDACTED:" not in value or name.lower() == "location")
    )


def made_up_answer(response_id: str, *texts: str, is_stream: bool = True) -> Answer:
    """Return an answer that was not recorded, and which the client may continue: to a prewarm, without a text."""
    items = [
        {
            "type": "message",
            "id": f"{response_id}_{number}",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }
        for number, text in enumerate(texts, start=1)
    ]
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    response = {"id": response_id, "object": "response", "status": "completed", "output": items, "usage": usage}
    return events_answer(events_of_response(response)) if is_stream else json_answer(200, response)


def events_of_response(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the fewest events that bring a whole response; none for an empty one."""
    if not response:
        return
    yield {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}}
    for index, item in enumerate(response.get("output") or ()):
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{response.get('status') or 'completed'}", "response": response}


def _as_recorded(interaction: Interaction, transport: Transport) -> Answer:
    is_websocket = interaction.transport is Transport.WEBSOCKET
    if interaction.status in _NO_ANSWER and not is_websocket:
        ends = Ending.LEFT if _is_left(interaction) else Ending.CUT
        return Answer(status=NO_ANSWER_STATUS, ends=ends, transport=transport, interaction=interaction)
    headers = replayed_headers(interaction.response_headers)
    headers += _of_encoded_body(interaction)
    ends, code, reason = _ending(interaction, transport)
    has_body = interaction.method.upper() != "HEAD" and interaction.status != _NOT_MODIFIED
    return Answer(
        status=200 if is_websocket or interaction.status is None else interaction.status,
        headers=(*headers, *EVENT_STREAM) if is_websocket else headers,
        parts=_parts(interaction) if interaction.client_messages else interaction.parts,
        holds=holds_of(interaction) if transport is Transport.WEBSOCKET else (),
        ends=ends,
        close_code=code,
        close_reason=reason,
        transport=transport,
        interaction=interaction,
        started_at_ms=interaction.started_at_ms,
        has_body=has_body,
        length_bytes=None if has_body else _named_length(interaction),
    )


def holds_of(interaction: Interaction) -> tuple[Hold, ...]:
    """Return where the client interrupted the answer. What came after its end changed nothing."""
    interrupts = [one for one in interaction.client_messages if one.is_interrupt]
    if not interrupts:
        return ()
    is_over = [ended_by(event) is not None for event in interaction.events]
    end = is_over.index(True) if True in is_over else len(is_over)
    return tuple(
        Hold(after=one.after, at_ms=one.message.at_ms, mode=one.message.payload.fields.get("mode"))
        for one in interrupts
        if one.after <= end
    )


def _parts(interaction: Interaction) -> tuple[ResponsePart, ...]:
    """Return the answer without what refuses an interrupt that came too late: it comes only if that does."""
    if holds_of(interaction):
        return interaction.parts
    return tuple(part for part in interaction.parts if part.payload.fields.get("type") != REFUSED_INTERRUPT)


def _is_left(interaction: Interaction) -> bool:
    """Whether the client left the answer. When Codex ends, it leaves what it has asked on its own: that is cut."""
    is_call = interaction.endpoint in _OF_MODEL or (interaction.endpoint is Endpoint.OTHER and bool(interaction.parts))
    return is_call and interaction.outcome is Outcome.CLIENT_GONE


def _of_encoded_body(interaction: Interaction) -> Headers:
    """Return the content-encoding of a body that could not be decoded."""
    is_encoded = any(isinstance(part, BodyRecord) and part.encoded for part in interaction.parts[:1])
    headers = interaction.response_headers if is_encoded else ()
    return tuple((name, value) for name, value in headers if name.lower() == "content-encoding")


def _named_length(interaction: Interaction) -> int | None:
    values = (value for name, value in interaction.response_headers if name.lower() == "content-length")
    return next((int(value) for value in values if value.isascii() and value.isdigit()), None)


def _ending(interaction: Interaction, transport: Transport) -> tuple[Ending, int | None, str]:
    """Return the ending, close code and reason.

    A body that the proxy saw whole ends well, whatever it says; a WebSocket without a terminal event does not: its
    client would go on waiting.
    """
    end = interaction.end
    is_body = Transport.WEBSOCKET not in {interaction.transport, transport}
    is_whole = is_body and (end is None or end.how is FlowEnd.FINISHED)
    if is_whole or interaction.outcome not in _BROKEN:
        return Ending.COMPLETE, None, ""
    if _is_left(interaction):
        return Ending.LEFT, None, ""
    if end is None or end.close_code is None or end.closed_by_client:
        return Ending.CUT, None, ""
    reason = (end.close_reason or "").encode(errors="replace")[:_MAX_REASON_BYTES].decode(errors="ignore")
    return Ending.CLOSE, end.close_code, reason


def _asked(interaction: Interaction) -> bool | None:
    """Return whether the recorded client asked for events over HTTP, as a client of the replay says it."""
    if interaction.transport is Transport.WEBSOCKET or interaction.request is None:
        return None
    return interaction.request.fields.get("stream") is True


def _response_of(interaction: Interaction) -> dict[str, Any] | None:
    """Return the response object that is the answer, or that the last event of a stream brings; None without one."""
    if interaction.transport is not Transport.HTTP:
        last = next((event for event in reversed(interaction.events) if ended_by(event)), None)
        response = last["response"] if last and "response" in last else None
        if not isinstance(response, dict):
            return None
        return response if response.get("output") else {**response, "output": list(interaction.output)}
    body = Payload(interaction.body).fields
    is_response = body.get("object") == "response" or "output" in body
    is_response = is_response and isinstance(body.get("output", []), list) and body.get("status") in _FINAL
    return body if is_response and interaction.status in _SUCCESSFUL else None
