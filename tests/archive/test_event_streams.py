"""An answer is an event stream by its bytes and its request, whatever its content-type says."""

import pytest

from pytest_codex_replay.archive.event_streams import (
    asks_for_events,
    cut_up,
    is_called_stream,
    settled,
    with_settled_answers,
)
from pytest_codex_replay.archive.record import BodyRecord, EventRecord, Headers, RequestRecord, ResponseRecord
from pytest_codex_replay.wire.payload import Payload

EVENTS = [b"event: a\ndata: {}\n\n", b": still there\n\n", b"data: [DONE]\n\n"]
ASKS = {"model": "m", "stream": True}


def asked(body: object = ASKS, headers: Headers = ()) -> RequestRecord:
    payload = Payload.of(body)
    return RequestRecord(
        at_ms=1.0,
        flow="f",
        method="POST",
        url="/v1/responses",
        http_version="HTTP/1.1",
        headers=headers,
        payload=payload,
    )


def answered(*content_type: str) -> ResponseRecord:
    headers = tuple(("Content-Type", value) for value in content_type)
    return ResponseRecord(at_ms=2.0, flow="f", status=200, http_version="HTTP/1.1", headers=headers)


def body(raw: bytes, *cuts: tuple[int, float]) -> BodyRecord:
    return BodyRecord(at_ms=3.0, flow="f", payload=Payload(raw), cuts=cuts or ((0, 3.0),))


@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "text/plain", "application/json"])
def test_events_that_were_recorded_as_a_body_are_events(content_type: str) -> None:
    """With the chunks in which they came; in pieces of any length."""
    raw = b"".join(EVENTS)
    bodies = [body(raw[:10], (0, 3.0), (4, 4.0)), body(raw[10:], (0, 5.0))]

    parts = settled(asked(), answered(*([content_type] if content_type else [])), bodies)

    assert [part.raw for part in parts if isinstance(part, EventRecord)] == EVENTS
    assert parts[0].cuts == ((0, 3.0), (4, 4.0), (10, 5.0))


def test_json_that_is_called_a_stream_is_a_body() -> None:
    """An error of a gateway, say."""
    raw = b'{"error":\n\n{"message":"no"}}'
    events = [EventRecord(at_ms=3.0, flow="f", raw=part, cuts=((0, 3.0),)) for part in (raw[:11], raw[11:])]

    (part,) = settled(asked(), answered("text/event-stream"), events)

    assert isinstance(part, BodyRecord)
    assert part.payload.raw == raw


@pytest.mark.parametrize(
    ("request_body", "raw"),
    [({"model": "m"}, EVENTS[0]), (ASKS, b'{"object":"response"}'), (ASKS, b"<html>"), (ASKS, b""), (ASKS, b"dat")],
)
def test_what_is_no_stream_stays_a_body(request_body: object, raw: bytes) -> None:
    """The request asks for none, or the bytes are none."""
    parts = [body(raw)]

    assert settled(asked(request_body), answered("text/plain"), parts) is parts


def test_records_are_changed_where_they_stand() -> None:
    """The others stay, in their order."""
    request, response = asked(), answered()

    changed = with_settled_answers([request, response, body(b"".join(EVENTS))])

    assert changed[:2] == [request, response]
    assert [one.raw for one in changed[2:] if isinstance(one, EventRecord)] == EVENTS


def test_who_asks_for_events() -> None:
    assert asks_for_events((), Payload.of(ASKS))
    assert asks_for_events((("Accept", "text/event-stream"),), None)
    assert not asks_for_events((("accept", "*/*"),), Payload.of({"stream": False}))
    assert is_called_stream((("Content-Type", "Text/Event-Stream; charset=utf-8"),))
    assert not is_called_stream(())


def test_bytes_are_cut_where_chunks_began() -> None:
    assert list(cut_up(b"abcdef", [(2, 5.0), (2, 6.0), (4, 7.0)], 1.0)) == [(1.0, b"ab"), (6.0, b"cd"), (7.0, b"ef")]
    assert list(cut_up(b"", [])) == []
