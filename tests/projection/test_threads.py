"""The tree of agents, and titles."""

import orjson
import pytest

from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.threads import prompts_to_title, threads_of, title_of
from pytest_codex_replay.projection.turns import background_requests_of, turns_of
from pytest_codex_replay.upstream import Script
from pytest_codex_replay.upstream.scenarios import text
from tests.sessions import THREAD, Talk

KID, GRANDCHILD, TITLE = "kid-1", "kid-2", "titles"


def threads_in(*talks: Talk):
    interactions = interactions_of(sorted((r for t in talks for r in t.records), key=lambda record: record.at_ms))
    return threads_of(interactions, turns_of(interactions))


def talked(prompt: str, **who) -> Talk:
    one = Talk(text(), **who)
    one.turn(prompt)
    return one


def test_agents_make_a_tree():
    """By the thread that spawned each, whichever spoke first; a name is the last part of a path."""
    own = {"thread_source": "subagent", "subagent_kind": "collab_spawn"}
    threads = threads_in(
        talked("dig", thread=GRANDCHILD, parent=KID, agent_name="/root/kid/digger", **own),
        talked("go", thread_source="user", agent_name="/root"),
        talked("help", thread=KID, parent=THREAD, agent_name="/root/kid", **own),
    )

    root, kid, digger = threads
    assert [thread.id for thread in threads] == [THREAD, KID, GRANDCHILD]
    assert [(depth, thread.agent_name, thread.agent_path) for depth, thread in root.walk()] == [
        (0, "root", "/root"),
        (1, "kid", "/root/kid"),
        (2, "digger", "/root/kid/digger"),
    ]
    assert (root.parent, kid.parent, digger.parent) == (None, root, kid)
    assert kid.children == (digger,)
    assert [turn.prompt for turn in digger.turns] == ["dig"]
    assert root.as_json()["children"][0]["children"][0]["agent_path"] == "/root/kid/digger"


@pytest.mark.parametrize("parent", ["nobody", KID])
def test_a_parent_that_is_not_there_is_named_all_the_same(parent):
    """Not recorded, or, in an edited recording, the thread itself."""
    (thread,) = threads_in(talked("go", thread=KID, parent=parent))

    assert (thread.parent, thread.parent_id, thread.children) == (None, parent, ())


def test_threads_that_name_each_other_as_parents_end():
    """In an edited recording."""
    threads = threads_in(talked("go", thread=KID, parent=GRANDCHILD), talked("go", thread=GRANDCHILD, parent=KID))

    assert {thread.id for thread in threads} == {KID, GRANDCHILD}
    assert sum(thread.parent is None for thread in threads) == 1


def test_an_sdk_has_no_threads(talk):
    """It names none."""
    client = talk(text())
    client.sdk("hi")

    assert threads_in(client) == ()


def test_a_title_request_is_no_turn():
    """Nobody said it; it is asked beside the conversation."""
    client = Talk(text(), thread=TITLE)
    client.title("My name is Ada.")
    (call,) = client.interactions

    (thread,) = threads_in(client)
    assert turns_of([call]) == ()
    assert background_requests_of([call], turns_of([call])) == (call,)
    assert (title_of([call]), prompts_to_title([call])) == ("Talk to a script", ("My name is Ada.",))
    assert (thread.helper_kind, thread.source, thread.turns) == ("title", "thread_title", ())


@pytest.mark.parametrize(
    ("answer", "title"), [("Greet Ada", "Greet Ada"), ("[1]", "[1]"), ('{"name": 1}', '{"name": 1}')]
)
def test_a_title_of_another_shape_is_shown_as_it_is(answer, title, monkeypatch):
    """A model may answer what it likes."""
    script = Script(lambda cue: cue.say(answer))
    monkeypatch.setattr(script, "reply", lambda request: script.answer(script._cue(request)))
    client = Talk(script, thread=TITLE)
    client.title("hi")

    assert title_of(client.interactions) == title


def test_a_title_request_without_an_answer_has_no_title(talk):
    """It was cut short."""
    client = Talk(text(), thread=TITLE)
    client.title("hi")
    call = client.interactions[0]

    assert title_of(interactions_of(client.records[:1])) is None
    assert orjson.loads(call.output[0]["content"][0]["text"]) == {"title": "Talk to a script"}
