"""What Codex begins by itself, and what it asks there."""

import pytest

from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.codex.threads import (
    agent_path,
    asks_for_title,
    helper_kind,
    title_answer,
    titled_prompt,
)

SCHEMA = {"type": "object", "properties": {"title": {"type": "string", "minLength": 1, "maxLength": 36}}}
TITLE_BODY = {"text": {"format": {"type": "json_schema", "schema": SCHEMA}}}


@pytest.mark.parametrize(
    ("source", "subagent", "kind"),
    [
        ("thread_title", None, "title"),
        ("memory_consolidation", None, "memory consolidation"),
        ("subagent", "memory_consolidation", "memory consolidation"),
        ("guardian_review", None, "guardian review"),
        ("subagent", "guardian", "guardian review"),
        ("user", None, None),
        ("subagent", "review", None),
        ("subagent", "collab_spawn", None),
        ("a_feature_of_next_year", None, None),
        (None, None, None),
    ],
)
def test_what_no_user_talks_to_is_a_helper(source, subagent, kind):
    """Anything else is a conversation or a part of one, so that nothing is hidden by mistake."""
    assert helper_kind(Identity(thread_source=source, subagent=subagent)) == kind


@pytest.mark.parametrize(
    ("source", "body", "is_title"),
    [
        ("thread_title", TITLE_BODY, True),
        ("thread_title", {}, True),
        ("system", TITLE_BODY, True),
        ("system", {"text": {"format": "json"}}, False),
        ("user", TITLE_BODY, False),
    ],
)
def test_a_title_request_is_known_by_its_thread(source, body, is_title):
    """`codex exec --output-schema` may ask for a title, too."""
    assert asks_for_title(Identity(thread_source=source), body) is is_title


def test_the_prompt_that_is_to_be_titled_is_quoted():
    """Behind what Codex asks."""
    assert titled_prompt("Generate a title.\n\nUser prompt:\nMy name is\nAda.") == "My name is\nAda."
    assert titled_prompt("My name is Ada.") is None


def test_a_title_has_the_shape_that_is_asked_for():
    """No longer than allowed, never empty."""
    assert title_answer(TITLE_BODY, "x" * 50) == {"title": "x" * 36}
    assert title_answer({"text": {"format": {"schema": {"properties": {"title": True}}}}}, "") == {"title": "?"}
    assert title_answer({}, "Greet") == {"title": "Greet"}


def test_agents_of_the_first_generation_have_no_path():
    """They all say `/root`, which is the path of the agent that the user talks to."""
    assert agent_path(Identity(agent_name="/root")) == "/root"
    assert agent_path(Identity(agent_name="/root/kid", subagent="collab_spawn")) == "/root/kid"
    assert agent_path(Identity(agent_name="/root", parent_thread_id="p")) is None
