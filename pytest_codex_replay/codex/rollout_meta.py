"""What a rollout says about its thread in its first line. No I/O.

Sources: SessionMeta and SessionSource (codex-rs/protocol/src/protocol.rs, 2025-08 to 2026-11); files of 0.98 to 0.171.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pytest_codex_replay.codex.rollouts import HISTORY_MODES
from pytest_codex_replay.errors import ArchiveError


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutMeta:
    """What a thread says about itself; None where it says nothing."""

    thread_id: str | None = None
    session_id: str | None = None
    """The thread tree that it belongs to. Releases before 0.145 did not tell it from the thread."""
    parent_id: str | None = None
    """The thread that spawned it."""
    forked_from_id: str | None = None
    """The thread whose history it goes on with; a paginated fork has none of its lines."""
    codex_version: str | None = None
    """The Codex that began the thread; a later one may have gone on."""
    originator: str | None = None
    source: str | None = None
    """`exec`, `cli`, `vscode`, `subagent`, …"""
    thread_source: str | None = None
    """Who began it: `user`, `subagent`, `thread_title`, …"""
    agent_path: str | None = None
    agent_name: str | None = None
    """The last part of its path, or the nickname that Codex gave it."""
    model_provider: str | None = None
    cwd: str | None = None
    history_mode: str | None = None
    started_at: str | None = None
    """ISO 8601."""
    git_commit: str | None = None
    git_branch: str | None = None
    git_url: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return asdict(self)


def rollout_meta(payload: Mapping[str, Any]) -> RolloutMeta:
    """Return what a `session_meta` says.

    Raises:
        ArchiveError: its history mode is unknown, so its lines may mean something else.
    """
    mode = payload.get("history_mode")
    if mode is not None and mode not in HISTORY_MODES:
        known = " and ".join(HISTORY_MODES)
        raise ArchiveError(
            f"history_mode {mode!r} is unknown; {known} can be read. A later Codex wrote it: update this package."
        )
    spawn, git = _spawn(payload.get("source")), _object(payload.get("git"))
    base = _object(payload.get("history_base"))
    path = _text(payload.get("agent_path")) or _text(spawn.get("agent_path"))
    nickname = _text(payload.get("agent_nickname")) or _text(spawn.get("agent_nickname"))
    thread_id = _text(payload.get("id"))
    return RolloutMeta(
        thread_id=thread_id,
        session_id=_text(payload.get("session_id")) or thread_id,
        parent_id=_text(payload.get("parent_thread_id")) or _text(spawn.get("parent_thread_id")),
        forked_from_id=_text(payload.get("forked_from_id")) or _text(base.get("thread_id")),
        codex_version=_text(payload.get("cli_version")),
        originator=_text(payload.get("originator")),
        source=_source(payload.get("source")),
        thread_source=_text(payload.get("thread_source")),
        agent_path=path,
        agent_name=path.rpartition("/")[2] if path else nickname,
        model_provider=_text(payload.get("model_provider")),
        cwd=_text(payload.get("cwd")),
        history_mode=_text(mode),
        started_at=_text(payload.get("timestamp")),
        git_commit=_text(git.get("commit_hash")),
        git_branch=_text(git.get("branch")),
        git_url=_text(git.get("repository_url")),
    )


def _source(value: Any) -> str | None:
    """Return the kind of a source, which may be an object with one member."""
    return next(iter(value), None) if isinstance(value, dict) else _text(value)


def _spawn(source: Any) -> dict[str, Any]:
    return _object(_object(_object(source).get("subagent")).get("thread_spawn"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
