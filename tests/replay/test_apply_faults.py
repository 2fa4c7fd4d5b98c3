"""What a fault makes of a reply."""

import math
from typing import Any

import orjson
import pytest

from pytest_codex_replay.replay.apply_faults import FaultedReply, lay_on_http, lay_on_socket, refuse_upgrade
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.playback import http_reply, json_reply, socket_reply
from pytest_codex_replay.replay.reply import Ending, HttpReply, SocketReply, Speed
from pytest_codex_replay.wire.sse import SseDecoder, split_event
from tests.replay.recording import Recording, answer_events, body_of, said, user

EVENTS = answer_events("resp_1", said("grüß dich"))


def http(fault: str) -> FaultedReply[HttpReply]:
    recording = Recording()
    recording.http(body_of(user("hi")), EVENTS)
    return lay_on_http(Fault.parse(fault).effect, http_reply(recording.interactions[0], Speed()))


def socket(fault: str) -> FaultedReply[SocketReply]:
    recording = Recording()
    recording.websocket([(body_of(user("hi")), EVENTS)])
    return lay_on_socket(Fault.parse(fault).effect, socket_reply(recording.interactions[0], Speed()))


def body(laid: FaultedReply[HttpReply]) -> bytes:
    return b"".join(part.data for part in laid.reply.parts)


def values(laid: FaultedReply[Any]) -> list[Any]:
    """JSON of the events that go out; None for one that is no JSON."""
    if isinstance(laid.reply, SocketReply):
        return [parsed(frame.data) for frame in laid.reply.frames]
    decoder = SseDecoder()
    events = [*decoder.feed(body(laid), at_ms=0), *decoder.flush()]
    return [parsed(split_event(event.raw)[1] or b"") for event in events]


def parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


LAYS = pytest.mark.parametrize("lay", [http, socket])


def test_a_status_is_an_http_error() -> None:
    """With the body and the headers that come with it."""
    laid = http("429")

    assert (laid.reply.status, laid.is_whole) == (429, False)
    assert orjson.loads(body(laid))["error"]["code"] == "rate_limit_exceeded"
    assert ("x-codex-primary-used-percent", "100.0") in laid.reply.headers


def test_a_status_is_an_error_frame() -> None:
    """Codex reads status, error and headers from it."""
    (frame,) = values(socket("429:usage_limit_reached,retry-after=7"))

    assert (frame["type"], frame["status"], frame["headers"]) == ("error", 429, {"retry-after": "7"})
    assert frame["error"]["type"] == "usage_limit_reached"
    assert frame["error"]["resets_at"] == 4102444800


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("401", "invalid_api_key"),
        ("418", "invalid_request"),
        ("426", "upgrade_required"),
        ("502", "server_error"),
        ("503:server_is_overloaded", "server_is_overloaded"),
        ("previous_response_not_found", "previous_response_not_found"),
    ],
)
def test_each_status_has_the_code_that_usually_comes_with_it(fault: str, code: str) -> None:
    """Unless the fault names another."""
    laid = http(fault)

    assert orjson.loads(body(laid))["error"]["code"] == code


@LAYS
def test_refused_is_nothing_at_all(lay: Any) -> None:
    """Not a byte."""
    laid = lay("refuse")

    assert (values(laid), laid.reply.ends, laid.is_whole) == ([], Ending.CUT, False)


@LAYS
@pytest.mark.parametrize("count", range(5))
def test_a_cut_lets_so_many_events_through(lay: Any, count: int) -> None:
    """When all are through, nothing is left to serve."""
    laid = lay(f"cut:{count}")

    assert values(laid) == EVENTS[:count]
    assert (laid.reply.ends, laid.is_whole) == (Ending.CUT, count >= 3)


def test_a_cut_may_count_bytes() -> None:
    """Of a stream exactly so many go out, of frames only whole ones."""
    whole = body(http("duplicate:1"))

    streamed, framed = http("cut:100b"), socket("cut:100b")

    assert whole.startswith(body(streamed))
    assert len(body(streamed)) == 100
    assert values(framed) == EVENTS[:1]
    assert not streamed.is_whole


