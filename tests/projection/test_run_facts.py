"""What is known of a run, and where it is from."""

from dataclasses import replace
from typing import Any

import orjson

from pytest_codex_replay.codex.rollout_meta import RolloutMeta
from pytest_codex_replay.codex.words import TURN_METADATA
from pytest_codex_replay.projection.run_facts import run_facts
from pytest_codex_replay.upstream.scenarios import text


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
