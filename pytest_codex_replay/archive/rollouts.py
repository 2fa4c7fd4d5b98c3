"""Codex's own transcripts, put beside the traffic they belong to.

Source: codex-rs/rollout (revision of 2026-07). They are in `$CODEX_HOME/sessions/YYYY/MM/DD/`, named
`rollout-<local time>-<thread id>.jsonl`, compressed to `.jsonl.zst` when cold; archived ones in `archived_sessions/`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pytest_codex_replay.archive.files import Files

__all__ = ["find_rollout", "keep_rollout"]

_UUID7 = re.compile(r"^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$")

_END_OF_TIME_S = 253_370_764_800
"""The year 9999, where `datetime` ends: a thread id comes from the wire and may name any day."""


def find_rollout(codex_home: Path, thread_id: str) -> Path | None:
    """Return the rollout of a thread: the plain file when there are both; None when there is none (yet)."""
    if not re.fullmatch(r"[\w-]+", thread_id):
        return None
    for directory in _directories(codex_home, thread_id):
        for suffix in (".jsonl", ".jsonl.zst"):
            found = next(directory.glob(f"rollout-*-{thread_id}{suffix}"), None)
            if found is not None:
                return found
    return None


def keep_rollout(files: Files, rollout: Path, session_directory: Path) -> None:
    """Put a rollout into a session directory: a second name of the same file, else a copy of what is there now.

    Raises:
        OSError: it can be neither linked nor copied.
    """
    target = session_directory / rollout.name
    if target.exists():
        if target.samefile(rollout):
            return
        files.replace(target, rollout.read_bytes())
        return
    try:
        files.link(rollout, target)
    except OSError:  # another file system, or one without links
        files.replace(target, rollout.read_bytes())


def _directories(codex_home: Path, thread_id: str) -> Iterator[Path]:
    """Yield where the rollout may be: a thread id is a UUIDv7, so it tells its day, give or take the time zone."""
    made = _UUID7.match(thread_id)
    if made and (at_s := int(made[1] + made[2], 16) / 1000) < _END_OF_TIME_S:
        day = datetime.fromtimestamp(at_s, UTC)
        for offset in (0, -1, 1):
            yield codex_home / "sessions" / (day + timedelta(days=offset)).strftime("%Y/%m/%d")
    yield codex_home / "archived_sessions"
