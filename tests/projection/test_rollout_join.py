"""Rollout against traffic: which turns are the same, and what only one of them knows."""

from dataclasses import replace
from typing import Any

import pytest

from pytest_codex_replay.codex.approvals import Approval
from pytest_codex_replay.codex.rollout_runs import ToolRun
from pytest_codex_replay.projection.items import ToolCall, UserText
from pytest_codex_replay.projection.rollout_join import Fact, JoinedTurn, join_turns, turns_by_thread
from pytest_codex_replay.projection.rollout_turns import RolloutTurn, TurnStatus
from pytest_codex_replay.projection.turns import Turn, turns_of
from pytest_codex_replay.upstream.scenarios import cut_stream, multi_turn, tool_loop
from tests.sessions import THREAD


@pytest.fixture
def turn(talk: Any) -> Turn:
    """A tool call and its answer."""
    client = talk(tool_loop(1))
    client.turn("run the step")
    (turn,) = turns_of(client.interactions)
    return turn


def own(**more: Any) -> RolloutTurn:
    lines = {"first": 2, "last": 9, **dict.fromkeys(more, 5)}
    return RolloutTurn(**{"index": 1, "status": TurnStatus.COMPLETED, "lines": lines, **more})


def joined(turn: Turn, *owns: RolloutTurn) -> JoinedTurn:
    found = join_turns([turn], {THREAD: owns})
    assert len(found) == max(len(owns), 1)
    return found[0]


def told(facts: tuple[Fact, ...]) -> dict[str, Any]:
    return {fact.name: fact.value for fact in facts}


def test_they_are_joined_by_the_surest_key(turn: Turn) -> None:
    """Turn id, response id, call id; the prompt only where the rollout has no ids."""
    ids = [call.response_id or "" for call in turn.interactions]
    call_item = replace(turn.tool_calls[0], output=None)

    assert joined(turn, own(turn_id=turn.turn_id)).by == "turn id"
    assert joined(turn, own(turn_id="other", response_ids=tuple(ids))).by == "response id"
    assert joined(turn, own(items=(call_item,))).by == "call id"
    assert joined(turn, own(items=(UserText(text="run the step"),))).by == "prompt"


def test_the_surest_key_comes_first_whatever_the_order(turn: Turn) -> None:
    """A turn of the same prompt does not take the place of the one with the id."""
    found = joined(turn, own(items=(UserText(text="run the step"),)), own(index=2, turn_id=turn.turn_id))

    assert found.rollout_turn is not None
    assert (found.by, found.rollout_turn.index) == ("turn id", 2)


def test_two_turns_of_one_prompt_are_joined_in_order(talk: Any) -> None:
    """Each turn of the rollout is taken once."""
    client = talk(multi_turn())
    for _ in range(2):
        client.turn("again")
    turns = turns_of(client.interactions)
    owns = [own(index=index, items=(UserText(text="again"),)) for index in (1, 2)]

    found = join_turns(turns, {THREAD: owns})

    assert [(one.turn.index, one.rollout_turn.index) for one in found if one.turn and one.rollout_turn] == [
        (1, 1),
        (2, 2),
    ]


def test_a_turn_of_another_thread_is_another_one(turn: Turn) -> None:
    """Two agents may be asked the same."""
    found = join_turns([turn], {"other": [own(items=(UserText(text="run the step"),), prompt="run the step")]})

    assert [one.by for one in found] == [None, None]
    assert told(found[1].only_rollout)["prompt"] == "run the step"
    assert found[1].thread_id == "other"


def test_traffic_that_names_no_thread_is_joined_to_any(turn: Turn) -> None:
    """A proxy may have taken the headers away; call ids are the same all the same."""
    found = join_turns([replace(turn, thread_id=None, turn_id=None)], {"t": [own(items=turn.items)]})

    assert [(one.by, one.thread_id) for one in found] == [("call id", "t")]


def test_what_only_the_rollout_knows(turn: Turn) -> None:
    """Approvals, times, exit codes, what was never sent, what was taken back; each with its line."""
    unsent = ToolCall(name="exec", arguments='{"cmd":"make"}', call_id="c9", output="ok")
    found = joined(
        turn,
        own(
            turn_id=turn.turn_id,
            items=(unsent,),
            approval_policy="on-request",
            is_rolled_back=True,
            duration_ms=1500.0,
            runs=(ToolRun(kind="command", text="make", exit_code=2, duration_ms=7, line=8),),
            approvals=(Approval(kind="command", subject="rm x", decision="decline", item_id="x"),),
        ),
    )

    assert told(found.only_rollout) == {
        "rolled back": True,
        "approval policy": "on-request",
        "approval": "command: rm x -> decline",
        "tool": "make: exit 2",
        "tool time": "make: 7 ms",
        "turn time": "1500 ms",
        "never sent": "output of make: ok",
    }
    assert next(fact.place for fact in found.facts if fact.name == "tool") == "line 8"
    assert next(fact.place for fact in found.facts if fact.name == "approval policy") == "line 5"


def test_what_only_the_traffic_knows(talk: Any) -> None:
    """Attempts that failed, transport, timing, ids of the upstream; each with its interaction."""
    client = talk(cut_stream())
    client.turn("hello")
    (turn,) = turns_of(client.interactions)

    found = joined(turn, own(turn_id=turn.turn_id))

    assert [fact.name for fact in found.only_traffic if fact.place == "interaction 1"] == [
        "attempt",
        "transport",
        "timing",
    ]
    assert str(told(found.only_traffic)["attempt"]).startswith("upstream-gone")


def test_an_exit_code_that_both_know_is_nothing_new(turn: Turn) -> None:
    """It stands in the output that was sent to the model."""
    (command,) = turn.tool_calls[0].commands
    run = ToolRun(kind="command", text=command.text, exit_code=command.exit_code, line=4)

    assert "tool" not in told(joined(turn, own(turn_id=turn.turn_id, runs=(run,))).facts)


def test_what_they_do_not_agree_on_is_there_twice(turn: Turn) -> None:
    """The traffic saw a whole answer, and Codex was stopped all the same."""
    found = joined(turn, own(turn_id=turn.turn_id, status=TurnStatus.INTERRUPTED, reason="interrupted"))

    assert [(fact.source, fact.value) for fact in found.different] == [
        ("rollout", "interrupted"),
        ("traffic", "completed"),
    ]
    assert told(found.only_rollout)["aborted"] == "interrupted"


def test_a_rollout_that_does_not_say_how_it_ended_is_told_by_the_traffic(turn: Turn) -> None:
    """0.98 writes nothing of a turn that failed."""
    found = joined(turn, own(turn_id=turn.turn_id, status=TurnStatus.OPEN))

    assert told(found.only_traffic)["status"] == "completed"


def test_it_is_json(turn: Turn) -> None:
    """Turns by their numbers."""
    value = joined(turn, own(turn_id=turn.turn_id, duration_ms=1.0)).as_json()

    assert (value["turn"], value["rollout_turn"], value["by"]) == (1, 1, "turn id")
    assert value["facts"][0] == {"name": "turn time", "value": "1 ms", "source": "rollout", "place": "line 5"}


def test_of_two_rollouts_of_a_thread_the_longer_one_counts() -> None:
    """A copy may be older than another."""
    assert turns_by_thread([("t", [own()]), ("t", [own(), own()]), ("t", [])]) == {"t": [own(), own()]}
