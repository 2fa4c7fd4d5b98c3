"""What a thread says about itself."""

from typing import Any

import pytest

from pytest_codex_replay.codex.rollout_meta import RolloutMeta, rollout_meta
from pytest_codex_replay.errors import ArchiveError
from tests.rollout_lines import BARE, TODAY


def test_today() -> None:
    """All that 0.171 says."""
    found = rollout_meta(TODAY[0]["payload"])

    assert (found.codex_version, found.originator, found.history_mode) == ("0.171.0", "codex_exec", "paginated")
    assert (found.git_commit, found.git_branch, found.git_url) == ("abc", "main", None)
    assert found.as_json()["thread_id"] == found.thread_id == found.session_id


def test_the_first_line_of_an_old_release() -> None:
    """0.20 told the id, the time and the commit."""
    found = rollout_meta(BARE[0])

    assert (found.thread_id, found.session_id, found.git_commit) == (BARE[0]["id"], BARE[0]["id"], "abc")
    assert (found.codex_version, found.history_mode) == (None, None)


@pytest.mark.parametrize(
    ("payload", "parent", "name", "source"),
    [
        ({"parent_thread_id": "p", "agent_path": "/root/kid"}, "p", "kid", None),
        ({"parent_thread_id": "p", "agent_nickname": "Ada"}, "p", "Ada", None),
        (
            {"source": {"subagent": {"thread_spawn": {"parent_thread_id": "p", "agent_nickname": "Ada"}}}},
            "p",
            "Ada",
            "subagent",
        ),
        ({"source": "exec"}, None, None, "exec"),
        ({"source": {"subagent": "review"}}, None, None, "subagent"),
        ({"source": {}, "git": [], "agent_path": 1}, None, None, None),
    ],
)
def test_a_sub_agent_names_its_parent(payload: dict[str, Any], parent: Any, name: Any, source: Any) -> None:
    """In a member of its own, or in its source, as older releases had it."""
    found = rollout_meta(payload)

    assert (found.parent_id, found.agent_name, found.source) == (parent, name, source)


@pytest.mark.parametrize("mode", ["holographic", 3, {}])
def test_an_unknown_history_mode_is_refused_by_name(mode: Any) -> None:
    """Its lines may mean something else."""
    with pytest.raises(ArchiveError, match=r"history_mode .* is unknown; legacy and paginated can be read") as refusal:
        rollout_meta({"history_mode": mode})

    assert repr(mode) in str(refusal.value)


def test_a_fork_names_where_it_comes_from() -> None:
    """A paginated one by the lines that it goes on with."""
    assert rollout_meta({"forked_from_id": "a"}).forked_from_id == "a"
    assert rollout_meta({"history_base": {"thread_id": "b", "end_ordinal_exclusive": 3}}).forked_from_id == "b"


def test_nothing_is_said() -> None:
    """An empty line says nothing."""
    assert rollout_meta({}) == RolloutMeta()
