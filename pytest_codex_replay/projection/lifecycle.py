"""What happened in a session, in order: a view of what its reducer tells. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.projection.mutations import Lifecycle as Lifecycle  # noqa: PLC0414  readers take it from here
from pytest_codex_replay.projection.reducer import Reducer
from pytest_codex_replay.projection.turns import Turn


def lifecycle_of(records: Iterable[Record], turns: Sequence[Turn]) -> tuple[Lifecycle, ...]:
    """Return what happened by all records of a session; `turns` are those that were made of them."""
    reducer, at_ms = Reducer(), 0.0
    found: list[Lifecycle] = []
    for record in records:
        at_ms = record.at_ms
        found += (one for one in reducer.feed(record) if isinstance(one, Lifecycle))
    found += (one for one in reducer.finish(at_ms) if isinstance(one, Lifecycle))
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
