"""A recording that is played once for each conversation."""

import orjson
import pytest

from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.faults import parse_faults
from pytest_codex_replay.replay.framing import frame
from pytest_codex_replay.replay.reply import Request
from tests.replay.recording import Recording, answer_events, body_of, said, user

FIRST = body_of(user("hi"))
SECOND = body_of(user("hi"), said("a"), user("more"))
OTHER = body_of(user("something else"))


def engine_of(*faults, is_repeated=True):
    """A conversation of two turns, over SSE."""
    recording = Recording()
    recording.http(FIRST, answer_events("r1", said("a")))
    recording.http(SECOND, answer_events("r2", said("b")))
    return Engine(recording.interactions, faults=parse_faults(faults), is_repeated=is_repeated)


def served(engine, *bodies, thread=None):
    """Ask; return which interactions answered, None where none did."""
    headers = (("thread-id", thread),) if thread else ()
    found = []
    for body in bodies:
        before = len(engine.report.served)
        engine.answer(Request(method="POST", url="/v1/responses", headers=headers, body=orjson.dumps(body)))
        found += [one.interaction for one in engine.report.served[before:]] or [None]
    return found


@pytest.mark.parametrize("thread", [None, "t-1"])
def test_a_conversation_begins_anew(thread):
    """Whether its client says who it is or not, and also when the one before stopped half-way."""
    engine = engine_of()

    assert served(engine, FIRST, SECOND, FIRST, FIRST, SECOND, thread=thread) == [1, 2, 1, 1, 2]
    assert engine.report.is_clean
    assert engine.report.unused == ()


def test_conversations_at_the_same_time_are_kept_apart():
    """By the ids of their threads."""
    engine = engine_of()

    both = [served(engine, body, thread=thread) for body in (FIRST, SECOND) for thread in ("t-1", "t-2")]

    assert both == [[1], [1], [2], [2]]


def test_once_is_once():
    """What pytest does: an answer that is asked for twice is a miss."""
    engine = engine_of(is_repeated=False)

    first, _ = engine.report.unused

    assert served(engine, FIRST) == [1]
    engine.delivered(first)
    assert served(engine, FIRST, SECOND) == [None, 2]


def test_what_is_not_recorded_is_a_miss_in_each_play():
    """No play is begun for it; what is unused is what no play has served."""
    engine = engine_of()

    assert served(engine, FIRST, OTHER, FIRST, OTHER) == [1, None, 1, None]
    assert len(engine.report.misses) == 2
    assert "nearest: interaction" in engine.report.misses[1].text
    assert [one.index for one in engine.report.unused] == [2]


def test_each_conversation_meets_the_faults():
    """The first attempt of each; a fault that one of them met is not unmet."""
    engine = engine_of("429@1")

    assert [served(engine, FIRST, FIRST, SECOND, thread=thread) for thread in "ab"] == [[None, 1, 2]] * 2
    assert engine.report.unmet_faults == ()


def test_a_prewarmed_conversation_begins_anew():
    """Its prewarm and its first turn are of the same play."""
    engine = engine_of()
    prewarm = FIRST | {"generate": False}
    for thread in "ab":
        upgrade = Request(method="GET", url="/v1/responses", headers=(("thread-id", thread),))
        engine.upgrade(upgrade)
        answer = engine.answer(upgrade.message(orjson.dumps({"type": "response.create", **prewarm})))
        rest = {"type": "response.create", **FIRST, "input": [], "previous_response_id": response_id_of(answer)}
        engine.answer(upgrade.message(orjson.dumps(rest)))

    assert [one.interaction for one in engine.report.served] == [1, 1]
    assert engine.report.is_clean


def response_id_of(answer):
    """The id in the last event of an answer."""
    return orjson.loads(frame(answer).pieces[-1].data)["response"]["id"]
