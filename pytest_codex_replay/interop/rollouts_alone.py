"""Codex's own transcripts, whose traffic was not recorded."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pytest_codex_replay.archive.record import GapRecord
from pytest_codex_replay.codex.rollouts import rollout_name
from pytest_codex_replay.codex_home.rollout_files import read_meta
from pytest_codex_replay.errors import UsageError


def session_of(path: Path) -> str:
    """Return the session that a rollout belongs to.

    Raises:
        UsageError: it tells no thread.
        ArchiveError: its history mode is unknown.
    """
    meta, named = read_meta(path), rollout_name(path.name)
    session = (meta.session_id if meta else None) or (named.thread_id if named else None)
    if session is None:
        raise UsageError(f"{path}: not a rollout of Codex: its first line names no thread.")
    return session


def rollouts_alone(rollouts: Sequence[Path]) -> GapRecord:
    """Return what stands for the traffic of a session of which only rollouts are known."""
    told = (read_meta(path) for path in rollouts)
    starts = [datetime.fromisoformat(meta.started_at).timestamp() for meta in told if meta and meta.started_at]
    at_ms = min(starts or (path.stat().st_mtime for path in rollouts)) * 1000
    why = "only the rollout was imported: the traffic was not recorded"
    return GapRecord(at_ms=at_ms, until_ms=at_ms, reason=why, lost_count=1, lost_bytes=0, flows=())
