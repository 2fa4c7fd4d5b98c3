"""What happened in a session, in order: a view of what its reducer tells. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.projection.mutations import Lifecycle as Lifecycle  # noqa: PLC0414  readers take it from here
from pytest_codex_replay.projection.reducer import Reducer
from pytest_codex_replay.projection.turns import Turn

_FAILED = "turn.failed"
_GONE_ON = frozenset({"turn.retried", "turn.continued", "turn.completed", "turn.interrupted", _FAILED})
"""What happens to a turn after a request of it failed, if that was not its end."""


def lifecycle_of(records: Iterable[Record], turns: Sequence[Turn], *, is_live: bool = False) -> tuple[Lifecycle, ...]:
    """Return what happened by all records of a session; `turns` are those that were made of them.

    `is_live`: it is being recorded.
    """
    reducer, at_ms = Reducer(), 0.0
    found: list[Lifecycle] = []
    for record in records:
        at_ms = record.at_ms
        found += (one for one in reducer.feed(record) if isinstance(one, Lifecycle))
    found += (one for one in reducer.finish(at_ms, is_live=is_live) if isinstance(one, Lifecycle))
    found = _settled(found)
    index = {(turn.thread_id, turn.started_at_ms): turn.index for turn in turns}
    starts = {one.key: (one.thread_id, reducer.fold.calls[one.calls[0]].started_at_ms) for one in reducer.fold.turns}
    return tuple(
        replace(
            one,
            turn_index=None if one.turn is None else index.get(starts[one.turn]),
            at_ms=None if reducer.flows.has_canonical_times else one.at_ms,
        )
        for one in found
    )


def _settled(happened: Sequence[Lifecycle]) -> list[Lifecycle]:
    """Return what happened as it is known in the end: a turn that went on had not failed, but a request of it."""
    gone_on, found = set[str | None](), list[Lifecycle]()
    for one in reversed(happened):
        found.append(replace(one, type="request.failed") if one.type == _FAILED and one.turn in gone_on else one)
        gone_on |= {one.turn} if one.type in _GONE_ON else set()
    return found[::-1]
