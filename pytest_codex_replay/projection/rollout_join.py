"""Turns of the traffic beside those of the rollouts: what each knows, and the other does not. No I/O."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.items import ToolCall, UserText
from pytest_codex_replay.projection.rollout_turns import RolloutTurn, TurnStatus
from pytest_codex_replay.projection.turns import Turn
from pytest_codex_replay.wire.responses import Outcome

ROLLOUT, TRAFFIC = "rollout", "traffic"
_ENDS = {
    Outcome.COMPLETED: TurnStatus.COMPLETED,
    Outcome.INTERRUPTED: TurnStatus.INTERRUPTED,
    Outcome.CLIENT_GONE: TurnStatus.INTERRUPTED,
}
"""What an outcome is called in a rollout; any other is a failure."""
_REQUEST_IDS = ("x-request-id", "x-oai-request-id", "cf-ray")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that is known of a turn, and where it is from."""

    name: str
    value: Any
    source: str
    """`rollout` or `traffic`."""
    place: str
    """`line 15` of the rollout, or `interaction 3`."""

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return {"name": self.name, "value": self.value, "source": self.source, "place": self.place}


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedTurn:
    """A turn as the traffic has it, and as the rollout of its thread has it; either may be missing."""

    thread_id: str | None
    turn: Turn | None
    rollout_turn: RolloutTurn | None
    by: str | None
    """What tells that both are the same turn: `turn id`, `response id`, `call id` or `prompt`; None: one is missing."""
    facts: tuple[Fact, ...] = ()
    """What only one of them knows, and what they do not agree on: then both are there, by the same name."""

    @property
    def only_rollout(self) -> tuple[Fact, ...]:
        """What the traffic does not know."""
        return tuple(fact for fact in self.facts if fact.source == ROLLOUT and fact.name not in self._names(TRAFFIC))

    @property
    def only_traffic(self) -> tuple[Fact, ...]:
        """What the rollout does not know."""
        return tuple(fact for fact in self.facts if fact.source == TRAFFIC and fact.name not in self._names(ROLLOUT))

    @property
    def different(self) -> tuple[Fact, ...]:
        """What they do not agree on, each fact twice."""
        both = self._names(ROLLOUT) & self._names(TRAFFIC)
        return tuple(sorted((fact for fact in self.facts if fact.name in both), key=lambda fact: fact.name))

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON; turns by their numbers."""
        return {
            "thread_id": self.thread_id,
            "turn": None if self.turn is None else self.turn.index,
            "rollout_turn": None if self.rollout_turn is None else self.rollout_turn.index,
            "by": self.by,
            "facts": [fact.as_json() for fact in self.facts],
        }

    def _names(self, source: str) -> set[str]:
        return {fact.name for fact in self.facts if fact.source == source}


def join_turns(turns: Sequence[Turn], rollouts: Mapping[str, Sequence[RolloutTurn]]) -> tuple[JoinedTurn, ...]:
    """Return the turns of a session in the order of the traffic, those that only a rollout has behind them.

    Args:
        turns: those of the traffic.
        rollouts: those of the rollouts, by thread.
    """
    own = [(thread, one) for thread, turns in rollouts.items() for one in turns]
    found: dict[int, tuple[int, str]] = {}
    used: set[int] = set()
    for by, keys_of_turn, keys_of_own in _RULES:
        places: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for place, (thread, one) in enumerate(own):
            for key in keys_of_own(one) if place not in used else ():
                places[key] += [(thread, place)]
        for turn in turns:
            near = (one for key in keys_of_turn(turn) for one in places.get(key, ()))
            free = (at for thread, at in near if at not in used and turn.thread_id in {None, thread})
            if turn.index not in found and (same := next(free, None)) is not None:
                found[turn.index] = same, by
                used.add(same)
    pairs = [_pair(turn, found.get(turn.index), own) for turn in turns]
    alone = [JoinedTurn(thread_id=thread, turn=None, rollout_turn=one, by=None) for thread, one in _without(own, used)]
    return tuple(replace(one, facts=tuple(_facts(one.turn, one.rollout_turn))) for one in pairs + alone)


def _pair(turn: Turn, found: tuple[int, str] | None, own: Sequence[tuple[str, RolloutTurn]]) -> JoinedTurn:
    if found is None:
        return JoinedTurn(thread_id=turn.thread_id, turn=turn, rollout_turn=None, by=None)
    thread, one = own[found[0]]
    return JoinedTurn(thread_id=thread, turn=turn, rollout_turn=one, by=found[1])


def _without(own: Sequence[tuple[str, RolloutTurn]], used: set[int]) -> Iterator[tuple[str, RolloutTurn]]:
    return (one for place, one in enumerate(own) if place not in used)


def _turn_ids(one: Turn | RolloutTurn) -> list[str]:
    return [] if one.turn_id is None else [one.turn_id]


def _call_ids(turn: Turn) -> list[str]:
    return [call.call_id for call in turn.tool_calls if call.call_id is not None]


def _texts(own: RolloutTurn) -> list[str]:
    return [item.text for item in own.items if isinstance(item, UserText)] if own.turn_id is None else []


_RULES: tuple[tuple[str, Callable[[Turn], list[str]], Callable[[RolloutTurn], Sequence[str]]], ...] = (
    ("turn id", _turn_ids, _turn_ids),
    (
        "response id",
        lambda turn: [call.response_id for call in turn.interactions if call.response_id],
        lambda own: own.response_ids,
    ),
    ("call id", _call_ids, lambda own: own.call_ids),
    ("prompt", lambda turn: [turn.prompt] if turn.prompt else [], _texts),
)
"""How a turn is known again, the surest first. The last is for releases whose rollouts have no ids."""


def _facts(turn: Turn | None, own: RolloutTurn | None) -> Iterator[Fact]:
    if own is not None:
        yield from _of_rollout(own, turn)
    if turn is not None:
        yield from _of_traffic(turn, own)


def _of_rollout(own: RolloutTurn, turn: Turn | None) -> Iterator[Fact]:
    """Yield what the rollout knows, and the traffic does not, or sees in another way."""

    def fact(name: str, value: Any, line: int | None = None) -> Iterator[Fact]:
        if value is not None and value != "":
            number = own.lines.get(name, own.lines.get("first", 0)) if line is None else line
            yield Fact(name=name, value=value, source=ROLLOUT, place=f"line {number}")

    if turn is None:
        yield from fact("prompt", own.prompt)
        yield from fact("text", own.text, own.lines.get("last"))
    if turn is None or (own.status is not TurnStatus.OPEN and _status(turn) is not own.status):
        yield from fact("status", str(own.status))
    yield from fact("aborted", own.reason, own.lines.get("reason"))
    if own.error is not None and (turn is None or own.error.partition(" (")[0] not in (turn.error or "")):
        yield from fact("error", own.error)
    yield from fact("rolled back", own.is_rolled_back or None, own.lines.get("is_rolled_back"))
    yield from fact("approval policy", own.approval_policy, own.lines.get("approval_policy"))
    yield from fact("approvals reviewer", own.approvals_reviewer, own.lines.get("approvals_reviewer"))
    yield from fact("sandbox", own.sandbox)
    for approval in own.approvals:
        what = f"{approval.kind}: {approval.subject}".rstrip(": ")
        yield from fact("approval", f"{what} -> {approval.decision or 'asked'}", _line_of(own, approval.item_id))
    for run in own.runs:
        if (ended := _ended(run.exit_code, run.status)) and ended not in _endings(turn, run.text):
            yield from fact("tool", f"{run.text}: {ended}", run.line)
        yield from fact(
            "tool time", None if run.duration_ms is None else f"{run.text}: {run.duration_ms:g} ms", run.line
        )
    yield from fact("turn time", _ms(own.duration_ms), own.lines.get("duration_ms"))
    yield from fact("first token after", _ms(own.first_token_ms), own.lines.get("first_token_ms"))
    for name, output in _unsent(own, turn):
        yield from fact("never sent", f"output of {name}: {output}", own.lines.get("last"))
    yield from _tokens(own, turn)


def _of_traffic(turn: Turn, own: RolloutTurn | None) -> Iterator[Fact]:
    """Yield what the traffic knows, and the rollout does not, or sees in another way."""
    calls = turn.interactions
    last = f"interaction {calls[-1].index}"
    if own is not None and own.status is not TurnStatus.OPEN and _status(turn) is not own.status:
        yield Fact(name="status", value=str(_status(turn)), source=TRAFFIC, place=last)
    if own is not None and own.status is TurnStatus.OPEN:
        yield Fact(name="status", value=str(_status(turn)), source=TRAFFIC, place=last)
    if turn.error is not None and (own is None or own.error is None):
        yield Fact(name="error", value=turn.error, source=TRAFFIC, place=last)
    for call in calls:
        yield from _of_interaction(call)
    used = turn.tokens
    if own is not None and used.total and own.tokens.total and used != own.tokens:
        yield Fact(name="tokens", value=used.as_json(), source=TRAFFIC, place=last)


def _of_interaction(call: Interaction) -> Iterator[Fact]:
    def fact(name: str, value: Any) -> Fact:
        return Fact(name=name, value=value, source=TRAFFIC, place=f"interaction {call.index}")

    if call.outcome is not Outcome.COMPLETED:
        yield fact("attempt", f"{call.outcome}: {call.error or ''}".rstrip(": "))
    yield fact("transport", f"{call.transport}, {call.status}" if call.status else str(call.transport))
    yield from (fact(name.lower(), value) for name, value in call.response_headers if name.lower() in _REQUEST_IDS)
    if not call.has_canonical_times:
        first, ended = call.first_part_at_ms, call.ended_at_ms
        if first is not None and ended is not None:
            since = call.started_at_ms
            yield fact("timing", f"first event after {first - since:.0f} ms, {ended - since:.0f} ms in all")


def _tokens(own: RolloutTurn, turn: Turn | None) -> Iterator[Fact]:
    """Yield the tokens that the rollout counts, where the traffic counts others."""
    if own.tokens.total and (turn is None or (turn.tokens.total and turn.tokens != own.tokens)):
        line = own.lines.get("tokens", own.lines["last"])
        yield Fact(name="tokens", value=own.tokens.as_json(), source=ROLLOUT, place=f"line {line}")


def _status(turn: Turn) -> TurnStatus:
    return _ENDS.get(turn.outcome, TurnStatus.FAILED)


def _ended(exit_code: int | None, status: str | None) -> str:
    return f"exit {exit_code}" if exit_code is not None else status or ""


def _endings(turn: Turn | None, text: str) -> set[str]:
    """Return how the traffic says that a command ended: its exit code stands in the output that was sent."""
    commands = (command for call in turn.tool_calls for command in call.commands) if turn else ()
    return {f"exit {command.exit_code}" for command in commands if command.text == text}


def _unsent(own: RolloutTurn, turn: Turn | None) -> Iterator[tuple[str, str]]:
    """Yield the outputs that the rollout has, and that no request brought to the model."""
    sent = {call.call_id for call in turn.tool_calls if call.output is not None} if turn else set()
    calls = (item for item in own.items if isinstance(item, ToolCall)) if turn else ()
    for call in calls:
        if call.output is not None and call.call_id is not None and call.call_id not in sent:
            yield call.command or call.name, call.output


def _line_of(own: RolloutTurn, item_id: str | None) -> int | None:
    return next((run.line for run in own.runs if item_id is not None and run.call_id == item_id), None)


def _ms(value: float | None) -> str | None:
    return None if value is None else f"{value:g} ms"


def turns_by_thread(rollouts: Iterable[tuple[str, Sequence[RolloutTurn]]]) -> dict[str, Sequence[RolloutTurn]]:
    """Return the turns of rollouts by thread; of two of one thread those of the one with more of them."""
    found: dict[str, Sequence[RolloutTurn]] = {}
    for thread, turns in rollouts:
        if len(turns) >= len(found.get(thread, ())):
            found[thread] = turns
    return found
