"""Builders of Responses events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.upstream.events import (
    IdMint,
    Usage,
    compact_json,
    compaction_item,
    custom_tool_call_item,
    failed_events,
    function_call_item,
    interrupted_events,
    message_item,
    open_response,
    reasoning_item,
    response_events,
    split_text,
    tool_search_call_item,
)

ITEMS = {
    "message": message_item("msg_0001", "Grüße, 世界"),
    "function_call": function_call_item("fc_0001", "call_0001", "exec_command", {"cmd": "echo hi"}),
    "custom_tool_call": custom_tool_call_item("ctc_0001", "call_0001", "exec", "text('hi')"),
    "reasoning": reasoning_item("rs_0001", "I think.", "opaque"),
    "compaction": compaction_item("cmp_0001", "opaque"),
    "tool_search_call": tool_search_call_item("tsc_0001", "call_0001", "agents"),
    "web_search_call": {"id": "ws_0001", "type": "web_search_call", "status": "completed", "action": {"query": "x"}},
    "image_generation_call": {"id": "ig_0001", "type": "image_generation_call", "result": "aGk="},
    "mcp_call": {"id": "mcp_0001", "type": "mcp_call", "arguments": "{}", "output": "Rain", "error": None},
}


def events_of(*items, delta_count=3):
    return response_events(open_response("resp_0001", "gpt-5.5"), items, usage=Usage(), delta_count=delta_count)


def test_a_message_streams_in_the_order_of_the_api() -> None:
    """Created, in progress, the item with its parts and deltas, completed."""
    types = [event["type"].removeprefix("response.") for event in events_of(ITEMS["message"], delta_count=2)]

    assert types == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


@pytest.mark.parametrize("kind", ITEMS)
def test_events_are_numbered_without_a_gap(kind: str) -> None:
    """`sequence_number` counts from 0 in every stream."""
    events = events_of(ITEMS[kind])

    assert [event["sequence_number"] for event in events] == list(range(len(events)))


@pytest.mark.parametrize("kind", ITEMS)
def test_the_done_item_is_the_item_of_the_response(kind: str) -> None:
    """`output_item.done` and `response.completed` tell the same, and it is what was asked for."""
    events = events_of(ITEMS[kind])

    assert events[-2]["item"] == ITEMS[kind]
    assert events[-1]["response"]["output"] == [ITEMS[kind]]


@pytest.mark.parametrize(
    ("kind", "delta", "done", "field"),
    [
        ("message", "output_text.delta", "output_text.done", "text"),
        ("function_call", "function_call_arguments.delta", "function_call_arguments.done", "arguments"),
        ("custom_tool_call", "custom_tool_call_input.delta", "custom_tool_call_input.done", "input"),
        ("reasoning", "reasoning_summary_text.delta", "reasoning_summary_text.done", "text"),
    ],
)
def test_the_deltas_join_to_the_done_text(kind: str, delta: str, done: str, field: str) -> None:
    """Nothing is lost between the deltas."""
    events = events_of(ITEMS[kind])

    joined = "".join(event["delta"] for event in events if event["type"] == f"response.{delta}")
    assert [joined] == [event[field] for event in events if event["type"] == f"response.{done}"]
    assert joined


@pytest.mark.parametrize("kind", [kind for kind in ITEMS if kind not in {"compaction", "tool_search_call"}])
def test_an_added_item_is_still_empty(kind: str) -> None:
    """`output_item.added` announces the item, and gives nothing of its content away."""
    added = events_of(ITEMS[kind])[2]["item"]

    assert added["id"] == ITEMS[kind]["id"]
    assert not any(added.get(field) for field in ("content", "input", "summary", "action", "result", "output"))
    assert kind != "function_call" or not added["arguments"]


def test_two_items_have_their_own_output_index() -> None:
    """Every event of an item carries the place of that item in the output."""
    events = events_of(ITEMS["reasoning"], ITEMS["function_call"])

    indexes = {event["output_index"]: event["item"]["id"] for event in events if "item" in event}
    assert indexes == {0: "rs_0001", 1: "fc_0001"}


def test_a_failed_stream_ends_with_its_reason() -> None:
    """`response.failed` carries code and message, and no usage."""
    failed = failed_events(open_response("resp_0001", "m"), code="invalid_prompt", message="No.")[-1]

    assert failed["type"] == "response.failed"
    assert failed["response"]["error"] == {"code": "invalid_prompt", "message": "No."}
    assert failed["response"]["status"] == "failed"


@pytest.mark.parametrize(
    ("sent_count", "kept", "dropped"),
    [(1, [], []), (3, [], ["rs_0001"]), (8, ["rs_0001"], []), (10, ["rs_0001"], ["fc_0001"])],
)
def test_an_interrupt_keeps_what_was_finished(sent_count: int, kept: list[str], dropped: list[str]) -> None:
    """The item that was open is named as dropped; the numbers go on."""
    sent = events_of(ITEMS["reasoning"], ITEMS["function_call"], delta_count=1)[:sent_count]

    accepted, *interrupted, last = interrupted_events(sent)

    assert (accepted["type"], accepted["response_id"]) == ("response.interrupt.accepted", "resp_0001")
    assert [event["item"]["id"] for event in interrupted] == dropped
    assert [item["id"] for item in last["response"]["output"]] == kept
    assert last["response"]["incomplete_details"] == {"reason": "interrupted"}
    assert (accepted["sequence_number"], last["type"]) == (sent_count, "response.incomplete")


@pytest.mark.parametrize("kind", ["web_search_call", "image_generation_call", "mcp_call"])
def test_a_hosted_tool_says_what_it_does(kind: str) -> None:
    """Between its beginning and its end."""
    types = [event["type"] for event in events_of(ITEMS[kind])]

    assert types[3] == f"response.{kind}.in_progress"
    assert len(types) > 5


@given(text=st.text(), count=st.integers(1, 50))
def test_splitting_keeps_the_text(text: str, count: int) -> None:
    """The parts join to the text; there are as many as asked for, or one a character when it is shorter."""
    parts = split_text(text, count)

    assert "".join(parts) == text
    assert len(parts) == min(count, len(text))


def test_identifiers_count_by_prefix() -> None:
    """Each prefix has its own counter, and the second mint can be told from the first."""
    first, second = IdMint(), IdMint(2)

    assert [first.next("resp"), first.next("msg"), first.next("resp")] == ["resp_0001", "msg_0001", "resp_0002"]
    assert second.next("resp") == "resp_2_0001"


def test_json_is_compact_utf8() -> None:
    """As on the wire: no blanks, no escapes for printable characters."""
    assert compact_json({"text": "Grüße", "n": [1, 2]}) == '{"text":"Grüße","n":[1,2]}'.encode()
