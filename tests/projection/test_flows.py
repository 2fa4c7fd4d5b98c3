"""Flows: which record tells more of which call."""

import pytest

from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, GapRecord, RequestRecord
from pytest_codex_replay.projection.flows import Flows
from pytest_codex_replay.upstream.scenarios import tool_loop
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import Outcome


def told(flows, records):
    return [[call.number for _, call in flows.add(record)] for record in records]


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_each_call_has_a_number(talk, transport):
    """In order of arrival; deltas tell nothing that an item does not."""
    client = talk(tool_loop(1), transport=transport)
    client.turn("run")
    flows = Flows(packs=True, keeps=False)

    numbers = [number for changed in told(flows, client.records) for number in changed]

    assert sorted(set(numbers)) == [0, 1]
    assert flows.count == 2
    calls = [call for flow in flows.by_name.values() for call in flow.calls]
    assert [call.answer.ended for call in calls] == [Outcome.COMPLETED] * 2
    assert all(call.packed is not None and call.packed.unpacked() == () for call in calls)


def test_a_gap_hits_what_is_open(talk):
    """Or the flows that it names; what belongs to no known flow is left out."""
    client = talk(tool_loop(1))
    client.turn("run")
    (first, *_, end) = client.records[
        : client.records.index(next(r for r in client.records if type(r) is EndRecord)) + 1
    ]
    gap = GapRecord(at_ms=0.0, until_ms=0.0, reason="disk", lost_count=1, lost_bytes=0, flows=())

    assert isinstance(first, RequestRecord)
    assert told(Flows(), [end]) == [[]]
    assert told(Flows(), [first, gap]) == [[0], [0]]
    assert told(Flows(), [first, gap, gap]) == [[0], [0], []]  # a thousand gaps mark what is open once
    assert told(Flows(), [first, end, gap]) == [[0], [0], []]


@pytest.mark.parametrize("event", [b'{"type":"x"}', b'{"type":"response.in_progress","response":{"id":"r"}}', b"{}"])
def test_an_event_that_says_nothing_new_tells_nothing(event):
    """A million of them cost what it takes to read them: what a session says is not made anew for each."""
    request = RequestRecord(
        flow="f", at_ms=0.0, method="POST", url="http://h/v1/responses", http_version="HTTP/1.1", headers=(),
        payload=Payload(b'{"input":[]}'),
    )  # fmt: skip
    events = [EventRecord(flow="f", at_ms=at, raw=b"data: %b\n\n" % event, cuts=((0, at),)) for at in (1.0, 2.0, 3.0)]
    end = EndRecord(flow="f", at_ms=4.0, how=FlowEnd.FINISHED)

    assert told(Flows(packs=True), [request, *events, end]) == [[0], [0], [], [], [0]]
