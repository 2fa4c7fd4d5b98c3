"""Items: what the user, the model and the tools said."""

import pytest

from pytest_codex_replay.codex.fragments import FRAGMENTS
from pytest_codex_replay.projection.item_views import (
    answered_call,
    awaited_by,
    fresh_texts,
    item_of,
    items_of,
    output_of,
    text_of,
    with_answer,
)
from pytest_codex_replay.projection.items import (
    AgentMessage,
    AssistantText,
    Compaction,
    OtherItem,
    Reasoning,
    ToolCall,
    UserText,
)


def message(text, role="user", **more):
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}], **more}


@pytest.mark.parametrize(
    ("value", "item"),
    [
        ({"type": "message", "content": [{"type": "output_text", "text": "Hi."}]}, AssistantText(text="Hi.")),
        ({"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}, AssistantText(text="No.")),
        ({"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}, Reasoning(text="Hm.")),
        ({"type": "reasoning", "summary": [], "encrypted_content": "abc"}, Reasoning(text="")),
        ({"type": "compaction", "encrypted_content": "abc"}, Compaction(text="")),
        (
            {"type": "function_call", "name": "f", "namespace": "n", "arguments": "{}", "call_id": "c"},
            ToolCall(name="f", namespace="n", arguments="{}", call_id="c"),
        ),
        (
            {"type": "custom_tool_call", "name": "apply_patch", "input": "*** Begin", "call_id": "c"},
            ToolCall(name="apply_patch", arguments="*** Begin", call_id="c", type="custom_tool_call"),
        ),
        (
            {"type": "local_shell_call", "action": {"command": ["ls"]}, "call_id": "c"},
            ToolCall(name="local_shell", arguments='{"command":["ls"]}', call_id="c", type="local_shell_call"),
        ),
        (
            {"type": "web_search_call", "action": {"query": "x"}},
            ToolCall(name="web_search", arguments='{"query":"x"}', type="web_search_call", is_hosted=True),
        ),
        ({"type": "hologram", "x": 1}, OtherItem(value={"type": "hologram", "x": 1})),
        ({}, OtherItem(value={})),
    ],
)
def test_each_type_has_its_view(value, item):
    """What is not known is kept as it came."""
    assert item_of(value) == item


_BOTH = 'tools.exec_command({"cmd":"a"}); tools.exec_command({"cmd":"b"})'


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ({"output": "done"}, "done"),
        ({"output": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]}, "a\nb"),
        ({"output": [{"type": "input_image", "image_url": "data:"}]}, "[input_image]"),
        ({"output": {"content": "x"}}, '{"content":"x"}'),
    ],
)
def test_an_output_becomes_text(value, output):
    """Text as it is, other content by its name."""
    assert output_of(ToolCall(name="x", arguments=""), value).output == output


@pytest.mark.parametrize("content", [None, 3, {}])
def test_content_that_is_none_is_empty(content):
    """Whatever an upstream sends, the projection stands."""
    assert text_of(content) == ""


@pytest.mark.parametrize(
    "text",
    [
        *(f"{one.start}>x{one.end}" for one in FRAGMENTS if one.role == "user" and one.start.startswith("<")),
        "<environment_context>\n  <cwd>/x</cwd>\n</environment_context>",
        "<user_instructions>\nBe kind.\n</user_instructions>",
        '<subagent_notification>\n{"agent_path":"a"}\n</subagent_notification>',
        "<skill>x</skill>",
        "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\nBe kind.\n</INSTRUCTIONS>",
        "You are performing a CONTEXT CHECKPOINT COMPACTION. Create …",
        " \n",
    ],
)
def test_what_codex_says_in_the_users_place_is_not_the_users(text):
    """Only what was typed is a prompt."""
    assert fresh_texts((message(text),)) == ()


@pytest.mark.parametrize(
    "text", ["<b>bold</b>", "<bug_report>x</bug_report>", "a <environment_context> b", "<div>", "# AGENTS", "x"]
)
def test_what_only_looks_like_it_is_the_users(text):
    """Users type markup, too."""
    assert fresh_texts((message(text),)) == (UserText(text=text),)


@pytest.mark.parametrize(
    ("kinds", "found"),
    [(["environments.environment_context"], ()), (["user.text"], (UserText(text="<x_y>z</x_y>"),)), ([], ())],
)
def test_codex_may_say_what_a_message_is(kinds, found):
    """With a built-in provider it does, and then nothing is guessed."""
    item = message("<x_y>z</x_y>", internal_chat_message_metadata_passthrough={"content_item_kinds": kinds})

    assert fresh_texts((item,)) == found


@pytest.mark.parametrize(
    "before",
    [
        {"type": "message", "role": "assistant", "content": []},
        {"type": "function_call_output", "call_id": "c", "output": ""},
        {"type": "compaction", "encrypted_content": "abc"},
        message("Another language model started to solve this problem and …"),
    ],
)
def test_only_what_came_since_is_fresh(before):
    """A model's or a tool's word, or a compaction, ends what was said before."""
    items = (message("old"), before, message("skip me", role="developer"), {"type": "additional_tools"}, message("new"))

    assert fresh_texts(items) == (UserText(text="new"),)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("Message Type: NEW_TASK\nTask name: /root/a\nSender: /root\nPayload:\n\nDo it.", "NEW_TASK", "Do it."),
        ("Do it.", None, "Do it."),
    ],
)
def test_agents_talk_to_each_other(text, kind, said):
    """The envelope is removed."""
    item = {"type": "agent_message", "author": "/root", "recipient": "/root/a", **message(text)} | {
        "type": "agent_message"
    }

    assert fresh_texts((item,)) == (AgentMessage(author="/root", recipient="/root/a", message_type=kind, text=said),)


