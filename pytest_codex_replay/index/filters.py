"""Which sessions a question is about, as a condition of SQL on the table `session AS one`."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pytest_codex_replay.errors import ArchiveError

Condition = tuple[str, tuple[Any, ...]]
"""SQL, and its values."""
_LAST = "\U0010ffff"
"""Behind every text that begins alike."""
_SAID = "one.id IN (SELECT session FROM said WHERE kind = ?"
_CHILDREN = "one.id IN (SELECT session FROM thread WHERE parent >= ? AND parent < ?)"
_BELOW = """one.id IN (
  WITH RECURSIVE below (id, session) AS (
    SELECT id, session FROM thread WHERE parent >= ? AND parent < ?
    UNION SELECT thread.id, thread.session FROM thread JOIN below ON thread.parent = below.id)
  SELECT session FROM below)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the sessions have in common; None and empty: anything."""

    only: tuple[str, ...] | None = None
    """Their names."""
    since_ms: float | None = None
    until_ms: float | None = None
    """They began then or later, and before."""
    written: tuple[str | None, str | None] = (None, None)
    """These two as the user wrote them: `7d` is another time in each moment, and the same question."""
    cwd: str | None = None
    """A directory in which Codex worked, or one above it."""
    model: str | None = None
    originator: str | None = None
    is_failed: bool = False
    """A turn of theirs failed."""
    parent: str | None = None
    """Beginning of the id of a thread that began one of theirs."""
    ancestor: str | None = None
    """Likewise, however far above."""
    text: str | None = None

    def where(self) -> Condition:
        """Return the condition."""
        parts = [*self._of_session(), *self._of_threads(), *self._of_text()]
        return " AND ".join(["TRUE", *(sql for sql, _ in parts)]), tuple(one for _, values in parts for one in values)

    def _of_session(self) -> Iterator[Condition]:
        if self.only is not None:
            yield f"one.name IN ({', '.join('?' * len(self.only))})", self.only
        if self.since_ms is not None:
            yield "one.started_ms >= ?", (self.since_ms,)
        if self.until_ms is not None:
            yield "one.started_ms < ?", (self.until_ms,)
        for kind, wanted in (("model", self.model), ("originator", self.originator)):
            if wanted is not None:
                yield f"{_SAID} AND value = ?)", (kind, wanted)
        if self.is_failed:
            yield "one.failed > 0", ()

    def _of_threads(self) -> Iterator[Condition]:
        if self.parent is not None:
            yield _CHILDREN, (self.parent, self.parent + _LAST)
        if self.ancestor is not None:
            yield _BELOW, (self.ancestor, self.ancestor + _LAST)

    def _of_text(self) -> Iterator[Condition]:
        if self.cwd is not None:
            below = self.cwd.rstrip("/") + "/"
            yield f"{_SAID} AND (value = ? OR value >= ? AND value < ?))", ("cwd", self.cwd, below, below + _LAST)
        if self.text is not None:
            sql, values = texts_with(self.text)
            texts = f"SELECT session FROM place WHERE text IN ({sql})"  # noqa: S608
            if any(map(str.isspace, self.text)):  # no id has blanks
                yield f"one.id IN ({texts})", values
            else:
                is_ascii = self.text.isascii()  # else SQLite's own search does not know its upper and lower case
                named, value = has("name", self.text) if is_ascii else ("holds(name, ?)", self.text.lower())
                yield f"one.id IN ({texts} UNION ALL SELECT session FROM name WHERE {named})", (*values, value)  # noqa: S608


def lost_count(database: sqlite3.Connection, where: Condition) -> int:
    """Return in how many sessions something is damaged, or was not recorded."""
    sql, values = where
    query = f"SELECT count(*) FROM session AS one WHERE has_lost AND {sql}"  # noqa: S608
    return int(database.execute(query, values).fetchone()[0])


def refuse_unreadable(database: sqlite3.Connection, wanted: Filter) -> None:
    """Let there be no answer that looks as if nothing had been recorded.

    Raises:
        ArchiveError: no session of an archive, or of those that are named, can be read.
    """
    where, values = Filter(only=wanted.only).where()
    query = f"SELECT count(*) - count(error), min(error) FROM session AS one WHERE {where}"  # noqa: S608
    readable, error = database.execute(query, values).fetchone()
    if error is not None and not readable:
        raise ArchiveError(error)


def texts_with(wanted: str) -> Condition:
    """Return a query for the numbers of the texts in which `wanted` stands, in upper or lower case.

    The first words in it that are long enough tell which texts that may be; only these are looked at.
    """
    lowered = wanted.lower()
    words = list(islice(_WORD.finditer(lowered), _MOST_WORDS))
    match = " || ' AND ' || ".join(_query(lowered, word) for word in words)
    near = f"id IN (SELECT rowid FROM words WHERE words MATCH {match} UNION ALL {_LONG}) AND " if words else ""  # noqa: S608
    holds, value = _holds(lowered)
    return f"SELECT id FROM text WHERE {near}{holds}", (*(word[0] for word in words), value)  # noqa: S608


def _holds(lowered: str) -> tuple[str, str]:
    """Return a condition for texts in which one in lower case stands, and its value.

    SQLite's own search takes a third of the time. It knows upper and lower case of ASCII alone: İ and the sign for
    Kelvin are in lower case i and k.
    """
    if lowered.isascii() and lowered.isprintable() and _OF_OTHERS.isdisjoint(lowered):
        return has("body", lowered)
    return "holds(body, ?)", lowered


def has(column: str, text: str) -> tuple[str, str]:
    """Return a condition for columns in which a text stands, in whatever case of ASCII, and its value."""
    if len(text) > _LIKE_CHARS:
        return f"instr(lower({column}), ?)", text.lower()
    return f"{column} LIKE ? ESCAPE '\\'", f"%{_LIKE.sub(_ESCAPED, text)}%"


_OF_OTHERS = frozenset("ik")
_LIKE, _ESCAPED = re.compile(r"([%_\\])"), r"\\\1"
_LIKE_CHARS = 1000
"""Of a longer pattern, SQLite says that it is too complex: from 50,000 bytes on."""
_WORD = re.compile("[a-z0-9]{3,}")
"""A word, or what may be part of one. Of other letters, releases of SQLite do not know the same."""
_MOST_WORDS = 50
"""Some hundred make an expression that SQLite says is too large."""
_LONG = "SELECT id FROM text WHERE is_long"
_ONE_OF = "coalesce((SELECT '(' || group_concat('\"' || term || '\"', ' OR ') || ')' FROM term WHERE {}), '\"\"')"


def _query(text: str, word: re.Match[str]) -> str:
    """Return an expression for a query of full text: for a word in `text`, or for those of which it may be part."""
    begins, ends = _is_between(text[: word.start()][-1:]), _is_between(text[word.end() :][:1])
    if begins:
        return "'\"' || ? || '\"'" if ends else "'\"' || ? || '\" *'"
    return _ONE_OF.format("term LIKE '%' || ?" if ends and len(word[0]) <= _LIKE_CHARS else "instr(term, ?)")


def _is_between(character: str) -> bool:
    """Return whether words end at a character, for sure."""
    return character.isascii() and character != "" and not character.isalnum()
