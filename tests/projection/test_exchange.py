"""One interaction as a JSON value, and its answer as bytes."""

import pytest

from pytest_codex_replay.archive.record import MessageRecord
from pytest_codex_replay.projection.exchange import answer_bytes, exchange_json
from pytest_codex_replay.upstream.scenarios import text
from tests.replay.recording import Recording


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_an_exchange_has_all_of_it(talk, transport) -> None:
    """Request, headers, and each part of the answer with its time since the request."""
    client = talk(text("Hello."), transport=transport)
    client.turn("hi")
    (call,) = client.interactions

    value = exchange_json(call)

    assert value["request"]["model"] == "gpt-5.4"
    assert [part["value"]["type"] for part in value["answer"]] == [event["type"] for event in call.events]
    assert value["answer"][0]["at_ms"] > 0
    assert {part["kind"] for part in value["answer"]} == {"event" if transport == "sse" else "message"}


def test_the_answer_of_an_exchange_without_a_stream() -> None:
    """Is its body, byte for byte."""
    recording = Recording()
    recording.http(None, method="GET", json={"models": []})

    assert answer_bytes(recording.interactions[0]) == b'{"models":[]}'


def test_messages_are_one_a_line(talk) -> None:
    """They have no line ends of their own."""
    client = talk(text("Hello."), transport="websocket")
    client.turn("hi")
    (call,) = client.interactions

    lines = answer_bytes(call).splitlines()

    assert lines == [part.payload.raw for part in call.parts if isinstance(part, MessageRecord)]
