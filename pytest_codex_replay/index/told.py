"""What was told of a large session that has ended, item by item: kept when it was asked for."""

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from typing import NamedTuple

from pytest_codex_replay.index.kept import packed, unpacked
from pytest_codex_replay.projection.mutations import Lifecycle, Mutation, Upsert

_KIND = "told"


class Told(NamedTuple):
    """What the records of a session came to, in order."""

    records: int
    """How many records there were."""
    titles: Mapping[str, str]
    """By key of a turn: who works in it, and what was asked for."""
    mutations: tuple[Mutation, ...]
    """What happened, and items as they came out."""


def is_kept(one: Mutation) -> bool:
    """Return whether a mutation is one of those that are kept: turns, and texts that still grew, are not."""
    return isinstance(one, Lifecycle) or (isinstance(one, Upsert) and one.kind == "item" and not _grows(one))


def kept_told(database: sqlite3.Connection, name: str) -> Told | None:
    """Return what was told of a session; None: read it."""
    found = unpacked(database, name, _KIND)
    if found is None:
        return None
    mutations = (Lifecycle(**one) if "type" in one else Upsert(**one) for one in found["mutations"])
    return Told(found["records"], found["titles"], tuple(mutations))


def read_state(database: sqlite3.Connection, name: str) -> str:
    """Return which state of a session the index knows; `keep_told` wants it from before the session was read."""
    row = database.execute("SELECT segments FROM session WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def keep_told(database: sqlite3.Connection, name: str, state: str, told: Told) -> None:
    """Keep what was told of a session, unless it is in another state by now."""
    mutations = [asdict(one) for one in told.mutations]
    body = packed({"records": told.records, "titles": dict(told.titles), "mutations": mutations})
    query = "INSERT OR REPLACE INTO kept SELECT id, ?, ? FROM session WHERE (name, segments) = (?, ?)"
    database.execute(query, (_KIND, body, name, state))


def _grows(one: Upsert) -> bool:
    return one.is_open and one.value.get("kind") == "assistant"
