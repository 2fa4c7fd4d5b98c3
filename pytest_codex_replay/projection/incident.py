"""A turn that went wrong, attempt by attempt: what a bug report needs. No I/O."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pytest_codex_replay.codex.headers import PLAIN_HEADER_SHAPES, REQUEST_ID_HEADERS, RETRY_HEADERS
from pytest_codex_replay.projection.connections import fallback_count
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.turns import Turn
from pytest_codex_replay.wire.responses import Outcome

_TOLD_HEADERS = frozenset((*REQUEST_ID_HEADERS, *RETRY_HEADERS))
_RATE_LIMITS = re.compile(PLAIN_HEADER_SHAPES)
_ENDINGS = MappingProxyType({Outcome.COMPLETED: "the turn completed", Outcome.RUNNING: "the turn is running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request of a turn, and what became of it."""

    interaction: Interaction
    is_failed: bool
    error: str | None
    headers: tuple[tuple[str, str], ...]
    """Those of request and answer of which it `is_told`."""
    after_ms: float | None
    """Milliseconds since the end of the attempt before; None: it is the first, or times are canonical."""
    first_event_ms: float | None
    """Milliseconds from the request to the first of the answer; None: nothing came, or times are canonical."""
    duration_ms: float | None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON; the interaction by its index."""
        call = self.interaction
        return {
            "interaction": call.index,
            "role": str(call.role),
            "transport": str(call.transport),
            "url": call.url,
            "status": call.status,
            "outcome": str(call.outcome),
            "error": self.error,
            "close_code": call.close_code,
            "response_id": call.response_id,
            "headers": dict(self.headers),
            "after_ms": self.after_ms,
            "first_event_ms": self.first_event_ms,
            "duration_ms": self.duration_ms,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A turn in which something failed."""

    turn: Turn
    attempts: tuple[Attempt, ...]
    """All its requests, and the connections that were tried for it, by start time."""

    @property
    def followed(self) -> str:
        """What Codex did about it, in words."""
        failed = [attempt for attempt in self.attempts if attempt.is_failed]
        again = sum(later.interaction.index > failed[0].interaction.index for later in self.attempts) if failed else 0
        steps = [f"sent {again} more request{'s' if again > 1 else ''}" if again else "sent nothing more"]
        has_fallen_back = fallback_count([attempt.interaction for attempt in self.attempts]) > 0
        steps += ["fell back from WebSocket to HTTP"] if has_fallen_back else []
        outcome = self.turn.outcome
        return ", ".join([*steps, _ENDINGS.get(outcome, f"the turn ended: {outcome}")])

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        turn = self.turn
        return {
            "turn": turn.index,
            "thread_id": turn.thread_id,
            "turn_id": turn.turn_id,
            "model": turn.model,
            "outcome": str(turn.outcome),
            "error": turn.error,
            "attempts": [attempt.as_json() for attempt in self.attempts],
            "followed": self.followed,
        }


def incidents_in(turns: Iterable[Turn]) -> Iterator[Incident]:
    """Yield the turns in which a request failed, by start time; a retry that helped does not make it whole."""
    for incident in attempts_in(turns):
        if any(attempt.is_failed for attempt in incident.attempts):
            yield incident


def attempts_in(turns: Iterable[Turn]) -> Iterator[Incident]:
    """Yield what happened to each request of each turn, whether one failed or not."""
    for turn in turns:
        calls = sorted((*turn.interactions, *turn.connections), key=lambda call: call.index)
        attempts = [_attempt(turn, call, before) for call, before in zip(calls, [None, *calls], strict=False)]
        yield Incident(turn=turn, attempts=tuple(attempts))


def _attempt(turn: Turn, call: Interaction, before: Interaction | None) -> Attempt:
    is_left = turn.outcome is Outcome.INTERRUPTED and call.outcome is Outcome.CLIENT_GONE
    is_failed = call.outcome.is_failed and not is_left
    is_timed = not call.has_canonical_times
    ended = before.ended_at_ms if before else None
    headers = (*call.request_headers, *call.response_headers)
    return Attempt(
        interaction=call,
        is_failed=is_failed,
        error=call.error if is_failed else None,
        headers=tuple((name.lower(), value) for name, value in headers if is_told(name)),
        after_ms=_since(ended, call.started_at_ms) if is_timed else None,
        first_event_ms=_since(call.started_at_ms, call.first_part_at_ms) if is_timed else None,
        duration_ms=_since(call.started_at_ms, call.ended_at_ms) if is_timed else None,
    )


def is_told(name: str) -> bool:
    """Return whether an incident tells of a header: which request it was, and when to ask again."""
    return name.lower() in _TOLD_HEADERS or _RATE_LIMITS.fullmatch(name.lower()) is not None


def _since(begin_ms: float | None, end_ms: float | None) -> float | None:
    return None if begin_ms is None or end_ms is None else round(end_ms - begin_ms, 3)
