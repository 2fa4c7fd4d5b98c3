"""The records of a session by time."""

from random import Random
from unittest.mock import ANY

import pytest

from pytest_codex_replay.archive.record import BodyRecord, EventRecord, GapRecord, Record, SegmentRecord
from pytest_codex_replay.sharing import order
from pytest_codex_replay.sharing.order import OutOfOrderError, in_order, nearly_in_order
from pytest_codex_replay.wire.payload import Payload

HEAD = SegmentRecord(at_ms=9, format=1, session="s", run="r", recorder="x", ruleset=1)


def event(at_ms: float, flow: str = "f", raw: bytes = b"data: {}\n\n") -> EventRecord:
    return EventRecord(flow=flow, at_ms=at_ms, raw=raw, cuts=((0, at_ms),))


def shuffled(seed: int, moment: int) -> list[Record]:
    """Make records that come flow by flow within each moment; now and then a clock is put back, or a record is lost."""
    random = Random(seed)
    found: list[Record] = [HEAD]
    for start in range(0, 300, moment):
        for flow in "abc":
            times = sorted(random.randrange(start, start + moment) for _ in range(moment // 3))
            found += (event(at_ms - random.choice([0, 0, 0, 5]), flow) for at_ms in times)
        if random.random() < 0.2:
            found.append(GapRecord(at_ms=start, until_ms=start, reason="x", lost_count=1, lost_bytes=0, flows=()))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_what_is_nearly_in_order_is_ordered_as_if_all_were_held(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each flow keeps its order, and the head its place."""
    monkeypatch.setattr(order, "_WINDOW", 40)
    records = shuffled(seed, 30)

    assert list(nearly_in_order(records)) == in_order(records)


def ordered(records: list[Record]) -> tuple[int, list[Record]]:
    """Return how many records were given before it was seen that they are far out of order; and all, in order."""
    given: list[Record] = []
    with pytest.raises(OutOfOrderError) as refused:
        given += nearly_in_order(records)  # a list that is extended keeps what came before an error
    return len(given), in_order([*given, *refused.value.rest])


def test_what_is_far_out_of_order_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has to be held as a whole: what was given before can be put in order with the rest."""
    monkeypatch.setattr(order, "_WINDOW", 10)
    records = [HEAD, *(event(at) for at in range(100)), event(5, "late"), event(7), event(6, "late")]

    assert ordered(records) == (91, in_order(records))
    assert [one.at_ms for one in in_order(records)[:9]] == [9, 0, 1, 2, 3, 4, 5, 5, 6]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_far_out_of_order_is_ordered_as_if_none_had_been_given(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though some of a moment were put in order by then."""
    monkeypatch.setattr(order, "_WINDOW", 20)
    records = [*shuffled(seed, 30), *shuffled(seed + 1, 30)]

    assert ordered(records) == (ANY, in_order(records))


@pytest.mark.parametrize(
    "first",
    [event(1, raw=b' {"error":1}\n\n'), BodyRecord(flow="f", at_ms=1, payload=Payload(b"data: {}\n\n"), cuts=())],
)
def test_an_answer_that_may_be_something_else_is_refused(first: Record) -> None:
    """All of it has to be put together."""
    assert ordered([HEAD, event(2, "g"), event(1, "g"), first]) == (
        1,
        in_order([HEAD, event(2, "g"), event(1, "g"), first]),
    )
    assert list(nearly_in_order([HEAD, event(1), first])) == [HEAD, event(1), first]


def test_nothing_has_no_order() -> None:
    """Nor one record."""
    assert list(nearly_in_order([])) == []
    assert list(nearly_in_order([HEAD])) == [HEAD]
