"""Interactions in, turns out: what Codex did for one input, from the prompt to the last word. No I/O."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pytest_codex_replay.codex.fragments import TURN_ABORTED, message_fragment
from pytest_codex_replay.codex.threads import agent_path
from pytest_codex_replay.projection.answers import Tokens, answer_items, error_of, tokens_of
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.projection.items import (
    AgentMessage,
    AssistantText,
    Failure,
    Interruption,
    Item,
    ToolCall,
    UserText,
    fresh_texts,
    output_of,
)
from pytest_codex_replay.wire.responses import Outcome

_ROLES = frozenset({Role.TURN, Role.COMPACTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What Codex, or a sub-agent of it, did for one input."""

    index: int
    """Position in the session by start time, from 1."""
    thread_id: str | None
    turn_id: str | None
    parent_thread_id: str | None = None
    """The thread that spawned this turn's thread; None for the user's own."""
    parent_index: int | None = None
    """The turn in which that happened, if it is recorded."""
    subagent: str | None = None
    """Kind of sub-agent: `review`, `collab_spawn`, …"""
    agent_path: str | None = None
    """Place of the agent in the tree of agents: `/root` is the user's own; None where Codex names none."""
    model: str | None
    prompt: str | None
    """What the user, or the agent that spawned this one, asked for; None when neither did (e.g. a compaction)."""
    items: tuple[Item, ...] = field(repr=False)
    """What was said and done, in order, the prompt included."""
    tokens: Tokens
    outcome: Outcome
    error: str | None
    """What went wrong in the end; None when nothing did."""
    started_at_ms: float
    """Unix time in milliseconds of the first request."""
    first_event_at_ms: float | None
    ended_at_ms: float | None
    interactions: tuple[Interaction, ...] = field(repr=False)

    def __str__(self) -> str:
        calls = "1 tool call" if len(self.tool_calls) == 1 else f"{len(self.tool_calls)} tool calls"
        return f"turn {self.index} ({self.outcome}): {self.prompt!r} -> {calls}, {self.text!r}"

    @property
    def text(self) -> str:
        """The last that the model said to the user; empty when it said nothing."""
        return next((item.text for item in reversed(self.items) if isinstance(item, AssistantText)), "")

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that were called, in order."""
        return tuple(item for item in self.items if isinstance(item, ToolCall))

    @property
    def transports(self) -> tuple[Transport, ...]:
        """What carried it; more than one when Codex fell back."""
        return tuple(dict.fromkeys(interaction.transport for interaction in self.interactions))

    @property
    def first_event_ms(self) -> float | None:
        """Milliseconds from the first request to the first event; None where times are canonical."""
        return self._since_start(self.first_event_at_ms)

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from the first request to the last event, tools included; None where times are canonical."""
        return self._since_start(self.ended_at_ms)

    @property
    def has_canonical_times(self) -> bool:
        """Whether redaction made its times up: those in `…_at_ms` say no more than what came before what."""
        return any(interaction.has_canonical_times for interaction in self.interactions)

    def _since_start(self, at_ms: float | None) -> float | None:
        return None if at_ms is None or self.has_canonical_times else round(at_ms - self.started_at_ms, 3)

    def summary(self) -> dict[str, Any]:
        """Return what a faithful replay repeats: no times, no ids, no transport. Compare it with `==`."""
        return {
            "subagent": self.subagent,
            "model": self.model,
            "prompt": self.prompt,
            "items": [item.summary() for item in self.items],
            "tokens": self.tokens.as_json(),
            "outcome": str(self.outcome),
        }

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON; interactions by their index."""
        return {
            "index": self.index,
            "thread_id": self.thread_id,
            "turn_id": self.turn_id,
            "parent_thread_id": self.parent_thread_id,
            "parent_index": self.parent_index,
            "subagent": self.subagent,
            "agent_path": self.agent_path,
            "model": self.model,
            "prompt": self.prompt,
            "items": [item.as_json() for item in self.items],
            "tokens": self.tokens.as_json(),
            "outcome": str(self.outcome),
            "error": self.error,
            "started_at": None if self.has_canonical_times else _iso(self.started_at_ms),
            "first_event_ms": self.first_event_ms,
            "duration_ms": self.duration_ms,
            "transports": [str(transport) for transport in self.transports],
            "interactions": [interaction.index for interaction in self.interactions],
        }


def _iso(at_ms: float) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def turns_of(interactions: Iterable[Interaction]) -> tuple[Turn, ...]:
    """Return the turns of a session, by start time. Background requests and prewarms belong to none."""
    calls = [interaction for interaction in interactions if interaction.role in _ROLES]
    groups = _groups(calls)
    builder = _Builder(calls, groups)
    turns: list[Turn] = []
    for group in groups:
        turns.append(builder.turn(group, turns))
    return tuple(turns)


def background_requests_of(interactions: Iterable[Interaction]) -> tuple[Interaction, ...]:
    """Return the interactions that belong to no turn: prewarms, `/models`, memories, declined upgrades and the rest."""
    return tuple(interaction for interaction in interactions if interaction.role not in _ROLES)


def _groups(calls: Iterable[Interaction]) -> list[list[Interaction]]:
    """Put together what belongs to one turn: by turn id or, without one, by what continues what."""
    groups: list[list[Interaction]] = []
    by_id: dict[tuple[str | None, str], list[Interaction]] = {}
    open_turns = _OpenTurns()
    for call in calls:
        identity = call.identity
        if identity.turn_id is not None:
            group = by_id.setdefault((identity.thread_id, identity.turn_id), [])
        else:
            group = open_turns.of(call)
        if not group:
            groups.append(group)
        group.append(call)
    return groups


class _OpenTurns:
    """Finds the turn that an interaction without a turn id continues: SDKs and old releases of Codex give none."""

    def __init__(self) -> None:
        self._by_call: dict[tuple[str | None, str], list[Interaction]] = {}
        self._last: dict[str | None, list[Interaction]] = {}

    def of(self, interaction: Interaction) -> list[Interaction]:
        thread = interaction.identity.thread_id
        group = self._continued(interaction, thread)
        self._last[thread] = group
        for item in answer_items(interaction):
            if isinstance(item, ToolCall) and item.call_id is not None:
                self._by_call[thread, item.call_id] = group
        return group

    def _continued(self, interaction: Interaction, thread: str | None) -> list[Interaction]:
        last = self._last.get(thread)
        if last and interaction.role is Role.COMPACTION:
            return last
        if last and last[-1].outcome is not Outcome.COMPLETED and last[-1].input == interaction.input:
            return last
        call_id = _answered_call(interaction.input[-1]) if interaction.input else None
        return [] if call_id is None else self._by_call.get((thread, call_id), [])


class _Builder:
    """Makes turns; knows what was said to each thread, and which tool gave back what."""

    def __init__(self, calls: Sequence[Interaction], groups: Sequence[Sequence[Interaction]]) -> None:
        self._threads: dict[str | None, list[Interaction]] = defaultdict(list)
        self._place: dict[int, int] = {}
        self._said: dict[int, tuple[UserText | AgentMessage, ...]] = {}
        self._group = {call.index: number for number, group in enumerate(groups) for call in group}
        for call in calls:
            self._listen(call)

    def turn(self, group: list[Interaction], earlier: Sequence[Turn]) -> Turn:
        """Return the turn that `group` makes, after the `earlier` ones."""
        first = next((call for call in group if call.role is Role.TURN), group[0])
        last = next((call for call in reversed(group) if call.role is Role.TURN), group[-1])
        identity = first.identity
        ended = [call.ended_at_ms for call in group if call.ended_at_ms is not None]
        is_interrupted = self._interruption(last, group) is not None
        return Turn(
            index=len(earlier) + 1,
            thread_id=identity.thread_id,
            turn_id=identity.turn_id,
            parent_thread_id=identity.parent_thread_id,
            parent_index=_parent_index(identity.parent_thread_id, earlier),
            subagent=identity.subagent,
            agent_path=agent_path(identity),
            model=_model(last),
            prompt=self._prompt(first),
            items=self._items(group),
            tokens=sum(map(tokens_of, group), Tokens()),
            outcome=Outcome.INTERRUPTED if is_interrupted else last.outcome,
            error=None if is_interrupted else error_of(last),
            started_at_ms=group[0].started_at_ms,
            first_event_at_ms=next((at for call in group if (at := call.first_part_at_ms) is not None), None),
            ended_at_ms=max(ended, default=None),
            interactions=tuple(group),
        )

    def _listen(self, call: Interaction) -> None:
        """Note what `call` says to the model. What an unanswered call said is sent again, and is not new."""
        thread = self._threads[call.identity.thread_id]
        said = fresh_texts(call.input) if call.role is Role.TURN else ()
        before = thread[-1] if thread else None
        if said and before is not None and before.role is Role.TURN and not _is_answered(before):
            known = fresh_texts(before.input)
            is_same_turn = self._group[before.index] == self._group[call.index]
            if said[: len(known)] == known:
                said = said[len(known) :] or (() if is_same_turn else said[-1:])
        self._place[call.index] = len(thread)
        self._said[call.index] = said
        thread.append(call)

    def _prompt(self, call: Interaction) -> str | None:
        said = self._said[call.index]
        if not said and self._place[call.index] == 0 and call.role is Role.TURN:
            said = _last_texts(call.input)  # the recording begins in the middle of the turn
        return said[-1].text if said else None

    def _items(self, group: list[Interaction]) -> tuple[Item, ...]:
        items: list[Item] = []
        for call in group:
            items += self._said[call.index]
            broken_off = self._interruption(call, group)
            answered = [item for item in answer_items(call) if not (broken_off and isinstance(item, Failure))]
            items += [self._with_output(call, item) for item in answered]
            items += [broken_off] if broken_off else []
        return tuple(items)

    def _interruption(self, call: Interaction, group: list[Interaction]) -> Interruption | None:
        """Return how the user broke off what a call began; None where nobody did.

        An answer that the client left, and asked for again in the same turn, is one that it had waited for too long.
        """
        is_last = not any(later.role is Role.TURN for later in group if later.index > call.index)
        if call.outcome is Outcome.INTERRUPTED:
            return Interruption(how="interrupted" if is_last else "steered")
        if is_last and (call.outcome is Outcome.CLIENT_GONE or self._is_aborted(call)):
            return Interruption(how="interrupted")
        return None

    def _is_aborted(self, call: Interaction) -> bool:
        """Whether the next request of the thread says that the user stopped what this one had begun."""
        if call.outcome is not Outcome.COMPLETED or not any(isinstance(item, ToolCall) for item in answer_items(call)):
            return False
        later = self._threads[call.identity.thread_id][self._place[call.index] + 1 :][:1]
        return any(_abortions(one) > _abortions(call) for one in later)

    def _with_output(self, call: Interaction, item: Item) -> Item:
        """Look for a tool's output in the requests of the thread that follow: call ids may come back later."""
        if not isinstance(item, ToolCall) or item.call_id is None:
            return item
        for later in self._threads[call.identity.thread_id][self._place[call.index] + 1 :]:
            for value in reversed(later.input):
                if _answered_call(value) == item.call_id:
                    return output_of(item, value)
        return item


