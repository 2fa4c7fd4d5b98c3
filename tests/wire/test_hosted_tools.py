"""What a call of a tool says of itself, whatever runs the tool."""

import pytest

from pytest_codex_replay.wire.hosted_tools import (
    arguments_of,
    citations_of,
    error_in,
    is_hosted,
    output_of_shell,
    result_of,
)


@pytest.mark.parametrize(
    ("value", "arguments", "result"),
    [
        ({"type": "mcp_call", "arguments": "{}", "output": "Yes."}, "{}", "Yes."),
        ({"type": "mcp_call", "arguments": "{}", "output": None, "error": "no"}, "{}", None),
        ({"type": "code_interpreter_call", "code": "1", "outputs": [{"type": "logs", "logs": "2"}]}, "1", "2"),
        ({"type": "code_interpreter_call", "code": "1", "outputs": [{"type": "image", "url": "u"}]}, "1", "u"),
        ({"type": "code_interpreter_call", "code": "1", "outputs": None}, "1", None),
        (
            {"type": "file_search_call", "queries": ["q"], "results": [{"filename": "a.md", "text": "t", "score": 1}]},
            '["q"]',
            "a.md: t",
        ),
        (
            {"type": "web_search_call", "action": {"query": "q", "sources": [{"type": "url", "url": "http://a"}]}},
            '{"query":"q"}',
            "http://a",
        ),
        (
            {"type": "image_generation_call", "revised_prompt": "A cat.", "result": "A" * 400, "output_format": "png"},
            "A cat.",
            "[image: png, 300 bytes]",
        ),
        ({"type": "tool_search_call", "arguments": {"goal": "g"}}, '{"goal":"g"}', None),
        ({"type": "new_call"}, "", None),
    ],
)
def test_a_call_says_what_it_asks_and_what_came_of_it(value, arguments, result):
    """Each kind in members of its own; what is not told stays open."""
    assert (arguments_of(value), result_of(value)) == (arguments, result)


@pytest.mark.parametrize(
    ("value", "hosted"),
    [
        ({"type": "function_call"}, False),
        ({"type": "mcp_call"}, True),
        ({"type": "hologram_call"}, True),
        ({"type": "tool_search_call", "execution": "client"}, False),
        ({"type": "tool_search_call", "execution": "server"}, True),
    ],
)
def test_what_no_client_answers_is_run_by_the_upstream(value, hosted):
    """A new kind is, until a client is known to answer it."""
    assert is_hosted(value) is hosted


def test_a_shell_call_has_the_text_of_all_its_commands():
    """Its exit code is that of the only one."""
    done = {"stdout": "a\n", "stderr": "b", "outcome": {"type": "exit", "exit_code": 3}}
    late = {"stdout": "", "stderr": "", "outcome": {"type": "timeout"}}

    assert output_of_shell([done]) == ("a\n\nb", 3)
    assert output_of_shell([done, late]) == ("a\n\nb\n[timed out]", None)
    assert output_of_shell("text") is None


def test_errors_and_citations():
    """As an object or as a text; each citation once."""
    assert error_in({"error": {"code": 1, "message": "Down."}}) == "Down."
    assert error_in({"error": {"code": 1}}) == '{"code":1}'
    assert error_in({"error": None}) is None
    notes = [{"url": "u"}, {"filename": "f", "file_id": "i"}, {"url": "u"}, "odd"]
    assert citations_of([{"annotations": notes}, "odd"]) == ("u", "f")
    assert citations_of([{"annotations": 1}, {"annotations": None}]) == ()
    assert citations_of("text") == ()
