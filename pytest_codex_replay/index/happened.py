"""What happened in a session: read without the pieces of its answers, and of a large one kept."""

import sqlite3
from typing import Any, cast

from pytest_codex_replay.archive.check import is_recording
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.kept import LARGE_BYTES, kept_value
from pytest_codex_replay.index.kept_json import packed
from pytest_codex_replay.index.part import calls_of, lean_records
from pytest_codex_replay.projection.lifecycle import lifecycle_of
from pytest_codex_replay.reading import RecordedSession

_KIND = "lifecycle"


def kept_lifecycle(database: sqlite3.Connection, session: RecordedSession, name: str) -> list[dict[str, Any]]:
    """Return what happened in a session, as JSON. Of a large one that has ended it is kept when it was asked for."""
    if (found := kept_value(database, name, _KIND)) is None:
        read = database.execute("SELECT segments FROM session WHERE name = ?", (name,)).fetchone() or ("",)
        is_live = is_recording(Session(session.path))
        records = lean_records(session.path, calls_of(database, name))
        found = [one.as_json() for one in lifecycle_of(records, lambda: session.turns, is_live=is_live)]
        if session.bytes_count >= LARGE_BYTES and not is_live:
            query = "INSERT OR REPLACE INTO kept SELECT id, ?, ? FROM session WHERE (name, segments) = (?, ?)"
            database.execute(query, (_KIND, packed(found), name, *read))  # another process may know more by now
    return cast("list[dict[str, Any]]", found)
