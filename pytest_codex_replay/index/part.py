"""Part of a session, read without the rest: the index says which pieces of answers are needed."""

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Container, Iterator, Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import orjson

from pytest_codex_replay.archive.check import is_recording
from pytest_codex_replay.archive.record import GapRecord, MessageRecord, Record, RunRecord
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.projection.flows import Flows
from pytest_codex_replay.projection.interaction_builder import interaction_of
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.wire.responses import Outcome

if TYPE_CHECKING:  # who asks for one request needs no session
    from pytest_codex_replay.reading import RecordedSession

_RUNS = frozenset({b"events", b"messages"})
"""Kinds of lines with pieces of what another line brings whole, where the answer was completed."""
_MESSAGES = frozenset({b"message", b"messages"})
_CALLS = """
SELECT flow, number, turn, transport, outcome, interaction.started_ms, thread, role
FROM interaction JOIN session AS one ON one.id = session WHERE one.name = ? ORDER BY interaction.started_ms, number
"""


class KnownCall(NamedTuple):
    """An interaction, as far as the index knows what can be passed over of it."""

    flow: str
    number: int
    turn: int | None
    transport: str
    outcome: str
    started_ms: float
    """0 where times are canonical."""
    thread: str | None
    role: str


def calls_of(database: sqlite3.Connection, session: str) -> list[KnownCall]:
    """Return the interactions of a session, by start time; none: it is not known."""
    return [KnownCall(*row) for row in database.execute(_CALLS, (session,))]


def read_exchange(path: Path, number: int, calls: Sequence[KnownCall]) -> Interaction | None:
    """Return an interaction, read alone, without what it continues; None: read all.

    Raises:
        ArchiveError: the session cannot be read.
    """
    wanted = next((call for call in calls if call.number == number), None)
    if wanted is None or wanted.transport != Transport.WEBSOCKET or not wanted.started_ms:
        alone = read_interactions(path, [number], calls)
        return alone[0] if alone else None
    own, starts = _in_line(wanted.flow), [call.started_ms for call in calls if call.flow == wanted.flow]
    end = min((at_ms for at_ms in starts if at_ms > wanted.started_ms), default=inf)
    flows, clock, is_live = Flows(packs=True), _Clock(), is_recording(Session(path))

    def passes(kind: bytes, flow: bytes, at_ms: float) -> bool:
        if flow == own and kind in _MESSAGES and not wanted.started_ms <= at_ms <= end:
            clock.pass_over(wanted.flow, at_ms)
            return True
        return flow != own

    for record in Session(path).records(keep_runs=True, passes=passes):
        clock.see(record)
        if isinstance(record, GapRecord) or clock.was_set_back:  # it may have hit another; times tell nothing
            return None
        flows.add(record)
    flow = flows.by_name.get(wanted.flow)
    found = [] if flow is None else [one for one in flow.calls if one.frame and one.started_at_ms == wanted.started_ms]
    if flow is None or len(found) != 1:
        return None
    if end < inf:
        flow.calls, flow.end = found, None
    return interaction_of(number, flow, found[0], None, flows, is_live=is_live)


def read_interactions(path: Path, numbers: Container[int], calls: Sequence[KnownCall]) -> list[Interaction] | None:
    """Return interactions of HTTP flows, read alone; None: what one continues has to be read as well.

    Raises:
        ArchiveError: the session cannot be read.
    """
    wanted = [call for call in calls if call.number in numbers]
    if not wanted or any(call.transport == Transport.WEBSOCKET for call in wanted):
        return None
    own, flows, is_live = {_in_line(call.flow) for call in wanted}, Flows(packs=True), is_recording(Session(path))
    for record in Session(path).records(keep_runs=True, passes=lambda _kind, flow, _at_ms: flow not in own):
        flows.add(record)
    found = [_alone(call, flows, is_live=is_live) for call in wanted]
    return None if None in found else [one for one in found if one is not None]


def _alone(wanted: KnownCall, flows: Flows, *, is_live: bool) -> Interaction | None:
    flow = flows.by_name.get(wanted.flow)
    if flow is None or len(flow.calls) != 1 or flow.calls[0].frame is not None:
        return None
    call = interaction_of(wanted.number, flow, flow.calls[0], None, flows, is_live=is_live)
    return call if call.is_chain_known else None


