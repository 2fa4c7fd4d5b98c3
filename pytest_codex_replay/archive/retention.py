"""Disk limits of an archive: which sessions have to go, oldest first. Deciding is apart from deleting."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_codex_replay.archive.segment import is_segment

__all__ = ["Limits", "StoredSession", "parse_bytes", "parse_days", "sessions_to_drop", "stored_sessions"]

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", re.IGNORECASE)
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be kept; None is without limit."""

    max_age_days: float | None = None
    max_bytes: int | None = None

    @property
    def are_none(self) -> bool:
        """Whether nothing is ever dropped."""
        return self.max_age_days is None and self.max_bytes is None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """A session directory, as retention sees it."""

    path: Path
    bytes: int
    changed_ms: float
    """When it was last written to (Unix time)."""


def stored_sessions(archive: Path) -> list[StoredSession]:
    """Return the session directories of an archive; what vanishes meanwhile is left out."""
    found = []
    for directory in archive.iterdir():
        try:
            stats = [path.stat() for path in directory.iterdir()] if directory.is_dir() else []
            is_session = stats and any(is_segment(path.name) for path in directory.iterdir())
        except FileNotFoundError:
            continue
        if is_session:
            size, changed_ms = sum(one.st_size for one in stats), max(one.st_mtime for one in stats) * 1000
            found.append(StoredSession(path=directory, bytes=size, changed_ms=changed_ms))
    return found


def sessions_to_drop(
    sessions: Iterable[StoredSession], limits: Limits, *, now_ms: float, open_since_ms: float
) -> list[tuple[StoredSession, str]]:
    """Return the sessions that the limits cost, oldest first, each with the reason.

    Args:
        sessions: all of the archive.
        limits: how much may be kept.
        now_ms: Unix time.
        open_since_ms: a session written to since then counts as open, and is never dropped.
    """
    oldest_first = sorted(sessions, key=lambda session: session.changed_ms)
    total = sum(session.bytes for session in oldest_first)
    dropped = []
    for session in oldest_first:
        if session.changed_ms >= open_since_ms:
            break
        age_days = (now_ms - session.changed_ms) / _DAY_MS
        if limits.max_age_days is not None and age_days > limits.max_age_days:
            dropped.append((session, f"{age_days:.1f} days old, the limit is {limits.max_age_days:g}"))
        elif limits.max_bytes is not None and total > limits.max_bytes:
            dropped.append((session, f"the archive has {total} bytes, the limit is {limits.max_bytes}"))
        else:
            continue
        total -= session.bytes
    return dropped


def parse_bytes(text: str) -> int | None:
    """Read a size such as `500MB`, `2GiB` or `1000000`; empty is no limit.

    Raises:
        ValueError: it is none.
    """
    if not text:
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no size, such as 500MB or 2GiB")
    return int(float(found[1]) * _UNITS[found[2].lower()])


def parse_days(text: str) -> float | None:
    """Read a number of days; empty is no limit.

    Raises:
        ValueError: it is none.
    """
    if not text:
        return None
    try:
        days = float(text)
    except ValueError:
        days = -1
    if not 0 < days < float("inf"):
        raise ValueError(f"{text!r} is no number of days, such as 30")
    return days
