"""Entries into the tables of an index, and out of them. Each call is part of a transaction of its caller."""

import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from pytest_codex_replay.index.beside import fold
from pytest_codex_replay.index.schema import PARTS
from pytest_codex_replay.index.stamps import Known, Stamp
from pytest_codex_replay.index.terms import forget
from pytest_codex_replay.wire.json_values import compact_json

if TYPE_CHECKING:  # what makes entries is heavy, and most often not needed
    from pytest_codex_replay.index.entry import Entry

_MANY = 500
"""Values in one statement."""
_COLUMNS = ("started_ms", "ended_ms", "failed", "has_lost", "helper_kind", "title", "error", "in_part")


def known_stamps(database: sqlite3.Connection, names: Sequence[str] | None = None) -> dict[str, Known]:
    """Return what the sessions of an index, or those of some names, looked like when they were read, by name."""
    query = "SELECT name, directory_ns, segments, is_live, manifest FROM session"
    rows = database.execute(query) if names is None else _selected(database, f"{query} WHERE name IN", names)
    return {row[0]: row[1:] for row in rows}


def known_growth(database: sqlite3.Connection, names: Sequence[str]) -> dict[str, bytes]:
    """Return how far sessions that were being recorded were read, by name."""
    query = "SELECT name, checkpoint FROM growth JOIN session ON session.id = growth.session WHERE name IN"
    return dict(_selected(database, query, names))


def touch(database: sqlite3.Connection, stamps: Mapping[str, Stamp]) -> None:
    """Note what session directories look like whose traffic is the same."""
    rows = [(stamp.directory_ns, name) for name, stamp in stamps.items()]
    database.executemany("UPDATE session SET directory_ns = ? WHERE name = ?", rows)


def remove(database: sqlite3.Connection, names: Sequence[str]) -> None:
    """Forget sessions, and what stood in no other."""
    if put(database, (), gone=names):
        purge(database)


def purge(database: sqlite3.Connection) -> None:
    """Let the words of texts that were dropped go from the file, in which they would stay and be found nowhere."""
    database.execute("INSERT INTO words (words) VALUES ('optimize')")


def put(database: sqlite3.Connection, entries: "Sequence[Entry]", *, gone: Sequence[str] = ()) -> bool:
    """Put sessions in, in place of what was known of them, and forget those that are `gone`.

    Return whether texts were dropped that stand nowhere any more.
    """
    old = _ids(database, [*(entry.name for entry in entries), *gone])
    spans = list(_spans(database, old))
    texts = _texts_of(database, old)
    for table in PARTS:
        _delete(database, table, "session", old)
    _delete(database, "session", "id", old)
    ids = {_add_session(database, entry): entry for entry in entries}
    _add_parts(database, ids)
    has_dropped = _drop_unused(database, texts)
    fold(database, [*spans, *_spans(database, list(ids))])
    return has_dropped


def summed(text: str) -> str:
    """Return a text behind its checksum."""
    return f"{zlib.crc32(text.encode()):08x}{text}"


