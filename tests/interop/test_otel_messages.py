"""Items as messages of the GenAI conventions."""

import pytest

from pytest_codex_replay.interop.otel_messages import answer_of, messages_of, value_of


@pytest.mark.parametrize(
    ("item", "role", "part"),
    [
        ("hi", "user", {"type": "text", "content": "hi"}),
        ({"role": "developer", "content": "be brief"}, "developer", {"type": "text", "content": "be brief"}),
        (
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            "user",
            {"type": "text", "content": "hi"},
        ),
        (
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}],
            },
            "user",
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
        ),
        (
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "https://host.example/a.png"}],
            },
            "user",
            {"type": "uri", "modality": "image", "uri": "https://host.example/a.png"},
        ),
        (
            {"type": "message", "role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]},
            "user",
            {"type": "file", "modality": "document", "file_id": "file-1"},
        ),
        (
            {"type": "message", "role": "user", "content": [{"type": "new", "x": 1}]},
            "user",
            {"type": "new", "x": 1},
        ),
        (
            {"type": "function_call", "name": "f", "arguments": '{"a":1}', "call_id": "c"},
            "assistant",
            {"type": "tool_call", "id": "c", "name": "f", "arguments": {"a": 1}},
        ),
        (
            {"type": "function_call_output", "call_id": "c", "output": "done"},
            "tool",
            {"type": "tool_call_response", "id": "c", "response": "done"},
        ),
        (
            {"type": "web_search_call", "id": "ws", "status": "completed"},
            "assistant",
            {
                "type": "server_tool_call",
                "id": "ws",
                "name": "web_search",
                "server_tool_call": {"type": "web_search_call", "id": "ws", "status": "completed"},
            },
        ),
        (
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "why"}]},
            "assistant",
            {"type": "reasoning", "content": "why"},
        ),
        ({"type": "compaction", "encrypted_content": "x"}, "assistant", {"type": "compaction", "content": None}),
        ({"type": "brand_new", "x": 1}, "assistant", {"type": "brand_new", "x": 1}),
    ],
)
def test_each_item_is_a_message(item, role, part):
    """Also one that is unknown here."""
    assert messages_of([item]) == [{"role": role, "parts": [part]}]


def test_reasoning_that_is_all_encrypted_says_nothing():
    """It is not a message."""
    assert messages_of([{"type": "reasoning", "summary": [], "encrypted_content": "x"}]) == []


def test_an_answer_is_one_message():
    """A choice of the model."""
    (message,) = answer_of([{"type": "function_call", "name": "f"}, {"type": "message", "content": "x"}], "stop")

    assert (message["finish_reason"], [part["type"] for part in message["parts"]]) == ("stop", ["tool_call", "text"])


def test_what_is_not_json_stays_text():
    """As of a custom tool."""
    assert value_of("*** Begin Patch") == "*** Begin Patch"
