"""What a fault makes of a reply."""

import math
from dataclasses import replace
from typing import Any

import orjson
import pytest

from pytest_codex_replay.projection.interactions import Transport
from pytest_codex_replay.replay.apply_faults import apply_fault
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.framing import Framed, frame
from pytest_codex_replay.replay.playback import recorded_answer
from pytest_codex_replay.replay.reply import Answer, Ending, FaultedReply, Speed, json_answer
from pytest_codex_replay.wire.sse import SseDecoder, split_event
from tests.replay.recording import Recording, answer_events, body_of, said, steered_events, user
from tests.replay.test_framing import recorded

EVENTS = answer_events("resp_1", said("grüß dich"))
HTTP, WEBSOCKET = Transport.HTTP, Transport.WEBSOCKET
OVER = pytest.mark.parametrize("over", [HTTP, WEBSOCKET])


def faulted(fault: str, over: Transport, recorded_over: Transport | None = None) -> FaultedReply:
    recording = Recording()
    if (recorded_over or over) is HTTP:
        recording.http(body_of(user("hi")), EVENTS)
    else:
        recording.websocket([(body_of(user("hi")), EVENTS)])
    return apply_fault(Fault.parse(fault), recorded_answer(recording.interactions[0], Speed(), transport=over))


def framed(fault: str, over: Transport) -> Framed:
    return frame(faulted(fault, over).answer)


def body(answer: Answer) -> bytes:
    return b"".join(piece.data for piece in frame(answer).pieces)


def values(reply: FaultedReply) -> list[Any]:
    """JSON of the events that go out; None for one that is not JSON."""
    if reply.answer.transport is WEBSOCKET:
        return [parsed(piece.data) for piece in frame(reply.answer).pieces]
    decoder = SseDecoder()
    events = [*decoder.feed(body(reply.answer), at_ms=0), *decoder.flush()]
    return [parsed(split_event(event.raw)[1] or b"") for event in events]


def parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


@pytest.mark.parametrize(
    ("fault", "holds"),
    [
        ("slow:1s", [4]),
        ("duplicate:2", [5]),
        ("duplicate:last", [4]),
        ("duplicate:6", [4]),
        ("cut:3", []),
        ("cut:6", [4]),
    ],
)
def test_a_faulted_answer_waits_where_the_recorded_one_did(fault: str, holds: list[int]) -> None:
    """For its client to interrupt it; not behind a cut."""
    recording = Recording()
    recording.websocket([(body_of(user("hi")), steered_events())])

    reply = apply_fault(Fault.parse(fault), recorded_answer(recording.interactions[0], Speed(), transport=WEBSOCKET))

    assert list(frame(reply.answer).holds) == holds


def test_a_status_is_an_http_error() -> None:
    """With the body and the headers that come with it."""
    reply = faulted("429", HTTP)

    assert (reply.answer.status, reply.is_whole) == (429, False)
    assert orjson.loads(body(reply.answer))["error"]["code"] == "rate_limit_exceeded"
    assert ("x-codex-primary-used-percent", "100.0") in reply.answer.headers


def test_a_status_is_an_error_event() -> None:
    """Codex reads status, error and headers from it."""
    (event,) = values(faulted("429:usage_limit_reached,retry-after=7", WEBSOCKET))

    assert (event["type"], event["status"], event["headers"]) == ("error", 429, {"retry-after": "7"})
    assert event["error"]["type"] == "usage_limit_reached"
    assert event["error"]["resets_at"] == 4102444800


@OVER
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("401", "invalid_api_key"),
        ("418", "invalid_request"),
        ("426@1", "upgrade_required"),
        ("502", "server_error"),
        ("503:server_is_overloaded", "server_is_overloaded"),
        ("previous_response_not_found", "previous_response_not_found"),
    ],
)
def test_each_status_has_the_code_that_usually_comes_with_it(fault: str, code: str, over: Transport) -> None:
    """Unless the fault names another."""
    reply = faulted(fault, over)

    assert orjson.loads(body(reply.answer))["error"]["code"] == code


@OVER
def test_refused_is_nothing_at_all(over: Transport) -> None:
    """Not a byte."""
    reply = faulted("refuse", over)

    assert (values(reply), frame(reply.answer).ends, reply.is_whole) == ([], Ending.CUT, False)


@OVER
@pytest.mark.parametrize("recorded_over", [HTTP, WEBSOCKET])
@pytest.mark.parametrize("count", range(5))
def test_a_cut_lets_so_many_events_through(over: Transport, recorded_over: Transport, count: int) -> None:
    """When all are through, nothing is left to serve."""
    reply = faulted(f"cut:{count}", over, recorded_over)

    assert values(reply) == EVENTS[:count]
    assert (reply.answer.ends, reply.is_whole) == (Ending.CUT, count >= 3)


@OVER
@pytest.mark.parametrize("recorded_over", [HTTP, WEBSOCKET])
def test_a_cut_may_count_bytes(over: Transport, recorded_over: Transport) -> None:
    """Of a stream exactly so many go out, of messages only whole ones; how many there are, the transport decides."""
    size = len(body(faulted("slow:1ms", over, recorded_over).answer))

    replies = [faulted(f"cut:{count}b", over, recorded_over) for count in (0, 100, size - 1, size)]

    lengths = [len(body(reply.answer)) for reply in replies]
    whole = [sum(len(orjson.dumps(event)) for event in EVENTS[:count]) for count in (0, 1, 2, 3)]
    assert lengths == ([0, 100, size - 1, size] if over is HTTP else whole)
    assert [reply.is_whole for reply in replies] == [False, False, False, True]