def test_a_close_has_its_code() -> None:
    """Over HTTP there is no such thing: the connection drops."""
    framed, streamed = socket("close:1011+2"), http("close:1011+2")

    assert (framed.reply.ends, framed.reply.close_code, len(values(framed))) == (Ending.CLOSE, 1011, 2)
    assert (streamed.reply.ends, len(values(streamed))) == (Ending.CUT, 2)


@LAYS
@pytest.mark.parametrize(
    ("fault", "position", "silence_ms"), [("stall:2s", 1, 2000), ("stall+0", 0, math.inf), ("stall+9", 2, math.inf)]
)
def test_a_stall_waits_in_the_middle(lay: Any, fault: str, position: int, silence_ms: float) -> None:
    """What comes after it is still there, unless it lasts for ever."""
    laid = lay(fault)

    pieces = laid.reply.frames if lay is socket else laid.reply.parts
    assert [piece.delay_ms for piece in pieces] == [silence_ms if at == position else 0 for at in range(3)]
    assert laid.is_whole == math.isfinite(silence_ms)


def test_slow_delays_the_first_byte() -> None:
    """Of an HTTP answer that is the status line."""
    streamed, framed = http("slow:1.5s"), socket("slow:1.5s")

    assert (streamed.reply.delay_ms, streamed.is_whole) == (1500, True)
    assert [frame.delay_ms for frame in framed.reply.frames] == [1500, 0, 0]


@LAYS
@pytest.mark.parametrize(("fault", "position"), [("malformed:2", 1), ("malformed:last", 2), ("malformed:9", 2)])
def test_a_malformed_event_is_no_json(lay: Any, fault: str, position: int) -> None:
    """The others are as they were."""
    laid = lay(fault)

    assert values(laid) == [None if at == position else event for at, event in enumerate(EVENTS)]
    assert laid.is_whole


@LAYS
def test_a_duplicate_comes_right_behind(lay: Any) -> None:
    """The same bytes again."""
    assert values(lay("duplicate:2")) == [EVENTS[0], EVENTS[1], EVENTS[1], EVENTS[2]]


@LAYS
def test_a_response_fails_in_the_middle(lay: Any) -> None:
    """It has the id of the recorded one, and the code that was asked for."""
    laid = lay("failed:rate_limit_exceeded+2")

    *before, last = values(laid)
    assert before == EVENTS[:2]
    assert (last["type"], last["response"]["id"]) == ("response.failed", "resp_1")
    assert last["response"]["error"]["code"] == "rate_limit_exceeded"
    assert (laid.reply.ends, laid.is_whole) == (Ending.COMPLETE, False)


@LAYS
def test_a_response_stays_incomplete(lay: Any) -> None:
    """With its reason."""
    last = values(lay("incomplete:content_filter"))[-1]

    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "content_filter"}


def test_events_are_found_whatever_the_chunks() -> None:
    """A chunk may hold half an event, or several."""
    recording = Recording()
    raw = b"data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4"
    recording.http(body_of(user("hi")), [raw[:5], raw[5:20], raw[20:]])
    reply = http_reply(recording.interactions[0], Speed())

    laid = [lay_on_http(Fault.parse(f"cut:{count}").effect, reply) for count in range(5)]

    assert [body(one) for one in laid] == [raw[:0], raw[:9], raw[:18], raw[:27], raw]


def test_an_answer_in_one_piece_has_one_event() -> None:
    """A client without streaming gets what fits: an object that failed, or half of one."""
    reply = json_reply(200, {"id": "resp_1"})

    failed, cut = (lay_on_http(Fault.parse(fault).effect, reply) for fault in ("failed", "cut:5b"))

    assert orjson.loads(body(failed))["status"] == "failed"
    assert body(cut) == b'{"id"'


@pytest.mark.parametrize(("fault", "status", "ends"), [("426", 426, Ending.COMPLETE), ("refuse", 502, Ending.CUT)])
def test_an_upgrade_is_declined(fault: str, status: int, ends: Ending) -> None:
    """With a status, or without a word."""
    reply = refuse_upgrade(Fault.parse(fault).effect)

    assert (reply.status, reply.ends) == (status, ends)
