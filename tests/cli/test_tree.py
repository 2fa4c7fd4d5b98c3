"""Threads as the lines of a tree."""

from typing import Any

import pytest

from pytest_codex_replay.cli.tree import branch, kind_of, name_of, tree_of


def thread(name: str | None, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A sub-agent, as `Thread.as_json` has it."""
    own = {"id": "t", "subagent": "collab_spawn", "helper_kind": None, "agent_path": None}
    return own | {"agent_name": name, "children": list(children)} | more


def test_each_line_has_the_branch_that_leads_to_it():
    """The conversation itself is no line."""
    root = thread("root", thread("a", thread("b"), thread("c")), thread("d", thread("e")))

    lines = [stem + name_of(one) for stem, one in tree_of([root])]

    assert lines == ["├ a", "│ ├ b", "│ └ c", "└ d", "  └ e"]


def test_a_line_that_follows_keeps_the_branch_open():
    """A session beside the conversation, for example."""
    assert [stem for stem, _ in tree_of([thread("root", thread("a"))], 1)] == [branch(is_last=False)]
    assert branch(is_last=True) == "└ "


def test_what_codex_began_in_the_same_session_is_a_line():
    """Unless there is nothing else."""
    helper = thread(None, helper_kind="guardian review")

    assert [name_of(one) for _, one in tree_of([thread("root"), helper])] == ["guardian review"]
    assert list(tree_of([helper])) == []


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"agent_path": "/root/a"}, "/root/a sub-agent (collab_spawn)"),
        ({"subagent": None}, "sub-agent"),
        ({"subagent": "re\x1b[31mview"}, "sub-agent (review)"),
        ({"helper_kind": "title", "agent_path": "/root"}, "title"),
    ],
)
def test_a_thread_is_described(more, text):
    """By its path and its kind; escapes of a terminal are removed."""
    assert kind_of(thread("a", **more)) == text


def test_a_thread_without_a_name_is_called_by_what_is_known():
    """Its kind, else its id."""
    assert name_of(thread(None)) == "collab_spawn"
    assert name_of(thread(None, subagent=None)) == "t"
