"""What is known of a run, and where it is from."""

from dataclasses import replace
from typing import Any

import orjson

from pytest_codex_replay.codex.approvals import Approval
from pytest_codex_replay.codex.rollout_meta import RolloutMeta
from pytest_codex_replay.codex.words import TURN_METADATA
from pytest_codex_replay.projection.rollout_join import JoinedTurn
from pytest_codex_replay.projection.rollout_turns import RolloutTurn, TurnStatus
from pytest_codex_replay.projection.run_facts import run_facts
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.upstream.scenarios import text, tool_loop
from pytest_codex_replay.wire.responses import Outcome


def test_the_traffic_comes_first_and_each_fact_once(talk: Any) -> None:
    """A rollout adds what no request says."""
    client = talk(text())
    client.turn("hello")
    (call,) = client.interactions
    said = orjson.dumps({"workspaces": {"/x": {"latest_git_commit_hash": "abc", "has_changes": False}}}).decode()
    call = replace(call, request_headers=(*call.request_headers, (TURN_METADATA, said)), request=None)
    meta = RolloutMeta(codex_version="0.98.0", originator=call.identity.originator, git_commit="abc", git_branch="main")

    found = run_facts([call, call], [("rollout-1", meta), ("rollout-2", meta)])

    assert [(fact.name, fact.value, fact.source) for fact in found] == [
        ("version", call.identity.codex_version, "traffic"),
        ("version", "0.98.0", "rollout"),
        ("originator", call.identity.originator, "traffic"),
        ("commit", "abc", "traffic"),
        ("branch", "main", "rollout"),
        ("changes", "none", "traffic"),
    ]
    assert found[1].place == "rollout-1"


def test_approvals_and_cancellations_say_where_they_are_from(talk: Any) -> None:
    """The traffic knows what was declined; the rollout, what was asked and that the user stopped it."""
    client = talk(tool_loop(1))
    client.turn("go")
    (turn,) = turns_of(client.interactions)
    call = replace(turn.tool_calls[0], approvals=("decline",))
    own = RolloutTurn(
        index=1,
        items=(call,),
        status=TurnStatus.INTERRUPTED,
        approvals=(Approval(kind="command", subject="rm x"),),
        lines={"first": 1, "last": 9, "status": 8},
    )
    both = JoinedTurn(thread_id="t", turn=replace(turn, items=(call,)), rollout_turn=own, by="turn id")
    last = f"interaction {turn.interactions[-1].index}"

    def told(joined: JoinedTurn) -> list[tuple[str, str, str]]:
        return [(fact.name, fact.value, fact.place) for fact in run_facts([], [], [joined])]

    assert told(both) == [
        ("approval", "turn 1: echo step-1: decline", last),
        ("approval", "turn 1: rm x: asked", "line 9"),
        ("cancelled", "turn 1: interrupted", "line 8"),
    ]
    assert told(replace(both, turn=None))[0] == (
        *("approval", "turn 1 of the rollout: echo step-1: decline", "line 9"),
    )
    alone = replace(turn, items=(), outcome=Outcome.INTERRUPTED)
    assert told(replace(both, turn=alone, rollout_turn=None)) == [("cancelled", "turn 1: interrupted", last)]
