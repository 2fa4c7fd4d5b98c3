"""An answer as the bytes of its transport: server-sent events, one body, or WebSocket messages. No I/O.

What was recorded over one transport is converted to the other here, as Codex maps them:
codex-rs/codex-api/src/endpoint/responses_websocket.rs, api_bridge.rs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pytest_codex_replay.archive.record import BodyRecord, Cuts, EventRecord, MessageRecord
from pytest_codex_replay.projection.interactions import ResponsePart, Transport
from pytest_codex_replay.replay.playback import replayed_headers
from pytest_codex_replay.replay.recut import fragmented, recut
from pytest_codex_replay.replay.reply import (
    EVENT_STREAM,
    JSON,
    Answer,
    Ending,
    Piece,
    made_up_body,
    made_up_event,
)
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import Outcome, ended_by
from pytest_codex_replay.wire.sse import is_whole, join_event

_ERROR_STATUS = 400
_NO_STATUS = 503
"""For an `error` frame without a status, which makes a client try again."""
_SENT = frozenset(range(1000, 5000)) - {1006, 1015}
"""Close codes, without those of a connection that broke off; 1005 is a close frame without one (RFC 6455 §7.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """An answer as bytes."""

    answer: Answer
    """As its transport says it: status and headers are those to send over HTTP."""
    pieces: tuple[Piece, ...]
    """What to write, piece by piece: chunks as they were recorded, or messages."""
    ends: Ending
    holds: tuple[int, ...] = ()
    """Positions of the pieces before which it waits for its client; of the holds of the answer, in the same order."""

    @property
    def size_bytes(self) -> int:
        """Length of all pieces together."""
        return sum(len(piece.data) for piece in self.pieces)

    @property
    def length_bytes(self) -> int | None:
        """The `content-length`; None for a stream, and for a body that does not come to its end."""
        if not self.answer.has_body:
            return self.answer.length_bytes
        return None if self.ends is not Ending.COMPLETE or self.answer.is_stream else self.size_bytes


def frame(answer: Answer) -> Framed:
    """Return the answer as bytes of the transport that carries it."""
    is_websocket = answer.transport is Transport.WEBSOCKET
    answer = converted(answer)
    pieces = tuple(_messages(answer)) if is_websocket else _chunks(answer)
    if answer.limit_bytes is not None:
        pieces = tuple(_first_bytes(pieces, answer.limit_bytes, is_divisible=not is_websocket))
    if answer.recut_seed is not None:
        pieces = (fragmented if is_websocket else recut)(pieces, answer.recut_seed)
    holds = tuple(sum(_message_of(part) is not None for part in answer.parts[: hold.after]) for hold in answer.holds)
    return Framed(answer=answer, pieces=pieces, ends=_ending(answer, has_pieces=bool(pieces)), holds=holds)


def converted(answer: Answer) -> Answer:
    """Return an answer whose errors are reported as its transport does it: by a status, or by an `error` event."""
    return _with_error_event(answer) if answer.transport is Transport.WEBSOCKET else _with_error_status(answer)


def sse_event(message: MessageRecord) -> EventRecord:
    """Return a message as the event that it is over HTTP."""
    raw, cuts = _bytes_of(message)
    return EventRecord(flow=message.flow, at_ms=message.at_ms, raw=raw, cuts=cuts)


def _ending(answer: Answer, *, has_pieces: bool) -> Ending:
    """HTTP has no close frame; on a WebSocket the client would wait for ever where there is nothing to send."""
    if answer.transport is Transport.WEBSOCKET:
        if answer.close_code is not None and answer.close_code not in _SENT:
            return Ending.CUT
        return answer.ends if has_pieces or answer.ends in {Ending.CLOSE, Ending.LEFT} else Ending.CUT
    return Ending.CUT if answer.ends is Ending.CLOSE else answer.ends


def _is_error_event(part: ResponsePart) -> bool:
    return isinstance(part, MessageRecord) and ended_by(part.payload.json) is Outcome.ERROR


def _with_error_event(answer: Answer) -> Answer:
    """Return an HTTP error as the one event that says the same: Codex reads status and headers from it."""
    if answer.status < _ERROR_STATUS:
        return answer
    body = b"".join(part.payload.raw for part in answer.parts)
    error = Payload(body).fields.get("error") or {"message": body.decode(errors="replace")}
    headers = {name: value for name, value in answer.headers if name.lower() != "content-type"}
    event = made_up_event({"type": "error", "status": answer.status, "error": error, "headers": headers})
    is_silent = answer.ends is not Ending.COMPLETE and not answer.parts
    return replace(answer, status=200, headers=EVENT_STREAM, parts=() if is_silent else (event,))


def _with_error_status(answer: Answer) -> Answer:
    """Return an `error` event as the HTTP error that says the same; behind other events it breaks off the stream."""
    if not answer.parts or not _is_error_event(answer.parts[0]):
        is_broken = bool(answer.parts) and _is_error_event(answer.parts[-1])
        return replace(answer, ends=Ending.CUT) if is_broken else answer
    event = answer.parts[0].payload.fields
    status, headers = event.get("status", event.get("status_code")), event.get("headers") or {}
    names = [(str(name), str(value)) for name, value in headers.items()] if isinstance(headers, dict) else []
    return replace(
        answer,
        status=status if isinstance(status, int) else _NO_STATUS,
        headers=(*replayed_headers(names), *JSON),
        parts=(made_up_body({"error": event.get("error")}),),
    )


def _messages(answer: Answer) -> Iterator[Piece]:
    last_ms, wait_ms = answer.started_at_ms, answer.delay_ms
    stalled_at, silence_ms = answer.stall or (None, 0.0)
    held_at_ms = {hold.after: hold.at_ms for hold in answer.holds}
    for position, part in enumerate(answer.parts):
        last_ms = held_at_ms.get(position, last_ms)
        if position == stalled_at:
            wait_ms += silence_ms
        data = _message_of(part)
        if data is not None:
            delay_ms = wait_ms + answer.speed.delay_ms(part.at_ms - last_ms)
            yield Piece(delay_ms, data, isinstance(part, MessageRecord) and part.binary)
            last_ms, wait_ms = part.at_ms, 0.0


def _message_of(part: ResponsePart) -> bytes | None:
    """Return what a message says; None for a comment, for half an event, and for a body."""
    if isinstance(part, MessageRecord):
        return part.payload.raw
    if isinstance(part, BodyRecord) or not is_whole(part.raw):
        return None
    data = part.payload.raw
    if not data.lstrip().startswith(b"{"):
        return None
    return data if data.isascii() else data.decode(errors="replace").encode()  # RFC 6455 §8.1: text is UTF-8


def _chunks(answer: Answer) -> tuple[Piece, ...]:
    """Put chunks together again: a new one begins at each cut, and an event without cuts goes on with the last."""
    if not answer.speed.factor and answer.stall is None:
        chunks_of_their_own = [
            part.raw
            for part in answer.parts
            if isinstance(part, EventRecord) and len(part.cuts) == 1 and not part.cuts[0][0]
        ]
        if len(chunks_of_their_own) == len(answer.parts):  # the usual, and quick
            return tuple([Piece(0.0, raw) for raw in chunks_of_their_own])
    pieces: list[Piece] = []
    last_ms = answer.started_at_ms
    for wait_ms, parts in _between_stalls(answer):
        for at_ms, data in _timed_chunks(parts, last_ms):
            pieces.append(Piece(wait_ms + answer.speed.delay_ms(at_ms - last_ms), data))
            last_ms, wait_ms = at_ms, 0.0  # noqa: PLW2901  only the first of them waits
    return tuple(pieces)


def _between_stalls(answer: Answer) -> Iterable[tuple[float, tuple[ResponsePart, ...]]]:
    if answer.stall is None:
        return [(0.0, answer.parts)]
    position, silence_ms = answer.stall
    return [(0.0, answer.parts[:position]), (silence_ms, answer.parts[position:])]


def _timed_chunks(parts: Iterable[ResponsePart], at_ms: float) -> Iterator[tuple[float, bytes]]:
    pending, pending_at_ms = b"", at_ms
    for part in parts:
        raw, cuts = _bytes_of(part)
        position = 0
        for offset, cut_ms in cuts:
            chunk = pending + raw[position:offset] if offset else pending
            if chunk:
                yield pending_at_ms, chunk
            pending, pending_at_ms, position = b"", cut_ms, offset
        rest = raw[position:] if position else raw
        pending = pending + rest if pending else rest
    if pending:
        yield pending_at_ms, pending


def _bytes_of(part: ResponsePart) -> tuple[bytes, Cuts]:
    if isinstance(part, EventRecord):
        return part.raw, part.cuts
    if isinstance(part, BodyRecord):
        return part.payload.raw, part.cuts
    return join_event(_name_of(part.payload.fields), part.payload.raw), ((0, part.at_ms),)


def _name_of(event: dict[str, Any]) -> str:
    return str(event.get("type", "message"))


def _first_bytes(pieces: Iterable[Piece], count: int, *, is_divisible: bool) -> Iterator[Piece]:
    for piece in pieces:
        if len(piece.data) > count and not is_divisible:
            return
        if count:
            yield piece._replace(data=piece.data[:count])
        count -= min(count, len(piece.data))
