"""Where a text or an id stands in the sessions of an archive: ids first, then what is nearest to the user."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_codex_replay.index.excerpt import excerpt_of
from pytest_codex_replay.index.filters import Condition, Filter, lost_count, texts_with
from pytest_codex_replay.index.lookup import Id, ids_like, short_names
from pytest_codex_replay.index.terms import refresh
from pytest_codex_replay.limits import MAX_COUNT

RANKS = ("prompts", "texts", "tools", "context", "wire")
"""What the ranks of texts (`projection/search.py`) are called, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A place where the text stands."""

    session: str
    turn: int | None
    interaction: int | None
    place: str
    count: int
    """How often it stands there."""
    excerpt: str
    hit: tuple[int, int]
    """From where to where it stands in the excerpt."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found."""

    places: list[Found]
    place_count: int
    """Of all places, with those that the limit left out."""
    session_count: int
    """Of the sessions in which they are."""
    searched_count: int
    short_names: dict[str, str]
    """Beginnings of the names of sessions."""
    lost_count: int
    """Of sessions of which something is damaged, or was not recorded."""
    unreadable: list[tuple[str, str]]
    """Names of sessions that were not searched, with the reasons."""
    in_part: list[tuple[str, str]]
    """Names of sessions that were searched in part, with the numbers of the interactions that say more."""


def find_in(
    database: sqlite3.Connection,
    text: str,
    wanted: Filter,
    *,
    limit: int | None = None,
    ranks: Sequence[str] = RANKS,
) -> Findings:
    """Find a text in the sessions that a filter lets pass; of one rank, the newest sessions first.

    Ids come before all else, unless only some `ranks` are searched.
    """
    refresh(database)
    where = wanted.where()
    ids = list(ids_like(database, text, where)) if len(ranks) == len(RANKS) else []
    found = [_of_id(one, text) for one in ids[:limit]]
    sql, values = texts_with(text)
    database.execute("CREATE TEMP TABLE IF NOT EXISTS hit (text INTEGER PRIMARY KEY)")
    database.execute("DELETE FROM hit")
    database.execute(f"INSERT INTO hit {sql}", values)
    for rank in ranks:
        left = -1 if limit is None else min(limit, MAX_COUNT) - len(found)
        found += _texts(database, text, RANKS.index(rank), where, left) if left else ()
    places, sessions = _counted(database, ranks, where)
    sql, values = where
    count = database.execute(f"SELECT count(*) FROM session AS one WHERE {sql}", values).fetchone()[0]  # noqa: S608
    refused = database.execute(
        f"SELECT name, error FROM session AS one WHERE error NOT NULL AND {sql}",  # noqa: S608
        values,
    ).fetchall()
    return Findings(
        places=found,
        place_count=places + len(ids),
        session_count=len(sessions | {one.session_number for one in ids}),
        searched_count=count - len(refused),
        short_names=short_names(database, {one.session for one in found}),
        lost_count=lost_count(database, where),
        unreadable=refused,
        in_part=searched_in_part(database, where),
    )


def searched_in_part(database: sqlite3.Connection, where: Condition) -> list[tuple[str, str]]:
    """Return the names of sessions that are searched in part, with the numbers of the interactions that say more."""
    sql, values = where
    query = f"SELECT name, in_part FROM session AS one WHERE in_part NOT NULL AND {sql} ORDER BY +name"  # noqa: S608
    return database.execute(query, values).fetchall()  # `+`: else SQLite may go through all sessions by name


def _of_id(one: Id, text: str) -> Found:
    excerpt = excerpt_of(text, one.name)
    return Found(
        session=one.session,
        turn=one.turn,
        interaction=one.interaction,
        place=f"{one.kind} id",
        count=1,
        excerpt=one.name,
        hit=(0, 0) if excerpt is None else (excerpt.start, excerpt.end),
    )


def _texts(database: sqlite3.Connection, text: str, rank: int, where: Condition, limit: int) -> Iterator[Found]:
    rows = database.execute(  # the texts are joined to what is listed only: most often it is a small part
        "SELECT found.*, body FROM (SELECT one.name, turn, interaction, place, text AS id FROM place "  # noqa: S608
        "JOIN session AS one ON one.id = place.session "
        f"WHERE place.text IN hit AND rank = ? AND {where[0]} "
        "ORDER BY one.started_ms DESC, one.name, place.number LIMIT ?) AS found JOIN text USING (id)",
        (rank, *where[1], limit),
    )
    for session, turn, interaction, place, _, body in rows:
        excerpt = excerpt_of(text, body)
        if excerpt is not None:
            hit = (excerpt.start, excerpt.end)
            yield Found(
                session=session,
                turn=turn,
                interaction=interaction,
                place=place,
                count=excerpt.count,
                excerpt=excerpt.text,
                hit=hit,
            )


def _counted(database: sqlite3.Connection, ranks: Sequence[str], where: Condition) -> tuple[int, set[int]]:
    """Return in how many places the text stands, and the numbers of the sessions in which they are."""
    numbers = ", ".join(str(RANKS.index(rank)) for rank in ranks)
    within = "" if where == Filter().where() else f"AND +session IN (SELECT id FROM session AS one WHERE {where[0]})"  # noqa: S608
    rows = database.execute(  # CROSS JOIN, and `+`: in this order, else SQLite may go through all places, or sessions
        f"SELECT session, count(*) FROM hit CROSS JOIN place USING (text) WHERE +rank IN ({numbers}) {within} "  # noqa: S608
        "GROUP BY session",
        where[1],
    ).fetchall()
    return sum(count for _, count in rows), {session for session, _ in rows}
