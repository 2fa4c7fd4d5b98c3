"""Interactions are made of records, in whatever order flows come."""

import random

import pytest

from pytest_codex_replay.archive.record import GapRecord
from pytest_codex_replay.projection.interaction_builder import InteractionBuilder, interactions_of
from pytest_codex_replay.wire.responses import Outcome
from tests.flow_records import Flow, completed, create, created, message, websocket


def test_interactions_stand_in_order_of_their_start() -> None:
    """Not of their flows: a frame on an old socket may come after a new exchange."""
    socket = Flow("ws", 1000.0).upgrades().sends(create(message("one"))).gets(completed("resp_1"))
    http = Flow("http", 1500.0).asks({"input": [message("two")]}).answers().event(completed("resp_2")).ends()
    late = Flow("ws", 2000.0).sends(create(message("three"))).gets(completed("resp_3"))

    interactions = interactions_of(socket.records + http.records + late.records)

    assert [one.index for one in interactions] == [1, 2, 3]
    assert [one.response_id for one in interactions] == ["resp_1", "resp_2", "resp_3"]


@pytest.mark.parametrize("seed", range(20))
def test_flows_may_be_interleaved_in_any_way(seed: int) -> None:
    """Only the order within a flow counts."""
    flows = [
        websocket().records,
        Flow("g", 1003.0).asks({"input": "x"}).answers().event(created("g"), completed("g")).ends().records,
        Flow("h", 1001.0).asks(method="GET", url="https://h/v1/models").answers(200, "a/b").body(b"{}").ends().records,
    ]
    in_order = interactions_of([record for flow in flows for record in flow])
    order = [number for number, flow in enumerate(flows) for _ in flow]
    random.Random(seed).shuffle(order)
    rest = [iter(flow) for flow in flows]

    mixed = interactions_of([next(rest[number]) for number in order])

    assert mixed == in_order


def test_records_of_a_lost_request_are_left_out() -> None:
    """An answer without its request cannot be replayed."""
    lost = Flow("lost").asks({"input": []}).answers().event(completed()).ends().records[1:]
    whole = Flow("g", 2000.0).asks({"input": []}).answers().event(completed()).ends().records

    interactions = interactions_of([*lost, *whole])

    assert [one.flow for one in interactions] == ["g"]


def test_a_builder_tells_what_there_is_so_far() -> None:
    """`tail` reads a session while it is written."""
    builder, outcomes = InteractionBuilder(), []

    for record in Flow().asks({"input": []}).answers().event(created(), completed()).ends().records:
        builder.add(record)
        outcomes.append([one.outcome for one in builder.interactions()])

    assert outcomes == [[Outcome.UNKNOWN]] * 3 + [[Outcome.COMPLETED]] * 2


@pytest.mark.parametrize(("flows", "hit"), [(("f",), ["f"]), ((), ["f"]), (("g",), ["g"])])
def test_a_gap_marks_what_it_hit(flows: tuple[str, ...], hit: list[str]) -> None:
    """One that names no flow may have hit any that is open; a finished one it did not."""
    ended = Flow("g", 500.0).asks({"input": []}).answers().event(completed()).ends()
    flow = Flow().asks({"input": []}).answers().event(created())
    gap = GapRecord(at_ms=1003.5, until_ms=1004.0, reason="queue full", lost_count=1, lost_bytes=9, flows=flows)
    rest = Flow(at_ms=1005.0).event(completed()).ends()

    interactions = interactions_of([*ended.records, *flow.records, gap, *rest.records])

    assert [one.flow for one in interactions if one.has_gap] == hit
    assert [one.flow for one in interactions if one.outcome is Outcome.UNKNOWN] == hit
