"""Identity: every spelling that Codex has used, and which one wins."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.codex.identity import Identity, identify

BLOB = json.dumps(
    {
        "session_id": "s-blob",
        "thread_id": "t-blob",
        "turn_id": "turn-blob",
        "window_id": "t-blob:1",
        "request_kind": "turn",
        "parent_thread_id": "p-blob",
        "subagent_kind": "review",
    }
)


def test_today_s_headers_are_read() -> None:
    """Every header of a model call finds its field."""
    headers = [
        ("session-id", "s"),
        ("thread-id", "t"),
        ("x-codex-parent-thread-id", "p"),
        ("x-codex-window-id", "t:0"),
        ("x-openai-subagent", "collab_spawn"),
        ("originator", "codex_exec"),
        ("version", "1.2.3"),
    ]

    identity = identify(headers)

    assert identity == Identity(
        session_id="s",
        thread_id="t",
        parent_thread_id="p",
        window_id="t:0",
        subagent="collab_spawn",
        originator="codex_exec",
        codex_version="1.2.3",
    )


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("session-id", "session_id"),
        ("session_id", "session_id"),
        ("Session-Id", "session_id"),
        ("X-Codex-Session-Id", "session_id"),
        ("thread-id", "thread_id"),
        ("thread_id", "thread_id"),
        ("conversation_id", "thread_id"),
        ("Conversation-ID", "thread_id"),
        ("x-codex-conversation-id", "thread_id"),
        ("x-codex-parent-thread-id", "parent_thread_id"),
        ("x-codex-window-id", "window_id"),
        ("x-openai-subagent", "subagent"),
    ],
)
def test_every_spelling_of_a_header_is_read(name: str, field: str) -> None:
    """Old releases wrote underscores, and called a thread a conversation."""
    assert getattr(identify([(name, "value")]), field) == "value"


def test_the_turn_metadata_header_is_read() -> None:
    """It is JSON in a header, and brings the turn."""
    identity = identify([("x-codex-turn-metadata", BLOB)])

    assert identity == Identity(
        session_id="s-blob",
        thread_id="t-blob",
        parent_thread_id="p-blob",
        turn_id="turn-blob",
        window_id="t-blob:1",
        request_kind="turn",
        subagent="review",
    )


@pytest.mark.parametrize("blob", [BLOB, json.loads(BLOB)], ids=["text", "object"])
def test_the_turn_metadata_of_the_body_is_read(blob: object) -> None:
    """It may be JSON in a string, or JSON."""
    identity = identify([], {"client_metadata": {"x-codex-turn-metadata": blob}})

    assert (identity.session_id, identity.turn_id) == ("s-blob", "turn-blob")


def test_the_body_wins_over_the_headers() -> None:
    """On a WebSocket the headers are those of the upgrade, and may be of an earlier turn."""
    headers = [("session-id", "s"), ("thread-id", "t"), ("x-codex-turn-metadata", '{"turn_id":"old"}')]
    body = {"client_metadata": {"thread_id": "t", "turn_id": "new"}}

    identity = identify(headers, body)

    assert (identity.session_id, identity.turn_id) == ("s", "new")


def test_a_header_wins_over_the_turn_metadata_beside_it() -> None:
    """The blob only fills what is not said on its own."""
    identity = identify([("thread-id", "t"), ("x-codex-turn-metadata", BLOB)])

    assert (identity.thread_id, identity.session_id) == ("t", "s-blob")


def test_an_empty_value_says_nothing() -> None:
    """A prewarm carries `turn_id: ""`."""
    identity = identify([("turn_id", "")], {"client_metadata": {"turn_id": "", "session_id": 7, "thread_id": None}})

    assert identity == Identity()


def test_a_thread_without_a_session_is_its_own_session() -> None:
    """Old releases named the conversation alone."""
    assert identify([("conversation_id", "c")]) == Identity(session_id="c", thread_id="c")


@pytest.mark.parametrize(
    ("agent", "version"),
    [
        ("codex_cli_rs/0.99.1 (Linux; x86_64) xterm", "0.99.1"),
        ("codex_exec/1.0.0-alpha.3 (Mac OS 15)", "1.0.0-alpha.3"),
        ("Codex Desktop/2.1 (Mac OS)", "2.1"),
        ("codex", None),
        ("codex/dev", None),
        ("", None),
    ],
)
def test_the_user_agent_tells_the_version_of_a_codex(agent: str, version: str | None) -> None:
    """Where no `version` header does."""
    assert identify([("originator", "codex"), ("user-agent", agent)]).codex_version == version


def test_the_user_agent_of_another_client_is_no_codex_version() -> None:
    """An SDK has a user agent too, but no originator."""
    assert identify([("user-agent", "OpenAI/Python 2.0.0"), ("session-id", "s")]).codex_version is None


def test_the_version_header_wins_over_the_user_agent() -> None:
    """It is the one that is meant."""
    headers = [("originator", "x"), ("user-agent", "x/1.0"), ("version", "2.0")]

    assert identify(headers).codex_version == "2.0"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
)


@given(
    blob=st.text() | st.just(BLOB),
    body=JSON
    | st.fixed_dictionaries({"client_metadata": JSON | st.dictionaries(st.just("x-codex-turn-metadata"), JSON)}),
)
@settings(max_examples=100, deadline=None)
def test_no_request_is_too_odd(blob: str, body: object) -> None:
    """Whatever stands there: fields are text or None, and nothing is raised."""
    identity = identify([("x-codex-turn-metadata", blob), ("\udc80", "\udcff")], body)

    assert isinstance(identity.session_id, str | None)


def test_the_turn_metadata_of_today_are_read() -> None:
    """As seen in traffic of 0.171; a number is a number."""
    said = {
        "thread_source": "thread_title",
        "agent_name": "/root/kid",
        "root_turn_id": "r",
        "turn_trigger": "user",
        "window_number": 0,
        "context_window_id": "c",
        "history_initialization": "new",
        "model": "gpt-6.2-sol",
    }

    assert identify([("x-codex-turn-metadata", json.dumps(said))]) == Identity(**said)
    assert identify([], {"client_metadata": {"x-codex-turn-metadata": json.dumps(said)}}) == Identity(**said)


@pytest.mark.parametrize("value", [True, "0", 1.5, None, [], "🙂"])
def test_a_window_that_is_no_number_is_not_read(value) -> None:
    """Whatever it is."""
    assert identify([("x-codex-turn-metadata", json.dumps({"window_number": value}))]) == Identity()
