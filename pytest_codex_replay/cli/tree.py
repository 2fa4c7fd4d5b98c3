"""The threads of a session as the lines of a tree: sub-agents, and what Codex began by itself."""

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_codex_replay.visible import visible_line

Json = dict[str, Any]


def tree_of(threads: Sequence[Json], further: int = 0) -> Iterator[tuple[str, Json]]:
    """Yield what is below the conversations, each thread behind the branch that leads to it.

    Args:
        threads: those without a parent, as `Thread.as_json` has them.
        further: how many lines follow at the same level.
    """
    below = [child for one in threads if one["helper_kind"] is None for child in one["children"]]
    helpers = [one for one in threads if one["helper_kind"] is not None]
    yield from _branches(below + (helpers if len(helpers) < len(threads) else []), "", further)


def name_of(thread: Json) -> str:
    """Return what to call a thread."""
    return str(thread["agent_name"] or thread["helper_kind"] or thread["subagent"] or thread["id"])


def kind_of(thread: Json) -> str:
    """Return what a thread is, with its path before it."""
    subagent = thread["subagent"]
    kind = thread["helper_kind"] or (f"sub-agent ({subagent})" if subagent else "sub-agent")
    path = "" if thread["helper_kind"] else thread["agent_path"] or ""
    return visible_line(f"{path} {kind}".lstrip())


def branch(*, is_last: bool) -> str:
    """Return what stands before a line of a tree."""
    return "└ " if is_last else "├ "


def _branches(threads: Sequence[Json], trunk: str, further: int = 0) -> Iterator[tuple[str, Json]]:
    for number, thread in enumerate(threads, start=1):
        is_last = number == len(threads) + further
        yield trunk + branch(is_last=is_last), thread
        yield from _branches(thread["children"], trunk + ("  " if is_last else "│ "))
