"""Turns, and what the user was asked to allow in them. No I/O.

A request tells which tools were declined; which were accepted only the client knows that was asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import orjson

from pytest_codex_replay.codex.approvals import Approval
from pytest_codex_replay.projection.items import ToolCall
from pytest_codex_replay.projection.turns import Turn


def with_approvals(turns: Iterable[Turn], approvals: Sequence[Approval]) -> tuple[Turn, ...]:
    """Return the turns, with the decisions in the tool calls that they were asked for.

    An approval belongs to the call whose id it has. What runs in code mode has an id of its own: then it belongs to a
    call that has its command or path, at best in a turn of its prompt.
    """
    found = tuple(turns)
    calls = [(turn, call) for turn in found for call in turn.tool_calls]
    decisions: dict[int, list[str]] = defaultdict(list)
    for approval in approvals:
        places = [place for place, (_, call) in enumerate(calls) if len(decisions[place]) < _count(approval, call)]
        same = [place for place in places if calls[place][0].prompt == approval.prompt]
        for place in (same or places)[:1]:
            decisions[place].append(approval.decision)
    told = iter([replace(call, approvals=tuple(decisions[n]) or call.approvals) for n, (_, call) in enumerate(calls)])
    return tuple(
        replace(turn, items=tuple(next(told) if isinstance(item, ToolCall) else item for item in turn.items))
        for turn in found
    )


def _count(approval: Approval, call: ToolCall) -> int:
    """Return how many approvals like this one a call can have."""
    if approval.item_id is not None and approval.item_id == call.call_id:
        return 1
    subject = approval.subject
    if approval.kind == "file change":
        subject = subject.partition("\n")[0].rpartition("/")[2]
    quoted = orjson.dumps(subject).decode()[1:-1]
    return max(call.arguments.count(subject), call.arguments.count(quoted)) if subject else 0
