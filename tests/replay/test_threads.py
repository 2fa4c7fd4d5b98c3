"""Which recorded thread a live one plays."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.projection.interactions import Transport
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.replay.threads import Threads
from tests.replay.agents import Asked, Team, message, recorded_team
from tests.replay.recording import Recording, answer_events, body_of, user

pytestmark = pytest.mark.usefixtures("unmeasured")


def test_between_equals_the_thread_decides() -> None:
    """Its own first, then one that no client plays, then another's."""
    recording = Recording()
    for name in ("a", "b", "c"):
        recording.http(body_of(user("hi")), answer_events(name), request_headers=(("thread-id", name),))
    a, b, c = recording.interactions
    threads = Threads()
    threads.learn(Identity(thread_id="one"), a)
    threads.learn(Identity(thread_id="two"), b)

    order = sorted((a, b, c), key=threads.rank_for(Identity(thread_id="two")))

    assert order == [b, c, a]


def test_a_client_that_names_no_thread_plays_them_all() -> None:
    """SDKs have none: a thread that another client plays is as near as one that is free."""
    recording = Recording()
    for name in ("a", "b"):
        recording.http(body_of(user("hi")), answer_events(name), request_headers=(("thread-id", name),))
    taken, free = recording.interactions
    threads = Threads()
    threads.learn(Identity(thread_id="one"), taken)

    rank = threads.rank_for(Identity())

    assert rank(taken) == rank(free)


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize("over", [Transport.HTTP, Transport.WEBSOCKET])
def test_eight_agents_are_heard_in_any_order(over: Transport, level: MatchLevel) -> None:
    """In each of 100 runs, each request of each thread gets its own answer, on every level."""
    interactions, indexes = recorded_team("recorded")
    missed = []

    for seed in range(100):
        engine = Engine(interactions, level=level)
        requests = list(Team(seed).requests())
        for asked in requests:
            engine.answer(request_of(asked, over))
        served = [one.interaction for one in engine.report.served]
        wanted = [indexes[asked.path, asked.step] for asked in requests]
        if served != wanted or not engine.report.is_clean or engine.report.unused:
            missed.append((seed, [one.text for one in engine.report.misses]))

    assert missed == []


def request_of(asked: Asked, over: Transport) -> Request:
    """Return a request as the client sends it: over WebSocket, only what is new."""
    request = Request(method="POST", url="/v1/responses", headers=(("thread-id", f"live {asked.path}"),))
    if over is Transport.HTTP:
        return replace(request, body=orjson.dumps(body_of(*asked.whole)))
    chained = {"previous_response_id": asked.previous_response_id} if asked.step else {}
    return request.message(orjson.dumps({"type": "response.create", **body_of(*asked.delta), **chained}))


HELLO, BYE = (message("FINAL_ANSWER", "/root/a", "/root", text) for text in ("Hello.", "Bye."))
TASK, OTHER_TASK = (message("NEW_TASK", "/root", f"/root/{name}", "Go.") for name in "ab")


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize(
    ("recorded", "live", "author"),
    [
        ([user("hi"), HELLO], [user("hi"), BYE], "/root/a"),
        ([user("hi"), HELLO, BYE], [user("hi"), HELLO, HELLO], "/root/a"),
        ([user("hi"), TASK], [user("hi"), OTHER_TASK], "/root"),
        ([user("hi"), TASK], [user("hi")], ""),
    ],
)
def test_what_an_agent_says_is_part_of_the_conversation(
    level: MatchLevel, recorded: list[Any], live: list[Any], author: str
) -> None:
    """Another text of the same author's, or another task: a miss that names the author."""
    recording = Recording()
    recording.http(body_of(*recorded), answer_events("r"))
    engine = Engine(recording.interactions, level=level)

    engine.answer(Request(method="POST", url="/v1/responses", headers=(), body=orjson.dumps(body_of(*live))))

    (miss,) = engine.report.misses
    assert f"from {author} (" in miss.text or not author


def test_of_two_moments_the_one_that_heard_the_same_is_meant() -> None:
    """A request that is repeated when more agents are done is answered as it was at that moment."""
    recording = Recording()
    for number, heard in enumerate(([], [HELLO], [HELLO, BYE])):
        recording.http(body_of(user("hi"), *heard), answer_events(f"r{number}"))
    engine = Engine(recording.interactions)
    spoken = message("FINAL_ANSWER", "/root/b", "/root", "Late.")

    body = orjson.dumps(body_of(user("hi"), HELLO, BYE, spoken))
    engine.answer(Request(method="POST", url="/v1/responses", headers=(), body=body))

    assert [one.interaction for one in engine.report.served] == [3]
