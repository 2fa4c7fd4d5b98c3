"""A reducer, put away as JSON and taken up again: all that it knows, whatever record came last. No I/O."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import orjson

from pytest_codex_replay.projection.answers import Tokens
from pytest_codex_replay.projection.asked import Asked
from pytest_codex_replay.projection.flow_json import flow_json, flow_of
from pytest_codex_replay.projection.flows import Flows
from pytest_codex_replay.projection.interactions import Role
from pytest_codex_replay.projection.items import item_from_json
from pytest_codex_replay.projection.reducer import Reducer
from pytest_codex_replay.projection.turn_fold import CallState, TurnFold, TurnState
from pytest_codex_replay.wire.json_values import exact_json
from pytest_codex_replay.wire.responses import Outcome

VERSION = 5
"""Of what `checkpoint_of` returns: another one is of no use, and the records are read again."""

Json = dict[str, Any]


class OtherVersionError(ValueError):
    """A checkpoint is of another version: the records have to be read from the beginning."""


def checkpoint_of(reducer: Reducer) -> bytes:
    """Return all that a reducer knows, as JSON text."""
    state = {
        "version": VERSION,
        **state_of(reducer.flows, reducer.fold),
        "ended": reducer.ended,
        "told": reducer.turns,
        "happened": sorted(reducer.happened),
    }
    return exact_json(state)


def state_of(flows: Flows, fold: TurnFold) -> Json:
    """Return all that flows and a fold know, as a JSON value."""
    return {
        "flows": [flow_json(flow) for flow in flows.by_name.values()],
        "count": flows.count,
        "has_canonical_times": flows.has_canonical_times,
        "calls": [_written(call) for call in fold.calls.values()],
        "turns": [_written(turn) for turn in fold.turns],
        "after": {name: asked.as_json() for name, asked in fold.after.items()},
        **{name: getattr(fold, name) for name in _OF_FOLD},
        "threads": [[thread, calls] for thread, calls in fold.threads.items()],
    }


def state_in(text: bytes) -> Json:
    """Return the value of a JSON text that was written here; of any other, nothing."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:  # it has what JSON does not have: a lone surrogate, say
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}


def take_up(flows: Flows, fold: TurnFold, state: Mapping[str, Any]) -> None:
    """Let new flows and a new fold know what `state_of` returned."""
    _read_flows(flows, state)
    _read_fold(fold, state)


def reducer_of(text: bytes) -> Reducer:
    """Return a reducer that goes on where a checkpoint was made.

    Raises:
        OtherVersionError: another version of this program made it.
    """
    checkpoint = state_in(text)
    if checkpoint.get("version") != VERSION:
        raise OtherVersionError(f"checkpoint of version {checkpoint.get('version')!r}, not {VERSION}")
    reducer = Reducer()
    take_up(reducer.flows, reducer.fold, checkpoint)
    reducer.ended = checkpoint["ended"]
    reducer.turns = [(value, is_open) for value, is_open in checkpoint["told"]]
    reducer.happened = set(checkpoint["happened"])
    reducer.take_up()
    return reducer


_OF_FOLD = ("pending", "ids", "made", "inputs", "digests")
"""What of a fold is JSON as it is."""


def _read_fold(fold: TurnFold, checkpoint: Mapping[str, Any]) -> None:
    calls = [_read(CallState, value) for value in checkpoint["calls"]]
    fold.calls = {call.ordinal: call for call in calls}
    fold.turns = [_read(TurnState, value) for value in checkpoint["turns"]]
    fold.after = {name: Asked.from_json(value) for name, value in checkpoint["after"].items()}
    fold.threads = dict(checkpoint["threads"])
    for name in _OF_FOLD:
        setattr(fold, name, checkpoint[name])


def _read_flows(flows: Flows, checkpoint: Mapping[str, Any]) -> None:
    flows.count, flows.has_canonical_times = checkpoint["count"], checkpoint["has_canonical_times"]
    flows.take_up(map(flow_of, checkpoint["flows"]))


def _items_json(items: Iterable[Any]) -> list[Json]:
    return [item.as_json() for item in items]


_WRITE: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "asked": Asked.as_json,
        "after": lambda asked: asked and asked.as_json(),
        "items": _items_json,
        "last_said": _items_json,
        "outputs": lambda outputs: {key: item.as_json() for key, item in outputs.items()},
        "tokens": Tokens.as_json,
    }
)
_READ: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "asked": Asked.from_json,
        "after": lambda value: value and Asked.from_json(value),
        "items": lambda values: list(map(item_from_json, values)),
        "last_said": lambda values: tuple(map(item_from_json, values)),
        "outputs": lambda values: {key: item_from_json(value) for key, value in values.items()},
        "tokens": lambda value: Tokens(**value),
        "role": Role,
        "outcome": Outcome,
    }
)


def _written(state: CallState | TurnState) -> Json:
    return {one.name: _WRITE.get(one.name, _same)(getattr(state, one.name)) for one in fields(state)}


def _read(kind: type[Any], value: Json) -> Any:
    return kind(**{name: _READ.get(name, _same)(one) for name, one in value.items()})


def _same(value: Any) -> Any:
    return value