def test_what_the_user_typed_beside_codexs_own_is_found():
    """One message may hold both, in pieces of its content."""
    texts = ["# AGENTS.md instructions for /x", "Do it.", "<skill>x</skill>"]
    item = message("") | {"content": [{"type": "input_text", "text": text} for text in texts]}

    assert fresh_texts((item,)) == (UserText(text="Do it."),)


@pytest.mark.parametrize("item", ["Do it.", {"type": "input_text", "text": "Do it."}])
def test_a_message_that_is_a_plain_text_is_the_users(item):
    """Some clients write one so; the model is asked the same."""
    assert fresh_texts((message("First."), item)) == (UserText(text="First."), UserText(text="Do it."))


def test_an_output_in_the_same_answer_belongs_to_its_call():
    """By id; without one, to the last of its kind."""
    shell = {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls", "pwd"]}}
    wrote = {"stdout": "x", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
    search = {"type": "tool_search_call", "call_id": None, "arguments": {"paths": ["w"]}, "execution": "server"}
    found = [{"type": "function", "name": "w", "description": "The weather."}]

    first, second = items_of(
        [
            shell,
            search,
            {"type": "shell_call_output", "call_id": "c", "output": [wrote]},
            {"type": "tool_search_output", "call_id": None, "tools": found},
        ]
    )

    assert (first.command, first.output, first.exit_code) == ("ls\npwd", "x", 0)
    assert (second.name, second.output) == ("tool_search", "w: The weather.")


def test_a_question_of_the_upstream_is_answered_by_the_next_request():
    """Whether it may call a tool of an MCP server."""
    asked = item_of({"type": "mcp_approval_request", "id": "m", "name": "f", "server_label": "s", "arguments": "{}"})
    answer = {"type": "mcp_approval_response", "approval_request_id": "m", "approve": False}

    assert (awaited_by(asked), answered_call(answer)) == ("m", "m")
    assert with_answer(asked, answer).decision == "decline"


@pytest.mark.parametrize(
    ("output", "code", "duration_ms"),
    [
        ("Chunk ID: a1\nWall time: 0.25 seconds\nProcess exited with code 2\nOutput:\nx", 2, 250.0),
        ("Exit code: 0\nWall time: 1 seconds\nOutput:\nx", 0, 1000.0),
        ('{"output":"x","metadata":{"exit_code":1,"duration_seconds":0.5}}', 1, 500.0),
        ("Wall time: 1.2.3 seconds\nOutput:\nx", None, None),
        ("x", None, None),
    ],
)
def test_how_a_command_ended_is_in_the_item(output, code, duration_ms):
    """In the forms of old and new releases."""
    made = output_of(ToolCall(name="exec_command", arguments="{}"), {"output": output})

    assert (made.exit_code, made.duration_ms) == (code, duration_ms)


def test_settings_behind_what_the_user_said():
    """Codex states them as an item; no one has said it."""
    assert fresh_texts((message("Hi."), {"type": "configuration_update", "reasoning": {"effort": "low"}})) == (
        UserText(text="Hi."),
    )


@pytest.mark.parametrize(
    "item", [{"type": ["x"]}, {"type": "message", "role": ["user"]}, {"type": {}, "role": {}}], ids=str
)
def test_an_item_of_no_known_type_is_no_text(item):
    """A stranger's recording may have any value there."""
    assert fresh_texts((item,)) == ()
