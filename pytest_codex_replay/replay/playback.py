"""The bytes that answer a request, made from a recorded interaction, over the same transport or the other. No I/O.

How Codex maps one transport to the other: codex-rs/codex-api/src/endpoint/responses_websocket.rs, api_bridge.rs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import orjson

from pytest_codex_replay.archive.record import Cuts, EndRecord, EventRecord, FlowEnd, Headers, MessageRecord
from pytest_codex_replay.projection.interactions import Interaction, ResponsePart, Transport
from pytest_codex_replay.replay.reply import Ending, HttpReply, SocketReply, Speed, TimedBytes, TimedFrame
from pytest_codex_replay.wire.responses import Outcome, ended_by, failure_events
from pytest_codex_replay.wire.sse import join_event

_EVENT_STREAM: Headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
_JSON: Headers = (("content-type", "application/json"),)

_CONNECTION_HEADERS = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    "upgrade content-length content-encoding alt-svc date server sec-websocket-accept sec-websocket-extensions "
    "sec-websocket-protocol sec-websocket-version strict-transport-security".split()
)
"""Headers of the recorded connection (RFC 9110 §7.6.1), not of the answer."""

_BROKEN = frozenset({Outcome.CLIENT_GONE, Outcome.UPSTREAM_GONE, Outcome.TIMEOUT, Outcome.REFUSED})
_NO_ANSWER_STATUS = 502
_NO_STATUS = 503
"""For an `error` frame without a status, which makes a client try again."""


def replayed_headers(headers: Headers) -> Headers:
    """Return the recorded headers that belong to the answer: no connection headers, no redacted values."""
    return tuple(
        (name, value)
        for name, value in headers
        if name.lower() not in _CONNECTION_HEADERS and "[[REDACTED:" not in value
    )


def http_reply(interaction: Interaction, speed: Speed, *, is_stream: bool | None = None) -> HttpReply:
    """Return the recorded answer as HTTP: status, headers, and the bytes with their chunk boundaries.

    Args:
        interaction: what was recorded.
        speed: how fast to replay it.
        is_stream: what the client asked for, events or one JSON object; None: whatever was recorded.
    """
    if is_stream is not None and interaction.outcome is Outcome.COMPLETED:
        is_recorded_stream = interaction.transport is not Transport.HTTP
        if is_stream and not is_recorded_stream:
            return replace(stream_reply(_frames_of_body(interaction)), interaction=interaction)
        if is_recorded_stream and not is_stream:
            return replace(json_reply(200, _response_of(interaction)), interaction=interaction)
    if interaction.transport is Transport.WEBSOCKET:
        return _http_from_frames(interaction, speed)
    if interaction.status is None:
        return HttpReply(status=_NO_ANSWER_STATUS, headers=(), ends=Ending.CUT, interaction=interaction)
    return HttpReply(
        status=interaction.status,
        headers=replayed_headers(interaction.response_headers),
        parts=_chunks(interaction.parts, interaction.started_at_ms, speed),
        ends=_http_ending(interaction),
        interaction=interaction,
    )


def socket_reply(interaction: Interaction, speed: Speed) -> SocketReply:
    """Return the recorded answer as WebSocket frames."""
    if interaction.transport is Transport.WEBSOCKET:
        return _frames(interaction, speed)
    if interaction.transport is Transport.HTTP or interaction.outcome is Outcome.ERROR:
        frames = tuple(TimedFrame(delay_ms=0, data=orjson.dumps(frame)) for frame in _frames_of_body(interaction))
        return SocketReply(frames=frames, ends=Ending.COMPLETE if frames else Ending.CUT, interaction=interaction)
    frames = tuple(
        TimedFrame(delay_ms=delay, data=part.payload.raw)
        for part, delay in _timed(interaction.parts, interaction.started_at_ms, speed)
        if isinstance(part.payload.json, dict)
    )
    ends = Ending.CUT if interaction.outcome in _BROKEN else Ending.COMPLETE
    return SocketReply(frames=frames, ends=ends, interaction=interaction)


def json_reply(status: int, value: Any) -> HttpReply:
    """Return a JSON answer that is not from the recording."""
    return HttpReply(status=status, headers=_JSON, parts=(TimedBytes(delay_ms=0, data=orjson.dumps(value)),))


def failure_reply(message: str) -> HttpReply:
    """Return a stream that ends the turn and shows `message`."""
    return stream_reply(failure_events(message))


def failure_socket_reply(message: str) -> SocketReply:
    """Return frames that end the turn and show `message`."""
    return frames_reply(failure_events(message))


def frames_reply(events: Iterable[Any]) -> SocketReply:
    """Return events that are not from the recording."""
    return SocketReply(frames=tuple(TimedFrame(delay_ms=0, data=orjson.dumps(event)) for event in events))


def stream_reply(events: Iterable[dict[str, Any]]) -> HttpReply:
    """Return an event stream that is not from the recording."""
    parts = tuple(TimedBytes(delay_ms=0, data=join_event(event["type"], orjson.dumps(event))) for event in events)
    return HttpReply(status=200, headers=_EVENT_STREAM, parts=parts)


def _http_ending(interaction: Interaction) -> Ending:
    """A body whose end the proxy saw ended well, even if the response in it did not."""
    end = interaction.end
    if end is None or end.how is FlowEnd.FINISHED:
        return Ending.COMPLETE
    return Ending.CUT if interaction.outcome in _BROKEN else Ending.COMPLETE


def _chunks(parts: tuple[ResponsePart, ...], started_at_ms: float, speed: Speed) -> tuple[TimedBytes, ...]:
    """Put chunks together again: a new one begins at each cut, and an event without cuts goes on with the last."""
    if not speed.factor:
        chunks_of_their_own = [
            part.raw for part in parts if isinstance(part, EventRecord) and len(part.cuts) == 1 and not part.cuts[0][0]
        ]
        if len(chunks_of_their_own) == len(parts):  # the usual, and quick
            return tuple([TimedBytes(0.0, raw) for raw in chunks_of_their_own])
        return tuple([TimedBytes(delay_ms=0.0, data=data) for _, data in _timed_chunks(parts, started_at_ms)])
    chunks = []
    last_ms = started_at_ms
    for at_ms, data in _timed_chunks(parts, started_at_ms):
        chunks.append(TimedBytes(delay_ms=speed.delay_ms(at_ms - last_ms), data=data))
        last_ms = at_ms
    return tuple(chunks)


def _timed_chunks(parts: Iterable[ResponsePart], started_at_ms: float) -> Iterator[tuple[float, bytes]]:
    pending, pending_at_ms = b"", started_at_ms
    for part in parts:
        raw, cuts = _bytes_of(part)
        position = 0
        for offset, at_ms in cuts:
            chunk = pending + raw[position:offset] if offset else pending
            if chunk:
                yield pending_at_ms, chunk
            pending, pending_at_ms, position = b"", at_ms, offset
        rest = raw[position:] if position else raw
        pending = pending + rest if pending else rest
    if pending:
        yield pending_at_ms, pending


def _bytes_of(part: ResponsePart) -> tuple[bytes, Cuts]:
    if isinstance(part, EventRecord):
        return part.raw, part.cuts
    if isinstance(part, MessageRecord):
        return part.payload.raw, ((0, part.at_ms),)
    return part.payload.raw, part.cuts


def _timed(parts: Iterable[ResponsePart], started_at_ms: float, speed: Speed) -> Iterator[tuple[ResponsePart, float]]:
    last_ms = started_at_ms
    for part in parts:
        yield part, speed.delay_ms(part.at_ms - last_ms)
        last_ms = part.at_ms


def _frames(interaction: Interaction, speed: Speed) -> SocketReply:
    frames = tuple(
        TimedFrame(delay_ms=delay, data=part.payload.raw, is_binary=isinstance(part, MessageRecord) and part.binary)
        for part, delay in _timed(interaction.parts, interaction.started_at_ms, speed)
    )
    ends, code, reason = Ending.COMPLETE, None, ""
    if interaction.outcome in _BROKEN:
        ends, code, reason = _socket_ending(interaction.end)
    return SocketReply(frames=frames, ends=ends, close_code=code, close_reason=reason, interaction=interaction)


def _socket_ending(end: EndRecord | None) -> tuple[Ending, int | None, str]:
    if end is None or end.close_code is None or end.closed_by_client:
        return Ending.CUT, None, ""
    return Ending.CLOSE, end.close_code, end.close_reason or ""


def _http_from_frames(interaction: Interaction, speed: Speed) -> HttpReply:
    first = interaction.parts[0].payload.fields if interaction.parts else {}
    if ended_by(first) is Outcome.ERROR:
        return _http_from_error(first, interaction)
    parts = tuple(
        TimedBytes(delay_ms=delay, data=join_event(str(part.payload.fields.get("type", "message")), part.payload.raw))
        for part, delay in _timed(interaction.parts, interaction.started_at_ms, speed)
    )
    is_broken = interaction.outcome in _BROKEN or interaction.outcome is Outcome.ERROR
    headers = (*replayed_headers(interaction.response_headers), *_EVENT_STREAM)
    ends = Ending.CUT if is_broken else Ending.COMPLETE
    return HttpReply(status=200, headers=headers, parts=parts, ends=ends, interaction=interaction)


def _http_from_error(frame: dict[str, Any], interaction: Interaction) -> HttpReply:
    status = frame.get("status", frame.get("status_code"))
    headers = frame.get("headers") or {}
    names = tuple((str(name), str(value)) for name, value in headers.items()) if isinstance(headers, dict) else ()
    body = orjson.dumps({"error": frame.get("error")})
    return HttpReply(
        status=status if isinstance(status, int) else _NO_STATUS,
        headers=(*replayed_headers(names), *_JSON),
        parts=(TimedBytes(delay_ms=0, data=body),),
        interaction=interaction,
    )


def _frames_of_body(interaction: Interaction) -> Iterator[dict[str, Any]]:
    """An HTTP error becomes an `error` frame; a whole response, the events that say the same."""
    try:
        body = orjson.loads(interaction.body)
    except orjson.JSONDecodeError:
        body = None
    if interaction.outcome is Outcome.ERROR:
        error = body.get("error") if isinstance(body, dict) else None
        message = {"message": interaction.body.decode(errors="replace")}
        headers = {
            name: value for name, value in replayed_headers(interaction.response_headers) if name != "content-type"
        }
        yield {"type": "error", "status": interaction.status, "error": error or message, "headers": headers}
    elif isinstance(body, dict):
        yield from events_of_response(body)


def _response_of(interaction: Interaction) -> Any:
    """Return the response object that the last event of a stream brings."""
    return next((event["response"] for event in reversed(interaction.events) if ended_by(event)), None)


def events_of_response(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the fewest events that bring a whole response."""
    yield {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}}
    for index, item in enumerate(response.get("output") or ()):
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{response.get('status') or 'completed'}", "response": response}
