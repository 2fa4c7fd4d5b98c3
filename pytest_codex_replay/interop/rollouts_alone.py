"""Codex's own transcripts, whose traffic was not recorded."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import zstandard

from pytest_codex_replay.archive.record import GapRecord
from pytest_codex_replay.codex.rollout_meta import RolloutMeta
from pytest_codex_replay.codex.rollouts import rollout_name
from pytest_codex_replay.codex_home.rollout_files import expanded, open_rollout_file, read_meta
from pytest_codex_replay.errors import ArchiveError, UsageError


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


def check_compressed(path: Path) -> None:
    """Read a compressed rollout to its end, before anything is written.

    Raises:
        UsageError: it cannot be opened.
        ArchiveError: its compressed data is damaged, or expands to more than is read of a rollout.
    """
    if path.suffix != ".zst":
        return
    with open_rollout_file(path) as file:
        try:
            for _ in expanded(file):
                pass
        except zstandard.ZstdError as error:
            raise ArchiveError(f"{path}: its compressed data is damaged ({error}). Nothing was imported.") from error


def rollouts_alone(rollouts: Sequence[Path]) -> GapRecord:
    """Return what stands for the traffic of a session of which only rollouts are known."""
    told = (_began_s(read_meta(path)) for path in rollouts)
    at_ms = min([one for one in told if one is not None] or [path.stat().st_mtime for path in rollouts]) * 1000
    why = "only the rollout was imported: the traffic was not recorded"
    return GapRecord(at_ms=at_ms, until_ms=at_ms, reason=why, lost_count=1, lost_bytes=0, flows=())


def _began_s(meta: RolloutMeta | None) -> float | None:
    """Return when a thread began, in Unix seconds; None where its first line has no time that can be read."""
    try:
        return datetime.fromisoformat(meta.started_at).timestamp() if meta and meta.started_at else None
    except (ValueError, OverflowError):
        return None
