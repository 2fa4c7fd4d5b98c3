"""Interactions: one request and its answer, whatever carried it and however it ended."""

from dataclasses import replace
from typing import Any

import pytest

from pytest_codex_replay.archive.record import (
    FlowEnd,
    ResponseRecord,
)
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Role, Transport
from pytest_codex_replay.wire.responses import Outcome
from tests.flow_records import RESPONSES, Flow, completed, create, created, done, message, websocket
from tests.replay.recording import Recording, answer_events

INTERRUPTED = {
    "type": "response.incomplete",
    "response": {"id": "resp_1", "status": "incomplete", "incomplete_details": {"reason": "interrupted"}},
}


def test_an_sse_exchange_is_an_interaction() -> None:
    """Its events are read, and everything of the request is there."""
    flow = Flow().asks({"input": [message("hi")]}, headers=[("session-id", "s"), ("thread-id", "t")]).answers()
    flow.event(created(), done(message("hello", "assistant")), completed()).ends()

    (one,) = interactions_of(flow.records)

    assert (one.index, one.flow, one.transport, one.role) == (1, "f", Transport.SSE, Role.TURN)
    assert (one.method, one.url, one.status) == ("POST", RESPONSES, 200)
    assert (one.identity.session_id, one.identity.thread_id) == ("s", "t")
    assert one.input == (message("hi"),)
    assert one.output == (message("hello", "assistant"),)
    assert one.response_id == "resp_1"
    assert one.outcome is Outcome.COMPLETED
    assert one.is_model_call
    assert (one.started_at_ms, one.first_part_at_ms, one.ended_at_ms) == (1000.0, 1002.0, 1004.0)


def test_an_answer_without_a_stream_has_its_output_too() -> None:
    """An SDK may ask so; a later request may continue it."""
    flow = Flow().asks({"input": "hi"}).answers(content_type="application/json")
    flow.body(b'{"id":"resp_1","outp').body(b'ut":[{"type":"message"},7]}').ends()
    later = Flow("g", 2000.0).asks({"input": "more", "previous_response_id": "resp_1"}).answers()

    first, second = interactions_of(flow.records + later.records)

    assert (first.transport, first.outcome, first.response_id) == (Transport.HTTP, Outcome.COMPLETED, "resp_1")
    assert first.output == ({"type": "message"},)
    assert first.body == b'{"id":"resp_1","output":[{"type":"message"},7]}'
    assert second.is_chain_known
    assert second.input == (message("hi"), {"type": "message"}, message("more"))


def test_a_string_input_is_a_user_message() -> None:
    """That is what the Responses API makes of it."""
    (one,) = interactions_of(Flow().asks({"input": "hi"}).records)

    assert one.input == (message("hi"),)


@pytest.mark.parametrize("body", [None, {}, {"input": None}, {"input": 7}, [1], "text"])
def test_a_request_without_input_has_none(body: Any) -> None:
    """Nothing is made up, and nothing is raised."""
    (one,) = interactions_of(Flow().asks(body).records)

    assert one.input == ()


def test_each_create_on_a_socket_is_an_interaction() -> None:
    """With the frames that answer it, and what it continues put before its own input."""
    prewarm, first, second = interactions_of(websocket().records)

    assert [one.transport for one in (prewarm, first, second)] == [Transport.WEBSOCKET] * 3
    assert [one.role for one in (prewarm, first, second)] == [Role.PREWARM, Role.TURN, Role.TURN]
    assert [one.is_model_call for one in (prewarm, first, second)] == [False, True, True]
    assert [one.response_id for one in (prewarm, first, second)] == ["resp_0", "resp_1", "resp_2"]
    assert [len(one.parts) for one in (prewarm, first, second)] == [2, 4, 3]
    assert first.input == (message("context"), message("one"))
    assert second.input == (
        message("context"),
        message("one"),
        message("1", "assistant"),
        message("two"),
    )


def test_the_end_of_a_socket_is_that_of_its_last_interaction() -> None:
    """The earlier ones ended with their own last frame."""
    interactions = interactions_of(websocket().records)

    assert [one.end is not None for one in interactions] == [False, False, True]
    assert [one.outcome for one in interactions] == [Outcome.COMPLETED] * 3
    assert [one.status for one in interactions] == [101] * 3


