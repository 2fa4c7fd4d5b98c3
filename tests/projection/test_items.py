"""Items say what happened, with what a program needs of it."""

import orjson
import pytest

from pytest_codex_replay.projection.items import (
    AssistantText,
    OtherItem,
    ToolCall,
    item_from_json,
)


def message(text, role="user", **more):
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}], **more}


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ('{"cmd":"ls -a"}', "ls -a"),
        ('{"command":"ls -a"}', "ls -a"),
        ('{"command":["bash","-lc","ls -a"]}', "ls -a"),
        ('{"command":["git","log","-1","-p"]}', "git log -1 -p"),
        ('{"chars":"y"}', None),
        ("[1]", None),
        ("no JSON", None),
    ],
)
def test_a_shell_command_is_found_in_every_spelling(arguments, command):
    """Tools of several generations run commands."""
    assert ToolCall(name="x", arguments=arguments).command == command


_BOTH = 'tools.exec_command({"cmd":"a"}); tools.exec_command({"cmd":"b"})'


@pytest.mark.parametrize(
    ("arguments", "output", "commands"),
    [
        ('{"cmd":"ls"}', "Exit code: 2\nOutput:\n", [("ls", 2)]),
        ('{"cmd":"ls"}', None, [("ls", None)]),
        (_BOTH, 'Output:\n{"exit_code":0}\n{"exit_code":1}', [("a", 0), ("b", 1)]),
        (_BOTH, 'Output:\n{"exit_code":1}', [("a", None), ("b", None)]),
        ("{}", 'Output:\n{"exit_code":1}', []),
    ],
)
def test_commands_are_told_with_their_exit_codes(arguments, output, commands):
    """Where it is certain which code belongs to which."""
    found = ToolCall(name="x", arguments=arguments, output=output).commands

    assert [(one.text, one.exit_code) for one in found] == commands


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Chunk ID: abc123\nWall time: 0.1 seconds", "Chunk ID: 000fff\nWall time: 12.25 seconds"),
        ("running with session ID 4711\n", "running with session ID 12\n"),
        ('{"chunk_id":"aa","wall_time_seconds":1.5e-05}', '{"chunk_id":"bb","wall_time_seconds":0.3}'),
        ('{"chunk_id": "aa"}', '{"chunk_id": "bb"}'),
        (r"{\"chunk_id\": \"aa\"}", r"{\"chunk_id\": \"bb\"}"),
        ('{"session_id": 5}', '{"session_id": 6}'),
        ("Original token count: 5\nDuration: 0.5", "Original token count: 6\nDuration: 0.6"),
        ("01a00000-0000-7000-8000-000000000001", "01a00000-0000-7000-8000-000000000002"),
    ],
)
def test_volatile_text_does_not_count(one, other):
    """What Codex mints and measures is not what happened."""
    calls = [ToolCall(name="x", arguments="", output=output) for output in (one, other)]

    assert calls[0].summary() == calls[1].summary()


def test_a_summary_has_no_call_id():
    """It is minted by the upstream."""
    call = ToolCall(name="x", arguments="{}", call_id="call_1", output="done")

    assert call.summary() == {"kind": "tool_call", "name": "x", "arguments": "{}", "output": "done"}


def test_an_unknown_item_is_summed_up_by_its_type():
    """What it holds may be volatile."""
    assert OtherItem(value={"type": "hologram", "id": "1"}).summary() == {"kind": "other", "type": "hologram"}


@pytest.mark.parametrize(
    "item",
    [
        AssistantText(text="a", citations=("u",)),
        ToolCall(name="f", arguments="{}", call_id="c", output="x", approvals=("accept",), exit_code=0),
        OtherItem(value={"type": "hologram"}),
    ],
)
def test_an_item_can_be_put_away_as_json(item):
    """And comes back as it was."""
    assert item_from_json(orjson.loads(orjson.dumps(item.as_json()))) == item
