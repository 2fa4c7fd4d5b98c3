"""WebSockets that were tried for a turn and carried no request of it, and how Codex went on without one. No I/O.

The one place that says for which turn one was tried.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.projection.turn_fold import TurnFold, TurnState

_BEFORE_MS = 60_000
"""A connection for a turn is opened at most so long before it."""


def connections_in(fold: TurnFold, calls: Iterable[Interaction]) -> dict[int, list[Interaction]]:
    """Return the WebSockets that carried no request, by the ordinal of the turn for which each was tried.

    That is the first turn of its thread that sends a request after it.
    """
    found: dict[int, list[Interaction]] = {}
    for call in calls:
        turns = (one for one in fold.turns if _is_for(call, one, fold)) if call.role is Role.UPGRADE else iter(())
        if (turn := next(turns, None)) is not None:
            found.setdefault(turn.ordinal, []).append(call)
    return found


def fallback_count(calls: Sequence[Interaction]) -> int:
    """Return how often Codex went from the WebSocket to HTTP, in the requests and connections of a turn, by start."""
    return sum(_is_websocket(before) and _is_instead(after) for before, after in pairwise(calls))


def _is_for(call: Interaction, turn: TurnState, fold: TurnFold) -> bool:
    begin, end = (fold.calls[turn.calls[place]].started_at_ms for place in (0, -1))
    begin -= _BEFORE_MS
    return begin <= call.started_at_ms <= end and call.identity.thread_id in {None, turn.thread_id}


def _is_websocket(call: Interaction) -> bool:
    return call.transport is Transport.WEBSOCKET or call.role is Role.UPGRADE


def _is_instead(call: Interaction) -> bool:
    """Whether HTTP carried what the WebSocket could have: a compaction of the remote is always HTTP."""
    return not _is_websocket(call) and call.endpoint is not Endpoint.COMPACT
