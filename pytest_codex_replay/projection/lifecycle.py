"""What happened in a session, in order: a view of what its reducer tells. No I/O."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.projection.mutations import Lifecycle as Lifecycle  # noqa: PLC0414  readers take it from here
from pytest_codex_replay.projection.reducer import Reducer
from pytest_codex_replay.projection.turns import Turn

_Start = tuple[str | None, float]
"""Where a turn began: its thread, and the time in ms."""
_FAILED = "turn.failed"
_GONE_ON = frozenset({"turn.retried", "turn.continued", "turn.completed", "turn.interrupted", _FAILED})
"""What happens to a turn after a request of it failed, if that was not its end."""


def lifecycle_of(
    records: Iterable[Record], turns: Callable[[], Sequence[Turn]], *, is_live: bool = False
) -> tuple[Lifecycle, ...]:
    """Return what happened by all records of a session; `turns` returns those that were made of them.

    They are asked for when what the records told is put away: both together would take twice the memory.
    `is_live`: it is being recorded.
    """
    found, starts, has_times = _happened(records, is_live=is_live)
    index = {(turn.thread_id, turn.started_at_ms): turn.index for turn in turns()}
    return tuple(
        replace(
            one,
            turn_index=None if one.turn is None else index.get(starts[one.turn]),
            at_ms=one.at_ms if has_times else None,
        )
        for one in found
    )


def _happened(records: Iterable[Record], *, is_live: bool) -> tuple[list[Lifecycle], dict[str, _Start], bool]:
    """Return what happened, by turn where it began, and whether times are real."""
    reducer, at_ms = Reducer(), 0.0
    found: list[Lifecycle] = []
    for record in records:
        at_ms = record.at_ms
        found += (one for one in reducer.feed(record) if isinstance(one, Lifecycle))
    found += (one for one in reducer.finish(at_ms, is_live=is_live) if isinstance(one, Lifecycle))
    starts = {one.key: (one.thread_id, reducer.fold.calls[one.calls[0]].started_at_ms) for one in reducer.fold.turns}
    return _settled(found), starts, not reducer.flows.has_canonical_times


def _settled(happened: Sequence[Lifecycle]) -> list[Lifecycle]:
    """Return what happened as it is known in the end: a turn that went on had not failed, but a request of it."""
    gone_on, found = set[str | None](), list[Lifecycle]()
    for one in reversed(happened):
        found.append(replace(one, type="request.failed") if one.type == _FAILED and one.turn in gone_on else one)
        gone_on |= {one.turn} if one.type in _GONE_ON else set()
    return found[::-1]
