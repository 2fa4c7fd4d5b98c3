"""What of a line of a rollout can be searched: its texts, and the ids that it names. No I/O."""

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_codex_replay.codex import rollouts as said
from pytest_codex_replay.codex.item_types import OUTPUT_SUFFIX, STATED
from pytest_codex_replay.codex.rollout_runs import approval_asked, tool_run
from pytest_codex_replay.codex.rollouts import RolloutLine
from pytest_codex_replay.projection.item_views import fresh_texts, item_of, text_of
from pytest_codex_replay.projection.leaves import legible, rest_of
from pytest_codex_replay.projection.search import Rank, texts_of, texts_sent

_Text = tuple[Rank, str, str]
"""Rank, place, text."""
_PROMPT, _ANSWER, _REASONING = (Rank.PROMPT, "prompt"), (Rank.SAID, "assistant"), (Rank.DONE, "reasoning")
_SAYS: Mapping[str, tuple[Rank, str]] = {
    said.USER_MESSAGE: _PROMPT,
    "UserMessage": _PROMPT,
    "agent_message": _ANSWER,
    "AgentMessage": _ANSWER,
    "agent_reasoning": _REASONING,
    "agent_reasoning_raw_content": _REASONING,
    "Reasoning": _REASONING,
}
"""Events, and items in them, that say what an item of the conversation says, too."""
_SAID_IN = ("message", "text", "content", "summary_text")
_OUTPUTS = ("aggregated_output", "formatted_output", "stdout", "stderr")
"""Members with what a tool printed."""
_IDS: Mapping[str, str] = {
    "thread_id": "thread id",
    "session_id": "session id",
    "parent_thread_id": "parent thread id",
    "forked_from_id": "forked thread id",
    "agent_thread_id": "agent thread id",
    "turn_id": "turn id",
    "root_turn_id": "turn id",
    "response_id": "response id",
    "compaction_response_id": "response id",
    "call_id": "call id",
}
_INSTRUCTIONS = "base_instructions"


def texts_of_line(line: RolloutLine) -> Iterator[_Text]:
    """Yield the texts of a line; some of them stand in other lines, too."""
    value = line.payload
    if line.type == said.ITEM:
        yield from _of_item(value)
    elif line.type == said.EVENT:
        yield from _of_event(line.number, value)
    elif line.type == said.COMPACTED:
        texts = [(Rank.DONE, "compaction", message)] if isinstance(message := value.get("message"), str) else []
        history = value.get("replacement_history")
        texts += [text for one in history if isinstance(one, dict) for text in _of_item(one)] if history else []
        yield from texts
        yield Rank.WIRE, line.type, rest_of(value, (text for _, _, text in texts))
    elif line.type == said.META:
        base = value.get(_INSTRUCTIONS)
        if isinstance(base, dict) and isinstance(base.get("text"), str):
            yield Rank.CONTEXT, "instructions", base["text"]
        yield Rank.WIRE, line.type, _members({name: one for name, one in value.items() if name != _INSTRUCTIONS})
    else:
        yield Rank.WIRE, line.type, _members(value)


def ids_of_line(line: RolloutLine) -> Iterator[tuple[str, str]]:
    """Yield the ids that a line names: the kind of each, and the id."""
    own = line.payload.get("id")
    if isinstance(own, str):
        yield "thread id" if line.type == said.META else "item id", own
    inner = line.payload.get("item")
    if isinstance(inner, dict) and isinstance(inner.get("id"), str):
        yield "item id", inner["id"]
    pending: list[Any] = [line.payload]
    while pending:
        value = pending.pop()
        for name, one in value.items():
            if isinstance(one, dict):
                pending.append(one)
            elif name in _IDS and isinstance(one, str):
                yield _IDS[name], one


def _of_item(value: dict[str, Any]) -> Iterator[_Text]:
    kind, is_message = said.type_of(value), said.type_of(value) in {"message", ""}
    texts = [text for one in fresh_texts((value,)) for text in texts_of(one)]
    if kind in STATED:
        texts = [(Rank.CONTEXT, kind, _members(value))]
    elif not texts and (kind.endswith(OUTPUT_SUFFIX) or (is_message and value.get("role") != "assistant")):
        yield from texts_sent(value)
        return
    texts = texts or list(texts_of(item_of(value)))
    yield from texts
    yield Rank.WIRE, "details", rest_of(value, (text for _, _, text in texts))


def _of_event(number: int, event: dict[str, Any]) -> Iterator[_Text]:
    kind, inner = said.type_of(event), event.get("item")
    item = inner if kind == said.ITEM_COMPLETED and isinstance(inner, dict) else event
    texts = [(rank, place, text) for rank, place, text in _told(number, item, kind) if text]
    yield from texts
    known = [text for _, _, text in texts]
    yield Rank.WIRE, f"event {kind}".rstrip(), rest_of(event, known) if known else _members(event)


def _told(number: int, item: dict[str, Any], kind: str) -> Iterator[_Text]:
    """Yield what an event tells of the conversation, of tools, and of what went wrong."""
    name = said.type_of(item)
    if name in _SAYS:
        content = next((item[one] for one in _SAID_IN if item.get(one)), "")
        yield *_SAYS[name], text_of(content)
    elif kind in said.RAN_EVENTS or name in said.RAN_ITEMS:
        run = tool_run(number, item)
        yield Rank.DONE, run.kind, run.text
        yield from ((Rank.DONE, f"{run.kind} output", text_of(item.get(one))) for one in _OUTPUTS)
    elif kind in said.APPROVAL_EVENTS:
        yield Rank.DONE, "approval", approval_asked(item, kind).subject
    elif kind in said.COMPLETED:
        error = item.get("error")
        yield Rank.DONE, "failure", text_of(error.get("message") if isinstance(error, dict) else error)
        yield *_ANSWER, text_of(item.get("last_agent_message"))


def _members(value: Mapping[str, Any]) -> str:
    return legible({name: one for name, one in value.items() if name not in _IDS and name != "id"})