def _abortions(call: Interaction) -> int:
    return sum(isinstance(item, dict) and message_fragment(item) is TURN_ABORTED for item in call.input)


def _model(call: Interaction) -> str | None:
    found = call.request.fields.get("model") if call.request else None
    return found if isinstance(found, str) else None


def _is_answered(call: Interaction) -> bool:
    """Whether anything came back that the client keeps: it forgets a text that was cut short."""
    return any(not isinstance(item, Failure) and not getattr(item, "is_cut", False) for item in answer_items(call))


def _answered_call(item: Any) -> str | None:
    """Return the id of the call whose output an item of an input is; None when it is none."""
    if not isinstance(item, dict) or not isinstance(kind := item.get("type"), str) or not kind.endswith("_output"):
        return None
    call_id = item.get("call_id")
    return call_id if isinstance(call_id, str) else None


def _last_texts(items: tuple[Any, ...]) -> tuple[UserText | AgentMessage, ...]:
    return next((said for end in range(len(items), 0, -1) if (said := fresh_texts(items[:end]))), ())


def _parent_index(parent_thread_id: str | None, earlier: Sequence[Turn]) -> int | None:
    if parent_thread_id is None:
        return None
    return next((turn.index for turn in reversed(earlier) if turn.thread_id == parent_thread_id), None)
