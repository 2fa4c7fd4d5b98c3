"""Recorded interactions as answers."""

from typing import Any

import orjson
import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.projection.interactions import Transport
from pytest_codex_replay.replay.playback import (
    events_of_response,
    made_up_answer,
    recorded_answer,
    recorded_upgrade,
    replayed_headers,
)
from pytest_codex_replay.replay.reply import Ending, Speed
from tests.replay.recording import Recording, answer_events, body_of, said, user

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


def test_headers_of_the_connection_stay_behind() -> None:
    """So do values that were redacted."""
    headers = [("Connection", "close"), ("x-a", "1"), ("set-cookie", "[[REDACTED:cookie:1]]")]

    assert replayed_headers(headers) == (("x-a", "1"),)


def test_a_prewarm_that_was_not_recorded_brings_an_id_to_continue() -> None:
    """And nothing else."""
    last = values(made_up_answer("resp_1").parts)[-1]

    assert (last["type"], last["response"]["id"], last["response"]["output"]) == ("response.completed", "resp_1", [])


@pytest.mark.parametrize("body", [{"object": "list", "data": []}, {"choices": []}, {}, [1]])
def test_what_is_no_response_is_replayed_as_it_was(body: Any) -> None:
    """Nobody makes events of it, whatever the client asks for; over a WebSocket the client is told."""
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
