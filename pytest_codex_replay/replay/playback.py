"""Recorded interactions as answers: events or one body, as the client asks for. No I/O."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pytest_codex_replay.archive.record import BodyRecord, FlowEnd, Headers
from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.replay.reply import (
    EVENT_STREAM,
    JSON,
    Answer,
    Ending,
    Speed,
    events_answer,
    failure_answer,
    json_answer,
    made_up_body,
    made_up_event,
)
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import Outcome, ended_by

_CONNECTION_HEADERS = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    "upgrade content-length content-encoding alt-svc date server sec-websocket-accept sec-websocket-extensions "
    "sec-websocket-protocol sec-websocket-version strict-transport-security".split()
)
"""Headers of the recorded connection (RFC 9110 §7.6.1), not of the answer."""
_BROKEN = frozenset({Outcome.CLIENT_GONE, Outcome.UPSTREAM_GONE, Outcome.TIMEOUT, Outcome.REFUSED})
_NO_ANSWER_STATUS = 502
_SWITCHING_PROTOCOLS = 101
_NOT_MODIFIED = 304
_SUCCESSFUL = range(200, 300)
_NOT_A_RESPONSE = (
    "The recorded answer is not a response of the Responses API, so it cannot be sent over a WebSocket. "
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
    if interaction.outcome is not Outcome.COMPLETED or is_stream in {None, is_recorded_stream}:
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
    accepted = next((one for one in interactions if one.status == _SWITCHING_PROTOCOLS), None)
    declined = next((one for one in interactions if one.role is Role.UPGRADE and one.status is not None), None)
    if accepted is None:
        return recorded_answer(declined, speed) if declined else Answer(status=_SWITCHING_PROTOCOLS)
    has_catalogue = any(one.endpoint is Endpoint.MODELS for one in interactions)
    headers = replayed_headers(accepted.response_headers)
    kept = [pair for pair in headers if has_catalogue or pair[0].lower() != "x-models-etag"]
    kept += [pair for pair in accepted.response_headers if pair[0].lower() == "sec-websocket-protocol"]
    return Answer(status=_SWITCHING_PROTOCOLS, headers=tuple(kept))


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
    if interaction.status is None and not is_websocket:
        return Answer(status=_NO_ANSWER_STATUS, ends=Ending.CUT, transport=transport, interaction=interaction)
    headers = replayed_headers(interaction.response_headers)
    headers += _of_encoded_body(interaction)
    ends, code, reason = _ending(interaction, transport)
    has_body = interaction.method.upper() != "HEAD" and interaction.status != _NOT_MODIFIED
    return Answer(
        status=200 if is_websocket or interaction.status is None else interaction.status,
        headers=(*headers, *EVENT_STREAM) if is_websocket else headers,
        parts=interaction.parts,
        ends=ends,
        close_code=code,
        close_reason=reason,
        transport=transport,
        interaction=interaction,
        started_at_ms=interaction.started_at_ms,
        has_body=has_body,
        length_bytes=None if has_body else _named_length(interaction),
    )


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
    if end is None or end.close_code is None or end.closed_by_client:
        return Ending.CUT, None, ""
    return Ending.CLOSE, end.close_code, end.close_reason or ""


def _response_of(interaction: Interaction) -> dict[str, Any] | None:
    """Return the response object that is the answer, or that the last event of a stream brings; None without one."""
    if interaction.transport is not Transport.HTTP:
        last = next((event for event in reversed(interaction.events) if ended_by(event)), None)
        response = last["response"] if last and "response" in last else None
        return response if isinstance(response, dict) else None
    body = Payload(interaction.body).fields
    is_response = body.get("object") == "response" or isinstance(body.get("output"), list)
    return body if is_response and interaction.status in _SUCCESSFUL else None
