"""The words that stand in the texts of an index: a table of them, which answers twenty times faster than the full text.

It is brought up to date when a text is looked for, by the texts that are new since. Words of texts that are gone go,
too.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from pytest_codex_replay.index.schema import TOKENIZER, transaction

_MANY = 2000
"""Texts that come or go, from which on it is faster to look at all."""


def refresh(database: sqlite3.Connection) -> None:
    """Bring the table of words up to date."""
    if not _new_count(database):
        return
    with transaction(database):
        count = _new_count(database)  # another process may have been faster
        if count >= _MANY:
            database.execute("INSERT OR IGNORE INTO term SELECT term FROM vocabulary")
        elif count:
            _add_new(database)
        database.execute("UPDATE seen SET text = (SELECT coalesce(max(id), 0) FROM text)")


def _new_count(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM text WHERE id > (SELECT text FROM seen)").fetchone()[0])


def forget(database: sqlite3.Connection, texts: Sequence[str]) -> None:
    """Drop the words of texts that are gone, but for those that stand in others. It is part of a transaction."""
    if len(texts) >= _MANY:
        database.execute("DELETE FROM term")
        database.execute("UPDATE seen SET text = 0")
        return
    query = "DELETE FROM term WHERE term = ? AND NOT EXISTS (SELECT 1 FROM words WHERE words MATCH ?)"
    database.executemany(query, ((term, f'"{term}"') for term in _terms_in(database, texts)))


def _add_new(database: sqlite3.Connection) -> None:
    texts = database.execute("SELECT body FROM text WHERE id > (SELECT text FROM seen)").fetchall()
    terms = _terms_in(database, (body for (body,) in texts))
    database.executemany("INSERT OR IGNORE INTO term VALUES (?)", ((term,) for term in terms))


def _terms_in(database: sqlite3.Connection, texts: Iterable[str]) -> list[str]:
    """Return the words of texts, as the full-text search finds them."""
    database.execute(f"CREATE VIRTUAL TABLE temp.fresh USING fts5 (body, content='', detail=none, {TOKENIZER})")
    database.execute("CREATE VIRTUAL TABLE temp.fresh_terms USING fts5vocab (temp, fresh, row)")
    database.executemany("INSERT INTO temp.fresh (body) VALUES (?)", ((text.lower(),) for text in texts))
    terms = [term for (term,) in database.execute("SELECT term FROM temp.fresh_terms")]
    database.execute("DROP TABLE temp.fresh_terms")
    database.execute("DROP TABLE temp.fresh")
    return terms
