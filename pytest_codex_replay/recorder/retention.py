"""Disk limits of an archive: which sessions have to go, oldest first. Deciding is apart from deleting."""

import errno
import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_codex_replay.archive.files import Files, is_claimed
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, is_segment

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", re.IGNORECASE)
_DAY_MS = 86_400_000
_AGE_DAYS = {"": 1.0, "d": 1.0, "h": 1 / 24, "w": 7.0}
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([dhw]?)", re.IGNORECASE)
_OURS = re.compile(
    r"traffic-\d{4,}\.jsonl\.zst(?:\.damaged-\d+)?|session\.json|recorder\.log|rollout-.*\.jsonl(?:\.zst)?"
    r"|codex\.json|codex-log\.jsonl\.zst|\.repaired-.*|\..*\.tmp"
)
"""What recorders and repairs leave in a session directory."""
_TEMPORARY = re.compile(r"\..*\.tmp")
"""What a command that was killed left: it does not make a session a new one."""


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
    is_open: bool = False
    """A recorder has a segment of it open."""


def stored_sessions(archive: Path) -> list[StoredSession]:
    """Return the recorded sessions of an archive; what vanishes meanwhile or may not be read is left out.

    A cassette is left out, and so is a link to a directory elsewhere: a user put those there.

    Raises:
        OSError: the archive cannot be read.
    """
    return StoredSessions(archive).look()


class StoredSessions:
    """The recorded sessions of an archive, to look at again and again: into a directory only where that changed.

    What another program appends to a file is seen once a name changes in its directory, as for the manifest. A session
    is looked at once more before it is dropped.
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._known: dict[str, tuple[int, StoredSession | None]] = {}
        """By name: when the directory changed, and what was found."""

    def look(self) -> list[StoredSession]:
        """Return what `stored_sessions` returns.

        Raises:
            OSError: the archive cannot be read.
        """
        with os.scandir(self._archive) as entries:
            self._known = {entry.name: found for entry in entries if (found := self._looked_at(entry)) is not None}
        return [found for _, found in self._known.values() if found is not None]

    def _looked_at(self, entry: "os.DirEntry[str]") -> tuple[int, StoredSession | None] | None:
        try:
            changed_ns = entry.stat(follow_symlinks=False).st_mtime_ns
        except OSError:
            return None
        before = self._known.get(entry.name)
        if before is not None and before[0] == changed_ns and (before[1] is None or not before[1].is_open):
            return before
        return changed_ns, stored_session(Path(entry.path))


def stored_session(path: Path) -> StoredSession | None:
    """Return a recorded session; None where a directory is none, is a cassette or a link, or may not be read."""
    try:
        if path.is_symlink() or not path.is_dir():
            return None
        stats = {child.name: child.lstat() for child in path.iterdir()}
    except OSError:
        return None
    if PLAIN_SEGMENT in stats or not any(is_segment(name) for name in stats):
        return None
    changed_ms = max(one.st_mtime for name, one in stats.items() if not _TEMPORARY.fullmatch(name)) * 1000
    return StoredSession(
        path=path,
        bytes=sum(one.st_size for one in stats.values()),
        changed_ms=changed_ms,
        is_open=any(is_claimed(path / name) for name in stats if is_segment(name)),
    )


def sessions_to_drop(
    sessions: Iterable[StoredSession],
    limits: Limits,
    *,
    now_ms: float,
    open_since_ms: float,
    open_names: Collection[str] = (),
) -> list[tuple[StoredSession, str]]:
    """Return the sessions of an archive that the limits cost, oldest first, each with the reason.

    One written to since `open_since_ms` counts as open, and is never dropped; nor are those of `open_names`.
    """
    oldest_first = sorted(sessions, key=lambda session: session.changed_ms)
    total = sum(session.bytes for session in oldest_first)
    dropped = []
    for session in oldest_first:
        if session.is_open or session.changed_ms >= open_since_ms or session.path.name in open_names:
            continue
        age_days = (now_ms - session.changed_ms) / _DAY_MS
        if limits.max_age_days is not None and age_days > limits.max_age_days:
            dropped.append((session, f"{age_days:.1f} days old, the limit is {limits.max_age_days:g}"))
        elif limits.max_bytes is not None and total > limits.max_bytes:
            dropped.append((session, f"the archive has {total} bytes, the limit is {limits.max_bytes}"))
        else:
            continue
        total -= session.bytes
    return dropped


def put_by_users(session: StoredSession, files: Files) -> list[str]:
    """Return the names of what a user put into the directory of a session.

    Raises:
        OSError: the directory cannot be read.
    """
    return sorted(name for name in files.names(session.path) if not _OURS.fullmatch(name))


def drop_session(session: StoredSession, files: Files) -> bool:
    """Remove a session, but not what a user put there; return False when it was written to meanwhile: then all stays.

    Its segments go last, so that what a failure leaves is still found as a session.

    Raises:
        OSError: a file cannot be removed.
    """
    if stored_session(session.path) != session:
        return False
    if not os.access(session.path.parent, os.W_OK):  # else its files would go, and the directory would stay
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(session.path.parent))
    for name in sorted(files.names(session.path), key=is_segment):
        if _OURS.fullmatch(name):
            files.remove(session.path / name)
    try:
        files.remove_directory(session.path)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:  # another recorder, or a user, put something there
            raise
    return True


def parse_bytes(text: str) -> int | None:
    """Read a size such as `500MB`, `2GiB` or `1000000`; empty means without limit; anything else is a ValueError."""
    if not text:
        return None
    found = _SIZE.fullmatch(text.strip())
    size = float(found[1]) * _UNITS[found[2].lower()] if found else float("inf")
    if size == float("inf"):
        raise ValueError(f"{text!r} is not a size, such as 500MB or 2GiB")
    return int(size)


def parse_days(text: str) -> float | None:
    """Read an age such as `30` (days), `30d`, `12h` or `2w`, as days; empty: without limit; else a ValueError."""
    if not text:
        return None
    found = _AGE.fullmatch(text.strip())
    days = float(found[1]) * _AGE_DAYS[found[2].lower()] if found else 0
    if not 0 < days < float("inf"):
        raise ValueError(f"{text!r} is not an age, such as 30 (days), 12h or 2w")
    return days
