"""How offered tools are found and called."""

import json

import pytest

from pytest_codex_replay.upstream.events import IdMint
from pytest_codex_replay.upstream.tools import call_items, offers, shell_call

EXEC_COMMAND = {"type": "function", "name": "exec_command", "parameters": {"properties": {"cmd": {}}}}
SPAWN = {"type": "function", "name": "spawn_agent", "parameters": {"properties": {"message": {}}}}
CODE_MODE = {
    "type": "custom",
    "name": "exec",
    "description": "Run JavaScript.\n\n### `exec_command`\nRuns.\n\n### `write_stdin`\nWrites.\n",
}


def test_a_plain_function_is_called_by_name() -> None:
    """A function of `tools` has no namespace."""
    item = offers([EXEC_COMMAND])["exec_command"].call(IdMint(), {"cmd": "ls"})

    assert (item["type"], item["name"], json.loads(item["arguments"])) == (
        "function_call",
        "exec_command",
        {"cmd": "ls"},
    )
    assert "namespace" not in item


def test_a_function_in_a_namespace_is_called_with_it() -> None:
    """Codex finds the tool by namespace and name."""
    tools = [{"type": "namespace", "name": "multi_agent_v1", "tools": [SPAWN]}]

    item = offers(tools)["spawn_agent"].call(IdMint(), {"message": "hi"})

    assert (item["namespace"], item["name"]) == ("multi_agent_v1", "spawn_agent")


def test_a_nested_tool_is_called_from_javascript() -> None:
    """In code mode `exec` gets a program that calls the tool and shows what it returned."""
    tools = [{"type": "namespace", "name": "functions", "tools": [CODE_MODE]}]

    item = offers(tools)["write_stdin"].call(IdMint(), {"session_id": 7})

    assert (item["type"], item["namespace"], item["name"]) == ("custom_tool_call", "functions", "exec")
    assert item["input"] == 'text(await tools.write_stdin({"session_id":7}));\n'


def test_hosted_tools_are_not_called() -> None:
    """The API runs `web_search` itself."""
    assert not offers([{"type": "web_search"}, {"type": "custom", "name": "apply_patch"}])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("exec_command", {"cmd": "ls"}),
        ("shell_command", {"command": "ls"}),
        ("shell", {"command": ["bash", "-lc", "ls"]}),
    ],
)
def test_every_known_shell_is_called_in_its_way(name: str, arguments: dict) -> None:
    """Versions and settings of Codex differ in the shell tool they offer."""
    offered = offers([{"type": "function", "name": name}])

    assert shell_call(offered, "ls") == (name, arguments)


def test_without_a_shell_there_is_no_call() -> None:
    """An SDK may offer no tool at all."""
    assert shell_call(offers([SPAWN]), "ls") is None


def test_calls_at_the_same_time() -> None:
    """An item each; in code mode one program that waits for all."""
    plain = offers([EXEC_COMMAND])["exec_command"]
    nested = offers([CODE_MODE])["exec_command"]

    items = call_items(IdMint(), [(plain, {"cmd": "a"}), (plain, {"cmd": "b"})])
    (program,) = call_items(IdMint(), [(nested, {"cmd": "a"}), (nested, {"cmd": "b"})])

    assert [json.loads(item["arguments"])["cmd"] for item in items] == ["a", "b"]
    assert 'Promise.all([tools.exec_command({"cmd":"a"}), tools.exec_command({"cmd":"b"})])' in program["input"]
