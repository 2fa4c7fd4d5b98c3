"""Lines of a rollout in, turns out: what Codex itself says that it did for each input. No I/O.

Since 0.125 turns have ids, beginnings and endings. Before, a turn begins with what the user typed once the last one
was answered, aborted, or failed without a word.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import orjson

from pytest_codex_replay.codex import rollouts as said
from pytest_codex_replay.codex.approvals import DECLINE, Approval
from pytest_codex_replay.codex.item_types import METADATA_MEMBER, OUTPUT_SUFFIX, STATED
from pytest_codex_replay.codex.rollout_runs import ToolRun, approval_asked, tool_run
from pytest_codex_replay.codex.rollouts import RolloutLine
from pytest_codex_replay.limits import MAX_COUNT
from pytest_codex_replay.projection.answers import Tokens
from pytest_codex_replay.projection.item_views import fresh_texts, item_of, output_of
from pytest_codex_replay.projection.items import AssistantText, Compaction, Item, ToolCall, UserText

_CONTEXT = {
    "model": "model",
    "effort": "effort",
    "cwd": "cwd",
    "approval_policy": "approval_policy",
    "approvals_reviewer": "approvals_reviewer",
}
"""Members of a `turn_context` that are kept as they are, and what they are called here."""


class TurnStatus(StrEnum):
    """How a turn ended, as the rollout has it."""

    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    OPEN = "open"
    """It does not say: Codex was killed, is still at it, or its release did not write that the turn had failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutTurn:
    """What Codex did for one input, as its rollout has it."""

    index: int
    """Position in the rollout, from 1."""
    turn_id: str | None = None
    """None before 0.125."""
    status: TurnStatus = TurnStatus.OPEN
    reason: str | None = None
    """Why it was interrupted."""
    error: str | None = None
    """What Codex told its user that went wrong."""
    is_rolled_back: bool = False
    """The user took it back: the next turn knows nothing of it."""
    prompt: str | None = None
    items: tuple[Item, ...] = field(default=(), repr=False)
    """What was said and done, in order, the prompt included."""
    runs: tuple[ToolRun, ...] = field(default=(), repr=False)
    """How the tools ended."""
    approvals: tuple[Approval, ...] = ()
    """What the user was asked to allow, or did not allow, as far as the rollout tells."""
    tokens: Tokens = field(default_factory=Tokens)
    response_ids: tuple[str, ...] = ()
    """Of the answers that counted; since 0.169."""
    model: str | None = None
    effort: str | None = None
    cwd: str | None = None
    approval_policy: str | None = None
    approvals_reviewer: str | None = None
    sandbox: str | None = None
    trigger: str | None = None
    """What began it: `user`, `exec`, …"""
    started_at_ms: float | None = None
    ended_at_ms: float | None = None
    duration_ms: float | None = None
    """As Codex measured it, tools included."""
    first_token_ms: float | None = None
    """As Codex measured it."""
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Number of the line in which each of these was said, by name; `first` and `last` are those of the turn."""

    @property
    def call_ids(self) -> tuple[str, ...]:
        """Ids of the tool calls, in order."""
        return tuple(item.call_id for item in self.items if isinstance(item, ToolCall) and item.call_id is not None)

    @property
    def text(self) -> str:
        """The last that the model said to the user; empty when it said nothing."""
        return next((item.text for item in reversed(self.items) if isinstance(item, AssistantText)), "")

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return {
            "index": self.index,
            "turn_id": self.turn_id,
            "status": str(self.status),
            "reason": self.reason,
            "error": self.error,
            "is_rolled_back": self.is_rolled_back,
            "prompt": self.prompt,
            "items": [item.as_json() for item in self.items],
            "runs": [asdict(run) for run in self.runs],
            "approvals": [asdict(approval) for approval in self.approvals],
            "tokens": self.tokens.as_json(),
            "response_ids": list(self.response_ids),
            "model": self.model,
            "effort": self.effort,
            "cwd": self.cwd,
            "approval_policy": self.approval_policy,
            "approvals_reviewer": self.approvals_reviewer,
            "sandbox": self.sandbox,
            "trigger": self.trigger,
            "started_at_ms": self.started_at_ms,
            "ended_at_ms": self.ended_at_ms,
            "duration_ms": self.duration_ms,
            "first_token_ms": self.first_token_ms,
            "lines": dict(self.lines),
        }


def rollout_turns(lines: Iterable[RolloutLine]) -> tuple[RolloutTurn, ...]:
    """Return the turns of a rollout, in order."""
    reducer = RolloutReducer()
    for line in lines:
        reducer.add(line)
    return reducer.turns()


class _Draft:
    """A turn as far as it has come."""

    def __init__(self, line: RolloutLine, index: int, turn_id: str | None, before: Tokens) -> None:
        self.index = index
        self.turn_id = turn_id
        self.before = before
        """The running total of tokens when it began."""
        self.is_counted = False
        """A line has its tokens by themselves."""
        self.items: list[Item] = []
        self.runs: list[ToolRun] = []
        self.approvals: list[Approval] = []
        self.response_ids: list[str] = []
        self.facts: dict[str, Any] = {"started_at_ms": line.at_ms}
        self.lines = {"first": line.number, "last": line.number}

    def say(self, line: RolloutLine, **facts: Any) -> None:
        """Note what a line says; None is nothing."""
        for name, value in facts.items():
            if value is not None:
                self.facts[name], self.lines[name] = value, line.number

    def end(self, line: RolloutLine, status: TurnStatus, **facts: Any) -> None:
        """End it. A completion that comes late overwrites no failure."""
        if status is not TurnStatus.COMPLETED or "status" not in self.facts:
            self.say(line, status=status, ended_at_ms=line.at_ms, **facts)

    @property
    def is_over(self) -> bool:
        """Whether what the user types next begins another turn, where the rollout does not say so."""
        last = self.items[-1] if self.items else None
        is_busy = isinstance(last, ToolCall) and last.output is not None
        return "status" in self.facts or not is_busy

    def turn(self) -> RolloutTurn:
        """Return the turn."""
        facts = dict(self.facts)
        done = [item for item in self.items if not isinstance(item, Compaction)]
        is_answered = bool(done) and isinstance(done[-1], AssistantText)
        if self.turn_id is None and "status" not in facts and is_answered:
            facts["status"] = TurnStatus.COMPLETED
        return RolloutTurn(
            index=self.index,
            turn_id=self.turn_id,
            items=tuple(self.items),
            runs=tuple(self.runs),
            approvals=tuple(self.approvals),
            response_ids=tuple(dict.fromkeys(self.response_ids)),
            lines=MappingProxyType(dict(self.lines)),
            **facts,
        )


class RolloutReducer:
    """Takes the lines of a rollout as they come, also of one that Codex is still writing."""

    def __init__(self) -> None:
        self._drafts: list[_Draft] = []
        self._by_id: dict[str, _Draft] = {}
        self._calls: dict[str, tuple[_Draft, int]] = {}
        self._total = Tokens()

    def turns(self) -> tuple[RolloutTurn, ...]:
        """Return the turns so far."""
        return tuple(draft.turn() for draft in self._drafts)

    def add(self, line: RolloutLine) -> int | None:
        """Take the next line; return the number of the turn that it is part of."""
        if line.type == said.ITEM:
            draft = self._item(line, line.payload)
        elif line.type == said.EVENT:
            draft = self._event(line, line.payload)
        elif line.type == said.TURN_CONTEXT:
            draft = self._context(line, line.payload)
        elif line.type == said.USAGE:
            draft = self._usage(line, line.payload)
        elif line.type == said.COMPACTED:
            draft = self._compacted(line, line.payload)
        else:
            return None
        if draft is None:
            return None
        draft.lines["last"] = max(draft.lines["last"], line.number)
        return draft.index

    @property
    def _last(self) -> _Draft | None:
        return self._drafts[-1] if self._drafts else None

    def _begin(self, line: RolloutLine, turn_id: str | None = None) -> _Draft:
        draft = _Draft(line, len(self._drafts) + 1, turn_id, self._total)
        self._drafts.append(draft)
        if turn_id is not None:
            self._by_id[turn_id] = draft
        return draft

    def _of(self, line: RolloutLine, turn_id: Any) -> _Draft:
        """Return the turn that a line names; where it names none, the last one."""
        if isinstance(turn_id, str) and turn_id:
            return self._by_id.get(turn_id) or self._begin(line, turn_id)
        return self._last or self._begin(line)

    def _item(self, line: RolloutLine, value: dict[str, Any]) -> _Draft | None:
        kind = said.type_of(value)
        metadata = value.get(METADATA_MEMBER)
        turn_id = metadata.get("turn_id") if isinstance(metadata, dict) else None
        named = self._by_id.get(turn_id) if isinstance(turn_id, str) else None
        if kind.endswith(OUTPUT_SUFFIX):
            return self._output(value)
        texts = fresh_texts((value,))
        if texts:
            typed = next((text.text for text in texts if isinstance(text, UserText)), None)
            draft = named or self._said(line, typed)
            draft.items += texts
            if draft.facts.get("prompt") is None:
                draft.say(line, prompt=texts[0].text)
            return draft
        is_context = kind in STATED or (kind == "message" and value.get("role") != "assistant")
        return named or self._last if is_context else self._did(line, named or self._of(line, None), item_of(value))

    def _said(self, line: RolloutLine, typed: str | None) -> _Draft:
        """Return the turn in which a text was typed: a new one, where turns have no ids and the last one is over."""
        last = self._last
        begins = last is None or (typed is not None and last.turn_id is None and last.is_over)
        return self._begin(line) if begins or last is None else last

    def _did(self, line: RolloutLine, draft: _Draft, item: Item) -> _Draft:
        if isinstance(item, ToolCall) and item.call_id is not None:
            self._calls[item.call_id] = draft, len(draft.items)
        draft.items.append(item)
        if draft.turn_id is None:
            draft.facts["ended_at_ms"] = line.at_ms
        return draft

    def _output(self, value: dict[str, Any]) -> _Draft | None:
        call_id = value.get("call_id")
        if not isinstance(call_id, str) or call_id not in self._calls:
            return self._last
        draft, place = self._calls[call_id]
        call = draft.items[place]
        assert isinstance(call, ToolCall)
        draft.items[place] = output_of(call, value)
        return draft

    def _event(self, line: RolloutLine, event: dict[str, Any]) -> _Draft | None:
        kind = said.type_of(event)
        if kind in said.STARTED:
            return self._started(line, event)
        if kind == said.ROLLED_BACK:
            return self._roll_back(line, event.get("num_turns"))
        if kind == said.USER_MESSAGE:
            return self._typed(line, event.get("message"))
        if kind == said.TOKENS and self._last is not None:
            return self._count(self._last, event.get("info"))
        if kind in said.COMPLETED | {said.ABORTED, said.ITEM_COMPLETED, *said.RAN_EVENTS, *said.APPROVAL_EVENTS}:
            draft = self._of(line, event.get("turn_id"))
            self._note(line, draft, event, kind)
            return draft
        return self._last

    def _note(self, line: RolloutLine, draft: _Draft, event: dict[str, Any], kind: str) -> None:
        times = {
            "duration_ms": _number(event.get("duration_ms")),
            "first_token_ms": _number(event.get("time_to_first_token_ms")),
        }
        if kind in said.COMPLETED:
            error = _error(event.get("error"))
            draft.end(line, TurnStatus.COMPLETED if error is None else TurnStatus.FAILED, error=error, **times)
        elif kind == said.ABORTED:
            draft.end(line, TurnStatus.INTERRUPTED, reason=_text(event.get("reason")), **times)
        elif kind in said.APPROVAL_EVENTS:
            draft.approvals.append(approval_asked(event, kind))
        else:
            item = event.get("item") if kind == said.ITEM_COMPLETED else event
            self._ran(line, draft, item if isinstance(item, dict) else {}, kind)

    def _ran(self, line: RolloutLine, draft: _Draft, item: dict[str, Any], kind: str) -> None:
        name = said.type_of(item)
        if kind in said.RAN_EVENTS or name in said.RAN_ITEMS:
            run = tool_run(line.number, item)
            draft.runs.append(run)
            if run.status in said.DECLINED:
                draft.approvals.append(Approval(kind=run.kind, subject=run.text, decision=DECLINE, item_id=run.call_id))
        elif name == "UserMessage" and draft.facts.get("prompt") is None:
            content = item.get("content")
            texts = [piece.get("text") for piece in content if isinstance(piece, dict)] if content else []
            draft.say(line, prompt="\n".join(text for text in texts if isinstance(text, str)) or None)

    def _started(self, line: RolloutLine, event: dict[str, Any]) -> _Draft:
        turn_id = _text(event.get("turn_id"))
        draft = self._by_id.get(turn_id or "") or self._begin(line, turn_id)
        attribution = event.get("turn_attribution")
        if isinstance(attribution, dict):
            draft.say(line, trigger=_text(attribution.get("turn_trigger")))
        return draft

    def _typed(self, line: RolloutLine, message: Any) -> _Draft | None:
        last = self._last
        if not isinstance(message, str):
            return last
        if last is None or (last.turn_id is None and last.is_over and not _has_said(last, message)):
            last = self._begin(line)
        if last.facts.get("prompt") is None:
            last.say(line, prompt=message)
        return last

    def _roll_back(self, line: RolloutLine, count: Any) -> _Draft | None:
        kept = [draft for draft in self._drafts if not draft.facts.get("is_rolled_back")]
        for draft in kept[-count:] if type(count) is int and count > 0 else []:
            draft.say(line, is_rolled_back=True)
        return None

    def _context(self, line: RolloutLine, value: dict[str, Any]) -> _Draft | None:
        turn_id = value.get("turn_id")
        draft = self._of(line, turn_id) if isinstance(turn_id, str) else self._last
        if draft is not None:
            sandbox = value.get("sandbox_policy")
            kind = sandbox.get("type", sandbox.get("mode")) if isinstance(sandbox, dict) else sandbox
            draft.say(line, sandbox=_text(kind), **{to: _text(value.get(name)) for name, to in _CONTEXT.items()})
        return draft

    def _usage(self, line: RolloutLine, value: dict[str, Any]) -> _Draft:
        draft = self._of(line, value.get("turn_id"))
        if (response_id := _text(value.get("response_id"))) is not None:
            draft.response_ids.append(response_id)
        if isinstance(used := value.get("turn_token_usage"), dict):
            draft.is_counted = True
            draft.say(line, tokens=_tokens(used))
        return draft

    def _compacted(self, line: RolloutLine, value: dict[str, Any]) -> _Draft:
        draft = self._of(line, None)
        if (response_id := _text(value.get("compaction_response_id"))) is not None:
            draft.response_ids.append(response_id)
        return self._did(line, draft, Compaction(text=_text(value.get("message")) or ""))

    def _count(self, draft: _Draft, info: Any) -> _Draft:
        total = info.get("total_token_usage") if isinstance(info, dict) else None
        if isinstance(total, dict):
            self._total = _tokens(total)
            if not draft.is_counted:
                draft.facts["tokens"] = _less(self._total, draft.before)
        return draft


def _has_said(draft: _Draft, message: str) -> bool:
    """Whether the last that was said in a turn is this: releases write it twice, as an item and as an event."""
    last = draft.items[-1] if draft.items else None
    return isinstance(last, UserText) and last.text.strip() == message.strip()


def _error(error: Any) -> str | None:
    if isinstance(error, dict):
        code = error.get("codex_error_info")
        message = _told(_text(error.get("message")) or "an error without a message")
        return f"{message} ({code})" if isinstance(code, str) else message
    return _text(error)


def _told(message: str) -> str:
    """Return the message of an error; 0.145 gives the whole body of the answer, as JSON."""
    try:
        body = orjson.loads(message)
    except orjson.JSONDecodeError:
        return message
    error = body.get("error") if isinstance(body, dict) else None
    return error["message"] if isinstance(error, dict) and isinstance(error.get("message"), str) else message


def _tokens(used: Mapping[str, Any]) -> Tokens:
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")
    counts = (used.get(name) for name in names)
    checked = (one if type(one) is int and 0 <= one <= MAX_COUNT else 0 for one in counts)
    return Tokens(**dict(zip(asdict(Tokens()), checked, strict=True)))


def _less(total: Tokens, before: Tokens) -> Tokens:
    earlier = asdict(before)
    return Tokens(**{name: max(count - earlier[name], 0) for name, count in asdict(total).items()})


def _number(value: Any) -> float | None:
    return float(value) if type(value) in {int, float} else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
