"""The fold of calls: what each one changes, and what of a session was taken back."""

import pytest

from pytest_codex_replay.projection.turn_fold import TurnFold, last_texts
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.upstream.scenarios import failed, multi_turn, text, tool_loop
from pytest_codex_replay.wire.responses import Outcome
from tests.sessions import THREAD, user


def folded(interactions):
    fold = TurnFold()
    touched = [fold.update(call, ordinal) for ordinal, call in enumerate(interactions)]
    return fold, touched


def test_a_call_touches_those_that_look_otherwise_since(talk):
    """The one before, which may wait for an output, and itself."""
    client = talk(tool_loop(2))
    client.turn("run")

    fold, touched = folded(client.interactions)

    assert touched == [{0}, {0, 1}, {1, 2}]
    assert [len(fold.items(call)) for call in fold.calls.values()] == [3, 2, 1]


def test_taking_a_call_again_changes_nothing(talk):
    """It is taken as often as more of it comes."""
    client = talk(tool_loop(2))
    client.turn("run")
    fold, _ = folded(client.interactions)
    once = ([fold.items(call) for call in fold.calls.values()], fold.turns[0].tokens)

    for ordinal, call in enumerate(client.interactions):
        fold.update(call, ordinal)

    assert ([fold.items(call) for call in fold.calls.values()], fold.turns[0].tokens) == once


def test_a_turn_waits_for_the_output_of_its_tool(talk):
    """Until the next request of the thread comes."""
    client = talk(tool_loop(1))
    client.turn("run")
    first, second = client.interactions

    fold = TurnFold()
    fold.update(first, 0)
    assert fold.is_open(fold.turns[0])
    fold.update(second, 1)
    assert not fold.is_open(fold.turns[0])


def test_a_turn_that_was_taken_back_is_known_by_what_came_later(talk):
    """The conversation goes on where it had begun."""
    client = talk(multi_turn())
    client.turn("first")
    client.take_back("second")
    client.turn("third")

    turns = turns_of(client.interactions)

    assert [(turn.prompt, turn.is_rolled_back) for turn in turns] == [
        ("first", False),
        ("second", True),
        ("third", False),
    ]


def test_a_turn_that_failed_is_not_taken_back(talk):
    """Its prompt is sent again, before the next one."""
    client = talk(failed())
    client.turn("first", retries=1)
    client.turn("second", retries=1)

    assert [turn.is_rolled_back for turn in turns_of(client.interactions)] == [False, False]


def test_a_compaction_takes_nothing_back(talk):
    """Although the history is shorter afterwards."""
    client = talk(text("Hello."))
    client.turn("first")
    client.turn("second")
    client.compact()
    client.turn("third")

    assert not any(turn.is_rolled_back for turn in turns_of(client.interactions))


def test_what_is_lost_later_is_a_failure(talk):
    """Also of an answer that seemed whole."""
    client = talk(text("Hello."))
    client.turn("hi")
    fold, _ = folded(client.interactions)

    assert fold.lose(0) == {0}
    assert fold.lose(7) == set()

    (turn,) = fold.turns
    assert fold.outcome(turn) == (Outcome.UNKNOWN, "part of the answer was not recorded")
    assert [item.kind for item in fold.turn_items(turn)] == ["user", "assistant", "failure"]
    assert (turn.thread_id, user("hi")["role"]) == (THREAD, "user")


def said(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}] if text else []}


CALL = {"type": "function_call", "call_id": "c", "name": "exec", "arguments": "{}"}


@pytest.mark.parametrize(
    ("items", "texts"),
    [
        ([], []),
        ([CALL], []),
        ([said(""), CALL, said("")], []),
        ([said("a"), CALL], ["a"]),
        ([said("a"), said("b"), said(""), CALL, CALL, said("")], ["a", "b"]),
        ([said("a"), CALL, said("b"), CALL], ["b"]),
    ],
)
def test_what_was_said_last_is_found(items, texts):
    """A conversation may be continued by a tool's output, and what stands behind may say nothing."""
    assert [one.text for one in last_texts(tuple(items))] == texts


@pytest.mark.parametrize("item", [said(""), CALL])
def test_each_item_is_looked_at_once(item):
    """There may be a hundred thousand of them, none of which says anything."""

    class Counted(list):
        reads = 0

        def __getitem__(self, at):
            Counted.reads += len(range(*at.indices(len(self)))) if isinstance(at, slice) else 1
            return super().__getitem__(at)

    assert last_texts(Counted([item] * 1000)) == ()
    assert Counted.reads <= 2000
