"""The engine: requests in, decisions and bytes out."""

import gzip
from dataclasses import replace
from typing import Any

import orjson
import pytest
import zstandard

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.matching.match import MatchKind, MatchLevel
from pytest_codex_replay.projection.interactions import Transport
from pytest_codex_replay.replay.engine import Engine, WebSocketMode
from pytest_codex_replay.replay.explain import rerecord_advice
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.framing import Framed, frame
from pytest_codex_replay.replay.reply import Ending, Request
from pytest_codex_replay.wire.sse import split_event
from tests.replay.recording import Recording, answer_events, body_of, call, output, said, user

UPGRADE = Request(method="GET", url="/v1/responses", headers=())
OVER_BOTH = pytest.mark.parametrize("over", [Transport.HTTP, Transport.WEBSOCKET])


def post(engine: Engine, body: Any, *, path: str = "/v1/responses", headers: tuple[Any, ...] = ()) -> Framed:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return frame(engine.answer(Request(method="POST", url=path, headers=headers, body=raw)))


def get(engine: Engine, path: str) -> Framed:
    return frame(engine.answer(Request(method="GET", url=path, headers=())))


def send(engine: Engine, body: dict[str, Any]) -> Framed:
    """Send one message on a WebSocket."""
    return frame(engine.answer(UPGRADE.message(orjson.dumps({"type": "response.create", **body}))))


def ask(engine: Engine, body: dict[str, Any], over: Transport) -> Framed:
    return send(engine, body) if over is Transport.WEBSOCKET else post(engine, body)


def data(framed: Framed) -> bytes:
    return b"".join(piece.data for piece in framed.pieces)


def json_of(event: bytes) -> Any:
    """The value of a message or of a server-sent event."""
    return orjson.loads(event if event.startswith(b"{") else split_event(event)[1] or b"")


def engine_of(*bodies: dict[str, Any], **options: Any) -> Engine:
    recording = Recording()
    for number, body in enumerate(bodies, start=1):
        recording.http(body, answer_events(f"resp_{number}", said(f"answer {number}")))
    return Engine(recording.interactions, name="cassettes/fix_bug", **options)


def test_a_request_gets_the_recorded_bytes() -> None:
    """Status, headers and every byte are those of the recording."""
    events = answer_events("resp_1", said("hello"))
    recording = Recording()
    recording.http(body_of(user("hi")), events, headers=(("Content-Type", "text/event-stream"), ("x-request-id", "1")))

    reply = post(Engine(recording.interactions), body_of(user("hi")))

    assert (reply.answer.status, reply.ends) == (200, Ending.COMPLETE)
    assert reply.answer.headers == (("Content-Type", "text/event-stream"), ("x-request-id", "1"))
    assert data(reply) == b"".join(part.raw for part in recording.interactions[0].parts)
    assert len(reply.pieces) == len(events)


@pytest.mark.parametrize(
    ("encoding", "encode"), [("zstd", zstandard.ZstdCompressor().compress), ("gzip", gzip.compress)]
)
def test_an_encoded_body_is_decoded(encoding: str, encode: Any) -> None:
    """Codex compresses its requests when it is logged in with ChatGPT."""
    engine = engine_of(body_of(user("hi")))

    reply = post(engine, encode(orjson.dumps(body_of(user("hi")))), headers=(("content-encoding", encoding),))

    assert b"answer 1" in data(reply)


def test_requests_in_any_order_get_their_own_answers() -> None:
    """Sub-agents and parallel requests come as they come."""
    engine = engine_of(body_of(user("one")), body_of(user("two")), body_of(user("three")))

    replies = [data(post(engine, body_of(user(text)))) for text in ("three", "one", "two")]

    assert [b"answer 3" in replies[0], b"answer 1" in replies[1], b"answer 2" in replies[2]] == [True] * 3
    assert not engine.report.unused


@OVER_BOTH
def test_a_miss_says_where_what_and_what_to_run(over: Transport) -> None:
    """The client is shown the text, and the report has the same."""
    engine = engine_of(body_of(user("ls")), body_of(user("pwd")))
    turn = {"client_metadata": {"turn_id": "t1"}}

    reply = ask(engine, body_of(user("ls -a"), **turn), over)

    text = engine.report.misses[0].text
    assert text == (
        "cassettes/fix_bug: turn 1 sent a request that matches no interaction.\n"
        '  nearest: interaction 1, differs in input[0].content[0].text ("ls" -> "ls -a")\n'
        f"  {rerecord_advice('cassettes/fix_bug')}"
    )
    assert orjson.dumps(text) in data(reply)
    assert b"response.failed" in data(reply)
    assert [one.index for one in engine.report.unused] == [1, 2]


