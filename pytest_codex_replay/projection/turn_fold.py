"""Model calls in, turns and their items out, with what changes by each call. No I/O.

The one place that says what belongs to a turn, how it ended, and what was said and done in it. It keeps no traffic:
all that it knows is JSON, so that it can be put away at any moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pytest_codex_replay.codex.threads import agent_path
from pytest_codex_replay.projection.answers import NO_TOKENS, Tokens, answer_items, tokens_of
from pytest_codex_replay.projection.asked import Asked, digest_of_input
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.projection.item_views import Said, answered_call, awaited_by, tail_of, with_answer
from pytest_codex_replay.projection.items import Failure, Interruption, Item, ToolCall
from pytest_codex_replay.wire.responses import Outcome

OF_TURNS = frozenset({Role.TURN, Role.COMPACTION})
"""What an interaction is for that belongs to a turn."""


@dataclass(slots=True)
class CallState:
    """A call of a turn, as far as it has come."""

    key: str
    ordinal: int
    thread_id: str | None
    place: int
    """How many calls of its thread came before it."""
    turn: int
    """Ordinal of its turn."""
    role: Role
    model: str | None
    asked: Asked
    started_at_ms: float
    last_said: tuple[Said, ...] = ()
    """What was said last where the recording begins in the middle of a turn."""
    first_at_ms: float | None = None
    ended_at_ms: float | None = None
    is_over: bool = False
    outcome: Outcome = Outcome.UNKNOWN
    error: str | None = None
    items: list[Item] = field(default_factory=list)
    """What the model answered, and how that failed."""
    outputs: dict[str, Item] = field(default_factory=dict)
    """By id: the tool calls, and the questions, that a later request answers."""
    tokens: Tokens = NO_TOKENS
    after: Asked | None = None
    """The conversation with the answer behind it."""
    digest: str | None = None
    """Of all that it asked; of a request that names a turn it is not needed."""

    @property
    def is_answered(self) -> bool:
        """Whether anything came back that the client keeps: it forgets a text that was cut short."""
        return any(not isinstance(item, Failure) and not getattr(item, "is_cut", False) for item in self.items)

    @property
    def has_tool_calls(self) -> bool:
        """Whether it called a tool."""
        return any(isinstance(item, ToolCall) for item in self.items)

    def renewed(self, call: Interaction, *, is_over: bool) -> None:
        """Take over what has come of the answer."""
        self.first_at_ms, self.ended_at_ms = call.first_part_at_ms, call.ended_at_ms
        self.is_over, self.outcome, self.error = is_over, call.outcome, call.error
        self.tokens = tokens_of(call)
        items = answer_items(call)
        self.items = items if is_over else [item for item in items if not isinstance(item, Failure)]
        self.after = self.asked.followed_by(call.output)

    def lose(self) -> None:
        """Note that part of it is lost, as a gap says that comes later."""
        self.outcome, self.error = Outcome.UNKNOWN, "part of the answer was not recorded"
        kept = [item for item in self.items if not isinstance(item, Failure)]
        self.items = [*kept, Failure(outcome=str(self.outcome), message=self.error)]


@dataclass(slots=True)
class TurnState:
    """A turn, as far as it has come."""

    key: str
    ordinal: int
    thread_id: str | None
    turn_id: str | None
    parent_thread_id: str | None
    parent: int | None
    """Ordinal of the turn in which its thread was spawned."""
    subagent: str | None
    agent_path: str | None
    calls: list[int] = field(default_factory=list)
    """Ordinals of its calls."""
    turn_calls: list[int] = field(default_factory=list)
    """Those of them without compactions."""
    tokens: Tokens = NO_TOKENS
    ended_at_ms: float | None = None
    is_rolled_back: bool = False


class TurnFold:
    """Takes each call again and again, as it comes; the last time counts."""

    def __init__(self) -> None:
        self.calls: dict[int, CallState] = {}
        """By ordinal; of turns only."""
        self.turns: list[TurnState] = []
        self.threads: dict[str | None, list[int]] = {}
        """Calls of each thread, in order."""
        self.after: dict[str, Asked] = {}
        """By id of a response: the conversation that it ends."""
        self.pending: dict[str, dict[str, int]] = {}
        """By thread and id: the tool calls whose output is not there, and the call that made each."""
        self.ids: dict[str, int] = {}
        """Turns by thread and turn id."""
        self.made: dict[str, int] = {}
        """Turns by thread and tool call, where requests name no turn."""
        self.inputs: dict[str, str] = {}
        """By thread whose requests name no turn: the digest of what was asked last."""
        self.digests: dict[str, str] = {}
        """By id of a response to such a request: the digest of the conversation that it ends."""
        self.taken_back: list[int] = []
        """Ordinals of the turns that were rolled back, until a reader clears it."""
        self._repeated: dict[int, int] = {}
        """By call: how much of what it says the call before it said, where that was looked at."""

    def update(self, call: Interaction, ordinal: int, *, key: str = "", is_over: bool = True) -> set[int]:
        """Take a call as it is now; return the ordinals of all calls of which anything may have changed."""
        if call.request is None or call.role not in {*OF_TURNS, Role.PREWARM}:
            return set()
        known, is_over = self.calls.get(ordinal), is_over and call.outcome is not Outcome.RUNNING
        if call.role not in OF_TURNS:
            self._continue(call, self._asked(call).followed_by(call.output), self._digest(call) if is_over else None)
            return set()
        touched = {ordinal}
        if known is None:
            known = self._begin(call, ordinal, key)
            touched |= self._touched_by(known, call.own_input)
        before = (known.tokens, known.ended_at_ms)
        known.renewed(call, is_over=is_over)
        self._await_outputs(known)
        if known.after is not None:
            self._continue(call, known.after, known.digest if is_over else None)
        self._add_up(known, *before)
        return touched | self._next_of(known)

    def lose(self, ordinal: int) -> set[int]:
        """Note that part of a call that is over was lost after all."""
        if (call := self.calls.get(ordinal)) is None:
            return set()
        call.lose()
        return {ordinal} | self._next_of(call)

    def items(self, call: CallState) -> list[Item]:
        """Return what was said and done in a call, as it looks from here."""
        broken_off = self.interruption(call) if call.is_over else None
        answered = [item for item in call.items if not (broken_off and isinstance(item, Failure))]
        outputs = [self._with_output(call, item) for item in answered]
        return [*self.said(call), *outputs, *([broken_off] if broken_off else [])]

    def turn_items(self, turn: TurnState) -> Iterator[Item]:
        """Yield what was said and done in a turn."""
        for ordinal in turn.calls:
            yield from self.items(self.calls[ordinal])

    def prompt(self, turn: TurnState) -> str | None:
        """Return what the user, or the agent that spawned this one, asked for."""
        first = self.calls[self.first(turn)]
        said = self.said(first) or first.last_said
        return said[-1].text if said else None

    def first(self, turn: TurnState) -> int:
        """Return the call that asked for the turn."""
        return (turn.turn_calls or turn.calls)[0]

    def last(self, turn: TurnState) -> CallState:
        """Return the call that says how the turn ended."""
        return self.calls[turn.turn_calls[-1] if turn.turn_calls else turn.calls[-1]]

    def outcome(self, turn: TurnState) -> tuple[Outcome, str | None]:
        """Return how a turn ended, and what went wrong."""
        last = self.last(turn)
        is_interrupted = last.is_over and self.interruption(last) is not None
        return (Outcome.INTERRUPTED, None) if is_interrupted else (last.outcome, last.error)

    def is_open(self, turn: TurnState) -> bool:
        """Return whether more is expected of a turn: an answer, or the output of a tool."""
        last = self.last(turn)
        if not last.is_over:
            return True
        if last.outcome is not Outcome.COMPLETED or self.interruption(last) or turn.is_rolled_back:
            return False
        is_newest = self.threads[turn.thread_id][-1] == last.ordinal
        return is_newest and any(self.is_waited_for(last, item) for item in last.items)

    def is_waited_for(self, call: CallState, item: Item) -> bool:
        """Return whether the output of a tool is still to come."""
        return (
            (key := awaited_by(item)) is not None
            and key not in call.outputs
            and self.threads[call.thread_id][-1] == call.ordinal
        )

    def awaited(self) -> Iterator[str]:
        """Yield the ids of what is waited for in open turns: outputs of tools, answers to questions."""
        for call in (self.last(turn) for turn in self.turns if self.is_open(turn)):
            yield from (awaited_by(item) or "" for item in call.items if self.is_waited_for(call, item))

    def said(self, call: CallState) -> tuple[Said, ...]:
        """Return what a call says to the model. What an unanswered call said is sent again, and is not new."""
        said = call.asked.said if call.role is Role.TURN else ()
        before = self._before(call)
        is_again = said and before is not None and before.role is Role.TURN and not before.is_answered
        if is_again and before is not None and (repeated := self._repeats(call, before.asked.said)):
            said = said[repeated:] or (() if before.turn == call.turn else said[-1:])
        return said

    def _repeats(self, call: CallState, known: tuple[Said, ...]) -> int:
        if (found := self._repeated.get(call.ordinal)) is None:
            found = self._repeated[call.ordinal] = len(known) * (call.asked.said[: len(known)] == known)
        return found

    def interruption(self, call: CallState) -> Interruption | None:
        """Return how the user broke off what a call began; None where no one did.

        An answer that the client left, and asked for again in the same turn, is one that it had waited for too long.
        """
        turn_calls = self.turns[call.turn].turn_calls
        is_last = not turn_calls or turn_calls[-1] <= call.ordinal
        if call.outcome is Outcome.INTERRUPTED:
            return Interruption(how="interrupted" if is_last else "steered")
        if is_last and (call.outcome is Outcome.CLIENT_GONE or self._is_aborted(call)):
            return Interruption(how="interrupted")
        return None

    def _is_aborted(self, call: CallState) -> bool:
        if call.outcome is not Outcome.COMPLETED or not call.has_tool_calls or call.after is None:
            return False
        thread = self.threads[call.thread_id]
        later = self.calls[thread[call.place + 1]] if call.place + 1 < len(thread) else None
        return later is not None and call.asked.is_aborted_by(later.asked)

    def _before(self, call: CallState) -> CallState | None:
        return self.calls[self.threads[call.thread_id][call.place - 1]] if call.place else None

    def _next_of(self, call: CallState) -> set[int]:
        """Return the calls whose own part depends on this one."""
        thread = self.threads[call.thread_id]
        return {call.ordinal, *thread[call.place + 1 : call.place + 2]}

    def _asked(self, call: Interaction) -> Asked:
        previous = call.request.fields.get("previous_response_id") if call.request else None
        known = self.after.get(previous) if isinstance(previous, str) else None
        return Asked().followed_by(call.input) if known is None else known.followed_by(call.own_input)

    def _digest(self, call: Interaction) -> str | None:
        """Return the digest of all that a request says which names no turn; of a chain, only its end is looked at."""
        if call.identity.turn_id is not None:
            return None
        previous = call.request.fields.get("previous_response_id") if call.request else None
        before = self.digests.get(previous) if isinstance(previous, str) else None
        if before is None and isinstance(previous, str) and previous in self.after:
            before = digest_of_input([previous])
        return digest_of_input(call.input) if before is None else digest_of_input(call.own_input, before)

    def _continue(self, call: Interaction, after: Asked, digest: str | None) -> None:
        if call.response_id is None:
            return
        self.after[call.response_id] = after
        if digest is not None:
            self.digests[call.response_id] = digest_of_input(call.output, digest)

    def _begin(self, call: Interaction, ordinal: int, key: str) -> CallState:
        asked, identity, digest = self._asked(call), call.identity, self._digest(call)
        model = call.request.fields.get("model") if call.request else None
        turn = self._turn_of(call, key, digest)
        thread = self.threads.setdefault(identity.thread_id, [])
        state = CallState(
            key=key,
            ordinal=ordinal,
            thread_id=identity.thread_id,
            place=len(thread),
            turn=turn.ordinal,
            role=call.role,
            model=model if isinstance(model, str) else None,
            asked=asked,
            started_at_ms=call.started_at_ms,
            digest=digest,
        )
        if not thread and not asked.said and call.role is Role.TURN:
            state.last_said = last_texts(call.input)
        self.calls[ordinal] = state
        self._roll_back(state, turn)
        thread.append(ordinal)
        turn.calls.append(ordinal)
        if call.role is Role.TURN:
            turn.turn_calls.append(ordinal)
        return state

    def _touched_by(self, state: CallState, items: list[Any]) -> set[int]:
        """Return the calls that look otherwise since this one came."""
        turn = self.turns[state.turn]
        brought = self._bring_outputs(state, items)
        before = self._before(state)
        return {*brought, *turn.turn_calls[-2:], *([before.ordinal] if before else [])}

    def _turn_of(self, call: Interaction, key: str, digest: str | None) -> TurnState:
        """Return the turn of a call: by its id or, without one, by what continues what."""
        identity = call.identity
        name = f"{identity.thread_id}/{identity.turn_id}"
        number = self.ids.get(name) if digest is None else self._continued(call, digest)
        if number is None:
            of_parent = self.threads.get(identity.parent_thread_id) if identity.parent_thread_id is not None else None
            number = len(self.turns)
            self.turns.append(
                TurnState(
                    key=name if identity.turn_id is not None else key,
                    ordinal=number,
                    thread_id=identity.thread_id,
                    turn_id=identity.turn_id,
                    parent_thread_id=identity.parent_thread_id,
                    parent=max(self.calls[one].turn for one in of_parent) if of_parent else None,
                    subagent=identity.subagent,
                    agent_path=agent_path(identity),
                )
            )
        if identity.turn_id is not None:
            self.ids[name] = number
        return self.turns[number]

    def _continued(self, call: Interaction, digest: str) -> int | None:
        """Return the turn that goes on in a call without a turn id: SDKs and old releases of Codex give none."""
        thread_id = call.identity.thread_id
        thread = self.threads.get(thread_id)
        last = self.calls[thread[-1]] if thread else None
        given = self.inputs.get(str(thread_id))
        self.inputs[str(thread_id)] = digest
        if last is not None and call.role is Role.COMPACTION:
            return last.turn
        if last is not None and last.outcome is not Outcome.COMPLETED and given == digest:
            return last.turn
        call_id = answered_call(call.own_input[-1]) if call.own_input else None
        return None if call_id is None else self.made.get(f"{thread_id}/{call_id}")

    def _roll_back(self, call: CallState, turn: TurnState) -> None:
        """Mark the turns that a new one begins without: its conversation goes on where an older turn began."""
        thread = self.threads[call.thread_id]
        if call.thread_id is None or not thread or turn.calls or call.role is not Role.TURN:
            return
        gone: list[TurnState] = []
        for ordinal in reversed(thread):
            other = self.calls[ordinal]
            older = self.turns[other.turn]
            if other.role is not Role.TURN or older.is_rolled_back:
                if other.role is not Role.TURN:
                    return
                continue
            if not gone or gone[-1] is not older:
                gone.append(older)
            if other.ordinal == self.first(older) and other.asked.tail_start == call.asked.tail_start:
                is_kept = call.asked.said[: len(other.asked.said)] == other.asked.said
                for one in () if is_kept else gone:
                    one.is_rolled_back = True
                    self.taken_back.append(one.ordinal)
                return

    def _await_outputs(self, call: CallState) -> None:
        waiting = self.pending.setdefault(str(call.thread_id), {})
        for item in call.items:
            if (key := awaited_by(item)) is not None:
                if key not in call.outputs:
                    waiting[key] = call.ordinal
                self.made[f"{call.thread_id}/{key}"] = call.turn

    def _bring_outputs(self, call: CallState, items: list[Any]) -> set[int]:
        """Look for the outputs of tools in a request; return the calls that wait for them."""
        waiting = self.pending.get(str(call.thread_id), {})
        brought: set[int] = set()
        for value in reversed(items):
            if not waiting:
                break
            call_id = answered_call(value)
            if call_id is None or call_id not in waiting:
                continue
            asking = self.calls[waiting.pop(call_id)]
            for made in (one for one in asking.items if awaited_by(one) == call_id):
                asking.outputs[call_id] = with_answer(made, value)
            brought.add(asking.ordinal)
        return brought

    def _with_output(self, call: CallState, item: Item) -> Item:
        return item if (key := awaited_by(item)) is None else call.outputs.get(key, item)

    def _add_up(self, call: CallState, tokens: Tokens, ended_at_ms: float | None) -> None:
        turn = self.turns[call.turn]
        turn.tokens = turn.tokens - tokens + call.tokens
        if call.ended_at_ms is not None and call.ended_at_ms != ended_at_ms:
            turn.ended_at_ms = max(turn.ended_at_ms or 0.0, call.ended_at_ms)


def last_texts(items: tuple[Any, ...]) -> tuple[Said, ...]:
    """Return what was said last to the model in a request that brings nothing fresh."""
    end = len(items)
    while end > 0:
        begin, said, _ = tail_of(items, end)
        if said:
            return said
        end = begin - 1  # what stands there ends what is fresh, and says nothing
    return ()
