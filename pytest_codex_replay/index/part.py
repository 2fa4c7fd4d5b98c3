"""One interaction or one turn of a session, read without the rest: the index says which flows it needs."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import orjson

from pytest_codex_replay.archive.line import Passes
from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.projection.flows import Flows
from pytest_codex_replay.projection.interactions import Interaction, interaction_of, interactions_of
from pytest_codex_replay.projection.turns import Turn, turns_of

_RUNS = frozenset({b"events", b"messages"})
"""Kinds of lines with pieces of what another line brings whole, where the answer was completed."""
_FLOW = """
SELECT flow FROM interaction JOIN session AS one ON one.id = session WHERE one.name = ? AND interaction.number = ?
"""
_OTHERS = """
SELECT flow FROM interaction JOIN session AS one ON one.id = session WHERE one.name = ?
GROUP BY flow HAVING min(outcome = 'completed') AND NOT max(coalesce(turn, 0) = ?)
"""


def flow_of(database: sqlite3.Connection, session: str | bytes, number: int) -> str | None:
    """Return the flow of an interaction; None: not found."""
    found = database.execute(_FLOW, (session, number)).fetchone()
    return None if found is None else str(found[0])


def flows_beside(database: sqlite3.Connection, session: str | bytes, turn: int) -> frozenset[str]:
    """Return the flows of completed answers that are not part of a turn."""
    return frozenset(flow for (flow,) in database.execute(_OTHERS, (session, turn)))


def read_interaction(path: Path, number: int, flow: str) -> Interaction | None:
    """Return the interaction of an HTTP flow; None: what it continues has to be read as well.

    Raises:
        ArchiveError: the session cannot be read.
    """
    own = _in_line(flow)
    flows = Flows(packs=True)
    for record in _records(path, lambda _, other: other != own):
        flows.add(record)
    found = flows.by_name.get(flow)
    if found is None or len(found.calls) != 1 or found.calls[0].frame is not None:
        return None
    call = interaction_of(number, found, found.calls[0], None, has_canonical_times=flows.has_canonical_times)
    return call if call.is_chain_known else None


def read_turn(path: Path, number: int, beside: frozenset[str]) -> Turn | None:
    """Return a turn; of the flows `beside` it, the pieces of answers are not read.

    Raises:
        ArchiveError: the session cannot be read.
    """
    others = frozenset(map(_in_line, beside))
    records = _records(path, lambda kind, flow: kind in _RUNS and flow in others)
    turns = turns_of(interactions_of(records, packs=True, unkept=beside))
    return turns[number - 1] if number <= len(turns) else None


def _records(path: Path, passes: Passes) -> Iterator[Record]:
    return Session(path).records(keep_runs=True, passes=passes)


def _in_line(flow: str) -> bytes:
    return orjson.dumps(flow)[1:-1]
