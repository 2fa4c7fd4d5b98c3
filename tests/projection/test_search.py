"""What of requests and answers can be searched."""

import pytest

from pytest_codex_replay.projection.search import Rank, texts_answered, texts_asked
from pytest_codex_replay.upstream.scenarios import tool_loop


def texts(interactions):
    asked = [found for call in interactions for found in texts_asked(call, lambda _: True)]
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
