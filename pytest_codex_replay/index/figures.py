"""Turns and interactions as rows of an index, with what can be counted and measured of them."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from pytest_codex_replay.projection.answers import tokens_of
from pytest_codex_replay.projection.connections import fallback_count
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.projection.items import ToolCall
from pytest_codex_replay.projection.turns import Turn

TOKENS = ("input", "cached", "output", "reasoning", "total")
Row = tuple[Any, ...]


def turn_row(turn: Turn) -> Row:
    """Return the row of a turn, without the number of its session."""
    pairs = list(pairwise(turn.interactions))
    retries = sum(before.outcome.is_failed for before, _ in pairs)
    fallbacks = fallback_count(sorted((*turn.interactions, *turn.connections), key=lambda call: call.index))
    prompt = None if turn.prompt is None else " ".join(turn.prompt.split())
    times = (turn.first_event_ms, turn.duration_ms, _tool_ms(turn, pairs))
    began = 0.0 if turn.has_canonical_times else turn.started_at_ms
    own = (turn.index, turn.thread_id, turn.turn_id, turn.model, str(turn.outcome), prompt, began)
    return (*own, *times, retries, fallbacks)


def _tool_ms(turn: Turn, pairs: Iterable[tuple[Interaction, Interaction]]) -> float | None:
    """Return how long a turn waited for its tools: from the end of an answer to the next request."""
    if turn.has_canonical_times or not any(isinstance(item, ToolCall) for item in turn.items):
        return None
    waits = ((before.ended_at_ms, after.started_at_ms) for before, after in pairs if not before.outcome.is_failed)
    return round(sum(max(began - ended, 0.0) for ended, began in waits if ended is not None), 3)


def interaction_row(call: Interaction, turn: int | None) -> Row:
    """Return the row of an interaction, without the number of its session."""
    model = call.request.fields.get("model") if call.request else None
    is_timed = not call.has_canonical_times
    tokens = tokens_of(call) if call.is_model_call or call.role in {Role.TITLE, Role.PREWARM} else None
    counts = [0] * len(TOKENS) if tokens is None else [getattr(tokens, name) for name in TOKENS]
    return (
        call.index,
        turn,
        call.identity.thread_id,
        str(call.role),
        str(call.transport),
        model if isinstance(model, str) else None,
        call.status,
        str(call.outcome),
        call.started_at_ms if is_timed else 0.0,
        _since(call, call.first_part_at_ms) if is_timed else None,
        _since(call, call.ended_at_ms) if is_timed else None,
        *counts,
        call.flow,
    )


def _since(call: Interaction, at_ms: float | None) -> float | None:
    return None if at_ms is None else round(at_ms - call.started_at_ms, 3)