@OVER
def test_a_close_has_its_code(over: Transport) -> None:
    """Over HTTP there is no such thing: the connection drops."""
    reply = faulted("close:1011+2", over)

    assert (reply.answer.close_code, len(values(reply)), reply.is_whole) == (1011, 2, False)
    assert frame(reply.answer).ends is (Ending.CUT if over is HTTP else Ending.CLOSE)


@OVER
@pytest.mark.parametrize(
    ("fault", "position", "silence_ms"), [("stall:2s", 1, 2000), ("stall+0", 0, math.inf), ("stall+9", 2, math.inf)]
)
def test_a_stall_waits_in_the_middle(over: Transport, fault: str, position: int, silence_ms: float) -> None:
    """What comes after it is still there, unless it lasts for ever."""
    reply = faulted(fault, over)

    delays = [piece.delay_ms for piece in frame(reply.answer).pieces]
    assert delays == [silence_ms if at == position else 0 for at in range(3)]
    assert reply.is_whole == math.isfinite(silence_ms)


def test_slow_delays_the_first_byte() -> None:
    """Of an HTTP answer that is the status line."""
    streamed, sent = framed("slow:1.5s", HTTP), framed("slow:1.5s", WEBSOCKET)

    assert streamed.answer.delay_ms == 1500
    assert [piece.delay_ms for piece in streamed.pieces] == [0, 0, 0]
    assert [piece.delay_ms for piece in sent.pieces] == [1500, 0, 0]


@OVER
@pytest.mark.parametrize("recorded_over", [HTTP, WEBSOCKET])
@pytest.mark.parametrize(("fault", "position"), [("malformed:2", 1), ("malformed:last", 2), ("malformed:9", 2)])
def test_a_malformed_event_is_not_json(over: Transport, recorded_over: Transport, fault: str, position: int) -> None:
    """The others are as they were."""
    reply = faulted(fault, over, recorded_over)

    assert values(reply) == [None if at == position else event for at, event in enumerate(EVENTS)]
    assert reply.is_whole


@OVER
def test_a_duplicate_comes_right_behind(over: Transport) -> None:
    """The same bytes again."""
    assert values(faulted("duplicate:2", over)) == [EVENTS[0], EVENTS[1], EVENTS[1], EVENTS[2]]


@OVER
def test_a_response_fails_in_the_middle(over: Transport) -> None:
    """It has the id of the recorded one, and the code that was asked for."""
    reply = faulted("failed:rate_limit_exceeded+2", over)

    *before, last = values(reply)
    assert before == EVENTS[:2]
    assert (last["type"], last["response"]["id"]) == ("response.failed", "resp_1")
    assert last["response"]["error"]["code"] == "rate_limit_exceeded"
    assert (frame(reply.answer).ends, reply.is_whole) == (Ending.COMPLETE, False)


@OVER
def test_a_response_stays_incomplete(over: Transport) -> None:
    """With its reason."""
    last = values(faulted("incomplete:content_filter", over))[-1]

    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "content_filter"}


def test_events_are_found_whatever_the_chunks() -> None:
    """A chunk may hold half an event, or several."""
    raw = b"data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4"
    answer = recorded_answer(recorded([raw[:5], raw[5:20], raw[20:]]), Speed())

    cut = [apply_fault(Fault.parse(f"cut:{count}"), answer) for count in range(5)]
    twice = apply_fault(Fault.parse("duplicate:2"), answer)
    broken = apply_fault(Fault.parse("malformed:last"), answer)

    assert [body(one.answer) for one in cut] == [raw[:0], raw[:9], raw[:18], raw[:27], raw]
    assert body(twice.answer) == raw[:18] + raw[9:]
    assert body(broken.answer).startswith(raw[:27])


def test_an_answer_in_one_piece_has_one_event() -> None:
    """A client without streaming gets an object that failed, or half of one."""
    answer = json_answer(200, {"id": "resp_1"})

    failed, cut, half = (apply_fault(Fault.parse(fault), answer) for fault in ("failed", "cut:5b", "malformed"))

    assert orjson.loads(body(failed.answer))["status"] == "failed"
    assert (body(cut.answer), body(half.answer)) == (b'{"id"', b'{"id":"')


def test_a_long_body_is_one_event() -> None:
    """However many records it is in."""
    first = json_answer(200, {"id": "resp_1"})
    answer = replace(first, parts=first.parts * 2)

    replies = [apply_fault(Fault.parse(fault), answer) for fault in ("cut:1", "duplicate:1")]

    assert [body(reply.answer) for reply in replies] == [body(first) * 2, body(first) * 4]


@pytest.mark.parametrize(("fault", "status", "ends"), [("426", 426, Ending.COMPLETE), ("refuse", 502, Ending.CUT)])
def test_an_upgrade_is_declined(fault: str, status: int, ends: Ending) -> None:
    """With a status, or without a word."""
    answer = apply_fault(Fault.parse(fault), Answer(status=101)).answer

    assert (answer.status, answer.ends) == (status, ends)
