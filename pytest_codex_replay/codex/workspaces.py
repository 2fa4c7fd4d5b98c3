"""In which checkouts Codex works, as its requests say it. No I/O.

Source: `workspaces` of the turn metadata (codex-rs/core/src/turn_metadata.rs, 2026-07); seen with 0.171. Codex looks it
up beside the turn, so the first request of a turn may not have it yet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from pytest_codex_replay.codex.words import TURN_METADATA


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A checkout of git."""

    path: str
    commit: str | None
    is_dirty: bool | None
    """Whether something in it was changed and not committed; None: Codex does not say."""


def workspaces(headers: Iterable[tuple[str, str]], body: Any = None) -> Iterator[Workspace]:
    """Yield the checkouts that a request names: in its body, else in its headers."""
    metadata = body.get("client_metadata") if isinstance(body, dict) else None
    blob = metadata.get(TURN_METADATA) if isinstance(metadata, dict) else None
    if blob is None:
        blob = next((value for name, value in headers if name.lower() == TURN_METADATA), None)
    try:
        value = orjson.loads(blob) if isinstance(blob, str) else blob
    except orjson.JSONDecodeError:
        return
    found = value.get("workspaces") if isinstance(value, dict) else None
    for path, one in found.items() if isinstance(found, dict) else ():
        if isinstance(one, dict):
            commit, is_dirty = one.get("latest_git_commit_hash"), one.get("has_changes")
            yield Workspace(
                path=path,
                commit=commit if isinstance(commit, str) else None,
                is_dirty=is_dirty if isinstance(is_dirty, bool) else None,
            )
