"""What an index keeps of a session that takes long to read: its turns as they were folded, and why its cache missed.

It is kept of a session of which all can be read; the others are read whenever something is asked of them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import zstandard

from pytest_codex_replay.archive.check import is_recording
from pytest_codex_replay.archive.manifest import segment_entry
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.kept_call import KeptCall
from pytest_codex_replay.index.part import calls_of, lean_records
from pytest_codex_replay.projection.checkpoint import state_in, state_of, take_up
from pytest_codex_replay.projection.flows import Flows
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.lifecycle import lifecycle_of
from pytest_codex_replay.projection.prompt_cache import CacheStep
from pytest_codex_replay.projection.turn_fold import TurnFold
from pytest_codex_replay.projection.turns import turns_in
from pytest_codex_replay.reading import RecordedSession, known_session
from pytest_codex_replay.wire.json_values import exact_json

LARGE_BYTES = 256 * 1024
"""From here on, it takes longer to read a session than to read what is kept of it."""
_FOLDED, _STEPS, _LIFECYCLE = "folded", "steps", "lifecycle"
Row = tuple[str, bytes]


def folded_row(session: RecordedSession, fold: TurnFold, order: Sequence[int]) -> Row:
    """Return the row of what its turns and its facts are made of; `order`: what the fold calls its interactions."""
    calls = [KeptCall.of(call) if isinstance(call, Interaction) else call for call in session.interactions]
    state = {
        **state_of(Flows(), fold),
        "kept": [[number, call.as_json()] for number, call in zip(order, calls, strict=True)],
        "manifest": session.manifest,
    }
    return _FOLDED, _packed(state)


def step_row(steps: Iterable[CacheStep]) -> Row:
    """Return the row of why the cache missed."""
    return _STEPS, _packed([one.as_json() for one in steps])


def kept_session(database: sqlite3.Connection, path: Path, name: str) -> RecordedSession | None:
    """Return a session without its traffic: all but its `interactions` is as if it had been read; None: read it.

    Of the interactions there is what `KeptCall` has.
    """
    state = _unpacked(database, name, _FOLDED)
    if state is None:
        return None
    fold = TurnFold()
    take_up(Flows(), fold, state)
    calls = {number: cast("Interaction", KeptCall.from_json(one)) for number, one in state["kept"]}
    directory = Session(path)
    return known_session(
        path,
        (tuple(calls.values()), (), ()),
        is_live=is_recording(directory),
        manifest=directory.fresh_manifest()
        or {**state["manifest"], "segments": [segment_entry(one) for one in directory.segments()]},
        turns=turns_in(fold, calls),
    )


def kept_steps(database: sqlite3.Connection, name: str) -> Iterator[CacheStep] | None:
    """Return why the cache missed in a session; None: read it."""
    steps = _unpacked(database, name, _STEPS)
    return None if steps is None else (CacheStep(**one) for one in steps)


def kept_lifecycle(database: sqlite3.Connection, session: RecordedSession, name: str) -> list[dict[str, Any]]:
    """Return what happened in a session, as JSON. Of a large one that has ended it is kept when it was asked for."""
    if (found := _unpacked(database, name, _LIFECYCLE)) is None:
        records = lean_records(session.path, calls_of(database, name))
        found = [one.as_json() for one in lifecycle_of(records, session.turns)]
        if session.bytes_count >= LARGE_BYTES and not is_recording(Session(session.path)):
            query = "INSERT OR REPLACE INTO kept SELECT id, ?, ? FROM session WHERE name = ?"
            database.execute(query, (_LIFECYCLE, _packed(found), name))
    return cast("list[dict[str, Any]]", found)


def _packed(value: Any) -> bytes:
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(exact_json({"kept": value}))


def _unpacked(database: sqlite3.Connection, name: str, kind: str) -> Any:
    query = "SELECT body FROM kept JOIN session ON session.id = kept.session WHERE name = ? AND kind = ?"
    row = database.execute(query, (name, kind)).fetchone()
    if row is None:
        return None
    try:
        return state_in(zstandard.ZstdDecompressor().decompress(row[0])).get("kept")
    except zstandard.ZstdError as error:
        raise sqlite3.DatabaseError(f"what is kept of a session cannot be read: {error}") from error
