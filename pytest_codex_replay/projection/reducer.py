"""Records in, mutations out: what each record changes in the turns and items of a session, and what happened. No I/O.

The views of a session (turns, their summaries, items, lifecycle) are made of these mutations, or of the fold behind
them, so that they cannot disagree on what failed. A reducer can be put away at any record, and goes on from there.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_codex_replay.archive.record import GapRecord, Record, SegmentRecord
from pytest_codex_replay.projection.flows import Flow, Flows, OpenCall
from pytest_codex_replay.projection.interaction_builder import interaction_of
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.items import Compaction, Interruption, Item
from pytest_codex_replay.projection.mutations import Kind, Lifecycle, Mutation, Tombstone, Upsert
from pytest_codex_replay.projection.turn_fold import CallState, TurnFold, TurnState
from pytest_codex_replay.wire.responses import Outcome, is_limit

_ITEMS_BITS = 20
"""A call has fewer items than two to this: the ordinal of an item is that of its call, and its place in it."""
_TYPES = {Outcome.COMPLETED: "turn.completed", Outcome.INTERRUPTED: "turn.interrupted"}
"""How a turn ended: all else is `turn.failed`."""


class Reducer:
    """Takes the records of one session, in order; a run of events may be one record or many."""

    def __init__(self) -> None:
        self.flows = Flows(packs=True, keeps=False)
        self.fold = TurnFold()
        self.ended: dict[str, int] = {}
        """By flow that is over: its last call, of which a gap may still say that part of it is lost."""
        self.shown: dict[int, list[tuple[dict[str, Any], bool]]] = {}
        """By call: its items as they were told last, and whether each was open."""
        self.turns: list[tuple[dict[str, Any], bool]] = []
        """Turns as they were told last, and whether each was open."""
        self.happened: set[str] = set()
        """What happens once to a session, a thread or a call."""

    def feed(self, record: Record) -> list[Mutation]:
        """Take the next record; return what it changes, in order."""
        found: list[Mutation] = []
        if isinstance(record, SegmentRecord):
            found += self._once(record.at_ms, "session.started", "", {"session": record.session})
        touched: set[int] = set()
        if isinstance(record, GapRecord):
            for name in record.flows:
                touched |= self.fold.lose(self.ended[name]) if name in self.ended else set()
        for flow, call in self.flows.add(record):
            interaction = self._interaction(flow, call)
            touched |= self._update(interaction, flow, call)
            found += self._of_call(interaction, call.number, record.at_ms)
            self._forget(flow)
        return [*found, *self._told(touched, record.at_ms)]

    def grown(self, at_ms: float) -> list[Mutation]:
        """Return the texts that have grown since they were told last: a piece of one alone tells nothing."""
        found: list[Mutation] = []
        for flow in self.flows.by_name.values():
            for call in flow.calls[-1:]:
                if call.answer.open_texts and not flow.is_over(call) and call.number in self.fold.calls:
                    self._update(self._interaction(flow, call), flow, call)
                    found += self._items_of(self.fold.calls[call.number], at_ms)
        return found

    def finish(self, at_ms: float, *, is_live: bool = False) -> list[Mutation]:
        """Return what changes when no more records come: what is open will have no end.

        `is_live`: a recorder still writes them, so that only what it does not go on with has none.
        """
        touched: set[int] = set()
        for flow in self.flows.by_name.values():
            for call in flow.calls if not (is_live and self.flows.may_go_on(flow)) else ():
                touched |= self._update(self._interaction(flow, call), flow, call, is_over=True)
        return self._told(touched, at_ms)

    def take_up(self) -> None:
        """Note what was told, after the fold was taken up: all that it knows was."""
        self.shown = {number: list(self._shown(call)) for number, call in self.fold.calls.items()}

    def _update(self, one: Interaction, flow: Flow, call: OpenCall, *, is_over: bool = False) -> set[int]:
        name = one.flow if call is flow.calls[0] and call.frame is None else f"{one.flow}/{call.number}"
        return self.fold.update(one, call.number, key=name, is_over=is_over or flow.is_over(call))

    def _interaction(self, flow: Flow, call: OpenCall) -> Interaction:
        return interaction_of(call.number, flow, call, None, self.flows)

    def _forget(self, flow: Flow) -> None:
        """Let go of calls that nothing more is expected of."""
        if flow.end is not None and flow.calls:
            self.ended[flow.request.flow] = flow.calls[-1].number
            self.flows.by_name.pop(flow.request.flow, None)
        del flow.calls[:-1]

    def _told(self, touched: set[int], at_ms: float) -> list[Mutation]:
        calls = [self.fold.calls[ordinal] for ordinal in sorted(touched) if ordinal in self.fold.calls]
        numbers = dict.fromkeys(call.turn for call in calls)
        begun = [mutation for number in sorted(numbers) for mutation in self._begun(self.fold.turns[number], at_ms)]
        items = [mutation for call in calls for mutation in self._items_of(call, at_ms)]
        taken_back = [ordinal for ordinal in self.fold.taken_back if ordinal < len(self.turns)]
        self.fold.taken_back.clear()
        ends = [self._end_of(self.fold.turns[number], at_ms) for number in sorted({*numbers, *taken_back})]
        return [*begun, *items, *(mutation for end in ends for mutation in end)]

    def _begun(self, turn: TurnState, at_ms: float) -> Iterator[Mutation]:
        if turn.ordinal < len(self.turns):
            return
        thread = turn.thread_id
        if thread is not None:
            data = {"parent_thread_id": turn.parent_thread_id, "subagent": turn.subagent, "agent_path": turn.agent_path}
            yield from self._once(at_ms, "thread.started", thread, data)
        self.turns.append((self._turn_json(turn), True))
        yield Lifecycle(type="turn.started", at_ms=at_ms, thread_id=thread, turn=turn.key, data={})
        yield self._upsert("turn", turn.key, turn.ordinal, *self.turns[-1])

    def _items_of(self, call: CallState, at_ms: float) -> Iterator[Mutation]:
        turn = self.fold.turns[call.turn]
        before = self.shown.get(call.ordinal, [])
        now = list(self._shown(call))
        for place, (item, told) in enumerate(zip(self.fold.items(call), now, strict=True)):
            if place >= len(before) or before[place] != told:
                yield self._upsert("item", f"{call.key}:{place}", call.ordinal << _ITEMS_BITS | place, *told)
            yield from self._of_item(item, before[place][0] if place < len(before) else {}, turn, at_ms)
        for place in range(len(now), len(before)):
            yield Tombstone(kind="item", key=f"{call.key}:{place}", ordinal=call.ordinal << _ITEMS_BITS | place)
        self.shown[call.ordinal] = now

    def _shown(self, call: CallState) -> Iterator[tuple[dict[str, Any], bool]]:
        for item in self.fold.items(call):
            is_open = not call.is_over and getattr(item, "is_cut", False)
            value = {"turn": self.fold.turns[call.turn].key, "call": call.key, **item.as_json()}
            yield value, is_open or self.fold.is_waited_for(call, item)

    def _of_item(self, item: Item, before: dict[str, Any], turn: TurnState, at_ms: float) -> Iterator[Mutation]:
        """Yield what happened where an item is new: `before` is what stood in its place."""
        if isinstance(item, Compaction) and before.get("kind") != item.kind:
            yield self._of_turn("compacted", turn, at_ms)
        elif isinstance(item, Interruption) and item.how == "steered" and before.get("how") != item.how:
            yield self._of_turn("turn.steered", turn, at_ms)

    def _end_of(self, turn: TurnState, at_ms: float) -> Iterator[Mutation]:
        before, was_open = self.turns[turn.ordinal]
        value, is_open = self._turn_json(turn), self.fold.is_open(turn)
        if (value, is_open) == (before, was_open):
            return
        self.turns[turn.ordinal] = (value, is_open)
        yield self._upsert("turn", turn.key, turn.ordinal, value, is_open)
        if value["is_rolled_back"] and not before["is_rolled_back"]:
            yield self._of_turn("turn.rolled_back", turn, at_ms)
            yield Tombstone(kind="turn", key=turn.key, ordinal=turn.ordinal)
        elif is_open and not was_open:
            yield self._of_turn("turn.retried" if before["error"] else "turn.continued", turn, at_ms)
        elif not is_open and (was_open or value["outcome"] != before["outcome"]):
            kind = _TYPES.get(Outcome(value["outcome"]), "turn.failed")
            yield self._of_turn(kind, turn, at_ms, outcome=value["outcome"], error=value["error"])

    def _turn_json(self, turn: TurnState) -> dict[str, Any]:
        outcome, error = self.fold.outcome(turn)
        is_open = self.fold.is_open(turn)
        first = self.fold.calls[turn.calls[0]]
        times = None if self.flows.has_canonical_times else [first.started_at_ms, first.first_at_ms, turn.ended_at_ms]
        return {
            "thread_id": turn.thread_id,
            "turn_id": turn.turn_id,
            "parent_thread_id": turn.parent_thread_id,
            "parent": None if turn.parent is None else self.fold.turns[turn.parent].key,
            "subagent": turn.subagent,
            "agent_path": turn.agent_path,
            "model": self.fold.last(turn).model,
            "prompt": self.fold.prompt(turn),
            "tokens": turn.tokens.as_json(),
            "outcome": None if is_open else str(outcome),
            "error": None if is_open else error,
            "is_rolled_back": turn.is_rolled_back,
            "times_ms": times,
            "calls": len(turn.calls),
        }

    def _of_call(self, one: Interaction, number: int, at_ms: float) -> Iterator[Mutation]:
        """Yield what an answer says beside what it answers: another model, a limit."""
        asked = one.request.fields.get("model") if one.request else None
        served = one.served_model
        if isinstance(asked, str) and served is not None and served != asked:
            yield from self._once(at_ms, "model.rerouted", number, {"asked": asked, "served": served}, one)
        if one.is_model_call and one.outcome is not Outcome.COMPLETED and is_limit(one.status, one.message):
            yield from self._once(at_ms, "rate_limit", number, {"status": one.status, "message": one.message}, one)

    def _once(
        self, at_ms: float, kind: str, name: str | int, data: dict[str, Any], call: Interaction | None = None
    ) -> Iterator[Lifecycle]:
        if f"{kind}/{name}" in self.happened:
            return
        self.happened.add(f"{kind}/{name}")
        thread = call.identity.thread_id if call else str(name) or None
        state = self.fold.calls.get(call.index) if call else None
        turn = self.fold.turns[state.turn].key if state else None
        yield Lifecycle(type=kind, at_ms=at_ms, thread_id=thread, turn=turn, data=data)

    @staticmethod
    def _of_turn(kind: str, turn: TurnState, at_ms: float, **data: Any) -> Lifecycle:
        return Lifecycle(type=kind, at_ms=at_ms, thread_id=turn.thread_id, turn=turn.key, data=data)

    @staticmethod
    def _upsert(kind: Kind, key: str, ordinal: int, value: dict[str, Any], is_open: bool) -> Upsert:  # noqa: FBT001
        return Upsert(kind=kind, key=key, ordinal=ordinal, value=value, is_open=is_open)


def mutations_of(records: Iterable[Record]) -> Iterator[Mutation]:
    """Yield all that the records of a session change, and what changes as no more of them come."""
    reducer, at_ms = Reducer(), 0.0
    for record in records:
        at_ms = record.at_ms
        yield from reducer.feed(record)
    yield from reducer.finish(at_ms)
