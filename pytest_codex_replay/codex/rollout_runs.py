"""How tools ended, and what had to be allowed, as a rollout says it. No I/O.

Sources: CommandExecutionItem, FileChangeItem, McpToolCallItem (codex-rs/protocol/src/items.rs) and ExecCommandEndEvent,
PatchApplyEndEvent, McpToolCallEndEvent, ExecApprovalRequestEvent (protocol.rs); seen with 0.169 and 0.171.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_codex_replay.codex.approvals import Approval
from pytest_codex_replay.codex.rollouts import APPROVAL_EVENTS

_KINDS = {
    "CommandExecution": "command",
    "exec_command_end": "command",
    "FileChange": "file change",
    "patch_apply_end": "file change",
    "McpToolCall": "MCP call",
    "mcp_tool_call_end": "MCP call",
}
_SHELL_WORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """How a tool ended."""

    kind: str
    """`command`, `file change`, `MCP call` or `tool`."""
    text: str
    """The command, the paths, or the name of the tool."""
    call_id: str | None = None
    """Of the model's call; what runs in code mode has an id of its own, `exec-…`."""
    status: str | None = None
    """`completed`, `failed`, `declined`, …"""
    exit_code: int | None = None
    duration_ms: float | None = None
    line: int = 0
    """Number of the line that says so."""


def tool_run(number: int, item: Mapping[str, Any]) -> ToolRun:
    """Return what an item or event on line `number` says of a tool."""
    kind = _KINDS.get(str(item.get("type")), "tool")
    exit_code, status = item.get("exit_code"), item.get("status")
    if status is None and isinstance(item.get("success"), bool):
        status = "completed" if item["success"] else "failed"
    return ToolRun(
        kind=kind,
        text=_subject(item, kind),
        call_id=_text(item.get("id")) or _text(item.get("call_id")),
        status=_text(status),
        exit_code=exit_code if type(exit_code) is int else None,
        duration_ms=_milliseconds(item.get("duration")),
        line=number,
    )


def approval_asked(event: Mapping[str, Any], kind: str) -> Approval:
    """Return what an event asks to be allowed; a review says what it decided, too."""
    what = APPROVAL_EVENTS[kind]
    return Approval(
        kind=what,
        subject=_subject(event, what),
        decision=_text(event.get("status")) or _text(event.get("decision")) or "",
        reason=_text(event.get("reason")) or _text(event.get("rationale")),
        turn_id=_text(event.get("turn_id")),
        item_id=_text(event.get("call_id")) or _text(event.get("id")),
    )


def _subject(item: Mapping[str, Any], kind: str) -> str:
    if kind == "file change":
        changes = item.get("changes")
        return "\n".join(map(str, changes)) if isinstance(changes, dict) else ""
    if kind == "MCP call":
        call = item.get("invocation")
        call = call if isinstance(call, dict) else item
        return ".".join(str(call[name]) for name in ("server", "tool") if name in call)
    return _command(item.get("command")) or _text(item.get("tool")) or _text(item.get("reason")) or ""


def _command(words: Any) -> str | None:
    if not isinstance(words, list):
        return _text(words)
    is_shell = len(words) == _SHELL_WORDS and words[1] in {"-c", "-lc"}
    return str(words[2]) if is_shell else " ".join(map(str, words))


def _milliseconds(duration: Any) -> float | None:
    """Return a duration as Rust writes it, `{"secs": 0, "nanos": 5037}`."""
    if not isinstance(duration, dict):
        return None
    seconds, nanos = duration.get("secs", 0), duration.get("nanos", 0)
    is_number = type(seconds) is int and type(nanos) is int
    return round(seconds * 1000 + nanos / 1_000_000, 3) if is_number else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
