"""The records of a session by time: what comes within a moment is written flow by flow. No I/O."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from operator import le

from pytest_codex_replay.archive.event_streams import JSON_STARTS, with_settled_answers
from pytest_codex_replay.archive.record import BodyRecord, EventRecord, FlowRecord, Record
from pytest_codex_replay.wire.sse import begins_like_events

_ANSWERS = (EventRecord, BodyRecord)
_WINDOW = 2000
"""Records that are held to be put in order: those of a moment are hardly as many."""


class OutOfOrderError(Exception):
    """To put records in order, all of them have to be held."""

    def __init__(self, rest: Iterable[Record]) -> None:
        """`rest`: those that were not given before."""
        super().__init__()
        self.rest = rest


def in_order(records: Iterable[Record]) -> list[Record]:
    """Return records by time, with every answer as what it is: events, or a body. Each flow keeps its order.

    So does the head of the first segment: a segment is begun when its first record has come.
    """
    settled = with_settled_answers(records)
    head, rest = settled[:1], settled[1:]
    times = [record.at_ms for record in rest]
    if all(map(le, times, times[1:])):  # nearly always
        return settled
    return head + sorted(rest, key=_clock())


def nearly_in_order(records: Iterable[Record]) -> Iterator[Record]:
    """Yield records by time, of which few are held: they are in order but for some of a moment.

    Raises:
        OutOfOrderError: they are not; or an answer has to be put together to tell what it is. Those that were given,
            and the rest of it, are all records, each flow in its order.
    """
    rest = iter(records)
    yield from (record for record in (next(rest, None),) if record is not None)
    time_of = _clock()
    begun: set[str] = set()
    times_ms, held, least = list[float](), list[Record](), float("-inf")
    for record in rest:
        at_ms, may_be_other = time_of(record), False
        if isinstance(record, _ANSWERS) and record.flow not in begun:
            begun.add(record.flow)
            may_be_other = _may_be_other(record)
        if at_ms < least or may_be_other:
            raise OutOfOrderError(chain(held, (record,), rest))
        if not held or at_ms >= times_ms[-1]:  # of nearly all; behind what was let go, too
            times_ms.append(at_ms)
            held.append(record)
        else:
            at = bisect_right(times_ms, at_ms)
            times_ms.insert(at, at_ms)
            held.insert(at, record)
        if len(held) == 2 * _WINDOW:
            least = times_ms[_WINDOW - 1]
            yield from held[:_WINDOW]
            del times_ms[:_WINDOW], held[:_WINDOW]
    yield from held


def _clock() -> Callable[[Record], float]:
    """Return what tells the times of records, oldest first, by which each flow keeps its order."""
    latest: dict[str, float] = {}

    def time_of(record: Record) -> float:
        flow = record.flow if isinstance(record, FlowRecord) else ""
        found = latest[flow] = max(latest.get(flow, record.at_ms), record.at_ms)  # the clock may have been put back
        return found

    return time_of


def _may_be_other(first: EventRecord | BodyRecord) -> bool:
    """Return whether an answer that begins so may have been recorded as what it is not."""
    if isinstance(first, EventRecord):
        return first.raw.lstrip().startswith(JSON_STARTS)
    return bool(begins_like_events(first.payload.raw))
