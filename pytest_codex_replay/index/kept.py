"""What an index keeps of a session that takes long to read: its turns as they were folded, and why its cache missed.

It is kept of a session of which all can be read; the others are read whenever something is asked of them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from pytest_codex_replay.archive.check import is_recording
from pytest_codex_replay.archive.manifest import segment_entry
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.kept_call import KeptCall
from pytest_codex_replay.index.kept_json import KeptError, packed, unpacked
from pytest_codex_replay.projection.checkpoint import state_of, take_up
from pytest_codex_replay.projection.flows import Flows
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.prompt_cache import CacheStep, cache_steps
from pytest_codex_replay.projection.turn_fold import TurnFold
from pytest_codex_replay.projection.turns import turns_in
from pytest_codex_replay.reading import RecordedSession, known_session

LARGE_BYTES = 256 * 1024
"""From here on, it takes longer to read a session than to read what is kept of it."""
_FOLDED, _STEPS = "folded", "steps"
Row = tuple[str, bytes]


def folded_row(session: RecordedSession, fold: TurnFold, order: Sequence[int]) -> Row:
    """Return the row of what its turns and its facts are made of; `order`: what the fold calls its interactions."""
    calls = [KeptCall.of(call) if isinstance(call, Interaction) else call for call in session.interactions]
    state = {
        **state_of(Flows(), fold),
        "kept": [[number, call.as_json()] for number, call in zip(order, calls, strict=True)],
        "manifest": session.manifest,
    }
    return _FOLDED, packed(state)


def step_row(interactions: Iterable[Interaction]) -> Row:
    """Return the row of why the cache missed."""
    return _STEPS, packed([one.as_json() for one in cache_steps(interactions)])


def kept_session(database: sqlite3.Connection, path: Path, name: str) -> RecordedSession | None:
    """Return a session without its traffic: all but its `interactions` is as if it had been read; None: read it.

    Of the interactions there is what `KeptCall` has.
    """
    state = kept_value(database, name, _FOLDED)
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
    steps = kept_value(database, name, _STEPS)
    return None if steps is None else (CacheStep(**one) for one in steps)


def kept_value(database: sqlite3.Connection, name: str, kind: str) -> Any:
    """Return what is kept of a session by this name; None: nothing.

    Raises:
        sqlite3.DatabaseError: it is damaged.
    """
    query = "SELECT body FROM kept JOIN session ON session.id = kept.session WHERE name = ? AND kind = ?"
    row = database.execute(query, (name, kind)).fetchone()
    if row is None:
        return None
    try:
        return unpacked(row[0])
    except KeptError as error:
        raise sqlite3.DatabaseError(f"what is kept of a session cannot be read: {error}") from error
