"""What a test answers when Codex asks for an approval: one decision for all, a decision by pattern, or a function."""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from pytest_codex_replay.codex.approvals import APPROVALS, DECISIONS, Approval, shell_command
from pytest_codex_replay.errors import AppServerError, UsageError
from pytest_codex_replay.launch.app_protocol import Notification, ServerRequest, member

Decision: TypeAlias = str | Mapping[str, Any]
"""`accept`, `acceptForSession`, `decline`, `cancel`; or one of Codex's that has details, as a JSON object."""
Rules: TypeAlias = str | Mapping[str, str] | Callable[[Approval], Decision] | None
"""One decision for all; a decision for each pattern of a command or a path, the first that matches; or a function."""


def check_rules(rules: Rules) -> None:
    """Refuse a decision that Codex does not know.

    Raises:
        UsageError: there is one.
    """
    decisions = [rules] if isinstance(rules, str) else rules.values() if isinstance(rules, Mapping) else ()
    for one in decisions:
        _check(one)


def decide(rules: Rules, approval: Approval) -> Decision:
    """Return the decision of the rules.

    Raises:
        UsageError: the decision is none.
        AppServerError: no rule matches.
    """
    if isinstance(rules, str):
        return rules
    if callable(rules):
        return _check(rules(approval))
    for pattern, decision in (rules or {}).items():
        if any(fnmatchcase(subject, pattern) for subject in (approval.subject, *approval.subject.splitlines())):
            return decision
    raise AppServerError(
        f"codex app-server asks to approve a {approval.kind}, and no rule matches: {approval.subject!r}. "
        f"Give one, e.g. approvals={{{approval.subject!r}: 'decline'}}"
    )


def approval_of(request: ServerRequest, before: Iterable[Notification], prompt: str | None) -> Approval:
    """Return what a request asks for, not answered yet. Which paths a file change has was reported before it."""
    kind, item_id, reason = (
        APPROVALS[request.method],
        member(request.params, "itemId"),
        member(request.params, "reason"),
    )
    if kind == "file change":
        subject = _paths(item_id, before)
    else:
        subject = shell_command(member(request.params, "command") or "")
    return Approval(
        kind=kind,
        subject=subject or reason or "",
        reason=reason,
        thread_id=request.thread_id,
        turn_id=request.turn_id,
        item_id=item_id,
        prompt=prompt,
    )


def _check(decision: Decision) -> Decision:
    if isinstance(decision, Mapping) or decision in DECISIONS:
        return decision
    raise UsageError(f"approvals: {decision!r} is no decision. There are: {', '.join(DECISIONS)}")


def _paths(item_id: str | None, before: Iterable[Notification]) -> str:
    for one in before:
        if one.method == "item/started" and item_id == member(one.params, "item", "id"):
            return "\n".join(str(change.get("path")) for change in one.params["item"].get("changes") or ())
    return ""
