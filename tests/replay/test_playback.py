"""Recorded interactions as answers."""

from typing import Any

import orjson
import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.projection.interactions import Transport
from pytest_codex_replay.replay.playback import (
    NO_ANSWER_STATUS,
    asked_again,
    events_of_response,
    made_up_answer,
    recorded_answer,
    recorded_upgrade,
    replayed_headers,
)
from pytest_codex_replay.replay.reply import Ending, Speed
from tests.replay.recording import INTERRUPT, URL, Recording, answer_events, body_of, said, steered_events, user

WHOLE = {"id": "r", "status": "completed", "output": [said("whole")]}


def values(parts: Any) -> list[Any]:
    return [part.payload.json for part in parts]


@pytest.mark.parametrize(("is_stream", "over"), [(True, Transport.HTTP), (None, Transport.WEBSOCKET)])
def test_a_whole_response_becomes_events(*, is_stream: bool | None, over: Transport) -> None:
    """For a client that asked for a stream, and on a WebSocket, where there is nothing else."""
    recording = Recording()
    recording.http(body_of(user("hi"), stream=False), json=WHOLE)

    answer = recorded_answer(recording.interactions[0], Speed(), transport=over, is_stream=is_stream)

    assert values(answer.parts) == list(events_of_response(WHOLE))
    assert (answer.is_stream, answer.interaction) == (True, recording.interactions[0])


def test_events_become_a_whole_response() -> None:
    """The one that the last of them brings."""
    recording = Recording()
    recording.websocket([(body_of(user("hi")), answer_events("r", said("x")))])

    answer = recorded_answer(recording.interactions[0], Speed(), is_stream=False)

    assert orjson.loads(answer.parts[0].payload.raw) == answer_events("r", said("x"))[-1]["response"]
    assert answer.headers == (("content-type", "application/json"),)


@pytest.mark.parametrize(("over", "ends"), [(Transport.HTTP, Ending.COMPLETE), (Transport.WEBSOCKET, Ending.CUT)])
def test_a_stream_without_a_terminal_event(over: Transport, ends: Ending) -> None:
    """Its body ends well; on a WebSocket, where nothing else ends an answer, the connection drops."""
    recording = Recording()
    recording.http(body_of(user("hi")), answer_events("r")[:1], end=FlowEnd.FINISHED)

    answer = recorded_answer(recording.interactions[0], Speed(), transport=over)

    assert (len(answer.parts), answer.ends) == (1, ends)


@pytest.mark.parametrize("over", [Transport.HTTP, Transport.WEBSOCKET])
def test_an_upstream_that_was_not_reached_says_nothing(over: Transport) -> None:
    """Neither does the replay."""
    recording = Recording()
    recording.http(body_of(user("hi")), status=None, end=FlowEnd.REFUSED)

    answer = recorded_answer(recording.interactions[0], Speed(), transport=over)

    assert (answer.parts, answer.ends) == ((), Ending.CUT)


@pytest.mark.parametrize("has_catalogue", [True, False])
def test_an_upgrade_brings_a_catalogue_tag_only_with_the_catalogue(*, has_catalogue: bool) -> None:
    """Codex would ask for the catalogue, and that was not recorded."""
    recording = Recording()
    if has_catalogue:
        recording.http(None, json={"models": []}, method="GET", url="https://api.openai.com/v1/models")
    headers = (("x-models-etag", '"1"'), ("x-a", "1"), ("upgrade", "websocket"))
    recording.websocket([(body_of(user("hi")), answer_events("r"))], headers=headers)

    answer = recorded_upgrade(recording.interactions, Speed())

    assert (answer.status, answer.headers) == (101, headers[not has_catalogue : 2])


@pytest.mark.parametrize(
    ("events", "holds", "left_out"),
    [
        (steered_events(), [4], 0),
        (steered_events(how="failed"), [4], 0),
        ([*steered_events()[:4], *answer_events("r")[1:], INTERRUPT, {"type": "response.interrupt.failed"}], [], 1),
        ([*steered_events()[:4], INTERRUPT], [4], 0),
        (answer_events("r"), [], 0),
    ],
)
def test_an_answer_is_held_where_it_was_interrupted(events: list[Any], holds: list[int], left_out: int) -> None:
    """What came after its end changed nothing: it holds nothing, and its refusal does not come unasked."""
    recording = Recording()
    recording.websocket([(body_of(user("hi")), events)])
    (interaction,) = recording.interactions

    answer = recorded_answer(interaction, Speed(), transport=Transport.WEBSOCKET)

    assert [hold.after for hold in answer.holds] == holds
    assert len(answer.parts) == len(interaction.parts) - left_out


def left(*bodies: Any, url: str = URL, begun: bool = True) -> tuple[Any, ...]:
    recording = Recording()
    for body in bodies:
        recording.http(body, answer_events("r")[:begun], end=FlowEnd.CLIENT_GONE, url=url)
    return recording.interactions


@pytest.mark.parametrize(
    ("url", "begun", "ends"),
    [
        (URL, True, Ending.LEFT),
        (URL, False, Ending.LEFT),
        ("https://api.openai.com/v1/chat/completions", True, Ending.LEFT),
        ("https://api.openai.com/v1/chat/completions", False, Ending.CUT),
        ("https://api.openai.com/v1/models", True, Ending.CUT),
    ],
)
def test_an_answer_that_the_client_left_waits_for_that(url: str, ends: Ending, *, begun: bool) -> None:
    """What Codex asks on its own, it leaves when it ends."""
    (interaction,) = left(body_of(user("hi")), url=url, begun=begun)

    assert recorded_answer(interaction, Speed()).ends is ends


