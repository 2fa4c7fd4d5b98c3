"""The tables of an index, and the file that they are in."""

import os
import sqlite3
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from pytest_codex_replay import __version__
from pytest_codex_replay.archive.files import check_regular

INDEX_NAME = ".index.db"
"""Beside the session directories of an archive."""
_SET_ASIDE = ".index.db.set-aside"
_LAYOUT = 15
"""Version of the tables, and of what is put into them."""
VERSION = zlib.crc32(f"{_LAYOUT} {__version__} {unicodedata.unidata_version}".encode()) & 0x7FFFFFFF
"""What an index is stamped with: another release may make something else of the traffic, or take it to lower case."""
_BUSY_MS = 5000
"""How long one waits for another process, which writes some hundreds of sessions at a time."""
TOKENIZER = "tokenize='unicode61 remove_diacritics 0'"
"""How the full-text search finds words."""
_TABLES = """
CREATE TABLE session (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, directory_ns INTEGER NOT NULL, segments TEXT NOT NULL,
  is_live INTEGER NOT NULL, manifest TEXT NOT NULL, started_ms REAL NOT NULL, ended_ms REAL NOT NULL,
  failed INTEGER NOT NULL, has_lost INTEGER NOT NULL, helper_kind TEXT, title TEXT, error TEXT, in_part TEXT,
  asked TEXT NOT NULL, summary TEXT NOT NULL, beside INTEGER);
CREATE INDEX session_start ON session (started_ms, name);
CREATE INDEX session_helper ON session (started_ms) WHERE helper_kind IS NOT NULL;
CREATE INDEX session_length ON session (ended_ms - started_ms);
CREATE INDEX session_beside ON session (beside) WHERE beside IS NOT NULL;
CREATE INDEX session_live ON session (is_live) WHERE is_live;
CREATE INDEX session_lost ON session (has_lost) WHERE has_lost;
CREATE INDEX session_error ON session (error) WHERE error IS NOT NULL;
CREATE INDEX session_part ON session (in_part) WHERE in_part IS NOT NULL;
CREATE TABLE said (session INTEGER, kind TEXT, value TEXT, PRIMARY KEY (session, kind, value)) WITHOUT ROWID;
CREATE TABLE thread (session INTEGER, id TEXT, parent TEXT, label TEXT, PRIMARY KEY (session, id)) WITHOUT ROWID;
CREATE INDEX thread_id ON thread (id);
CREATE INDEX thread_parent ON thread (parent) WHERE parent IS NOT NULL;
CREATE TABLE turn (
  session INTEGER, number INTEGER, thread TEXT, turn_id TEXT, model TEXT, outcome TEXT NOT NULL, prompt TEXT,
  started_ms REAL NOT NULL, first_event_ms REAL, duration_ms REAL, tool_ms REAL, retries INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL, PRIMARY KEY (session, number)) WITHOUT ROWID;
CREATE TABLE interaction (
  session INTEGER, number INTEGER, turn INTEGER, thread TEXT, role TEXT NOT NULL, transport TEXT NOT NULL, model TEXT,
  status INTEGER, outcome TEXT NOT NULL, started_ms REAL NOT NULL, first_event_ms REAL, duration_ms REAL,
  input INTEGER NOT NULL, cached INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  total INTEGER NOT NULL, flow TEXT NOT NULL, PRIMARY KEY (session, number)) WITHOUT ROWID;
CREATE TABLE event (session INTEGER, type TEXT, count INTEGER, PRIMARY KEY (session, type)) WITHOUT ROWID;
CREATE TABLE name (
  session INTEGER, kind TEXT, name TEXT COLLATE NOCASE, turn INTEGER, interaction INTEGER,
  PRIMARY KEY (session, kind, name)) WITHOUT ROWID;
CREATE INDEX name_name ON name (name);
CREATE TABLE text (
  id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE, body TEXT NOT NULL, is_long INTEGER NOT NULL);
CREATE INDEX text_long ON text (is_long) WHERE is_long;
CREATE TABLE place (
  session INTEGER, number INTEGER, text INTEGER NOT NULL, rank INTEGER NOT NULL, place TEXT NOT NULL, turn INTEGER,
  interaction INTEGER, PRIMARY KEY (session, number)) WITHOUT ROWID;
CREATE INDEX place_text ON place (text, rank);
CREATE TABLE growth (session INTEGER PRIMARY KEY, checkpoint BLOB NOT NULL);
CREATE TABLE kept (session INTEGER, kind TEXT, body BLOB NOT NULL, PRIMARY KEY (session, kind));
CREATE VIRTUAL TABLE words USING fts5 (body, content='', columnsize=0, detail=none, <tokenizer>);
INSERT INTO words (words, rank) VALUES ('hashsize', 33554432);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
CREATE TABLE term (term TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE seen (text INTEGER NOT NULL);
INSERT INTO seen VALUES (0);
"""
PARTS = ("said", "thread", "turn", "interaction", "event", "name", "place", "growth", "kept")
"""Tables with what belongs to one session."""


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Let what the block changes come all at once, or not at all."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


