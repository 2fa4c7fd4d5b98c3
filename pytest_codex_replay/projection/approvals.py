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
    given: dict[int, list[Approval]] = defaultdict(list)
    for approval in approvals:
        places = [place for place, (_, call) in enumerate(calls) if _is_free(approval, call, given[place])]
        same = [place for place in places if calls[place][0].prompt == approval.prompt]
        for place in (same or places)[:1]:
            given[place].append(approval)
    told = iter([_told(call, given[place]) for place, (_, call) in enumerate(calls)])
    return tuple(
        replace(turn, items=tuple(next(told) if isinstance(item, ToolCall) else item for item in turn.items))
        for turn in found
    )


def _told(call: ToolCall, given: Sequence[Approval]) -> ToolCall:
    return replace(call, approvals=tuple(one.decision for one in given)) if given else call


def _is_free(approval: Approval, call: ToolCall, given: Sequence[Approval]) -> bool:
    """Return whether a call can have an approval beside those that it was given already."""
    return sum(one.subject == approval.subject for one in given) < _count(approval, call)


def _count(approval: Approval, call: ToolCall) -> int:
    """Return how many approvals like this one a call can have."""
    if approval.item_id is not None and approval.item_id == call.call_id:
        return 1
    subject = approval.subject
    if approval.kind == "file change":
        subject = subject.partition("\n")[0].rpartition("/")[2]
    quoted = orjson.dumps(subject).decode()[1:-1]
    return max(call.arguments.count(subject), call.arguments.count(quoted)) if subject else 0
