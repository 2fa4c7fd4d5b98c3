"""A session as spans of the GenAI conventions."""

import json
from pathlib import Path

import pytest

from pytest_codex_replay.interop.otel_spans import spans_of
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.upstream.scenarios import (
    failed,
    rate_limit,
    server_error_then_fine,
    text,
    tool_loop,
)
from pytest_codex_replay.upstream.script import Script

CASSETTES = Path(__file__).parents[2] / "cassettes"


@pytest.fixture
def spans(talk, tmp_path):
    """The spans of a turn with a script, by key."""

    def recorded(script, *, has_content=False, said=None, **options):
        client = talk(script, **options)
        client.said = said
        client.turn("a private question")
        client.side("/models?client_version=1")
        session = RecordedSession(client.write(tmp_path / str(len(list(tmp_path.iterdir())))))
        return {span.key: span for span in spans_of(session, has_content=has_content)}

    return recorded


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_a_session_is_a_tree(spans, transport):
    """Session, turn, then its requests and tools; what belongs to no turn is below the session."""
    found = spans(tool_loop(1), transport=transport)

    assert [(span.key, span.parent, span.name) for span in found.values()] == [
        ("session", None, "invoke_workflow codex"),
        ("turn 1", "session", "invoke_agent codex"),
        ("request 1", "turn 1", "chat gpt-5.4"),
        ("tool 1.1", "turn 1", "execute_tool exec_command"),
        ("request 2", "turn 1", "chat gpt-5.4"),
        ("request 3", "session", "GET"),
    ]
    assert [span.key for span in found.values() if span.is_client] == ["request 1", "request 2", "request 3"]


def test_a_tool_runs_from_the_answer_to_the_next_request(spans):
    """By the recorded times."""
    found = spans(tool_loop(1))

    first, tool, second = (found[key] for key in ("request 1", "tool 1.1", "request 2"))
    assert (tool.started_at_ms, tool.ended_at_ms) == (first.ended_at_ms, second.started_at_ms)
    assert tool.ended_at_ms > tool.started_at_ms


def test_a_request_has_what_it_cost(spans):
    """And which model answered, and when."""
    attributes = spans(text())["request 1"].attributes

    assert attributes["gen_ai.operation.name"] == "chat"
    assert attributes["gen_ai.provider.name"] == "openai"
    assert attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert attributes["gen_ai.usage.input_tokens"] > 0
    assert (attributes["http.response.status_code"], attributes["openai.api.type"]) == (200, "responses")


def test_an_address_goes_without_its_query(spans):
    """It may hold anything."""
    assert spans(text())["request 2"].attributes["url.full"].endswith("/models")


@pytest.mark.parametrize(("script", "kind"), [(rate_limit, "429"), (failed, "failed")])
def test_what_failed_has_an_error(spans, script, kind):
    """Its words are content: they may quote the prompt."""
    bare, told = spans(script()), spans(script(), has_content=True)

    assert (bare["request 1"].error, bare["request 1"].attributes["error.type"]) == (kind, kind)
    assert len(told["request 1"].error) > len(kind)


def test_a_failed_turn_has_an_error(spans):
    """Where it was given up; not where a retry helped."""
    assert spans(failed())["turn 1"].error is not None
    assert spans(server_error_then_fine())["turn 1"].error is None


def test_without_content_nothing_is_quoted(spans):
    """Neither what was asked, nor what a tool did."""
    bare, told = spans(tool_loop(1)), spans(tool_loop(1), has_content=True)

    assert "a private question" not in str(list(bare.values()))
    assert json.loads(told["turn 1"].attributes["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "a private question"}]}
    ]
    assert told["tool 1.1"].attributes["gen_ai.tool.call.result"]
    assert json.loads(told["request 2"].attributes["gen_ai.input.messages"])[-1]["role"] == "tool"
    assert json.loads(told["request 1"].attributes["gen_ai.output.messages"])[0]["finish_reason"] == "tool_call"


def test_a_tool_of_the_upstream_runs_within_the_request(spans):
    """From the event in which it begins to that which finishes it."""
    search = {"type": "web_search_call", "status": "completed", "call_id": "c"}
    found = spans(Script(lambda cue: cue.give(search, text="Found.")), said="nothing")

    tools = [span for span in found.values() if span.key.startswith("tool")]
    assert tools[0].parent == "request 1"
    assert {span.attributes["gen_ai.tool.type"] for span in tools} == {"extension"}
    request = found["request 1"]
    assert request.started_at_ms < tools[0].started_at_ms < tools[0].ended_at_ms < request.ended_at_ms


def test_sub_agents_are_below_the_turn_that_spawned_them():
    """By name."""
    found = list(spans_of(RecordedSession(CASSETTES / "three-sub-agents"), has_content=False))

    below = [span for span in found if span.key.startswith("turn") and span.parent != "session"]
    assert len(below) == 3
    assert {span.parent for span in below} == {"turn 1"}
    assert all(span.name != "invoke_agent codex" for span in below)


def test_a_session_without_requests_has_no_spans(talk, tmp_path):
    """There is nothing that took time."""
    assert list(spans_of(RecordedSession(talk(text()).write(tmp_path / "s")), has_content=True)) == []
