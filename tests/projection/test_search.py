"""What of requests and answers can be searched."""

from dataclasses import replace

import pytest

from pytest_codex_replay.projection.search import Rank, texts_answered, texts_asked
from pytest_codex_replay.upstream.scenarios import tool_loop
from pytest_codex_replay.wire.payload import Payload
from tests.replay.recording import Recording, body_of, user


def texts(interactions):
    asked = [found for call in interactions for found in texts_asked(call, list)]
    return asked + [found for call in interactions for found in texts_answered(call, is_of_turn=False)]


def test_each_text_is_called_what_it_is(talk) -> None:
    """Of a request and of its answer."""
    client = talk(tool_loop(1))
    client.turn("run the step")
    found = texts(client.interactions)

    assert (Rank.CONTEXT, "instructions", "Be helpful.") in found
    assert (Rank.DONE, "tool call exec_command", '{"cmd":"echo step-1"}') in found
    assert (Rank.WIRE, "answer header content-type", "content-type: text/event-stream") in found


@pytest.mark.parametrize("member", ["encrypted_content", "image_url", "file_data"])
def test_what_no_one_looks_for_is_left_out(talk, member: str) -> None:
    """Base64 has no words."""
    client = talk(tool_loop(1))
    client.sdk([{"type": "unknown_thing", member: "QUJD", "note": "zebra"}])

    (found,) = [text for _, _, text in texts(client.interactions) if "zebra" in text]

    assert "QUJD" not in found


def test_ids_are_no_texts(talk) -> None:
    """They are found as ids, and would be in every header and all metadata."""
    client = talk(tool_loop(1))
    client.turn("run the step")

    assert not [text for _, _, text in texts(client.interactions) if "01a00000-0000-7000-8000-00000000000a" in text]


def test_what_json_spells_otherwise_is_found_as_it_reads(talk) -> None:
    """Quotes and lines in the arguments of a call; arguments without such are as they came."""
    call = {"type": "function_call", "name": "write_stdin", "call_id": "c1"}
    client = talk(tool_loop(1))
    client.sdk("go", call | {"arguments": '{"chars":"say \\"hi\\"\\nthen go","id":7}'}, call | {"arguments": '{"a\\q"'})

    found = [text for _, place, text in texts(client.interactions) if place == "tool call write_stdin"]

    assert found == ['{"chars":"say \\"hi\\"\\nthen go","id":7}\x1esay "hi"\nthen go', '{"a\\q"']


def test_what_an_item_says_beside_its_text_is_found(talk) -> None:
    """Why a hosted tool failed, and what an answer cites."""
    call = {"type": "mcp_call", "name": "look", "server_label": "x", "arguments": "{}", "error": "no such shelf"}
    note = {"type": "url_citation", "url": "https://example.com/zebra"}
    said = {"type": "message", "role": "assistant", "content": [{"text": "See there.", "annotations": [note, note]}]}
    client = talk(tool_loop(1))
    client.sdk("go", call, said)
    found = texts(client.interactions)

    assert (Rank.DONE, "tool error look", "no such shelf") in found
    assert found.count((Rank.SAID, "citation", "https://example.com/zebra")) == 1


def test_what_only_a_request_has_is_found(talk) -> None:
    """A summary beside an empty content, found tools, a cache key of a client's own, metadata of a header."""
    client = talk(tool_loop(1))
    found_tools = {"type": "tool_search_output", "call_id": "c", "tools": [{"name": "spawn"}]}
    client.sdk([{"type": "reasoning", "summary": [{"text": "Thought so."}], "content": None}, found_tools])
    (request, *rest) = client.records
    metadata = ("X-Codex-Turn-Metadata", '{"commit":"abc123","turn_id":"t1"}')
    body = Payload.of({**request.payload.fields, "prompt_cache_key": "shelf"})
    client.records = [replace(request, payload=body, headers=(metadata,)), *rest]
    found = texts(client.interactions)

    assert (Rank.DONE, "reasoning", "Thought so.") in found
    assert (Rank.CONTEXT, "tools", '[{"name":"spawn"}]') in found
    assert (Rank.WIRE, "settings", '{"model":"gpt-5.4","prompt_cache_key":"shelf"}') in found
    assert [text for _, place, text in found if place == "metadata"] == ["commit: abc123"]


def test_what_an_answer_says_of_itself_is_found() -> None:
    """What its request did not say; events of the connection with their headers."""
    recording = Recording()
    error = {
        "type": "error",
        "status": 400,
        "error": {"message": "no"},
        "headers": {"x-request-id": "req_ws", "a": "b c"},
    }
    created = {"type": "response.created", "response": {"id": "r", "model": "served", "service_tier": "flex"}}
    recording.websocket([(body_of(user("a"), model="served"), [created, error])])

    found = texts(recording.interactions)

    assert (Rank.WIRE, "answer", "service_tier: flex") in found
    assert not any(text == "model: served" for _, _, text in found)
    assert any(place == "event error" and "b c" in text for _, place, text in found)


def test_what_a_view_of_an_item_lacks_is_found() -> None:
    """A title of a citation, a description of a tool of a server; and JSON in an output."""
    listed = {"type": "mcp_list_tools", "server_label": "s", "tools": [{"name": "t", "description": "Shortens URLs."}]}
    output = {"type": "function_call_output", "call_id": "c", "output": '{"stdout":"line one\\nsay \\"hi\\""}'}
    recording = Recording()
    done = {"type": "response.output_item.done", "item": listed}
    recording.http(body_of(user("a"), output), [done, {"type": "response.completed", "response": {"id": "r"}}])

    said = "\n".join(text for _, _, text in texts(recording.interactions))

    assert "Shortens URLs." in said
    assert 'line one\nsay "hi"' in said