class AnotherIndexError(Exception):
    """The file is not an index of this version."""


def open_kept(path: Path) -> sqlite3.Connection:
    """Open the index at `path`, or make it, for its owner alone.

    Raises:
        AnotherIndexError: it is of another version, or of another program.
        sqlite3.Error: it cannot be opened, or is damaged.
        OSError: it cannot be made.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    _check_files(path)
    database = _connected(str(path))
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def open_in_memory(seed: Path | None = None) -> sqlite3.Connection:
    """Make an index that goes with the process; from what the one at `seed` has, if that can be read."""
    if seed is not None and (database := _copied(seed)) is not None:
        return database
    database = _connected(":memory:")
    _prepare(database)
    return database


def set_aside(path: Path) -> None:
    """Give an index another name, in place of what had that name; what SQLite keeps beside it goes."""
    os.replace(path, path.with_name(_SET_ASIDE))  # noqa: PTH105
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def remove_set_aside(archive: Path, tell: Callable[[str], object]) -> None:
    """Remove the index that was set aside in an archive: it has the words of sessions that a user removed since."""
    path = archive / _SET_ASIDE
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        tell(f"{path}: cannot be removed ({error.strerror}), and has words of sessions that were removed: remove it.")


def give_back(path: Path) -> None:
    """Remove an index into which nothing has come: on a full disk, what was tried takes room that recordings need."""
    with closing(_connected(str(path))) as database, suppress(sqlite3.Error):
        if database.execute("SELECT 1 FROM session LIMIT 1").fetchone():
            return
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _check_files(path: Path) -> None:
    """Check that an index is regular files: SQLite waits at a pipe, and writes through a link.

    Raises:
        OSError: it is not.
    """
    for suffix in ("", "-wal", "-shm"):
        one = path.with_name(path.name + suffix)
        with suppress(FileNotFoundError):
            check_regular(one.lstat(), one)


def _connected(place: str, *, is_uri: bool = False) -> sqlite3.Connection:
    database = sqlite3.connect(place, timeout=_BUSY_MS / 1000, isolation_level=None, uri=is_uri)
    database.create_function("holds", 2, _holds, deterministic=True)
    return database


def _holds(body: str, lowered: str) -> bool:
    """Return whether a text in lower case stands in another, in whatever case."""
    return lowered in body.lower()


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables of a new index; check that an old one has them."""
    if _version(database) == VERSION:
        return
    database.execute("BEGIN IMMEDIATE")
    if _version(database) == VERSION:  # another process was faster
        database.execute("ROLLBACK")
        return
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise AnotherIndexError
    for statement in _TABLES.strip().rstrip(";").split(";\n"):
        database.execute(statement.replace("<tokenizer>", TOKENIZER))
    database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("COMMIT")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _copied(path: Path) -> sqlite3.Connection | None:
    """Return a copy in memory of an index that may only be read; None where that cannot be."""
    try:
        _check_files(path)
    except OSError:
        return None
    target = _connected(":memory:")
    has_log = path.with_name(f"{path.name}-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"
    try:
        source = _connected(uri, is_uri=True)
        try:
            source.backup(target)
        finally:
            source.close()
        if _version(target) == VERSION:
            return target
    except sqlite3.Error:
        target.close()
        return None
    target.close()
    return None