def test_a_chain_goes_on_over_another_socket() -> None:
    """A client may connect again in between."""
    again = Flow("g", 5000.0).upgrades().sends(create(message("three"), previous_response_id="resp_2"))

    *_, last = interactions_of(websocket().records + again.records)

    assert last.is_chain_known
    assert last.input[-2:] == (message("2", "assistant"), message("three"))


def test_a_chain_that_is_not_recorded_is_said_to_be_unknown() -> None:
    """Its input is not the whole input."""
    flow = Flow().upgrades().sends(create(message("two"), previous_response_id="resp_lost"))

    (one,) = interactions_of(flow.records)

    assert not one.is_chain_known
    assert one.input == (message("two"),)


def test_a_lost_upgrade_answer_does_not_hide_the_socket() -> None:
    """Its frames tell what it was."""
    records = [record for record in websocket().records if not isinstance(record, ResponseRecord)]

    interactions = interactions_of(records)

    assert [one.transport for one in interactions] == [Transport.WEBSOCKET] * 3
    assert [one.outcome for one in interactions] == [Outcome.COMPLETED] * 3


def test_frames_that_are_not_known_belong_to_the_interaction() -> None:
    """A client frame that creates nothing begins nothing, and is kept; a server frame is a part, whatever it is."""
    flow = Flow().upgrades().sends(create(message("one")), {"type": "response.cancel"})
    flow.gets({"type": "new.event"}, [1], completed())

    (one,) = interactions_of(flow.records)

    assert [event if isinstance(event, list) else event["type"] for event in one.events] == [
        "new.event",
        [1],
        "response.completed",
    ]
    (cancelled,) = one.client_messages
    assert (cancelled.after, cancelled.is_interrupt) == (0, False)


def test_an_interrupt_stands_where_it_came() -> None:
    """After so many parts of the answer that it breaks off."""
    flow = Flow().upgrades().sends(create(message("one"))).gets(created(), {"type": "response.output_text.delta"})
    flow.sends({"type": "response.interrupt", "mode": "discard_partial_items"}).gets(
        {"type": "response.interrupt.accepted"}
    )
    flow.gets(INTERRUPTED).sends(create(message("two"), previous_response_id="resp_1")).gets(completed("resp_2"))

    first, second = interactions_of(flow.records)

    assert [(one.after, one.is_interrupt) for one in first.client_messages] == [(2, True)]
    assert (first.outcome, second.outcome, second.client_messages) == (Outcome.INTERRUPTED, Outcome.COMPLETED, ())
    assert second.before == first.input


def test_a_socket_of_another_protocol_is_kept_whole() -> None:
    """Its first frame opens the one interaction."""
    flow = Flow().upgrades().sends({"type": "session.update"}, {"type": "more"}).gets({"type": "session.updated"})

    (one,) = interactions_of(flow.records)

    assert one.request is not None
    assert one.request.fields == {"type": "session.update"}
    assert len(one.parts) == 1


def test_a_server_that_speaks_first_does_not_take_the_place_of_the_request() -> None:
    """What came before any request is an interaction of its own."""
    flow = Flow().upgrades().gets({"type": "codex.rate_limits"}).sends(create(message("one"))).gets(completed())

    first, second = interactions_of(flow.records)

    assert (first.role, second.role) == (Role.UPGRADE, Role.TURN)
    assert second.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("status", [426, 401, 500])
def test_a_declined_upgrade_is_an_interaction(status: int) -> None:
    """Replay has to decline it again."""
    flow = Flow().asks(method="GET").answers(status, "application/json").body(b'{"error":"no"}').ends()

    (one,) = interactions_of(flow.records)

    assert (one.role, one.transport, one.status, one.outcome) == (Role.UPGRADE, Transport.HTTP, status, Outcome.ERROR)
    assert one.body == b'{"error":"no"}'
    assert not one.is_model_call


def test_a_socket_without_a_frame_is_an_upgrade() -> None:
    """A preconnect that was never used."""
    (one,) = interactions_of(Flow().upgrades().ends(FlowEnd.CLOSED, closed_by_client=True).records)

    assert (one.role, one.transport, one.outcome) == (Role.UPGRADE, Transport.WEBSOCKET, Outcome.CLIENT_GONE)


ENDS = {
    FlowEnd.FINISHED: Outcome.UPSTREAM_GONE,
    FlowEnd.UPSTREAM_GONE: Outcome.UPSTREAM_GONE,
    FlowEnd.CLIENT_GONE: Outcome.CLIENT_GONE,
    FlowEnd.TIMEOUT: Outcome.TIMEOUT,
    FlowEnd.SHUTDOWN: Outcome.SHUTDOWN,
    FlowEnd.REFUSED: Outcome.REFUSED,
    FlowEnd.CLOSED: Outcome.UPSTREAM_GONE,
}


