"""Codex's own transcripts, put beside the traffic they belong to.

Source: codex-rs/rollout (revision of 2026-07). They are in `$CODEX_HOME/sessions/YYYY/MM/DD/`, named
`rollout-<local time>-<thread id>.jsonl`, compressed to `.jsonl.zst` when cold; archived ones in `archived_sessions/`.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

from pytest_codex_replay.archive.files import Files

_UUID7 = re.compile(r"^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$")

_END_OF_TIME_S = 253_370_764_800
"""The year 9999, where `datetime` ends: a thread id comes from the wire and may name any day."""


def find_rollout(codex_home: Path, thread_id: str) -> Path | None:
    """Return the rollout of a thread: the plain file when there are both; None while it does not exist."""
    if not re.fullmatch(r"[\w-]+", thread_id):
        return None
    for directory in _directories(codex_home, thread_id):
        for suffix in (".jsonl", ".jsonl.zst"):
            found = next(directory.glob(f"rollout-*-{thread_id}{suffix}"), None)
            if found is not None:
                return found
    return None


def keep_rollout(files: Files, rollout: Path, session_directory: Path, clean: Callable[[bytes], bytes]) -> None:
    """Put a copy of a rollout into a session directory, unless it is there as it is now.

    A copy, not a link: what a tool printed stands in the rollout, and known secrets are not to be in the archive.
    `clean` removes them; it returns the same object when it finds none.

    Raises:
        OSError: it cannot be read or written.
        ZstdError: its compressed data is damaged.
    """
    target, changed_ns = session_directory / rollout.name, rollout.stat().st_mtime_ns
    if target.exists() and target.stat().st_mtime_ns == changed_ns:
        return
    raw = rollout.read_bytes()
    files.replace(target, _cleaned_zst(raw, clean) if rollout.suffix == ".zst" else clean(raw))
    files.set_time(target, changed_ns)


def _cleaned_zst(raw: bytes, clean: Callable[[bytes], bytes]) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as reader:
        text = reader.read()
    cleaned = clean(text)
    return raw if cleaned is text else zstandard.compress(cleaned)


def _directories(codex_home: Path, thread_id: str) -> Iterator[Path]:
    """Yield where the rollout may be: a thread id is a UUIDv7, so it tells its day, give or take the time zone."""
    made = _UUID7.match(thread_id)
    if made and (at_s := int(made[1] + made[2], 16) / 1000) < _END_OF_TIME_S:
        day = datetime.fromtimestamp(at_s, UTC)
        for offset in (0, -1, 1):
            yield codex_home / "sessions" / (day + timedelta(days=offset)).strftime("%Y/%m/%d")
    yield codex_home / "archived_sessions"
