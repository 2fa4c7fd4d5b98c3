"""A session as rows of tables: by table, a mapping of column to value. What a row does not name is null."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import orjson

from pytest_codex_replay.archive.record import BodyRecord, EventRecord, MessageRecord, RunRecord
from pytest_codex_replay.index.figures import interaction_row, turn_row
from pytest_codex_replay.limits import TABLE_TEXT_BYTES
from pytest_codex_replay.projection.answer import type_of
from pytest_codex_replay.projection.answers import Tokens, tokens_of
from pytest_codex_replay.projection.interactions import Interaction, Transport, part_runs
from pytest_codex_replay.projection.items import Item, ToolCall
from pytest_codex_replay.projection.turns import Turn
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.url import split_url

Row = dict[str, Any]
Columns = dict[str, list[Any]]
"""Rows as columns, all of the same length."""
IN_COLUMNS = "events"
"""The table whose rows come so: nearly all rows are its."""
_MOST_EVENTS, _MOST_BYTES = 4096, 1024 * 1024
"""Events that are made at once, and of their data."""
_TYPE = itemgetter("type")
_OTHER_NAMES = MappingProxyType({"id": "call_id", "decision": "status", "how": "outcome", "message": "error"})
"""Fields of items that stand in a column of another name."""


def rows_of(
    session: RecordedSession, *, has_content: bool = False, only: str | None = None
) -> Iterator[tuple[str, Row | Columns]]:
    """Yield the table and the row of all that a session holds; of `IN_COLUMNS`, many rows at once.

    One that cannot be read is a row that says so.

    `has_content`: bodies and data, too. They are large, and made for this alone. `only`: a table; others may lack.
    """
    if session.unreadable is not None:
        yield "sessions", {"session": session.id, "state": session.state}
        return
    yield "sessions", _session_row(session)
    for turn in session.turns:
        yield "turns", _turn_row(session.id, turn)
        for number, item in enumerate(turn.items, start=1):
            yield "items", {"session": session.id, "turn": turn.index, "item": number, **_item_row(item)}
    if only not in {None, "requests", IN_COLUMNS}:
        return
    turn_of = {call.index: turn.index for turn in session.turns for call in (*turn.interactions, *turn.connections)}
    for call in session.interactions:
        row = _request_row(session.id, call, turn_of.get(call.index))
        yield "requests", row | _bodies(call) if has_content else row
        for columns in _events(session.id, call, has_content=has_content) if only in {None, IN_COLUMNS} else ():
            yield IN_COLUMNS, columns


def _session_row(session: RecordedSession) -> Row:
    return {
        "session": session.id,
        "state": session.state,
        "started_at": _micros_of(session.started_at),
        "ended_at": _micros_of(session.ended_at),
        "codex_versions": session.codex_versions,
        "originators": session.originators,
        "models": session.models,
        "helper_kind": session.helper_kind,
        "turns": len(session.turns),
        "interactions": len(session.interactions),
        "gaps": session.counts["gaps"],
        "bytes": session.bytes_count,
        **_tokens(session.tokens),
        "title": session.title,
    }


def _turn_row(session: str, turn: Turn) -> Row:
    *_, first_event_ms, duration_ms, tool_ms, retries, fallbacks = turn_row(turn)
    return {
        "session": session,
        "turn": turn.index,
        "thread_id": turn.thread_id,
        "turn_id": turn.turn_id,
        "parent_thread_id": turn.parent_thread_id,
        "parent_turn": turn.parent_index,
        "subagent": turn.subagent,
        "agent_path": turn.agent_path,
        "model": turn.model,
        "codex_version": turn.interactions[0].identity.codex_version,
        "outcome": str(turn.outcome),
        "is_rolled_back": turn.is_rolled_back,
        "started_at": None if turn.has_canonical_times else _micros(turn.started_at_ms),
        "first_event_ms": first_event_ms,
        "duration_ms": duration_ms,
        "tool_ms": tool_ms,
        "interactions": len(turn.interactions),
        "retries": retries,
        "fallbacks": fallbacks,
        "tool_calls": len(turn.tool_calls),
        "transports": [str(one) for one in turn.transports],
        **_tokens(turn.tokens),
        "prompt": turn.prompt,
        "text": turn.text,
        "error": turn.error,
    }


def _item_row(item: Item) -> Row:
    row = {_OTHER_NAMES.get(name, name): value for name, value in item.as_json().items()}
    row |= {f"{name}_length": len(row[name]) for name in ("text", "output") if isinstance(row.get(name), str)}
    if isinstance(item, ToolCall):
        row["exit_code"] = item.exit_code
    if isinstance(value := row.get("value"), dict):
        row |= {"value": compact_json(value).decode(), "type": value.get("type")}
    return row


def _request_row(session: str, call: Interaction, turn: int | None) -> Row:
    _, _, thread, role, transport, model, status, outcome, _, first_event_ms, duration_ms, *_ = interaction_row(
        call, turn
    )
    is_stream = call.transport is not Transport.HTTP
    return {
        "session": session,
        "interaction": call.index,
        "turn": turn,
        "flow": call.flow,
        "thread_id": thread,
        "turn_id": call.identity.turn_id,
        "role": role,
        "transport": transport,
        "method": call.method,
        "url": split_url(call.url)._replace(query="", fragment="").geturl(),
        "status": status,
        "outcome": outcome,
        "model": model,
        "served_model": call.served_model,
        "response_id": call.response_id,
        "codex_version": call.identity.codex_version,
        "started_at": None if call.has_canonical_times else _micros(call.started_at_ms),
        "first_event_ms": first_event_ms,
        "duration_ms": duration_ms,
        "events": sum(call.event_counts.values()) if is_stream else 0,
        "input_items": len(call.own_input),
        **_tokens(tokens_of(call)),
        "error": call.error,
    }


def _bodies(call: Interaction) -> Row:
    return {
        "request": None if call.request is None else call.request.passing.decode(errors="replace"),
        "answer": call.body_to(TABLE_TEXT_BYTES).decode(errors="replace") if call.transport is Transport.HTTP else None,
    }


def _events(session: str, call: Interaction, *, has_content: bool) -> Iterator[Columns]:
    """Yield the events of an answer, some thousands at a time."""
    if call.transport is Transport.HTTP:
        return
    first, found = 1, _Found()
    for part in part_runs(call):
        if not isinstance(part, BodyRecord):
            found.add(part, has_content=has_content)
        if len(found.types) >= _MOST_EVENTS or found.held_bytes >= _MOST_BYTES:
            yield _event_columns(session, call, first, found)
            first, found = first + len(found.types), _Found()
    if found.types:
        yield _event_columns(session, call, first, found)


@dataclass(slots=True)
class _Found:
    types: list[str] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    held_bytes: int = 0
    """Of the data, where it is kept."""

    def add(self, part: EventRecord | MessageRecord | RunRecord, *, has_content: bool) -> None:
        if isinstance(part, RunRecord):
            values = orjson.loads(part.text) if part.values is None else part.values
            raw = list(part.data(values))
            self.types += _types_of(values)
            self.times_ms += part.times_ms
        else:
            payload = part.payload
            raw = [payload.raw]
            self.types.append(type_of(payload.json))
            self.times_ms.append(part.at_ms)
        self.lengths += map(len, raw)
        if has_content:
            self.texts += [one.decode(errors="replace") for one in raw]
            self.held_bytes += sum(map(len, raw))


def _types_of(values: list[Any]) -> list[str]:
    """Return the types of many events; of nearly all, at once."""
    with suppress(KeyError, TypeError):
        if set(map(type, found := list(map(_TYPE, values)))) == {str}:
            return found
    return list(map(type_of, values))


def _event_columns(session: str, call: Interaction, first: int, found: _Found) -> Columns:
    count, began_ms = len(found.types), call.started_at_ms
    is_timed = not call.has_canonical_times
    return {
        "session": [session] * count,
        "interaction": [call.index] * count,
        "event": list(range(first, first + count)),
        "type": found.types,
        "at_ms": [round(at_ms - began_ms, 3) for at_ms in found.times_ms] if is_timed else [None] * count,
        "bytes": found.lengths,
        "data": found.texts or [None] * count,
    }


def _tokens(tokens: Tokens) -> Row:
    return {
        "input_tokens": tokens.input,
        "cached_tokens": tokens.cached,
        "output_tokens": tokens.output,
        "reasoning_tokens": tokens.reasoning,
        "total_tokens": tokens.total,
    }


def _micros(at_ms: float) -> int:
    return round(at_ms * 1000)


def _micros_of(when: datetime | None) -> int | None:
    return None if when is None else _micros(when.timestamp() * 1000)