def _add_session(database: sqlite3.Connection, entry: "Entry") -> int:
    values = entry.session
    summary = summed(compact_json(values["summary"]).decode())
    asked = compact_json(values["asked"]).decode()
    own = (entry.name, *entry.stamp, *(values[name] for name in _COLUMNS), asked, summary)
    cursor = database.execute(
        f"INSERT INTO session (name, directory_ns, segments, is_live, manifest, {', '.join(_COLUMNS)}, asked, summary)"  # noqa: S608
        f" VALUES ({', '.join('?' * len(own))})",
        own,
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _add_parts(database: sqlite3.Connection, entries: "Mapping[int, Entry]") -> None:
    texts: dict[int, str] = {}
    for entry in entries.values():
        texts |= entry.texts
    numbers = _text_numbers(
        database, {row[1] for entry in entries.values() for row in entry.parts.get("place", ())}, texts
    )
    for table in PARTS:
        rows = [(session, *row) for session, entry in entries.items() for row in entry.parts.get(table, ())]
        if table == "place":
            rows = [(*row[:2], numbers[row[2]], *row[3:]) for row in rows]
        if rows:
            database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608


def lacking_texts(database: sqlite3.Connection, entries: "Sequence[Entry]") -> set[str]:
    """Return the names of entries that name texts which none of them brings, and which another process removed."""
    brought = set[int]().union(*(entry.texts for entry in entries))
    named = {entry.name: {row[1] for row in entry.parts.get("place", ())} - brought for entry in entries}
    there = dict(_selected(database, _TEXTS, list(set[int]().union(*named.values())))).keys()
    return {name for name, digests in named.items() if not digests <= there}


_TEXTS = "SELECT digest, id FROM text WHERE digest IN"


def _text_numbers(database: sqlite3.Connection, digests: AbstractSet[int], texts: Mapping[int, str]) -> dict[int, int]:
    """Return the number of each text, by digest; new ones are added."""
    numbers: dict[int, int] = dict(_selected(database, _TEXTS, list(digests)))
    last = database.execute("SELECT coalesce(max(id), 0) FROM text").fetchone()[0]
    new = list(enumerate((digest for digest in texts if digest in digests and digest not in numbers), start=last + 1))
    rows = ((at, digest, texts[digest], _is_long(texts[digest])) for at, digest in new)
    database.executemany("INSERT INTO text VALUES (?, ?, ?, ?)", rows)
    words = ((at, texts[digest].lower()) for at, digest in new)
    database.executemany("INSERT INTO words (rowid, body) VALUES (?, ?)", words)
    return numbers | {digest: at for at, digest in new}


_LONG_WORD = re.compile(r"(?<![^\W_])[^\W_]{8000}")


def _is_long(text: str) -> bool:
    """Return whether a text has a word of which SQLite would forget the end: behind 32 KiB in UTF-8."""
    return len(text) >= 8000 and _LONG_WORD.search(text) is not None  # noqa: PLR2004  see above


def _texts_of(database: sqlite3.Connection, sessions: Sequence[int]) -> list[int]:
    """Return the texts of sessions, each once: the words of one that is dropped twice would damage the full text."""
    return list({row[0] for row in _selected(database, "SELECT DISTINCT text FROM place WHERE session IN", sessions)})


def _drop_unused(database: sqlite3.Connection, texts: Sequence[int]) -> bool:
    """Drop those of some texts that stand nowhere any more; return whether there are such."""
    unused = list(
        _selected(
            database,
            "SELECT id, body FROM text WHERE NOT EXISTS (SELECT 1 FROM place WHERE place.text = text.id) AND id IN",
            texts,
        )
    )
    words = ((number, body.lower()) for number, body in unused)
    database.executemany("INSERT INTO words (words, rowid, body) VALUES ('delete', ?, ?)", words)
    database.executemany("DELETE FROM text WHERE id = ?", ((number,) for number, _ in unused))
    if unused:  # a number may be given again
        forget(database, [body for _, body in unused])
        database.execute("UPDATE seen SET text = min(text, (SELECT coalesce(max(id), 0) FROM text))")
    return bool(unused)


def _spans(database: sqlite3.Connection, sessions: Sequence[int]) -> Iterator[tuple[float, float]]:
    return _selected(database, "SELECT started_ms, ended_ms FROM session WHERE id IN", sessions)


def _ids(database: sqlite3.Connection, names: Sequence[str]) -> list[int]:
    return [row[0] for row in _selected(database, "SELECT id FROM session WHERE name IN", names)]


def _delete(database: sqlite3.Connection, table: str, column: str, values: Sequence[int]) -> None:
    for some in _in_parts(values):
        database.execute(f"DELETE FROM {table} WHERE {column} IN ({_marks(some)})", some)  # noqa: S608


def _selected(database: sqlite3.Connection, query: str, values: Sequence[Any]) -> Iterator[Any]:
    for some in _in_parts(values):
        yield from database.execute(f"{query} ({_marks(some)})", some).fetchall()


def _in_parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[at : at + _MANY] for at in range(0, len(values), _MANY))


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
