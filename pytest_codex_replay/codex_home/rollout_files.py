"""Rollouts on disk: found by thread, by session, or listed. A directory or a pipe with such a name is not one."""

import io
import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import zstandard

from pytest_codex_replay.codex.rollout_meta import RolloutMeta, rollout_meta
from pytest_codex_replay.codex.rollouts import (
    ARCHIVED,
    META,
    SESSIONS,
    RolloutName,
    day_of,
    days_around,
    rollout_line,
    rollout_name,
)
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.limits import expansion_of

_MAX_HEAD_BYTES = 16 * 1024 * 1024
"""A longer first line is not read for what it says: it holds the instructions, which may be long."""
_PIECE_BYTES = 1024 * 1024
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutFile:
    """A rollout in `CODEX_HOME`; its file is not read."""

    path: Path
    name: RolloutName
    is_archived: bool

    @property
    def thread_id(self) -> str:
        """Id of the thread."""
        return self.name.thread_id

    @property
    def order(self) -> tuple[datetime, str, bool]:
        """What rollouts are sorted by: when they began, the thread, and whether it was not archived."""
        return self.name.began, self.name.thread_id, not self.is_archived


def rollout_files(codex_home: Path, on_other: Callable[[Path], None] | None = None) -> Iterator[RolloutFile]:
    """Yield all rollouts, those of the newest day first, then the archived ones; each thread once in a directory.

    `on_other`: is told what has the name of a rollout and is none.
    """
    yield from _files_in(codex_home / SESSIONS, on_other=on_other)
    for day in _days(codex_home / SESSIONS):
        yield from _files_in(day, on_other=on_other)
    yield from _files_in(codex_home / ARCHIVED, is_archived=True, on_other=on_other)


def find_rollout(codex_home: Path, thread_id: str, near: datetime | None = None) -> Path | None:
    """Return the rollout of a thread: the plain file when there are both; None while it does not exist.

    Args:
        codex_home: where Codex keeps them.
        thread_id: names the day on which it began, since 2025-09.
        near: when the thread was at work, for an id that names no day.
    """
    likely = _likely_directories(codex_home, day_of(thread_id) or near)
    found = (file for place in likely for file in _files_in(place) if file.thread_id == thread_id)
    file = next(found, None)
    if file is None and day_of(thread_id) is None:  # it may have begun long before
        file = next((one for one in rollout_files(codex_home) if one.thread_id == thread_id), None)
    return None if file is None else file.path


def rollouts_of_session(
    codex_home: Path, session_id: str, threads: Collection[str], near: datetime | None = None
) -> dict[str, Path | None]:
    """Return the rollouts of a session, by thread; None where a thread has none.

    Where its traffic names no thread, they are those whose first line names the session.
    """
    if threads:
        return {thread: find_rollout(codex_home, thread, near) for thread in threads}
    own = find_rollout(codex_home, session_id, near)
    days = [day for day in (day_of(session_id), near) if day is not None]
    places = dict.fromkeys(place for day in days for place in _likely_directories(codex_home, day))
    files = (file for place in places for file in _files_in(place))
    found: dict[str, Path | None] = {} if own is None else {session_id: own}
    return found | {file.thread_id: file.path for file in files if _session_in(file.path) == session_id}


def open_rollout_file(path: Path) -> BinaryIO:
    """Open a rollout; never waits for a writer.

    Raises:
        UsageError: it does not exist, is not a file, or may not be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise UsageError(f"{path}: is {what}; a rollout is a file, rollout-*.jsonl or rollout-*.jsonl.zst.")
    return os.fdopen(descriptor, "rb")


def read_meta(path: Path) -> RolloutMeta | None:
    """Return what the first line of a rollout says; None: it is damaged, or not there yet.

    Raises:
        ArchiveError: its history mode is unknown.
        UsageError: it cannot be opened.
    """
    with open_rollout_file(path) as file:
        try:
            raw = _first_line(file)
        except (OSError, zstandard.ZstdError):
            return None
    line = rollout_line(1, raw)
    return rollout_meta(line.payload) if line is not None and line.type == META else None


def expanded(file: BinaryIO) -> Iterator[bytes]:
    """Yield what a compressed rollout holds.

    Raises:
        ZstdError: it is damaged, or expands to more than is read of a rollout.
    """
    left = expansion_of(os.fstat(file.fileno()).st_size)
    reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
    while piece := reader.read(_PIECE_BYTES):
        if (left := left - len(piece)) < 0:
            raise zstandard.ZstdError("it expands to more than is read of a rollout")
        yield piece


def _first_line(file: BinaryIO) -> bytes:
    is_compressed = file.read(len(_ZSTD_MAGIC)) == _ZSTD_MAGIC
    file.seek(0)
    if not is_compressed:
        return file.readline(_MAX_HEAD_BYTES)
    return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file)).readline(_MAX_HEAD_BYTES)


def _session_in(path: Path) -> str | None:
    try:
        meta = read_meta(path)
    except (ArchiveError, UsageError):
        return None  # it cannot be told whose it is
    return None if meta is None else meta.session_id


def _likely_directories(codex_home: Path, day: datetime | None) -> Iterator[Path]:
    if day is not None:
        for name in days_around(day):
            yield codex_home / SESSIONS / name
    yield codex_home / ARCHIVED


def _days(sessions: Path) -> Iterator[Path]:
    """Yield the directories of days, the newest first."""
    for year in _numbered(sessions):
        for month in _numbered(year):
            yield from _numbered(month)


def _numbered(directory: Path) -> list[Path]:
    return [directory / name for name in sorted(_names(directory), reverse=True) if name.isdecimal()]


def _files_in(
    directory: Path, *, is_archived: bool | None = None, on_other: Callable[[Path], None] | None = None
) -> Iterator[RolloutFile]:
    """Yield the rollouts of a directory, the newest first; of a plain and a compressed one the plain."""
    archived = directory.name == ARCHIVED if is_archived is None else is_archived
    seen: set[tuple[datetime, str, bool]] = set()
    named = ((told, name) for name in _names(directory) if (told := rollout_name(name)) is not None)
    for told, name in sorted(named, key=lambda one: (one[0].began, one[0].thread_id, not one[0].is_compressed))[::-1]:
        file = RolloutFile(path=directory / name, name=told, is_archived=archived)
        if not _is_regular(file.path):
            if on_other is not None:
                on_other(file.path)
        elif file.order not in seen:
            seen.add(file.order)
            yield file


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False  # gone meanwhile, or a link to nowhere


def _names(directory: Path) -> list[str]:
    """List the names in a directory; none where it does not exist, or is not one.

    Raises:
        PermissionError: it may not be read.
    """
    try:
        return os.listdir(directory)  # noqa: PTH208  names are enough
    except (FileNotFoundError, NotADirectoryError):
        return []