@pytest.mark.parametrize("how", FlowEnd)
@pytest.mark.parametrize("carried", ["sse", "websocket"])
def test_an_answer_that_stops_is_never_whole(how: FlowEnd, carried: str) -> None:
    """Without its last event it is marked with how the flow ended."""
    sse = Flow().asks({"input": []}).answers().event(created()).ends(how)
    socket = Flow().upgrades().sends(create()).gets(created()).ends(how)

    (one,) = interactions_of((sse if carried == "sse" else socket).records)

    assert one.outcome is ENDS[how]


def test_an_answer_that_breaks_off_ends_with_its_flow() -> None:
    """One that was left in a pause of a second lasted until then; one that was whole, until its last event."""
    for how, events, lasted in (
        (FlowEnd.CLIENT_GONE, [created("resp_1")], 1000.0),
        (FlowEnd.CLIENT_GONE, [created("resp_1"), completed("resp_1")], 0.0),
    ):
        flow = Flow().asks({"input": []}).answers().event(*events).ends(how)
        records = [*flow.records[:-1], replace(flow.records[-1], at_ms=flow.records[-2].at_ms + 1000.0)]
        (one,) = interactions_of(records)

        assert one.ended_at_ms is not None
        assert one.ended_at_ms - flow.records[-2].at_ms == lasted


@pytest.mark.parametrize("how", FlowEnd)
@pytest.mark.parametrize("carried", ["sse", "websocket"])
def test_the_terminal_event_completes_an_answer(how: FlowEnd, carried: str) -> None:
    """Not the end of the flow: Codex hangs up right after it."""
    sse = Flow().asks({"input": []}).answers().event(created(), completed()).ends(how)
    socket = Flow().upgrades().sends(create()).gets(created(), completed()).ends(how)

    (one,) = interactions_of((sse if carried == "sse" else socket).records)

    assert one.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("closed_by_client", [True, False, None])
def test_a_closed_socket_says_who_closed_it(closed_by_client: bool | None) -> None:  # noqa: FBT001
    """The server, unless it is known to have been the client."""
    flow = Flow().upgrades().sends(create()).ends(FlowEnd.CLOSED, closed_by_client=closed_by_client)

    (one,) = interactions_of(flow.records)

    assert one.outcome is (Outcome.CLIENT_GONE if closed_by_client else Outcome.UPSTREAM_GONE)


def test_without_an_end_the_outcome_is_unknown() -> None:
    """A crash, or a session that is still being written."""
    asked = Flow().asks({"input": []})
    answered = Flow("g", 2000.0).asks({"input": []}).answers().event(created())

    first, second = interactions_of(asked.records + answered.records)

    assert (first.outcome, second.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert (first.status, first.ended_at_ms, first.first_part_at_ms) == (None, None, None)


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([completed(kind="failed")], Outcome.FAILED),
        ([completed(kind="incomplete")], Outcome.INCOMPLETE),
        ([completed(kind="done")], Outcome.COMPLETED),
        ([{"type": "error", "status": 429, "error": {"code": "usage_limit_reached"}}], Outcome.ERROR),
        ([{"type": "error", "error": {"message": "x"}}, completed(kind="failed")], Outcome.FAILED),
        ([completed(), {"type": "error", "error": {"code": "websocket_connection_limit_reached"}}], Outcome.COMPLETED),
        ([{"type": "error", "message": "ignored by Codex"}], Outcome.UPSTREAM_GONE),
        ([completed(), {"type": "codex.rate_limits"}], Outcome.COMPLETED),
    ],
)
def test_the_stream_itself_says_how_it_ended(events: list[Any], outcome: Outcome) -> None:
    """The response's own end counts, an error only where there is none."""
    sse = Flow("a").asks({"input": []}).answers().event(*events).ends()
    socket = Flow("b", 2000.0).upgrades().sends(create()).gets(*events).ends(FlowEnd.UPSTREAM_GONE)

    outcomes = [one.outcome for one in interactions_of(sse.records + socket.records)]

    assert outcomes == [outcome, outcome]