def test_after_the_last_interaction_replay_stays_closed() -> None:
    """What was delivered is not served again, and the text says that all is used up."""
    engine = engine_of(body_of(user("hi")))
    first = post(engine, body_of(user("hi")))
    assert first.answer.interaction is not None
    engine.delivered(first.answer.interaction)

    second = post(engine, body_of(user("hi")))

    assert b"response.failed" in data(second)
    assert "the only interaction was already served" in engine.report.misses[0].text
    assert "interaction 1, which asks the same" in engine.report.misses[0].text


@OVER_BOTH
def test_a_client_that_hung_up_may_ask_again_twice(over: Transport) -> None:
    """A retry after a lost connection gets the same answer; a loop does not go on for ever."""
    engine = engine_of(body_of(user("hi")))

    replies = [b"answer 1" in data(ask(engine, body_of(user("hi")), over)) for _ in range(4)]

    assert replies == [True, True, True, False]
    assert [one.repeats for one in engine.report.served] == [0, 1, 2]


@pytest.mark.parametrize("end", [None, FlowEnd.SHUTDOWN])
def test_half_a_recording_is_never_served(end: FlowEnd | None) -> None:
    """An answer whose recording stopped half-way is a miss that says so."""
    recording = Recording()
    recording.http(body_of(user("hi")), answer_events("r")[:1], end=end)
    engine = Engine(recording.interactions, name="c")

    reply = post(engine, body_of(user("hi")))

    assert b"response.failed" in data(reply)
    assert "the recording stopped half-way: interaction 1 has no end" in engine.report.misses[0].text


@pytest.mark.parametrize(
    ("end", "ends"),
    [
        (FlowEnd.UPSTREAM_GONE, Ending.CUT),
        (FlowEnd.CLIENT_GONE, Ending.LEFT),
        (FlowEnd.FINISHED, Ending.COMPLETE),
    ],
)
def test_a_broken_stream_breaks_where_it_broke(end: FlowEnd, ends: Ending) -> None:
    """Replay goes as far as the recording went. A body that ended well ends well, even without a terminal event."""
    recording = Recording()
    recording.http(body_of(user("hi")), answer_events("r", said("x"))[:2], end=end)

    reply = post(Engine(recording.interactions), body_of(user("hi")))

    assert data(reply) == b"".join(part.raw for part in recording.interactions[0].parts)
    assert reply.ends is ends


def test_an_error_and_the_retry_are_served_in_order() -> None:
    """Two equal requests get the 500 first, then the answer."""
    recording = Recording()
    recording.http(body_of(user("hi")), json={"error": {"message": "oops"}}, status=500)
    recording.http(body_of(user("hi")), answer_events("r", said("fine")))
    engine = Engine(recording.interactions)

    replies = [post(engine, body_of(user("hi"))) for _ in range(2)]

    assert [reply.answer.status for reply in replies] == [500, 200]


def test_a_websocket_chain_is_matched_by_what_it_stands_for() -> None:
    """A recording over SSE answers deltas: `previous_response_id` is what this replay served."""
    first, second = (user("hi"),), (user("hi"), call("c1"), output("c1", "done"))
    recording = Recording()
    recording.http(body_of(*first), answer_events("resp_1", call("c1")))
    recording.http(body_of(*second), answer_events("resp_2", said("bye")))
    engine = Engine(recording.interactions)

    send(engine, body_of(*first))
    reply = send(engine, body_of(output("c1", "done"), previous_response_id="resp_1"))

    assert b"bye" in data(reply)
    assert [orjson.loads(frame.data)["type"] for frame in reply.pieces][-1] == "response.completed"
    assert [one.match for one in engine.report.served] == [MatchKind.EXACT, MatchKind.EXACT]


def test_a_recorded_websocket_answers_over_sse() -> None:
    """Each frame becomes an event of its own."""
    recording = Recording()
    recording.websocket([(body_of(user("hi")), answer_events("r", said("x")))])

    reply = post(Engine(recording.interactions), body_of(user("hi")))

    assert (
        reply.pieces[0].data == b'event: response.created\ndata: {"type":"response.created","response":{"id":"r"}}\n\n'
    )
    assert len(reply.pieces) == 3
    assert ("content-type", "text/event-stream; charset=utf-8") in reply.answer.headers


