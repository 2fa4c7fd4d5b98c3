"""Builders for the events of the Responses API, as the model API streams them. No I/O, no clock, no randomness.

Shapes: https://platform.openai.com/docs/api-reference/responses-streaming. The optional `obfuscation` field of deltas
is left out: it is random padding. Identifiers come from a counter (`IdMint`), so two runs give the same bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import orjson

Json: TypeAlias = dict[str, Any]
"""One JSON object."""

CREATED_AT_S: Final = 1_750_000_000
"""`created_at` of every response, Unix seconds: fixed, so that two runs give the same bytes."""


def compact_json(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON without blanks, as the model API writes it."""
    return orjson.dumps(value)


@dataclass(slots=True)
class IdMint:
    """Hands out identifiers, with one counter a prefix: `resp_0001`, `msg_0001`; the second mint `resp_2_0001`."""

    number: int = 1
    _counts: dict[str, int] = field(default_factory=dict)

    def next(self, prefix: str) -> str:
        """Return the next identifier with `prefix`."""
        self._counts[prefix] = self._counts.get(prefix, 0) + 1
        mint = "" if self.number == 1 else f"{self.number}_"
        return f"{prefix}_{mint}{self._counts[prefix]:04d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts of one response. Codex compacts by them."""

    input_tokens: int = 100
    output_tokens: int = 10

    def as_json(self) -> Json:
        """Return the `usage` object of `response.completed`."""
        return {
            "input_tokens": self.input_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": self.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.input_tokens + self.output_tokens,
        }


def message_item(item_id: str, text: str) -> Json:
    """Return a finished assistant message."""
    content = [{"type": "output_text", "annotations": [], "logprobs": [], "text": text}]
    return {"id": item_id, "type": "message", "status": "completed", "content": content, "role": "assistant"}


def function_call_item(item_id: str, call_id: str, name: str, arguments: Json) -> Json:
    """Return a finished call of the function tool `name`."""
    return {
        "id": item_id,
        "type": "function_call",
        "status": "completed",
        "arguments": compact_json(arguments).decode(),
        "call_id": call_id,
        "name": name,
    }


def custom_tool_call_item(item_id: str, call_id: str, name: str, tool_input: str) -> Json:
    """Return a finished call of the freeform tool `name`."""
    return {
        "id": item_id,
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": call_id,
        "input": tool_input,
        "name": name,
    }


def reasoning_item(item_id: str, summary: str, encrypted_content: str) -> Json:
    """Return a finished reasoning item; `encrypted_content` is what the client must echo byte for byte."""
    return {
        "id": item_id,
        "type": "reasoning",
        "encrypted_content": encrypted_content,
        "summary": [{"type": "summary_text", "text": summary}],
    }


def compaction_item(item_id: str, encrypted_content: str) -> Json:
    """Return the item that replaces a compacted history."""
    return {"id": item_id, "type": "compaction", "encrypted_content": encrypted_content}


def tool_search_call_item(item_id: str, call_id: str, query: str) -> Json:
    """Return a finished search for a tool that the client runs.

    It asks for the best find only: Codex 0.171 gives those that are equally good in an order of its own, run by run.
    """
    call = {"call_id": call_id, "execution": "client", "arguments": {"query": query, "limit": 1}}
    return {"id": item_id, "type": "tool_search_call", "status": "completed", **call}


@dataclass(frozen=True, slots=True)
class HostedTool:
    """A tool that the model API runs by itself."""

    prefix: str
    """Of the ids of its items."""
    states: tuple[str, ...]
    """States that are reported while a call runs."""
    results: tuple[str, ...]
    """Members of the item that are not there before it is done."""


HOSTED: Final[Mapping[str, HostedTool]] = MappingProxyType(
    {
        "web_search_call": HostedTool("ws", ("in_progress", "searching", "completed"), ("action",)),
        "image_generation_call": HostedTool("ig", ("in_progress", "generating"), ("result", "revised_prompt")),
        "mcp_list_tools": HostedTool("mcpl", ("in_progress", "completed"), ("tools",)),
        "mcp_call": HostedTool("mcp", ("in_progress", "completed"), ("output", "error")),
    }
)
"""By the type of their items."""


