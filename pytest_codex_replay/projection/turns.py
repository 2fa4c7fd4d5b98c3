"""Interactions in, turns out: what Codex did for one input, from the prompt to the last word. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pytest_codex_replay.projection.answers import Tokens
from pytest_codex_replay.projection.connections import connections_in
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.projection.items import AssistantText, Item, ToolCall
from pytest_codex_replay.projection.turn_fold import TurnFold, TurnState
from pytest_codex_replay.wire.responses import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What Codex, or a sub-agent of it, did for one input."""

    index: int
    """Position in the session by start time, from 1."""
    thread_id: str | None
    turn_id: str | None
    parent_thread_id: str | None = None
    """The thread that spawned this turn's thread; None for the user's own."""
    parent_index: int | None = None
    """The turn in which that happened, if it is recorded."""
    subagent: str | None = None
    """Kind of sub-agent: `review`, `collab_spawn`, …"""
    agent_path: str | None = None
    """Place of the agent in the tree of agents: `/root` is the user's own; None where Codex names none."""
    model: str | None
    prompt: str | None
    """What the user, or the agent that spawned this one, asked for; None when neither did (e.g. a compaction)."""
    items: tuple[Item, ...] = field(repr=False)
    """What was said and done, in order, the prompt included."""
    tokens: Tokens
    outcome: Outcome
    error: str | None
    """What went wrong in the end; None when nothing did."""
    started_at_ms: float
    """Unix time in milliseconds of the first request."""
    first_event_at_ms: float | None
    ended_at_ms: float | None
    interactions: tuple[Interaction, ...] = field(repr=False)
    connections: tuple[Interaction, ...] = field(default=(), repr=False)
    """The WebSockets that were tried for it and carried no request of it: declined, as by status 426, or not used."""
    is_rolled_back: bool = False
    """The user took it back: what came later knows nothing of it."""

    def __str__(self) -> str:
        calls = "1 tool call" if len(self.tool_calls) == 1 else f"{len(self.tool_calls)} tool calls"
        return f"turn {self.index} ({self.outcome}): {self.prompt!r} -> {calls}, {self.text!r}"

    @property
    def text(self) -> str:
        """The last that the model said to the user; empty when it said nothing."""
        return next((item.text for item in reversed(self.items) if isinstance(item, AssistantText)), "")

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that were called, in order."""
        return tuple(item for item in self.items if isinstance(item, ToolCall))

    @property
    def transports(self) -> tuple[Transport, ...]:
        """What carried it; more than one when Codex fell back."""
        return tuple(dict.fromkeys(interaction.transport for interaction in self.interactions))

    @property
    def first_event_ms(self) -> float | None:
        """Milliseconds from the first request to the first event; None where times are canonical."""
        return self._since_start(self.first_event_at_ms)

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from the first request to the last event, or until it broke off; None if times are canonical."""
        return self._since_start(self.ended_at_ms)

    @property
    def has_canonical_times(self) -> bool:
        """Whether redaction made its times up: those in `…_at_ms` say no more than what came before what."""
        return any(interaction.has_canonical_times for interaction in self.interactions)

    def _since_start(self, at_ms: float | None) -> float | None:
        return None if at_ms is None or self.has_canonical_times else round(at_ms - self.started_at_ms, 3)

    def summary(self) -> dict[str, Any]:
        """Return what a faithful replay repeats: no times, no ids, no transport. Compare it with `==`."""
        return {
            "subagent": self.subagent,
            "model": self.model,
            "prompt": self.prompt,
            "items": [item.summary() for item in self.items],
            "tokens": self.tokens.as_json(),
            "outcome": str(self.outcome),
        }

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON; interactions by their index."""
        return turn_json(self, [item.as_json() for item in self.items])


def turn_json(turn: Turn, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a turn as JSON, with its items as they are given; interactions by their index."""
    return {
        "index": turn.index,
        "thread_id": turn.thread_id,
        "turn_id": turn.turn_id,
        "parent_thread_id": turn.parent_thread_id,
        "parent_index": turn.parent_index,
        "subagent": turn.subagent,
        "agent_path": turn.agent_path,
        "model": turn.model,
        "prompt": turn.prompt,
        "items": items,
        "tokens": turn.tokens.as_json(),
        "outcome": str(turn.outcome),
        "error": turn.error,
        "is_rolled_back": turn.is_rolled_back,
        "started_at": None if turn.has_canonical_times else _iso(turn.started_at_ms),
        "first_event_ms": turn.first_event_ms,
        "duration_ms": turn.duration_ms,
        "transports": [str(transport) for transport in turn.transports],
        "interactions": [interaction.index for interaction in turn.interactions],
        "connections": [connection.index for connection in turn.connections],
    }


def _iso(at_ms: float) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def turns_of(interactions: Iterable[Interaction]) -> tuple[Turn, ...]:
    """Return the turns of a session, by start time. Background requests and prewarms belong to none."""
    calls = dict(enumerate(interactions))
    return turns_in(fold_of(calls.values()), calls)


def fold_of(interactions: Iterable[Interaction]) -> TurnFold:
    """Return a fold that has taken the interactions of a session, by their order."""
    fold = TurnFold()
    for ordinal, call in enumerate(interactions):
        fold.update(call, ordinal)
    return fold


def turns_in(fold: TurnFold, calls: Mapping[int, Interaction]) -> tuple[Turn, ...]:
    """Return the turns that a fold knows; `calls` are by the ordinals that it was given."""
    tried = connections_in(fold, calls.values())
    return tuple(_turn(fold, turn, calls, tried.get(turn.ordinal, ())) for turn in fold.turns)


def background_requests_of(interactions: Iterable[Interaction], turns: Iterable[Turn]) -> tuple[Interaction, ...]:
    """Return the interactions that belong to none of the turns: prewarms, `/models`, memories and the rest."""
    of_turns = {call.index for turn in turns for call in (*turn.interactions, *turn.connections)}
    return tuple(interaction for interaction in interactions if interaction.index not in of_turns)


def _turn(
    fold: TurnFold, turn: TurnState, calls: Mapping[int, Interaction], connections: Iterable[Interaction]
) -> Turn:
    outcome, error = fold.outcome(turn)
    states = [fold.calls[ordinal] for ordinal in turn.calls]
    return Turn(
        index=turn.ordinal + 1,
        thread_id=turn.thread_id,
        turn_id=turn.turn_id,
        parent_thread_id=turn.parent_thread_id,
        parent_index=None if turn.parent is None else turn.parent + 1,
        subagent=turn.subagent,
        agent_path=turn.agent_path,
        model=fold.last(turn).model,
        prompt=fold.prompt(turn),
        items=tuple(fold.turn_items(turn)),
        tokens=turn.tokens,
        outcome=outcome,
        error=error,
        started_at_ms=states[0].started_at_ms,
        first_event_at_ms=next((one.first_at_ms for one in states if one.first_at_ms is not None), None),
        ended_at_ms=turn.ended_at_ms,
        interactions=tuple(calls[ordinal] for ordinal in turn.calls),
        connections=tuple(connections),
        is_rolled_back=turn.is_rolled_back,
    )