def test_an_error_frame_is_an_http_error() -> None:
    """Status, body and headers of the frame become those of the answer."""
    error = {"type": "usage_limit_reached", "message": "no"}
    frame = {"type": "error", "status": 429, "error": error, "headers": {"x-codex-primary-used-percent": "100.0"}}
    recording = Recording()
    recording.websocket([(body_of(user("hi")), [frame])])

    reply = post(Engine(recording.interactions), body_of(user("hi")))

    assert reply.answer.status == 429
    assert orjson.loads(data(reply)) == {"error": error}
    assert ("x-codex-primary-used-percent", "100.0") in reply.answer.headers


def test_an_http_error_is_an_error_frame() -> None:
    """Codex reads status and headers from the frame."""
    recording = Recording()
    recording.http(body_of(user("hi")), json={"error": {"message": "no"}}, status=429, headers=(("x-a", "1"),))

    reply = send(Engine(recording.interactions), body_of(user("hi")))

    expected = {"type": "error", "status": 429, "error": {"message": "no"}, "headers": {"x-a": "1"}}
    assert [orjson.loads(frame.data) for frame in reply.pieces] == [expected]


@pytest.mark.parametrize(("is_closed_by_client", "ends"), [(True, Ending.LEFT), (False, Ending.CLOSE)])
def test_a_websocket_that_broke_off_breaks_off(*, is_closed_by_client: bool, ends: Ending) -> None:
    """The upstream's close code comes again; a client has to close it itself."""
    recording = Recording()
    exchange = (body_of(user("hi")), answer_events("r")[:1])
    recording.websocket([exchange], close_code=1011, closed_by_client=is_closed_by_client)

    reply = send(Engine(recording.interactions), body_of(user("hi")))

    assert (len(reply.pieces), reply.ends) == (1, ends)
    assert reply.answer.close_code == (None if is_closed_by_client else 1011)


@OVER_BOTH
@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_prewarm_is_answered_whether_it_was_recorded_or_not(*, is_recorded: bool, over: Transport) -> None:
    """Either way the first turn may continue it, and it is neither unused nor missed."""
    turn = (body_of(user("hi"), previous_response_id="warm"), answer_events("r", said("x")))
    recording = Recording()
    if is_recorded:
        recording.websocket([(body_of(said("base"), generate=False), answer_events("warm")), turn])
    else:
        recording.http(body_of(said("base"), user("hi")), answer_events("r", said("x")))
    engine = Engine(recording.interactions)

    warm = ask(engine, body_of(said("base"), generate=False), over)
    last = json_of(warm.pieces[-1].data)
    reply = ask(engine, body_of(user("hi"), previous_response_id=last["response"]["id"]), over)

    assert last["type"] == "response.completed"
    assert b'"x"' in data(reply)
    assert engine.report.is_clean
    assert not engine.report.unused


def test_a_recorded_prewarm_that_nobody_sends_is_not_unused() -> None:
    """Codex prewarms in some runs only."""
    recording = Recording()
    recording.websocket(
        [
            (body_of(said("base"), generate=False), answer_events("warm")),
            (body_of(user("hi"), previous_response_id="warm"), answer_events("r", said("x"))),
        ]
    )
    engine = Engine(recording.interactions)

    reply = post(engine, body_of(said("base"), user("hi")))

    assert b'"x"' in data(reply)
    assert not engine.report.unused


def test_an_upgrade_may_be_refused() -> None:
    """426 makes Codex use HTTP at once."""
    engine = Engine((), websocket=WebSocketMode.REFUSE)

    reply = engine.upgrade(UPGRADE)

    assert reply.status == 426


def test_a_websocket_of_another_api_is_a_miss_that_says_so() -> None:
    """It may well have been recorded."""
    engine = engine_of(body_of(user("hi")))

    answer = engine.upgrade(Request(method="GET", url="/v1/realtime?model=m", headers=()))

    assert answer.status == 400
    assert (
        "WebSocket /v1/realtime?model=m cannot be answered: only those of …/responses" in engine.report.misses[0].text
    )


def test_a_declined_upgrade_is_declined_again() -> None:
    """If the upstream accepted none, neither does the replay."""
    recording = Recording()
    recording.http(None, json={"error": {}}, method="GET", status=426)
    engine = Engine(recording.interactions)

    replies = [engine.upgrade(Request(method="GET", url="/x/responses", headers=())) for _ in range(2)]

    assert [reply.status for reply in replies] == [426, 426]


