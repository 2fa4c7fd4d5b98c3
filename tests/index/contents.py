"""All that an index says, without the numbers by which it was put in."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from pytest_codex_replay.index.entry import entry_of
from pytest_codex_replay.index.rows import put
from pytest_codex_replay.index.stamps import changes

PARTS = ("said", "thread", "turn", "interaction", "event", "name")


def contents(database: sqlite3.Connection) -> list[str]:
    """Return the rows of an index: two that say the same have the same."""
    own = "name, segments, is_live, started_ms, ended_ms, failed, helper_kind, title, error, asked, summary"
    beside = "(SELECT name FROM session AS other WHERE other.id = session.beside)"
    rows = [("session", *row) for row in database.execute(f"SELECT {own}, {beside} FROM session")]
    for table in PARTS:
        query = f"SELECT name.name, part.* FROM {table} AS part JOIN session AS name ON name.id = part.session"
        rows += [(table, name, *row) for name, _, *row in database.execute(query)]
    places = "SELECT name, number, rank, place, turn, interaction, body FROM place"
    places += " JOIN session ON session.id = place.session JOIN text ON text.id = place.text"
    rows += [("place", *row) for row in database.execute(places)]
    rows += [("text", *row) for row in database.execute("SELECT digest, body FROM text")]
    database.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    database.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'words', 'row')")
    rows += [("term", *row) for row in database.execute("SELECT * FROM temp.terms")]
    database.execute("DROP TABLE temp.terms")
    return sorted(map(repr, rows))


def fill(database: sqlite3.Connection, archive: Path, names: Iterable[str] | None = None) -> None:
    """Put the sessions of an archive, or those of some names, into an index."""
    stamps = changes(archive, {}, names).changed
    put(database, [entry_of(archive / name, stamp) for name, stamp in stamps.items()])