@pytest.mark.parametrize("status", [400, 401, 429, 503])
def test_an_http_error_is_an_error(status: int) -> None:
    """Whatever its body, and also when that broke off."""
    flow = Flow().asks({"input": []}).answers(status, "application/json").body(b'{"error":').ends(FlowEnd.CLIENT_GONE)

    (one,) = interactions_of(flow.records)

    assert (one.outcome, one.transport, one.role) == (Outcome.ERROR, Transport.HTTP, Role.TURN)


def test_a_body_that_broke_off_is_not_whole() -> None:
    """An HTTP answer is complete when its flow finished, and only then."""
    flow = Flow().asks(method="GET", url="https://h/v1/models").answers(content_type="application/json")

    outcomes = [
        interactions_of([*flow.records, *Flow(at_ms=2000.0).ends(how).records])[0].outcome
        for how in (FlowEnd.FINISHED, FlowEnd.UPSTREAM_GONE)
    ]

    assert outcomes == [Outcome.COMPLETED, Outcome.UPSTREAM_GONE]


def test_a_stream_that_is_no_model_call_is_whole_when_it_finished() -> None:
    """MCP and other APIs know nothing of `response.completed`."""
    flow = Flow().asks({"jsonrpc": "2.0"}, url="https://h/backend-api/ps/mcp").answers()
    flow.event({"type": "message"}).ends()

    (one,) = interactions_of(flow.records)

    assert (one.role, one.transport, one.outcome) == (Role.BACKGROUND, Transport.SSE, Outcome.COMPLETED)


def test_comments_and_odd_events_are_no_events_that_matter() -> None:
    """Keep-alives and `[DONE]` neither end nor break an answer."""
    flow = Flow().asks({"input": []}).answers().raw(b": ping\n\n").event(created()).raw(b"data: [DONE]\n\n")
    flow.event(completed()).ends()

    (one,) = interactions_of(flow.records)

    assert one.events == (None, created(), None, completed())
    assert one.outcome is Outcome.COMPLETED
    (packed,) = interactions_of(flow.records, packs=True)
    assert packed.told[1] == [{"text": "[DONE]"}], "of a keep-alive, nothing can be found"


@pytest.mark.parametrize(
    ("url", "body", "headers", "role"),
    [
        (RESPONSES, {"input": []}, [], Role.TURN),
        (RESPONSES, {"input": [], "generate": False}, [], Role.PREWARM),
        (RESPONSES, {"input": [], "client_metadata": {"request_kind": "prewarm"}}, [], Role.PREWARM),
        (RESPONSES, {"input": [message("x"), {"type": "compaction_trigger"}]}, [], Role.COMPACTION),
        (RESPONSES, {"input": []}, [("x-codex-turn-metadata", '{"request_kind":"compaction"}')], Role.COMPACTION),
        (RESPONSES, {"input": []}, [("x-codex-turn-metadata", '{"request_kind":"memory"}')], Role.MEMORY),
        (RESPONSES, {"input": []}, [("x-codex-turn-metadata", '{"request_kind":"new"}')], Role.TURN),
        (RESPONSES + "/compact", {"input": []}, [], Role.COMPACTION),
        ("https://h/v1/models", None, [], Role.BACKGROUND),
        ("https://h/oauth/token", {"x": 1}, [], Role.BACKGROUND),
        ("https://h/unheard/of", {"input": []}, [], Role.BACKGROUND),
    ],
)
def test_a_request_has_a_role(url: str, body: Any, headers: list[Any], role: Role) -> None:
    """By where it goes and by what it says of itself."""
    (one,) = interactions_of(Flow().asks(body, url=url, headers=headers).records)

    assert one.role is role


def test_a_compaction_answers_with_its_output() -> None:
    """`responses/compact` has a body, no stream."""
    flow = Flow().asks({"input": []}, url=RESPONSES + "/compact").answers(content_type="application/json")
    flow.body(b'{"output":[{"type":"compaction"}]}').ends()

    (one,) = interactions_of(flow.records)

    assert one.output == ({"type": "compaction"},)


def test_a_changed_interaction_shares_what_it_continues() -> None:
    """It is what `replace` returns, which makes all of `before` anew."""
    recording = Recording()
    second = {"input": [], "previous_response_id": "r1"}
    recording.websocket([({"input": []}, answer_events("r1")), (second, answer_events("r2"))])
    before, one = recording.interactions

    changed = one.changed(index=9)

    assert changed == replace(one, index=9)
    assert (one.continued, changed.continued, before.continued) == (before, before, None)
