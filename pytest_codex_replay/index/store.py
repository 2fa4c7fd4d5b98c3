"""The index of an archive, opened and up to date; or one in memory, with a line that says why."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pytest_codex_replay.archive.names import PLAIN_SEGMENT, is_segment
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.schema import (
    INDEX_NAME,
    AnotherIndexError,
    give_back,
    open_in_memory,
    open_kept,
    set_aside,
)
from pytest_codex_replay.index.update import update

_Answer = TypeVar("_Answer")
_DAMAGED = (sqlite3.DatabaseError, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What an index raises that is not what was written; one that is made anew has to do without this excuse."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: an archive, or some sessions of it."""

    archive: Path
    only: tuple[str, ...] | None = None
    """Names of sessions; None: all of them."""
    is_kept: bool = True
    """Whether an index may lie beside the sessions: not in a cassette, which is shared."""

    @property
    def index(self) -> Path:
        """The file of the index."""
        return self.archive / INDEX_NAME


def place_of(path: Path) -> Place:
    """Return where the index of an archive, a cassette directory or a session directory is.

    Raises:
        UsageError: the directory does not exist, or cannot be read.
    """
    if os.path.isfile(path / INDEX_NAME) and os.access(path, os.R_OK):  # noqa: PTH113  faster than to list ten thousand
        return Place(path)
    try:
        names = os.listdir(path)  # noqa: PTH208
    except OSError as error:
        raise UsageError(f"{path}: {_why(error)}") from error
    if not any(map(is_segment, names)):
        return Place(path, is_kept=_is_recorded(path, names))
    archive = path.absolute().parent
    return Place(archive, only=(path.absolute().name,), is_kept=(archive / INDEX_NAME).is_file())


def ask(
    place: Place,
    question: Callable[[sqlite3.Connection], _Answer],
    tell: Tell,
    tell_others: Callable[[list[str]], object] = lambda _: None,
) -> _Answer:
    """Bring the index of a place up to date, and return what it answers to a question.

    A damaged index, and one of another version, is set aside and made anew. Where none can be written, it is made in
    memory. `tell` takes a line about each, `tell_others` the names of directories in the archive that are no sessions.

    Raises:
        UsageError: the archive cannot be read.
    """
    others: list[str] = []
    answer = _answered(place, _Question(question, others), tell)
    tell_others(others)
    return answer


def ask_known(place: Place, question: Callable[[sqlite3.Connection], _Answer]) -> _Answer | None:
    """Return what an index answers as it is, without a look at the archive; None where it cannot be asked."""
    if not place.is_kept or not place.index.is_file():
        return None
    try:
        with closing(open_kept(place.index)) as database:
            return question(database)
    except (AnotherIndexError, OSError, *_DAMAGED):
        return None


@dataclass(frozen=True, slots=True)
class _Question(Generic[_Answer]):
    ask: Callable[[sqlite3.Connection], _Answer]
    others: list[str]
    """What was found beside the sessions."""


def _answered(place: Place, question: _Question[_Answer], tell: Tell) -> _Answer:
    if not place.is_kept:
        return _ask_in_memory(place, None, question)
    if not os.access(place.archive, os.W_OK):
        why = "the directory may not be written to"
    else:
        try:
            return _ask_kept(place, question, tell)
        except (sqlite3.Error, OSError) as error:
            why = getattr(error, "strerror", None) or str(error)
    tell(f"{place.index}: cannot be used ({why}). The answer is made without it, which takes longer.")
    return _ask_in_memory(place, place.index, question)


def _ask_in_memory(place: Place, seed: Path | None, question: _Question[_Answer]) -> _Answer:
    try:
        return _asked(place, open_in_memory(seed), question, lambda _: None)
    except sqlite3.Error as error:  # of an SQLite that is too old, or was built without what is needed
        here = f"SQLite {sqlite3.sqlite_version} is here; 3.35 with FTS5 is needed."
        raise UsageError(f"{place.archive}: cannot be indexed: {error}. {here}") from error


def _ask_kept(place: Place, question: _Question[_Answer], tell: Tell) -> _Answer:
    try:
        return _asked(place, open_kept(place.index), question, tell)
    except AnotherIndexError:
        why = "of another version of codex-replay"
    except sqlite3.OperationalError as error:  # locked, a full disk: the index itself may be all right
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_FULL:
            give_back(place.index)
        if code is not None and (code != sqlite3.SQLITE_ERROR or "no such module" in str(error)):
            raise
        why = f"damaged: {error}"  # a table or a column is missing; or, Python's own error, a text is not UTF-8
    except _DAMAGED as error:
        why = f"damaged: {error}"
    tell(f"{place.index}: {why}. It is set aside, and made anew.")
    set_aside(place.index)
    return _asked(place, open_kept(place.index), question, tell)


def _asked(place: Place, database: sqlite3.Connection, question: _Question[_Answer], tell: Tell) -> _Answer:
    try:
        question.others[:] = update(database, place.archive, tell, place.only)
        if not database.execute("SELECT 1 FROM session LIMIT 1").fetchone():
            _refuse(place.archive)
        return question.ask(database)
    finally:
        database.close()


def _refuse(archive: Path) -> None:
    """Say what an archive lacks that has no sessions."""
    from pytest_codex_replay.archive.session import open_sessions  # noqa: PLC0415  heavy, and seldom needed

    open_sessions(archive)


def _is_recorded(path: Path, names: list[str]) -> bool:
    """Whether the first session of an archive was written by a recorder."""
    for name in sorted(names):
        try:
            found = [one for one in os.listdir(path / name) if is_segment(one)]  # noqa: PTH208
        except OSError:  # a file, or shut
            continue
        if found:
            return PLAIN_SEGMENT not in found
    return False


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such directory."
    if isinstance(error, NotADirectoryError):
        return "is a file; an archive is a directory (of a packed one, make it by `unpack`)."
    return f"may not be read ({error.strerror})."
