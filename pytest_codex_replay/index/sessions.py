"""The sessions of an archive, the newest first, page by page."""

import base64
import binascii
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, overload

import orjson

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.filters import Filter, refuse_unreadable
from pytest_codex_replay.index.find import searched_in_part
from pytest_codex_replay.index.lookup import short_names
from pytest_codex_replay.index.rows import summed
from pytest_codex_replay.index.terms import refresh
from pytest_codex_replay.limits import MAX_COUNT

_COLUMNS = "one.id, one.name, one.started_ms, one.helper_kind, one.title, one.failed, one.summary"
_Row = Sequence[Any]
"""Values of these."""


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some sessions."""

    rows: "SessionRows"
    """What `ls --json` says about each, without its path."""
    short_names: dict[str, str]
    """Beginnings of their names, where they are shown."""
    count: int
    """How many sessions the filter lets pass, helpers aside."""
    timeless_count: int
    """How many sessions a beginning that is asked for leaves out, as they have no time of their own."""
    next: str | None
    """The cursor of the next page; None: this is the last."""
    in_part: list[tuple[str, str]]
    """Where a text was asked for: `searched_in_part` of those in which it was looked for."""


def sessions_in(
    database: sqlite3.Connection,
    wanted: Filter,
    *,
    archive: Path | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    has_names: bool = True,
) -> SessionPage:
    """Return sessions, each with the helpers that belong to it.

    Args:
        database: the index.
        wanted: which sessions.
        archive: the directory that is indexed: a cursor is for that one alone, wherever it was moved to.
        limit: how many at most.
        cursor: where the page before has ended.
        has_names: with the beginnings of their names.

    Raises:
        UsageError: the cursor is that of another question, or of another archive.
        ArchiveError: no session of the archive can be read.
    """
    if wanted.text is not None:
        refresh(database)
    where, values = wanted.where()
    where = f"beside IS NULL AND {where}"
    count = database.execute(f"SELECT count(*) FROM session AS one WHERE {where}", values).fetchone()[0]  # noqa: S608
    key = None if cursor is None else _key(cursor, wanted, archive)
    rows = database.execute(
        f"SELECT {_COLUMNS} FROM session AS one WHERE {where} AND (? OR started_ms < ? OR started_ms = ? AND name > ?) "  # noqa: S608
        "ORDER BY started_ms DESC, name LIMIT ?",
        (*values, key is None, *(key or (0, 0, "")), -1 if limit is None else min(limit, MAX_COUNT) + 1),
    ).fetchall()
    is_last = limit is None or len(rows) <= limit
    page = rows if is_last else rows[:limit]
    found = SessionRows(page, _helpers(database, [row[0] for row in page]))
    refuse_unreadable(database, wanted)
    names = short_names(database, found.names()) if has_names else {}
    following = None if is_last else _cursor(page[-1][2], page[-1][1], wanted, archive)
    timeless = 0 if wanted.since_ms is None else _timeless_count(database, wanted)
    in_part = [] if wanted.text is None else searched_in_part(database, replace(wanted, text=None).where())
    return SessionPage(found, names, count, timeless, following, in_part)


class SessionRows(Sequence[dict[str, Any]]):
    """Rows of sessions, each made when it is asked for: of a hundred thousand, all at once would fill the memory."""

    def __init__(self, rows: Sequence[_Row], helpers: Mapping[int, Sequence[_Row]]) -> None:
        """Take rows of the index, and those of helpers by the number of the session beside which they are.

        Raises:
            sqlite3.DatabaseError: one is damaged.
        """
        for row in chain(rows, *helpers.values()):
            if row[-1] != summed(row[-1][8:]):
                raise sqlite3.DatabaseError("the checksum of a summary does not match")
        self._rows, self._helpers = rows, helpers

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, at: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, at: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return [*map(self._made, self._rows[at])] if isinstance(at, slice) else self._made(self._rows[at])

    def names(self) -> Iterator[str]:
        """Yield the names of all sessions, and of their helpers."""
        return (row[1] for row in chain(self._rows, *self._helpers.values()))

    def _made(self, row: _Row) -> dict[str, Any]:
        return _row(row, [_row(helper, []) for helper in self._helpers.get(row[0], ())])


def _helpers(database: sqlite3.Connection, sessions: Sequence[int]) -> dict[int, list[_Row]]:
    found: dict[int, list[_Row]] = {}
    for at in range(0, len(sessions), 500):
        some = sessions[at : at + 500]
        marks = ", ".join("?" * len(some))
        query = f"SELECT beside, {_COLUMNS} FROM session AS one WHERE beside IN ({marks}) ORDER BY started_ms, name"  # noqa: S608
        for beside, *row in database.execute(query, some):
            found.setdefault(beside, []).append(row)
    return found


def _row(row: _Row, helpers: list[dict[str, Any]]) -> dict[str, Any]:
    _, name, _, helper_kind, title, failed, summary = row
    titles = [title, *(helper["title"] for helper in helpers)]
    given = next((one for one in reversed(titles) if one is not None), None)
    more = {"failed_turns": failed, "helper_kind": helper_kind, "title": given, "helpers": helpers}
    return {"id": name, **orjson.loads(summary[8:]), **more}


def _timeless_count(database: sqlite3.Connection, wanted: Filter) -> int:
    where, values = replace(wanted, since_ms=None, until_ms=None).where()
    query = f"SELECT count(*) FROM session AS one WHERE beside IS NULL AND started_ms <= 0 AND {where}"  # noqa: S608
    return int(database.execute(query, values).fetchone()[0])


def _cursor(started_ms: float, name: str, wanted: Filter, archive: Path | None) -> str:
    value = orjson.dumps([_question(wanted), _identity(archive), started_ms, name])
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _key(cursor: str, wanted: Filter, archive: Path | None) -> tuple[float, float, str]:
    """Return behind what a cursor goes on."""
    try:
        question, of, started_ms, name = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        key = float(started_ms), float(started_ms), str(name)
    except (ValueError, TypeError, binascii.Error) as error:
        raise UsageError(f"{cursor}: not a cursor. Take the one that the page before names.") from error
    if of != _identity(archive):
        raise UsageError(f"{cursor}: the cursor of another archive. Leave it out, to begin with the first page.")
    if question != _question(wanted):
        raise UsageError(f"{cursor}: the cursor of another question. Repeat the options that it was given for.")
    return key


def _question(wanted: Filter) -> str:
    times = (wanted.written[0] or wanted.since_ms, wanted.written[1] or wanted.until_ms)
    return _digest(repr((replace(wanted, since_ms=None, until_ms=None, written=(None, None)), times)))


def _identity(archive: Path | None) -> str:
    """Return what stays the same of an archive that is moved, recorded into, pruned, and indexed anew."""
    return "" if archive is None else _digest(str(archive.stat().st_ino))


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()[:16]
