"""What of rollouts is found that the traffic does not have."""

from dataclasses import replace
from typing import Any

from pytest_codex_replay.codex.approvals import Approval
from pytest_codex_replay.codex.rollout_runs import ToolRun
from pytest_codex_replay.projection.items import AssistantText, UserText
from pytest_codex_replay.projection.rollout_join import JoinedTurn
from pytest_codex_replay.projection.rollout_search import texts_of_rollouts
from pytest_codex_replay.projection.rollout_turns import RolloutTurn
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.upstream.scenarios import text


def test_only_what_the_traffic_does_not_have(talk: Any) -> None:
    """Each text once, by the number of its turn in the traffic."""
    client = talk(text("Done."))
    client.turn("hello")
    (turn,) = turns_of(client.interactions)
    own = RolloutTurn(
        index=1,
        items=(UserText(text="hello"), AssistantText(text="Done."), AssistantText(text="unsent")),
        runs=(ToolRun(kind="command", text="make"), ToolRun(kind="command", text="make")),
        approvals=(Approval(kind="command", subject="rm x", decision="decline"),),
        error="no",
    )
    joined = JoinedTurn(thread_id="t", turn=turn, rollout_turn=own, by="turn id")
    known = ["hello", "Done."]

    found = list(texts_of_rollouts([joined, replace(joined, rollout_turn=None)], known))

    assert [(place, text, number) for number, (_, place, text) in found] == [
        ("rollout: assistant", "unsent", 1),
        ("rollout: command", "make", 1),
        ("rollout: approval", "command: rm x: decline", 1),
        ("rollout: failure", "no", 1),
    ]
    assert texts_of_rollouts([replace(joined, turn=None)], known).__next__()[0] is None