def test_background_requests_are_answered_as_often_as_they_come() -> None:
    """By what they ask for: base URL and query may differ; the last one is repeated."""
    recording = Recording()
    for number in (1, 2):
        url = "https://chatgpt.com/backend-api/codex/models?client_version=1"
        recording.http(None, json={"models": [number]}, method="GET", url=url, headers=(("etag", f'"{number}"'),))
    engine = Engine(recording.interactions)

    replies = [orjson.loads(data(get(engine, "/v1/models?client_version=2"))) for _ in range(3)]

    assert replies == [{"models": [1]}, {"models": [2]}, {"models": [2]}]
    assert engine.report.is_clean


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/models", 400), ("GET", "/wham/usage", 400), ("POST", "/codex/analytics-events/events", 200)],
)
def test_an_unrecorded_background_call_fails_nothing(method: str, path: str, status: int) -> None:
    """Codex makes or leaves out such calls by itself; the report mentions them."""
    engine = Engine(())

    reply = engine.answer(Request(method=method, url=path, headers=(), body=b"{}"))

    assert reply.status == status
    assert engine.report.is_clean
    assert [one.url for one in engine.report.unmatched] == [path]


def test_any_other_unrecorded_call_is_a_miss() -> None:
    """It is answered 400 with our text."""
    engine = Engine((), name="c")

    reply = get(engine, "/v1/vector_stores")

    assert reply.answer.status == 400
    assert "c: GET /v1/vector_stores was not recorded." in orjson.loads(data(reply))["error"]["message"]
    assert not engine.report.is_clean


def test_a_message_of_another_type_is_a_miss() -> None:
    """It is shown over the WebSocket like any other."""
    engine = engine_of(body_of(user("hi")))

    reply = frame(engine.answer(UPGRADE.message(b'{"type":"session.update"}')))

    assert json_of(reply.pieces[-1].data)["type"] == "response.failed"
    assert "its type is 'session.update', which is not replayed" in engine.report.misses[0].text


def test_a_body_that_is_no_json_is_a_miss() -> None:
    """What cannot be read cannot be matched."""
    engine = engine_of(body_of(user("hi")))

    reply = post(engine, b"\xff")

    assert reply.answer.status == 400
    assert "the body is not a JSON object" in engine.report.misses[0].text


@pytest.mark.parametrize("body", [b"\xff", b"[1]", b"no JSON", b'{"input":' + b"[" * 5_000 + b"]" * 5_000 + b"}"])
@pytest.mark.parametrize("over", [Transport.HTTP, Transport.WEBSOCKET])
def test_a_body_that_cannot_be_read_is_found_by_its_bytes(body: bytes, over: Transport) -> None:
    """The upstream has answered it somehow, with an error most likely."""
    recording = Recording()
    recording.http(b"other", json={"error": {"message": "other"}}, status=400)
    recording.http(body, json={"error": {"message": "not JSON"}}, status=400)
    engine = Engine(recording.interactions)

    request = UPGRADE.message(body) if over is Transport.WEBSOCKET else replace(UPGRADE, method="POST", body=body)
    reply = frame(engine.answer(request))

    assert b"not JSON" in data(reply)
    assert engine.report.is_clean


@pytest.mark.parametrize("odd", [b"NaN", b'"\\ud83d"', b"1e999", b"[" * 900 + b"]" * 900])
def test_odd_json_is_matched_by_its_value(odd: bytes) -> None:
    """Whatever the order of its members; another value is another request."""
    recording = Recording()
    for number in (b"1", b"2"):
        item = b'{"type":"message","role":"user","odd":%b,"content":"%b"}' % (odd, number)
        recording.http(b'{"model":"m","input":[%b]}' % item, json={"output": [], "number": number.decode()})
    item = b'{ "content": "2", "role": "user", "odd": %b, "type": "message" }' % odd

    reply = post(Engine(recording.interactions), b'{"input":[%b],"model":"m"}' % item)

    assert orjson.loads(data(reply))["number"] == "2"


def test_a_client_without_streaming_gets_the_whole_response() -> None:
    """An SDK may ask for one JSON object where the recording streamed, and the other way round."""
    streamed = engine_of(body_of(user("hi")))
    recording = Recording()
    response = {"id": "r", "status": "completed", "output": [said("whole")]}
    recording.http(body_of(user("hi"), stream=False), json=response)

    whole = post(streamed, body_of(user("hi"), stream=False))
    events = post(Engine(recording.interactions), body_of(user("hi")))

    assert orjson.loads(data(whole))["id"] == "resp_1"
    assert b"event: response.output_item.done" in data(events)
    assert b"event: response.completed" in data(events)


