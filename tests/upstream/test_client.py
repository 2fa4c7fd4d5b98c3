"""The smallest client, against the scripted upstream."""

import pytest

from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.upstream.client import SmallClient
from pytest_codex_replay.upstream.scenarios import NON_ASCII_TEXT


def kinds(items: list[dict]) -> list[str]:
    return [item["type"] for item in items]


def test_a_tool_loop() -> None:
    """It runs what it is asked to run, gives back what that printed, and stops at the answer."""
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream:
        items = SmallClient(upstream.base_url).exec("Do it.")

    step = ["reasoning", "function_call", "function_call_output"]
    assert kinds(items) == ["message", *step, *step, *step, "message"]
    outputs = [item["output"] for item in items if item["type"] == "function_call_output"]
    assert outputs == ["step-1\n", "step-2\n", "step-3\n"]
    assert items[-1]["content"][0]["text"] == "All 3 steps are done."


def test_text_that_is_not_ascii() -> None:
    """It goes through the shell and back as it was."""
    with ScriptedUpstream(SCENARIOS["non-ascii"].script()) as upstream:
        items = SmallClient(upstream.base_url).exec("Grüße!")

    assert next(item["output"] for item in items if "output" in item) == NON_ASCII_TEXT + "\n"


def test_a_conversation_goes_on() -> None:
    """The next turn has what was said before, in the same session."""
    with ScriptedUpstream(SCENARIOS["multi-turn"].script()) as upstream:
        client = SmallClient(upstream.base_url)
        items = client.exec("And now?", before=client.exec("Say something."))
        sessions = {request.headers["session-id"] for request in upstream.requests}

    assert [item["content"][0]["text"] for item in items if item["type"] == "message"] == [
        "Say something.",
        "This is answer 1.",
        "And now?",
        "This is answer 2.",
    ]
    assert len(sessions) == 1


def test_it_says_who_asks() -> None:
    """One session for a conversation, another one for the next, by the headers that Codex sends."""
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream:
        for _ in range(2):
            SmallClient(upstream.base_url).exec("Do it.")
        sessions = [request.headers["session-id"] for request in upstream.requests]

    assert len(set(sessions[:4])) == len(set(sessions[4:])) == 1
    assert len(set(sessions)) == 2


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [("bad-request", "400: .*does not like this request"), ("failed", "fails this response")],
)
def test_what_goes_wrong(scenario: str, reason: str) -> None:
    """An error of the upstream is raised with its text."""
    with (
        ScriptedUpstream(SCENARIOS[scenario].script()) as upstream,
        pytest.raises(ConnectionError, match=reason),
    ):
        SmallClient(upstream.base_url).exec("Do it.")
