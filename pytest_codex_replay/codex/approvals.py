"""What Codex asks its user to allow, how it is answered, and how an answer shows in the next request. No I/O.

Sources: `codex app-server generate-json-schema` of 0.171, and traffic of 0.169 and 0.171. The next request tells that a
tool was declined (a text takes the place of its output); it does not tell that one was accepted.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

ACCEPT = "accept"
DECLINE = "decline"
DECISIONS = (ACCEPT, "acceptForSession", DECLINE, "cancel")
"""`cancel` declines, and interrupts the turn."""
APPROVALS: Mapping[str, str] = MappingProxyType(
    {
        "item/commandExecution/requestApproval": "command",
        "item/fileChange/requestApproval": "file change",
        "item/permissions/requestApproval": "permissions",
    }
)
"""Requests of the app-server that ask for an approval, and what for."""
_SHELL_WORDS = 3
_DECLINED = re.compile(
    r"(?:^Script failed\n[^\n]*\nOutput:\n+Script error:\n|^)"
    r"(?:\w+ failed: )?(?:\w+ \{ message: \"Rejected\(\\\"rejected by user\\\"\)\" \}"
    r"|(?:patch |exec command )?rejected by user|user rejected MCP tool call)\s*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What Codex asked its user to allow, and the answer."""

    kind: str
    """`command`, `file change` or `permissions`."""
    subject: str
    """The command as the model wrote it; of a file change the paths, one a line; else the reason."""
    decision: str = ""
    """`accept`, `acceptForSession`, `decline`, `cancel`, or another of Codex's; empty until it is answered."""
    reason: str | None = None
    """Why it is asked, if Codex says so."""
    thread_id: str | None = None
    turn_id: str | None = None
    item_id: str | None = None
    prompt: str | None = None
    """What the user asked for in the turn."""


def shell_command(command: str) -> str:
    """Return what a command runs in its shell: `ls` of `/bin/bash -lc ls`."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    return words[2] if len(words) == _SHELL_WORDS and words[1] in {"-c", "-lc"} else command


def approval_result(method: str, params: Mapping[str, Any], decision: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return the result that tells Codex a decision. A mapping is one of those that have details, as Codex has them."""
    if method != "item/permissions/requestApproval":
        return {"decision": decision}
    scope = "session" if decision == "acceptForSession" else "turn"
    is_granted = decision in {ACCEPT, "acceptForSession"}
    return {"permissions": params.get("permissions") or {} if is_granted else {}, "scope": scope}


def decisions_in(output: str) -> tuple[str, ...]:
    """Return the decisions that the output of a tool tells of."""
    return (DECLINE,) if _DECLINED.search(output) else ()