def test_redacted_and_connection_headers_stay_behind() -> None:
    """A placeholder is not a value; lengths and encodings are those of the recorded connection."""
    headers = (
        ("content-type", "text/event-stream"),
        ("set-cookie", "[[REDACTED:cookie:1]]"),
        ("Content-Encoding", "zstd"),
        ("transfer-encoding", "chunked"),
    )
    recording = Recording()
    recording.http(body_of(user("hi")), answer_events("r"), headers=headers)

    reply = post(Engine(recording.interactions), body_of(user("hi")))

    assert reply.answer.headers == (("content-type", "text/event-stream"),)


def test_a_drift_is_reported_once() -> None:
    """The conversation repeats a drifted output in every request that follows."""
    first = (user("hi"), call("c1"), output("c1", "old"))
    engine = engine_of(body_of(*first), body_of(*first, said("answer 1"), user("more")))
    drifted = (user("hi"), call("c1"), output("c1", "new"))

    post(engine, body_of(*drifted))
    post(engine, body_of(*drifted, said("answer 1"), user("more")))

    assert [one.match for one in engine.report.served] == [MatchKind.DRIFTED, MatchKind.DRIFTED]
    assert [str(one) for one in engine.report.drifts] == [
        'interaction 1: tool-output drifted, input[2].output ("old" -> "new")'
    ]


@pytest.mark.parametrize(
    ("old", "new", "kind", "accepted_by"),
    [
        ((user("hi"), output("c1", "old")), (user("hi"), output("c1", "new")), "drifted", "normal"),
        ((user("see /tmp/a/x"),), (user("see /tmp/b/x"),), "drifted", "normal"),
        ((output("c", "in /tmp/a/x"),), (output("c", "in /tmp/b/x"),), "normalised", "normal"),
        (({"role": "developer", "content": "x"},), ({"role": "developer", "content": "y"},), "drifted", "loose"),
        ((user("hi"),), (user("ho"),), None, None),
    ],
)
def test_strict_says_which_flag_would_accept(
    old: tuple[Any, ...], new: tuple[Any, ...], kind: str | None, accepted_by: str | None
) -> None:
    """A miss that is a matter of level names kind and option, one that is not names none."""
    engine = engine_of(body_of(*old), level=MatchLevel.STRICT)

    post(engine, body_of(*new))

    (miss,) = engine.report.misses
    said = [line for line in miss.text.splitlines() if "does not accept here" in line]
    reason = f"it matches as {kind}, which match level strict does not accept here"
    assert said == ([f"  {reason}: --codex-replay-match={accepted_by} would"] if accepted_by else [])


def test_what_was_served_no_flag_would_accept() -> None:
    """However well it matches."""
    engine = engine_of(body_of(user("hi"), output("c1", "old")), level=MatchLevel.STRICT)
    post(engine, body_of(user("hi"), output("c1", "old")))

    post(engine, body_of(user("hi"), output("c1", "new")))

    assert "does not accept here" not in engine.report.misses[0].text


def test_a_fault_consumes_no_interaction() -> None:
    """The retry gets the recorded answer, and the report knows both."""
    engine = engine_of(body_of(user("hi")), faults=[Fault.parse("500x2")])

    replies = [post(engine, body_of(user("hi"))) for _ in range(3)]

    assert [reply.answer.status for reply in replies] == [500, 500, 200]
    assert [str(one) for one in engine.report.faults] == [
        "request 1 met 500x2 at interaction 1",
        "request 2 met 500x2 at interaction 1",
    ]
    assert [(one.request, one.interaction, one.repeats) for one in engine.report.served] == [(3, 1, 0)]
    assert not engine.report.unused
    assert engine.report.is_clean


def test_what_a_fault_spoilt_for_good_was_asked_for_all_the_same() -> None:
    """An interaction that a client gave up on is not unused; what would have come after it is."""
    engine = engine_of(body_of(user("one")), body_of(user("two")), faults=[Fault.parse("401x*@1")])

    post(engine, body_of(user("one")))

    assert [one.index for one in engine.report.unused] == [2]
    assert not engine.report.unmet_faults


