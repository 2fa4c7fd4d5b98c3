"""What rules decide, and what they are refused for."""

import pytest

from pytest_codex_replay.codex.approvals import Approval
from pytest_codex_replay.errors import AppServerError, UsageError
from pytest_codex_replay.launch.app_protocol import Notification, ServerRequest
from pytest_codex_replay.launch.approval_rules import Rules, approval_of, check_rules, decide

RM = Approval(kind="command", subject="rm -f a && ls")
FILES = Approval(kind="file change", subject="/w/a.py\n/w/b.md")
DETAILED = {"acceptWithExecpolicyAmendment": {"execpolicy_amendment": ["rm"]}}


@pytest.mark.parametrize(
    ("rules", "approval", "decision"),
    [
        ("accept", RM, "accept"),
        ({"ls*": "accept", "rm *": "decline", "*": "accept"}, RM, "decline"),
        ({"rm *": "cancel"}, Approval(kind="command", subject="rm a\nb"), "cancel"),
        ({"*.md": "decline"}, FILES, "decline"),
        (lambda approval: "decline" if "rm" in approval.subject else "accept", RM, "decline"),
        (lambda _: DETAILED, RM, DETAILED),
    ],
)
def test_decisions(rules: Rules, approval: Approval, decision: object) -> None:
    """One for all; the first pattern that matches a command or one of the paths; what a function returns."""
    assert decide(rules, approval) == decision


@pytest.mark.parametrize("rules", [None, {}, {"ls": "accept"}])
def test_no_rule(rules: Rules) -> None:
    """What was asked is named, and how to answer it."""
    with pytest.raises(
        AppServerError, match=r"asks to approve a command, and no rule matches: 'rm -f a && ls'. Give one"
    ):
        decide(rules, RM)


@pytest.mark.parametrize("rules", ["yes", {"rm *": "deny"}, {"a": "accept", "b": ""}])
def test_unknown_decisions(rules: Rules) -> None:
    """They are refused before Codex asks, with those that there are."""
    with pytest.raises(UsageError, match=r"is no decision. There are: accept, acceptForSession, decline, cancel"):
        check_rules(rules)


def test_a_function_that_decides_nothing() -> None:
    """It is refused when it is asked."""
    check_rules(lambda _: None)

    with pytest.raises(UsageError, match="None is no decision"):
        decide(lambda _: None, RM)


@pytest.mark.parametrize(
    ("method", "params", "kind", "subject"),
    [
        (
            "item/commandExecution/requestApproval",
            {"command": "/bin/bash -lc 'rm x'", "reason": "r"},
            "command",
            "rm x",
        ),
        ("item/commandExecution/requestApproval", {"reason": "Reach example.org?"}, "command", "Reach example.org?"),
        ("item/fileChange/requestApproval", {}, "file change", "/w/a\n/w/b"),
        ("item/permissions/requestApproval", {"reason": "to write"}, "permissions", "to write"),
        ("item/permissions/requestApproval", {}, "permissions", ""),
    ],
)
def test_what_is_asked(method: str, params: dict, kind: str, subject: str) -> None:
    """The command without its shell; the paths that were reported before; else the reason."""
    item = {"type": "fileChange", "id": "i", "changes": [{"path": "/w/a"}, {"path": "/w/b"}]}
    before = [Notification(method="item/started", params={"item": {"id": "h"}})]
    before += [Notification(method="item/started", params={"item": item})]
    ids = {"threadId": "t", "turnId": "u", "itemId": "i"}

    asked = approval_of(ServerRequest(method=method, params=ids | params, id=0), before, "go")

    assert (asked.kind, asked.subject, asked.reason) == (kind, subject, params.get("reason"))
    assert (asked.thread_id, asked.turn_id, asked.item_id, asked.prompt, asked.decision) == ("t", "u", "i", "go", "")