def read_first(path: Path, count: int, calls: list[KnownCall]) -> "RecordedSession | None":
    """Return the first interactions of a session, with what each continues; None: read all.

    The answer of the last one may be missing.

    Raises:
        ArchiveError: it cannot be read.
    """
    end_ms = calls[count].started_ms if count < len(calls) else 0.0
    found = read_lean(path, calls, end_ms=end_ms) if end_ms else None
    expected = [(call.flow, call.started_ms) for call in calls[:count]]
    there = [(call.flow, call.started_at_ms) for call in found.interactions[:count]] if found else []
    return found if there == expected else None


def read_lean(
    path: Path,
    calls: list[KnownCall],
    is_wanted: Callable[[KnownCall], bool] = lambda _: False,
    *,
    end_ms: float = inf,
) -> "RecordedSession":
    """Return a session, read without the pieces of completed answers that are not wanted, nor what came from `end_ms`.

    Raises:
        ArchiveError: it cannot be read.
    """
    from pytest_codex_replay.reading import known_session, read_traffic  # noqa: PLC0415  heavy

    is_live, needed = is_recording(Session(path)), _Needed(calls, is_wanted, end_ms)
    traffic = read_traffic(
        path, is_live=is_live, unkept=needed.flows_without(), passes=needed.passes, on_record=needed.clock.see
    )
    if needed.clock.was_set_back:
        traffic = read_traffic(path, is_live=is_live)
    return known_session(path, traffic, is_live=is_live)


def lean_records(path: Path, calls: list[KnownCall]) -> Iterator[Record]:
    """Return the records of a session; in place of the pieces of completed answers, records that have a time only.

    Raises:
        ArchiveError: it cannot be read.
    """
    return Session(path).records(keep_runs=True, passes=_Needed(calls, lambda _: False).passes)


class _Needed:
    """Tells which runs of pieces are needed: those of wanted answers, and of those that were not completed.

    On a WebSocket, one answer follows the other: when a piece came says of which it is.
    """

    def __init__(self, calls: list[KnownCall], is_wanted: Callable[[KnownCall], bool], end_ms: float = inf) -> None:
        self._end_ms = end_ms
        self._starts: dict[str, list[float]] = {}
        self._are_needed: dict[str, list[bool]] = {}
        for call in calls:
            self._starts.setdefault(call.flow, []).append(call.started_ms)
            is_needed = call.outcome != Outcome.COMPLETED or is_wanted(call)
            self._are_needed.setdefault(call.flow, []).append(is_needed)
        self._flows = {_in_line(flow): flow for flow in self._starts}
        self.clock = _Clock()

    def flows_without(self) -> frozenset[str]:
        """Return the flows of which no piece is needed."""
        return frozenset(flow for flow, needed in self._are_needed.items() if not any(needed))

    def passes(self, kind: bytes, line_flow: bytes, at_ms: float) -> bool:
        """Return whether a line is not needed."""
        if at_ms >= self._end_ms:
            return True
        flow = self._flows.get(line_flow) if kind in _RUNS else None
        if flow is None:  # all else says more; and the index does not know what came since
            return False
        needed, starts = self._are_needed[flow], self._starts[flow]
        if len(needed) == 1 or not starts[-1]:
            return not any(needed)
        if needed[max(bisect_right(starts, at_ms) - 1, 0)]:
            return False
        self.clock.pass_over(flow, at_ms)
        return True


class _Clock:
    """Sees whether the clock was set back while a WebSocket was recorded: times tell nothing then of its answers."""

    def __init__(self) -> None:
        self.was_set_back = False
        self._last_ms: dict[str, float] = {}
        self._passed: dict[float, str] = {}
        """Times of lines that were passed over and are still to come as records, each with its flow."""

    def pass_over(self, flow: str, at_ms: float) -> None:
        self._passed[at_ms] = flow

    def see(self, record: Record) -> None:
        """Take the next record, in order."""
        flow = self._passed.pop(record.at_ms, None)
        if isinstance(record, MessageRecord | RunRecord):
            flow = record.flow
        if flow is not None:
            self.was_set_back |= record.at_ms < self._last_ms.get(flow, 0.0)
            self._last_ms[flow] = record.at_ms


def _in_line(flow: str) -> bytes:
    return orjson.dumps(flow)[1:-1]