@OVER_BOTH
@pytest.mark.parametrize("fault", ["slow:1ms", "stall:1ms", "malformed:2", "duplicate:last", "cut:9", "cut:9999b"])
def test_an_answer_that_went_out_whole_is_served(fault: str, over: Transport) -> None:
    """A client that could not read it may ask again; one that goes on finds nothing left over."""
    engine = engine_of(body_of(user("hi")), faults=[Fault.parse(fault)])

    replies = [ask(engine, body_of(user("hi")), over) for _ in range(2)]

    assert [b"answer 1" in data(reply) for reply in replies][1]
    assert [one.repeats for one in engine.report.served] == [0, 1]
    assert not engine.report.unused


@OVER_BOTH
def test_a_retry_that_repeats_finished_items_gets_the_rest(over: Transport) -> None:
    """Codex keeps what was finished before a cut, and sends it along: what it asks next is as recorded."""
    first, second = said("one moment"), call("c1")
    recording = Recording()
    recording.http(body_of(user("hi")), answer_events("resp_1", first, second))
    recording.http(body_of(user("hi"), first, second, output("c1", "done")), answer_events("resp_2", said("bye")))
    engine = Engine(recording.interactions, faults=[Fault.parse("cut:2@1")])

    cut = ask(engine, body_of(user("hi")), over)
    rest = ask(engine, body_of(user("hi"), first), over)
    last = ask(engine, body_of(user("hi"), first, second, output("c1", "done")), over)

    assert (b"one moment" in data(cut), cut.ends) == (True, Ending.CUT)
    assert data(rest).count(b"one moment") == 1  # in the whole response at the end, which Codex does not read
    assert b"exec_command" in data(rest)
    assert b"bye" in data(last)
    assert [one.match for one in engine.report.served] == [MatchKind.EXACT, MatchKind.EXACT]


def test_a_prewarm_and_a_background_request_may_meet_a_fault() -> None:
    """Each by its index."""
    recording = Recording()
    recording.http(None, json={"models": []}, method="GET", url="https://api.openai.com/v1/models")
    recording.websocket([(body_of(said("base"), generate=False), answer_events("warm"))])
    engine = Engine(recording.interactions, faults=[Fault.parse("503@1"), Fault.parse("close:1012@2")])

    models = get(engine, "/v1/models")
    warm = send(engine, body_of(said("base"), generate=False))

    assert models.answer.status == 503
    assert (warm.pieces, warm.ends, warm.answer.close_code) == ((), Ending.CLOSE, 1012)


def test_an_upgrade_may_meet_a_fault() -> None:
    """The next one is accepted."""
    engine = engine_of(body_of(user("hi")), faults=[Fault.parse("426")])

    declined = engine.upgrade(UPGRADE)

    assert (declined.status, engine.upgrade(UPGRADE).status) == (426, 101)


@OVER_BOTH
def test_an_answer_is_cut_anew_by_a_seed(over: Transport) -> None:
    """The bytes are the same, and the report says by which seed."""
    recorded = ask(engine_of(body_of(user("hi"))), body_of(user("hi")), over)
    engine = engine_of(body_of(user("hi")), recut_seed=7)

    reply = ask(engine, body_of(user("hi")), over)

    assert data(reply) == data(recorded)
    assert len(reply.pieces) > len(recorded.pieces) or all(piece.cuts for piece in reply.pieces)
    assert engine.report.recut_seed == 7


def test_two_processes_on_one_server_are_kept_apart() -> None:
    """Each gets the answers of one recorded session, and what it minted is not told to the other."""
    recording = Recording()
    for name in ("a", "b"):
        headers = (("session-id", name), ("thread-id", name))
        first = body_of(user("start"))
        answer = call("c1", '{"cmd":"cat"}')
        recording.http(first, answer_events(f"{name}1", answer), request_headers=headers)
        body = body_of(user("start"), answer, output("c1", f"session ID {'1111' if name == 'a' else '2222'}"))
        text = f"{name} typed into session_id: {'1111' if name == 'a' else '2222'}"
        recording.http(body, answer_events(f"{name}2", said(text)), request_headers=headers)
    engine = Engine(recording.interactions)

    said_to = {}
    for name, session in (("x", "7777"), ("y", "8888")):
        headers = (("session-id", name), ("thread-id", name))
        post(engine, body_of(user("start")), headers=headers)
        said_to[name] = session
    replies = [
        data(
            post(
                engine,
                body_of(user("start"), call("c1", '{"cmd":"cat"}'), output("c1", f"session ID {session}")),
                headers=(("session-id", name), ("thread-id", name)),
            )
        )
        for name, session in reversed(said_to.items())
    ]

    assert b"b typed into session_id: 8888" in replies[0]
    assert b"a typed into session_id: 7777" in replies[1]
