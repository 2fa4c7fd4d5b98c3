"""Which answers are event streams: bytes and request say so; a content-type may be missing or wrong. No I/O."""

from collections.abc import Iterable, Iterator, Sequence

from pytest_codex_replay.archive.record import (
    BodyRecord,
    Cuts,
    EventRecord,
    Headers,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import SseDecoder, begins_like_events

JSON_STARTS = (b"{", b"[")
_EVENT_STREAM = "text/event-stream"
Parts = Sequence[EventRecord | BodyRecord]
_PARTS = (EventRecord, BodyRecord)


def is_called_stream(headers: Headers) -> bool:
    """Return whether the content-type of an answer is that of an event stream."""
    return any(name.lower() == "content-type" and value.lower().startswith(_EVENT_STREAM) for name, value in headers)


def asks_for_events(headers: Headers, payload: Payload | None) -> bool:
    """Return whether a request wants its answer as a stream."""
    if payload is not None and b'"stream"' in payload.raw and payload.fields.get("stream") is True:
        return True
    return any(name.lower() == "accept" and _EVENT_STREAM in value.lower() for name, value in headers)


def cut_up(raw: bytes, cuts: Iterable[tuple[int, float]], at_ms: float = 0.0) -> Iterator[tuple[float, bytes]]:
    """Yield the chunks in which bytes came; `at_ms` is when those before the first cut did."""
    start = 0
    for offset, cut_ms in cuts:
        if offset > start:
            yield at_ms, raw[start:offset]
        start, at_ms = offset, cut_ms
    if start < len(raw):
        yield at_ms, raw[start:]


def settled(request: RequestRecord, response: ResponseRecord | None, parts: Parts) -> Parts:
    """Return the parts of an answer as what they are; the same object where they were recorded as that."""
    if not parts or response is None:
        return parts
    first = parts[0]
    if isinstance(first, EventRecord):
        return _one_body(parts) if first.raw.lstrip().startswith(JSON_STARTS) else parts
    is_stream = is_called_stream(response.headers) or asks_for_events(request.headers, request.payload)
    return _events(parts) if is_stream and begins_like_events(first.payload.raw) else parts


def with_settled_answers(records: Iterable[Record]) -> list[Record]:
    """Return records in which every answer is recorded as what it is: events, or a body."""
    kept = list(records)
    requests = {one.flow: one for one in kept if isinstance(one, RequestRecord)}
    responses = {one.flow: one for one in kept if isinstance(one, ResponseRecord)}
    answered = [one for one in kept if isinstance(one, _PARTS)]
    by_flow: dict[str, list[EventRecord | BodyRecord]] = {}
    for one in answered:
        by_flow.setdefault(one.flow, []).append(one)
    changed: dict[int, Parts] = {}
    for flow, parts in by_flow.items():
        if flow not in requests or settled(requests[flow], responses.get(flow), alone := parts[:1]) is alone:
            continue  # the first part tells
        changed.update((id(part), ()) for part in parts)
        changed[id(parts[0])] = settled(requests[flow], responses.get(flow), parts)
    return [new for one in kept for new in changed.get(id(one), (one,))] if changed else kept


def _events(bodies: Parts) -> list[EventRecord]:
    decoder, events = SseDecoder(), []
    flow = bodies[0].flow
    for body in bodies:
        for at_ms, chunk in cut_up(body.payload.raw, body.cuts, body.at_ms):
            events += decoder.feed(chunk, at_ms=at_ms)
    events += decoder.flush()
    return [EventRecord(flow=flow, at_ms=one.at_ms, raw=one.raw, cuts=one.cuts) for one in events]


def _one_body(events: Parts) -> list[BodyRecord]:
    pieces: list[bytes] = []
    length, cuts = 0, []
    for one in events:
        own: Cuts = one.cuts
        cuts += [(length + offset, at_ms) for offset, at_ms in own]
        pieces.append(one.raw if isinstance(one, EventRecord) else one.payload.raw)
        length += len(pieces[-1])
    payload = Payload(b"".join(pieces))
    return [BodyRecord(flow=events[0].flow, at_ms=events[0].at_ms, payload=payload, cuts=tuple(cuts))]
