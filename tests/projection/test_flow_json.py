"""A flow, put away and taken up again."""

import pytest

from pytest_codex_replay.projection.flow_json import flow_json, flow_of
from pytest_codex_replay.projection.flows import Flows
from pytest_codex_replay.upstream.scenarios import bad_request, tool_loop


@pytest.mark.parametrize("transport", ["sse", "websocket"])
@pytest.mark.parametrize("scenario", [bad_request, tool_loop], ids=lambda scenario: scenario.__name__)
def test_a_flow_comes_back_as_it_was(talk, scenario, transport):
    """At each record: its request, the calls in it, and what their answers say so far."""
    client = talk(scenario(), transport=transport)
    client.turn("run", retries=1)
    flows = Flows(packs=True, keeps=False)

    for record in client.records:
        flows.add(record)
        for flow in flows.by_name.values():
            again = flow_of(flow_json(flow))
            assert (again.request, again.response, again.end) == (flow.request, flow.response, flow.end)
            assert [call.answer for call in again.calls] == [call.answer for call in flow.calls]
            assert [(call.parts, call.parts_count) for call in again.calls] == [
                (call.parts, call.parts_count) for call in flow.calls
            ]