def split_text(text: str, count: int) -> tuple[str, ...]:
    """Cut `text` into at most `count` deltas of nearly equal length, none of them empty."""
    bounds = [len(text) * index // count for index in range(count + 1)]
    return tuple(text[start:end] for start, end in pairwise(bounds) if start < end)


def response_events(
    response: Json, items: Sequence[Json], *, usage: Usage, delta_count: int = 3, end_turn: bool | None = None
) -> tuple[Json, ...]:
    """Return the whole stream of a response that ends well, from `response.created` to `response.completed`.

    Texts and arguments are cut into up to `delta_count` deltas.
    """
    done = response | {"status": "completed", "output": list(items), "usage": usage.as_json()}
    if end_turn is not None:
        done["end_turn"] = end_turn
    body = [event for index, item in enumerate(items) for event in _item_events(item, index, delta_count)]
    return _numbered([*_opening(response), *body, {"type": "response.completed", "response": done}])


def failed_events(response: Json, *, code: str, message: str) -> tuple[Json, ...]:
    """Return the stream of a response that ends in `response.failed`."""
    failed = response | {"status": "failed", "error": {"code": code, "message": message}}
    return _numbered([*_opening(response), {"type": "response.failed", "response": failed}])


def interrupted_events(sent: Sequence[Json]) -> tuple[Json, ...]:
    """Return what follows after `sent` when the client interrupts: what was finished stays, the rest is dropped."""
    response = sent[0]["response"]
    done = [event["item"] for event in sent if event["type"] == "response.output_item.done"]
    begun = [event for event in sent if event["type"] == "response.output_item.added"]
    dropped = [event | {"type": "response.output_item.interrupted"} for event in begun[len(done) :]]
    reason = {"status": "incomplete", "incomplete_details": {"reason": "interrupted"}}
    accepted = {"type": "response.interrupt.accepted", "response_id": response["id"]}
    last = {"type": "response.incomplete", "response": response | reason | {"output": done}}
    return _numbered([accepted, *dropped, last], start=len(sent))


def open_response(response_id: str, model: str, previous_response_id: str | None = None) -> Json:
    """Return the response object as `response.created` shows it."""
    return {
        "id": response_id,
        "object": "response",
        "created_at": CREATED_AT_S,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": previous_response_id,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": {},
    }


def _numbered(events: Iterable[Json], *, start: int = 0) -> tuple[Json, ...]:
    return tuple(event | {"sequence_number": number} for number, event in enumerate(events, start))


def _opening(response: Json) -> list[Json]:
    return [{"type": f"response.{state}", "response": response} for state in ("created", "in_progress")]


def _item_events(item: Json, index: int, delta_count: int) -> Iterator[Json]:
    yield {"type": "response.output_item.added", "output_index": index, "item": _as_added(item)}
    where = {"item_id": item["id"], "output_index": index}
    match item["type"]:
        case "message":
            yield from _text_events(item["content"][0], where | {"content_index": 0}, delta_count)
        case "function_call":
            yield from _field_events("function_call_arguments", "arguments", item, where, delta_count)
        case "custom_tool_call":
            yield from _field_events("custom_tool_call_input", "input", item, where, delta_count)
        case "reasoning":
            yield from _summary_events(item["summary"][0], where | {"summary_index": 0}, delta_count)
        case kind if kind in HOSTED:
            yield from ({"type": f"response.{kind}.{state}"} | where for state in HOSTED[kind].states)
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _as_added(item: Json) -> Json:
    """Return `item` as it looks before any of its content has arrived."""
    match item["type"]:
        case "message":
            return item | {"status": "in_progress", "content": []}
        case "function_call":
            return item | {"status": "in_progress", "arguments": ""}
        case "custom_tool_call":
            return item | {"status": "in_progress", "input": ""}
        case "reasoning":
            return item | {"summary": []}
        case kind if kind in HOSTED:
            unknown = HOSTED[kind].results
            return {name: value for name, value in item.items() if name not in unknown} | {"status": "in_progress"}
        case _:
            return item


def _text_events(part: Json, where: Json, delta_count: int) -> Iterator[Json]:
    yield {"type": "response.content_part.added"} | where | {"part": part | {"text": ""}}
    for delta in split_text(part["text"], delta_count):
        yield {"type": "response.output_text.delta"} | where | {"delta": delta, "logprobs": []}
    yield {"type": "response.output_text.done"} | where | {"text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done"} | where | {"part": part}


def _summary_events(part: Json, where: Json, delta_count: int) -> Iterator[Json]:
    yield {"type": "response.reasoning_summary_part.added"} | where | {"part": part | {"text": ""}}
    for delta in split_text(part["text"], delta_count):
        yield {"type": "response.reasoning_summary_text.delta"} | where | {"delta": delta}
    yield {"type": "response.reasoning_summary_text.done"} | where | {"text": part["text"]}
    yield {"type": "response.reasoning_summary_part.done"} | where | {"part": part}


def _field_events(kind: str, field_name: str, item: Json, where: Json, delta_count: int) -> Iterator[Json]:
    for delta in split_text(item[field_name], delta_count):
        yield {"type": f"response.{kind}.delta"} | where | {"delta": delta}
    yield {"type": f"response.{kind}.done"} | where | {field_name: item[field_name]}
