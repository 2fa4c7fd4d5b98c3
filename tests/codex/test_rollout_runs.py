"""How tools ended, and what had to be allowed."""

from typing import Any

import pytest

from pytest_codex_replay.codex.rollout_runs import approval_asked, tool_run


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {"type": "CommandExecution", "id": "c", "command": ["/bin/bash", "-lc", "ls"], "exit_code": 2}
            | {"status": "failed", "duration": {"secs": 1, "nanos": 5_000_000}},
            ("command", "ls", "failed", 2, 1005),
        ),
        ({"type": "exec_command_end", "call_id": "c", "command": ["ls", "-l"]}, ("command", "ls -l", None, None, None)),
        ({"type": "FileChange", "id": "c", "changes": {"a": {}, "b": {}}}, ("file change", "a\nb", None, None, None)),
        ({"type": "patch_apply_end", "call_id": "c", "success": False}, ("file change", "", "failed", None, None)),
        ({"type": "McpToolCall", "id": "c", "server": "s", "tool": "t"}, ("MCP call", "s.t", None, None, None)),
        (
            {"type": "mcp_tool_call_end", "call_id": "c", "invocation": {"server": "s", "tool": "t"}},
            ("MCP call", "s.t", None, None, None),
        ),
        ({"type": "DynamicToolCall", "id": "c", "tool": "t", "success": True}, ("tool", "t", "completed", None, None)),
        ({"id": "c", "exit_code": True, "duration": {"secs": "x"}}, ("tool", "", None, None, None)),
    ],
)
def test_a_run(item: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """Whatever of it a release tells."""
    run = tool_run(7, item)

    assert (run.kind, run.text, run.status, run.exit_code, run.duration_ms) == expected
    assert (run.call_id, run.line) == ("c", 7)


@pytest.mark.parametrize(
    ("kind", "event", "expected"),
    [
        ("exec_approval_request", {"command": ["rm", "x"], "call_id": "c"}, ("command", "rm x", "")),
        ("apply_patch_approval_request", {"changes": {"a": {}}, "call_id": "c"}, ("file change", "a", "")),
        ("guardian_assessment", {"id": "c", "status": "denied"}, ("guardian review", "", "denied")),
        ("request_permissions", {"call_id": "c", "reason": "net"}, ("permissions", "net", "")),
    ],
)
def test_what_was_asked(kind: str, event: dict[str, Any], expected: tuple[str, str, str]) -> None:
    """What for, and the decision of a review."""
    found = approval_asked(event, kind)

    assert (found.kind, found.subject, found.decision, found.item_id) == (*expected, "c")
