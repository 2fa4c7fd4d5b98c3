"""What of a session can be searched: texts of items, of requests and of answers. No I/O.

Of requests it is what a turn does not have: context, instructions, tools, settings. Left out is what no one looks for
by words: encrypted content, files and images as base64.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.codex.headers import REQUEST_ID_HEADERS
from pytest_codex_replay.codex.words import TURN_METADATA
from pytest_codex_replay.limits import SEARCHED_BODY_BYTES
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.projection.item_views import item_of, output_text, text_of
from pytest_codex_replay.projection.items import (
    AgentMessage,
    AssistantText,
    Compaction,
    Failure,
    Interruption,
    Item,
    OtherItem,
    Reasoning,
    ToolCall,
    UserText,
)
from pytest_codex_replay.projection.leaves import BEHIND_JSON, legible, rest_of
from pytest_codex_replay.wire.json_values import compact_json, text_or_json
from pytest_codex_replay.wire.payload import Payload


class Rank(IntEnum):
    """How near a text is to what a user remembers; the lower, the earlier it is listed."""

    PROMPT = 0
    SAID = 1
    DONE = 2
    """Tool calls, their outputs, reasoning, failures."""
    CONTEXT = 3
    """What Codex tells the model in each session."""
    WIRE = 4
    """URLs, headers, settings, bodies of other requests."""


_Text = tuple[Rank, str, str]
"""Rank, place, text."""
MadeOf = Callable[[Any, Callable[[Any], Iterable[_Text]]], Iterable[_Text]]
"""Makes the texts of a value."""


def _made(value: Any, make: Callable[[Any], Iterable[_Text]]) -> Iterable[_Text]:
    return make(value)


def texts_asked(
    call: Interaction, new_of: Callable[[Iterable[Any]], Iterable[Any]], made_of: MadeOf = _made
) -> Iterator[_Text]:
    """Yield the texts of a request; of the values in it that later requests repeat, those that `new_of` lets pass.

    `made_of` may know what is made of a value.
    """
    ids = _ids(call)
    yield Rank.WIRE, "url", call.url
    yield from _of_headers("request", call.request_headers, ids)
    said = call.request.fields.get("client_metadata") if call.request else None
    if not (isinstance(said, dict) and TURN_METADATA in said):  # as all releases of Codex say it
        yield from _metadata({one: value for one, value in call.request_headers if one.lower() == TURN_METADATA}, ids)
    if call.request is None:
        return
    fields = call.request.fields
    if not fields:
        yield Rank.WIRE, "request", call.request.passing.decode(errors="replace")
        return
    items = fields.get("input")
    for value in new_of(items if isinstance(items, list) else [items]):
        yield from made_of(value, texts_sent)
    instructions, tools = fields.get("instructions"), fields.get("tools")
    if isinstance(instructions, str):
        yield Rank.CONTEXT, "instructions", instructions
    for tool in new_of(tools if isinstance(tools, list) else ()):
        yield from made_of(tool, _text_of_tool)
    rest = {name: value for name, value in fields.items() if name not in _ELSEWHERE}
    if (key := rest.pop(_CACHE_KEY, None)) is not None and not (isinstance(key, str) and key in ids):
        rest[_CACHE_KEY] = key
    yield Rank.WIRE, "settings", legible(rest)
    yield from _metadata(said, ids)


def texts_answered(call: Interaction, *, is_of_turn: bool) -> Iterator[_Text]:
    """Yield the texts of an answer; of one that is part of a turn, without the items that the turn has."""
    yield from _of_headers("answer", call.response_headers, _ids(call))
    for value in call.output:
        yield from _of_item(value, is_of_turn=is_of_turn)
    yield from _told(call)
    if call.transport is Transport.HTTP and not call.output:
        yield Rank.WIRE, "answer", call.body_to(SEARCHED_BODY_BYTES).decode(errors="replace")
    yield Rank.DONE, "failure", call.error or ""


def _of_item(value: dict[str, Any], *, is_of_turn: bool) -> Iterator[_Text]:
    """Yield the texts of an item of an answer; of a turn, only what its view of the item lacks."""
    texts = list(texts_of(item_of(value)))
    yield from () if is_of_turn else texts
    yield Rank.WIRE, "details", rest_of(value, (text for _, _, text in texts))


def _told(call: Interaction) -> Iterator[_Text]:
    """Yield what an answer says of itself that its request did not, and events that are not of it."""
    said, others = call.told
    asked = call.request.fields if call.request else {}
    for name, value in said.items():
        if asked.get(name) != value:
            yield Rank.WIRE, "answer", f"{name}: {value if isinstance(value, str) else legible(value)}"
    for event in others:
        yield Rank.WIRE, f"event {event.get('type', '')}".rstrip(), _members(event)
    for one in call.client_messages:
        yield Rank.WIRE, "client message", one.message.payload.raw.decode(errors="replace")


def text_of_unknown(record: Mapping[str, Any]) -> _Text:
    """Return the text of a record of a kind that is not known here: a later version wrote it."""
    return Rank.WIRE, f"record {record['kind']}", legible(record)


def _of_headers(side: str, headers: Headers, ids: Container[Any]) -> Iterator[_Text]:
    for name, value in headers:
        if value not in ids and name.lower() not in _NAMED:
            yield Rank.WIRE, f"{side} header {name}", f"{name}: {value}"


_ELSEWHERE = frozenset({"input", "instructions", "tools", "previous_response_id", "client_metadata"})
"""Members of a request that are texts of their own, or ids."""
_CACHE_KEY = "prompt_cache_key"
"""Of Codex an id of its thread; of another client any text."""
_NAMED = frozenset({*REQUEST_ID_HEADERS, TURN_METADATA})
"""Headers whose values are ids, or say what the request says, too."""


def _ids(call: Interaction) -> set[Any]:
    """Return what is found as an id."""
    one = call.identity
    return {one.session_id, one.thread_id, one.parent_thread_id, one.turn_id, one.root_turn_id, one.window_id}


def _metadata(metadata: Any, ids: Container[Any]) -> Iterator[_Text]:
    """Yield what Codex says about a request, member by member: most of it is the same in each."""
    for name, value in metadata.items() if isinstance(metadata, dict) else ():
        members = Payload(value.encode(errors="replace")).fields if isinstance(value, str) else {}
        for one, said in (members or {name: value}).items():
            if not (isinstance(said, str) and said in ids):
                yield Rank.WIRE, "metadata", f"{one}: {said if isinstance(said, str) else compact_json(said).decode()}"


def texts_of(item: Item) -> Iterator[_Text]:
    """Yield the texts of an item, each with its rank and what it is called."""
    if isinstance(item, UserText):
        yield Rank.PROMPT, "prompt", item.text
    elif isinstance(item, AssistantText):
        yield Rank.SAID, "assistant", item.text
        yield from ((Rank.SAID, "citation", one) for one in item.citations if one not in item.text)
    elif isinstance(item, AgentMessage):
        yield Rank.SAID, f"agent message to {item.recipient}", item.text
    elif isinstance(item, ToolCall):
        yield Rank.DONE, f"tool call {item.name}", _arguments(item)
        yield Rank.DONE, f"tool output {item.name}", item.output or ""
        yield Rank.DONE, f"tool error {item.name}", item.error or ""
    elif isinstance(item, Reasoning | Compaction):
        yield Rank.DONE, item.kind, item.text
    elif isinstance(item, Failure):
        yield Rank.DONE, "failure", item.message
    elif isinstance(item, OtherItem):
        yield Rank.DONE, str(item.value.get("type", "item")), _members(item.value)
    elif not isinstance(item, Interruption):
        yield Rank.DONE, item.kind, _members(item.as_json())


def _arguments(call: ToolCall) -> str:
    """Return the arguments of a call; behind them the texts that JSON spells otherwise: with quotes, say."""
    rest = rest_of(call.parameters, [call.arguments]) if "\\" in call.arguments else ""
    return f"{call.arguments}{BEHIND_JSON}{rest}" if rest else call.arguments


def _text_of_tool(tool: Any) -> Iterator[_Text]:
    yield Rank.CONTEXT, "tools", legible(tool)


def texts_sent(value: Any) -> Iterator[_Text]:
    """Yield the texts of an item of an input, as it is sent: most of them a turn has already."""
    if not isinstance(value, dict):
        yield Rank.WIRE, "request", text_or_json(value)
        return
    kind, role = value.get("type", "message"), value.get("role")
    if isinstance(kind, str) and kind.endswith("_output") and "call_id" in value:
        output = output_text(value)
        yield Rank.DONE, "tool output", output
        tools = legible(value["tools"]) if "tools" in value else ""
        yield Rank.CONTEXT, "tools", tools
        yield Rank.WIRE, "details", rest_of(value, [output, tools])
    elif kind == "message" and role != "assistant":
        said = text_of(value.get("content"))
        yield Rank.CONTEXT, "context", said
        yield Rank.WIRE, "details", rest_of(value, [said])
    elif isinstance(kind, str) and kind != "reasoning" and (said := text_of(value.get("content"))):
        yield Rank.CONTEXT, "context", said
        yield Rank.WIRE, "details", rest_of(value, [said])
    else:
        yield from _of_item(value, is_of_turn=False)


_OPAQUE = frozenset({"encrypted_content", "image_url", "file_data", "id", "call_id"})


def _members(value: Any) -> str:
    """Return what an item of an unknown type says, as JSON."""
    return legible({name: one for name, one in value.items() if name not in _OPAQUE})
