"""Answers as bytes of their transport."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.archive.record import (
    EndRecord,
    EventRecord,
    FlowEnd,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.replay.framing import Framed, frame
from pytest_codex_replay.replay.playback import recorded_answer
from pytest_codex_replay.replay.reply import Answer, Ending, Speed, events_answer, json_answer
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import SseDecoder, split_event
from tests.replay.recording import SSE, URL


def recorded(chunks: list[bytes], step_ms: float = 10.0) -> Interaction:
    """An interaction whose answer arrived in `chunks`, one every `step_ms`, the first after as long."""
    decoder = SseDecoder()
    events = [event for at, chunk in enumerate(chunks, 1) for event in decoder.feed(chunk, at_ms=at * step_ms)]
    events += decoder.flush()
    end_ms = step_ms * (len(chunks) + 1)
    records: list[Record] = [
        RequestRecord(at_ms=0, flow="f", method="POST", url=URL, http_version="HTTP/1.1", headers=()),
        ResponseRecord(at_ms=0, flow="f", status=200, http_version="HTTP/1.1", headers=SSE),
        *(EventRecord(at_ms=event.at_ms, flow="f", raw=event.raw, cuts=event.cuts) for event in events),
        EndRecord(at_ms=end_ms, flow="f", how=FlowEnd.FINISHED),
    ]
    return interactions_of(records)[0]


WIRE = 'event: a\ndata: {}\n\n: ping\n\ndata: {"t":"ü"}\r\n\r\ndata: x\n\nrest'.encode()


@given(st.lists(st.integers(1, len(WIRE) - 1), unique=True).map(sorted))
def test_chunks_come_as_they_came(cuts: list[int]) -> None:
    """However the stream was cut into chunks, replay writes the same chunks at the same times."""
    bounds = [0, *cuts, len(WIRE)]
    chunks = [WIRE[start:end] for start, end in pairwise(bounds)]

    framed = frame(recorded_answer(recorded(chunks), Speed.parse("recorded")))

    assert [part.data for part in framed.pieces] == chunks
    assert [part.delay_ms for part in framed.pieces] == [10.0] * len(chunks)


@pytest.mark.parametrize(("speed", "delay_ms"), [("instant", 0), ("recorded", 10), ("2", 5), ("0.5", 20)])
def test_the_speed_scales_the_waiting(speed: str, delay_ms: float) -> None:
    """A number says how many times faster than recorded."""
    framed = frame(recorded_answer(recorded([b"data: 1\n\n", b"data: 2\n\n"]), Speed.parse(speed)))

    assert [part.delay_ms for part in framed.pieces] == [delay_ms, delay_ms]


@given(st.lists(st.integers(1, len(WIRE) - 1), unique=True).map(sorted), st.integers(0, 6))
def test_a_stall_moves_nothing_but_time(cuts: list[int], position: int) -> None:
    """The same bytes in the same order; what comes before the event has its time, the rest comes later."""
    chunks = [WIRE[start:end] for start, end in pairwise([0, *cuts, len(WIRE)])]
    answer = recorded_answer(recorded(chunks), Speed.parse("recorded"))
    before = sum(len(part.payload.raw if hasattr(part, "binary") else part.raw) for part in answer.parts[:position])

    stalled = frame(replace(answer, stall=(position, 1e6)))

    times, late = due(stalled), [0.0 if at < before else 1e6 for at in range(len(WIRE))]
    assert bytes_of(stalled) == WIRE
    assert times == [time + wait for time, wait in zip(due(frame(answer)), late, strict=True)]


def due(framed: Framed) -> list[float]:
    """When each byte goes out."""
    times, now_ms = [], 0.0
    for piece in framed.pieces:
        now_ms += piece.delay_ms
        times += [now_ms] * len(piece.data)
    return times


def bytes_of(framed: Framed) -> bytes:
    return b"".join(piece.data for piece in framed.pieces)


def over_websocket(answer: Answer) -> list[Any]:
    """The messages of an answer."""
    return [orjson.loads(piece.data) for piece in frame(replace(answer, transport=Transport.WEBSOCKET)).pieces]


def test_a_message_is_an_event() -> None:
    """What was not recorded is written as the Responses API writes it, or sent as it is."""
    answer = events_answer([{"type": "a", "n": 1}])

    assert bytes_of(frame(answer)) == b'event: a\ndata: {"type":"a","n":1}\n\n'
    assert over_websocket(answer) == [{"type": "a", "n": 1}]


def test_an_event_is_a_message() -> None:
    """Comments are none, nor is what a client of the API would not read, nor half an event."""
    chunks = [b': ping\n\ndata: {"n":1}\n\n', b"data: [DONE]\n\n", b'data: {"n":2}\r\n\r\n', b'data: {"n":']
    answer = recorded_answer(recorded(chunks), Speed())

    assert over_websocket(answer) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize("headers", [{"x-a": "1"}, {}])
def test_an_error_is_the_same_over_either_transport(headers: dict[str, str]) -> None:
    """A status with a body, or one `error` event: each becomes the other, and back."""
    body = {"error": {"message": "no"}}
    event = {"type": "error", "status": 429, **body, "headers": headers}
    http = replace(json_answer(429, body), headers=(("content-type", "application/json"), *headers.items()))

    framed = frame(events_answer([event]))

    assert over_websocket(http) == [event]
    assert (framed.answer.status, orjson.loads(bytes_of(framed)), framed.ends) == (429, body, Ending.COMPLETE)
    assert set(framed.answer.headers) == set(http.headers)


def test_an_error_in_a_recorded_stream_is_sent_as_it_is() -> None:
    """With the events before it; only an HTTP error becomes an event of its own."""
    chunks = [b'data: {"n":1}\n\n', b'data: {"type":"error","error":{"code":"x"}}\n\n']

    assert over_websocket(recorded_answer(recorded(chunks), Speed())) == [
        {"n": 1},
        {"type": "error", "error": {"code": "x"}},
    ]


def test_an_error_without_a_status_makes_a_client_try_again() -> None:
    """It is a 503 over HTTP."""
    assert frame(events_answer([{"type": "error", "error": {"code": "x"}}])).answer.status == 503


@pytest.mark.parametrize(("over", "ends"), [(Transport.HTTP, Ending.CUT), (Transport.WEBSOCKET, Ending.COMPLETE)])
def test_an_error_in_the_middle_breaks_a_stream(over: Transport, ends: Ending) -> None:
    """A WebSocket stays open: the next message may be answered."""
    events = [{"type": "response.created"}, {"type": "error", "status": 500, "error": {}}]

    framed = frame(replace(events_answer(events), transport=over))

    assert (len(framed.pieces), framed.ends) == (2, ends)


@pytest.mark.parametrize(
    ("transport", "ends", "expected"),
    [
        (Transport.HTTP, Ending.CLOSE, Ending.CUT),
        (Transport.HTTP, Ending.COMPLETE, Ending.COMPLETE),
        (Transport.WEBSOCKET, Ending.CLOSE, Ending.CLOSE),
        (Transport.WEBSOCKET, Ending.COMPLETE, Ending.CUT),
    ],
)
def test_an_answer_of_nothing(transport: Transport, ends: Ending, expected: Ending) -> None:
    """HTTP has no close frame; on a WebSocket a client would wait for ever."""
    assert frame(Answer(transport=transport, ends=ends)).ends is expected


def test_a_body_has_a_length() -> None:
    """Of a stream, and of a body that breaks off, it is not known."""
    body = json_answer(200, {"a": 1})
    stream, cut = events_answer([{"type": "a"}]), replace(body, limit_bytes=3, ends=Ending.CUT)

    assert [frame(one).length_bytes for one in (body, stream, cut)] == [7, None, None]
    assert bytes_of(frame(cut)) == b'{"a'


COMPLETED = b'data: {"type":"response.completed","response":{"id":"r","output":[]}}'


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (b'data: {"n":1}\n\r\n', b'{"n":1}'),
        (b'data: {"n":1}\r\r', b'{"n":1}'),
        (b'data:   {"n":1}\n\n', b'  {"n":1}'),
        (b'\xef\xbb\xbfdata: {"n":1}\n\n', b'{"n":1}'),
        (b'data: {"n":\ndata: 1}\n\n', b'{"n":\n1}'),
        (b'id: 7\nretry: 1\ndata: {"n":"\xff"}\n\n', '{"n":"\ufffd"}'.encode()),
    ],
)
def test_an_event_is_a_message_however_it_is_spelt(chunk: bytes, message: bytes) -> None:
    """Line ends, a byte-order mark, blanks, several lines; a message of text is UTF-8."""
    answer = replace(recorded_answer(recorded([chunk]), Speed()), transport=Transport.WEBSOCKET)

    assert [piece.data for piece in frame(answer).pieces] == [message]


@pytest.mark.parametrize(("tail", "ends"), [(b"\n\n", Ending.COMPLETE), (b"\n", Ending.CUT), (b"", Ending.CUT)])
def test_half_an_event_ends_no_response(tail: bytes, ends: Ending) -> None:
    """Codex, too, drops what a stream ends without a blank line. Over a WebSocket it would wait for ever."""
    interaction = recorded([b'data: {"type":"response.created"}\n\n', COMPLETED + tail])

    over_http, over_websocket = (
        frame(recorded_answer(interaction, Speed(), transport=one)) for one in (Transport.HTTP, Transport.WEBSOCKET)
    )

    assert bytes_of(over_http).endswith(COMPLETED + tail)
    assert (over_http.ends, over_websocket.ends) == (Ending.COMPLETE, ends)


@pytest.mark.parametrize(
    "message", [b'{"type":"a",\n "n": NaN}', b'{"type":"a","n":"\\ud83d"}', b'{"type":"a","n":1e999}']
)
def test_a_message_of_any_spelling_is_an_event(message: bytes) -> None:
    """Over several lines, with numbers and texts that strict readers refuse: the client gets what it would have got."""
    part = MessageRecord(flow="f", at_ms=0, from_client=False, payload=Payload(message))

    (event,) = SseDecoder().feed(bytes_of(frame(Answer(parts=(part,)))), at_ms=0)

    assert split_event(event.raw) == ("a", message)
