"""Ids: where one stands first, by its beginning."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_codex_replay.archive.names import nearest_names
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.filters import Condition, Filter, has

_LAST = "\U0010ffff"
_MOST = 5000
"""Ids among which those of an error are chosen."""
_ID = re.compile(r"\S+")
_SHORT, _UUID_LENGTH = 8, 36
"""Characters of a session id that are shown at least; and all of them."""
_SHORTEST = 3
"""Characters of an id that are looked for in its middle, too."""


@dataclass(frozen=True, slots=True)
class Id:
    """An id, and where it first stands."""

    kind: str
    name: str
    session: str
    turn: int | None
    interaction: int | None
    session_number: int
    started_ms: float
    """When the session began; 0: it has no time of its own, as a cassette."""
    among: tuple[str, ...] = ()
    """Names of the sessions in which it stands, if these are several, the newest first; without times, by name."""


def short_names(database: sqlite3.Connection, names: Iterable[str]) -> dict[str, str]:
    """Return the shortest unique beginning of each session id; a name that a person gave is kept whole."""
    names = list(names)
    length = max((_unique_length(database, name) for name in names), default=0)
    return {name: name[: max(length, _SHORT)] if len(name) == _UUID_LENGTH else name for name in names}


def _unique_length(database: sqlite3.Connection, name: str) -> int:
    """Return how many characters tell a name from its neighbours."""
    query = "SELECT max(name) FROM session WHERE name < ? UNION ALL SELECT min(name) FROM session WHERE name > ?"
    beside = [other for (other,) in database.execute(query, (name, name)) if other is not None]
    return max((common_length(name, other) + 1 for other in beside), default=0)


def common_length(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


class AmbiguousIdError(UsageError):
    """Several ids begin so."""


def find_id(
    database: sqlite3.Connection, beginning: str, kinds: Sequence[str], only: tuple[str, ...] | None = None
) -> Id:
    """Return the only id of some kinds that is `beginning`, or begins with it; in the sessions of these names `only`.

    Of equal ids of several kinds, that of the kind that is named first is returned.

    Raises:
        UsageError: it was not found, or is ambiguous; the message names the nearest five.
    """
    sql, values = Filter(only=only).where()
    within = f"kind IN ({', '.join('?' * len(kinds))}) AND {sql}"
    rows = database.execute(
        f"{_SELECT} WHERE name.name >= ? AND name.name < ? AND {within} "
        "ORDER BY name.name != ?, started_ms DESC, one.name, interaction LIMIT ?",
        (beginning, beginning + _LAST, *kinds, *values, beginning, _MOST),
    )
    found = [Id(*row) for row in rows]
    exact = [one for one in found if one.name.lower() == beginning.lower()]
    alike = exact or found
    if len({one.name for one in alike}) == 1:
        among = dict.fromkeys(one.session for one in alike)
        of_newest = (one for one in alike if one.session == alike[0].session)
        newest = min(of_newest, key=lambda one: kinds.index(one.kind))  # Codex asks by ids of threads, too
        return replace(newest, among=tuple(among) if len(among) > 1 else ())
    what = f"{kinds[0]} id" if len(kinds) == 1 else "id"
    if found:
        near = _nearest(beginning, found)
        raise AmbiguousIdError(f"several {what}s begin with {beginning!r}. Give more of it: {near}")
    some = database.execute(f"{_SELECT} WHERE {within} LIMIT ?", (*kinds, *values, _MOST))
    near = _nearest(beginning, [Id(*row) for row in some])
    raise UsageError(f"no {what} begins with {beginning!r}.{f' There are: {near}' if near else ''}")


def session_with(database: sqlite3.Connection, name: str, kind: str) -> str | None:
    """Return the only session in which an id of this name stands; None: it stands in none, or in several."""
    rows = database.execute(f"{_SELECT} WHERE name.name = ? AND kind = ? LIMIT 2", (name, kind)).fetchall()
    return Id(*rows[0]).session if len(rows) == 1 else None


def ids_like(database: sqlite3.Connection, text: str, where: Condition) -> Iterator[Id]:
    """Yield the ids that are `text`, then those that begin with it, then those that contain it; the newest first."""
    if not _ID.fullmatch(text):
        return
    sql, values = where
    query = f"{_SELECT} WHERE {{}} AND {sql} ORDER BY name.name != ?, started_ms DESC, one.name, interaction"
    order = (*values, text)
    for row in database.execute(query.format("name.name >= ? AND name.name < ?"), (text, text + _LAST, *order)):
        yield Id(*row)
    if len(text) >= _SHORTEST:
        named, value = has("name.name", text)
        inside = query.format(f"{named} AND NOT (name.name >= ? AND name.name < ?)")
        for row in database.execute(inside, (value, text, text + _LAST, *order)):
            yield Id(*row)


_SELECT = """
SELECT kind, name.name, one.name, turn, interaction, one.id, started_ms
FROM name JOIN session AS one ON one.id = name.session
"""


def _nearest(beginning: str, found: Iterable[Id]) -> str:
    return nearest_names(beginning, list(dict.fromkeys(one.name for one in found)))