def test_a_client_that_left_before_it_was_answered_got_nothing() -> None:
    """Not even a status: nothing comes until it leaves again."""
    recording = Recording()
    recording.http(body_of(user("hi")), status=None, end=FlowEnd.CLIENT_GONE)

    answer = recorded_answer(recording.interactions[0], Speed())

    assert (answer.status, answer.parts, answer.ends) == (NO_ANSWER_STATUS, (), Ending.LEFT)


IN_TURN = {"client_metadata": {"turn_id": "t1", "thread_id": "x"}}


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (body_of(user("hi")), body_of(user("hi")), {1}),
        (body_of(user("hi")), body_of(user("hi"), user("again")), set()),
        (body_of(user("hi"), **IN_TURN), body_of(user("hi"), said("x"), **IN_TURN), {1}),
        (body_of(user("hi"), **IN_TURN), body_of(user("hi")), set()),
    ],
)
def test_an_answer_that_is_asked_for_again_was_waited_for_too_long(first: Any, second: Any, found: set[int]) -> None:
    """Nobody meant to leave it: the same request, or another one of the same turn, follows."""
    assert asked_again(left(first, second)) == found


def test_headers_of_the_connection_stay_behind() -> None:
    """So do values that were redacted."""
    headers = [("Connection", "close"), ("x-a", "1"), ("set-cookie", "[[REDACTED:cookie:1]]")]

    assert replayed_headers(headers) == (("x-a", "1"),)


def test_a_prewarm_that_was_not_recorded_brings_an_id_to_continue() -> None:
    """And nothing else."""
    last = values(made_up_answer("resp_1").parts)[-1]

    assert (last["type"], last["response"]["id"], last["response"]["output"]) == ("response.completed", "resp_1", [])


@pytest.mark.parametrize("asked", [True, False])
def test_who_asks_in_the_same_way_gets_the_same(*, asked: bool) -> None:
    """A server may answer with a response where events were asked for, and the other way round."""
    recording = Recording()
    recording.http(body_of(user("hi"), stream=True), json=WHOLE)
    recording.http(body_of(user("hi"), stream=False), answer_events("r"))
    interaction = recording.interactions[not asked]

    answer = recorded_answer(interaction, Speed(), is_stream=asked)

    assert (answer.parts, answer.is_stream) == (interaction.parts, not asked)


@pytest.mark.parametrize("status", ["failed", "incomplete"])
def test_a_response_may_end_in_any_way(status: str) -> None:
    """Over either transport, in either form."""
    events = [{"type": f"response.{status}", "response": {**WHOLE, "status": status}}]
    recording = Recording()
    recording.http(body_of(user("hi")), events)
    recording.http(body_of(user("hi"), stream=False), json=events[0]["response"])
    streamed, whole = recording.interactions

    assert values(recorded_answer(streamed, Speed(), is_stream=False).parts) == [events[0]["response"]]
    assert values(recorded_answer(whole, Speed(), is_stream=True).parts)[-1] == events[0]


def test_a_whole_response_has_the_items_that_its_events_brought() -> None:
    """Some servers leave them out of the last event."""
    events = answer_events("r", said("x"))
    del events[-1]["response"]["output"]
    recording = Recording()
    recording.http(body_of(user("hi")), events)

    (response,) = values(recorded_answer(recording.interactions[0], Speed(), is_stream=False).parts)

    assert response["output"] == [said("x")]


@pytest.mark.parametrize("over", [Transport.HTTP, Transport.WEBSOCKET])
def test_an_interim_answer_that_nothing_followed_is_no_answer(over: Transport) -> None:
    """A client would wait for the one that follows."""
    recording = Recording()
    recording.http(body_of(user("hi")), status=103)

    answer = recorded_answer(recording.interactions[0], Speed(), transport=over)

    assert (answer.parts, answer.ends) == ((), Ending.CUT)


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": []},
        {"choices": []},
        {},
        [1],
        {"object": "response", "output": 5},
        {**WHOLE, "status": "queued"},
        {**WHOLE, "status": 5},
    ],
)
def test_what_is_not_a_response_is_replayed_as_it_was(body: Any) -> None:
    """It becomes no events, whatever the client asks for; over a WebSocket the client is told."""
    recording = Recording()
    recording.http(body_of(user("hi"), stream=False), json=body)

    answer = recorded_answer(recording.interactions[0], Speed(), is_stream=True)
    told = recorded_answer(recording.interactions[0], Speed(), transport=Transport.WEBSOCKET)

    assert (values(answer.parts), answer.is_stream) == ([body], False)
    assert values(told.parts)[-1]["type"] == "response.failed"


def test_events_that_bring_no_response_stay_events() -> None:
    """A chat completion, say: there is no object to answer with."""
    recording = Recording()
    recording.http(body_of(user("hi")), [b"data: {}\n\n", b"data: [DONE]\n\n"], end=FlowEnd.FINISHED)

    answer = recorded_answer(recording.interactions[0], Speed(), is_stream=False)

    assert answer.parts == recording.interactions[0].parts
