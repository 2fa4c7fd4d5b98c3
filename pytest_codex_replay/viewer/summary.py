"""A session as the page shows it first: threads, turns, items, times, problems; no requests and answers. No I/O.

What is recorded is only ever data here: the page puts it into text nodes.
"""

from collections.abc import Container, Iterator
from typing import Any

from pytest_codex_replay.projection.answers import answer_items, tokens_of
from pytest_codex_replay.projection.incident import attempts_in
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.items import Item, UserText
from pytest_codex_replay.projection.prompt_cache import cache_steps
from pytest_codex_replay.projection.turns import Turn, turn_json
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.wire.responses import Outcome

Json = dict[str, Any]
MAX_ITEM_CHARS = 20_000
"""Of each text of an item; all of it is in the request or the answer."""
_TEXTS = ("text", "output", "arguments", "message")


def summary_of(session: RecordedSession, awaited: Container[str] = ()) -> Json:
    """Return all that the page shows of a session before a request is opened.

    Args:
        session: what is shown.
        awaited: ids of tool calls whose output is still to come.

    Raises:
        ArchiveError: nothing of it can be read.
    """
    origin_ms = min((call.started_at_ms for call in session.interactions), default=0.0)
    started = session.started_at if session.interactions else None  # a gap alone has no time
    return {
        "id": session.id,
        "title": session.title,
        "codex_version": session.codex_version,
        "originators": list(session.originators),
        "models": list(session.models),
        "started_at": None if started is None else started.isoformat(timespec="milliseconds"),
        "has_times": not session.has_canonical_times,
        "state": session.state,
        "counts": session.counts,
        "tokens": session.tokens.as_json(),
        "threads": [thread.as_json() for thread in session.threads if thread.parent is None],
        "turns": [_turn(turn, origin_ms, awaited) for turn in session.turns],
        "interactions": list(_interactions(session, origin_ms)),
        "problems": list(_problems(session)),
    }


def _turn(turn: Turn, origin_ms: float, awaited: Container[str]) -> Json:
    behind = _calls_behind(turn)
    items = [_item(item, call, awaited) for item, call in zip(turn.items, behind, strict=True)]
    value = turn_json(turn, items) | {"at_ms": round(turn.started_at_ms - origin_ms, 3)}
    if turn.has_canonical_times:
        value["at_ms"] = None
    if any(item.get("is_awaited") for item in items):
        value |= {"outcome": str(Outcome.RUNNING), "error": None}
    return value


def _item(item: Item, call: Interaction, awaited: Container[str]) -> Json:
    value = item.as_json() | {"interaction": call.index}
    if value.get("output", "") is None and value.get("call_id") in awaited:
        value["is_awaited"] = True
    for name in _TEXTS:
        text = value.get(name)
        if isinstance(text, str) and len(text) > MAX_ITEM_CHARS:
            value |= {name: text[:MAX_ITEM_CHARS], "cut_chars": len(text) - MAX_ITEM_CHARS}
    command = getattr(item, "command", None)
    return value | ({"command": command} if command else {})


def _calls_behind(turn: Turn) -> list[Interaction]:
    """Return the interaction that each item of a turn comes from: what was said, from the request that brought it."""
    told = [(call, _mark(item)) for call in turn.interactions for item in answer_items(call)]
    found: list[Interaction | None] = []
    place = 0
    for item in turn.items:
        at = next((at for at in range(place, len(told)) if told[at][1] == _mark(item)), None)
        if at is None or isinstance(item, UserText):
            found.append(None)
        else:
            found.append(told[at][0])
            place = at + 1
    following: Interaction = turn.interactions[-1]
    for at in range(len(found) - 1, -1, -1):
        following = found[at] or following
        found[at] = following
    return [call for call in found if call is not None]


def _mark(item: Item) -> tuple[Any, ...]:
    """What an item of a turn and that of an answer have in common: outputs and endings come later."""
    return item.kind, getattr(item, "call_id", None), getattr(item, "arguments", getattr(item, "text", None))


def _interactions(session: RecordedSession, origin_ms: float) -> Iterator[Json]:
    steps = {step.interaction: step for step in cache_steps(session.interactions)}
    turn_of = {call.index: turn.index for turn in session.turns for call in (*turn.interactions, *turn.connections)}
    for call in session.interactions:
        step = steps.get(call.index)
        times: Json = {"at_ms": None, "first_ms": None, "end_ms": None}
        if not call.has_canonical_times:
            times = {
                "at_ms": _since(origin_ms, call.started_at_ms),
                "first_ms": _since(origin_ms, call.first_part_at_ms),
                "end_ms": _since(origin_ms, call.ended_at_ms),
            }
        yield {
            "index": call.index,
            "turn": turn_of.get(call.index),
            "thread_id": call.identity.thread_id,
            "role": str(call.role),
            "transport": str(call.transport),
            "method": call.method,
            "url": call.url,
            "status": call.status,
            "outcome": str(call.outcome),
            "response_id": call.response_id,
            "tokens": tokens_of(call).as_json(),
            "before": step.before if step else None,
            "missed_tokens": step.missed_tokens if step else 0,
            "changed": step.changed if step and step.missed_tokens else None,
            **times,
        }


def _since(origin_ms: float, at_ms: float | None) -> float | None:
    return None if at_ms is None else round(at_ms - origin_ms, 3)


def _problems(session: RecordedSession) -> Iterator[Json]:
    """Yield what went wrong, in order: failed requests first, then what the recording lacks."""
    for incident in attempts_in(session.turns):
        turn = incident.turn
        for attempt in incident.attempts:
            if attempt.is_failed:
                text = attempt.error or str(attempt.interaction.outcome)
                yield {"turn": turn.index, "interaction": attempt.interaction.index, "text": text}
        transports = dict.fromkeys(call.transport for call in turn.interactions if call.status is not None)
        if len(transports) > 1:
            yield {"turn": turn.index, "interaction": None, "text": f"carried by {', then '.join(transports)}"}
    for line in (*session.incomplete, *(str(damage) for damage in session.damages)):
        yield {"turn": None, "interaction": None, "text": line}
