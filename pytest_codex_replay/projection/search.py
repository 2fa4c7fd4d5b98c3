"""What of a session can be searched: each text once, where it first stands. No I/O.

What a turn said and did comes first. Of requests follows what no turn has: context, instructions, tools, settings.
Left out is what no one looks for by words: encrypted content, files and images as base64.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.codex.headers import REQUEST_ID_HEADERS
from pytest_codex_replay.codex.item_types import METADATA_MEMBER
from pytest_codex_replay.codex.words import TURN_METADATA
from pytest_codex_replay.projection.answers import error_of
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.projection.item_views import item_of, output_of, text_of
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
from pytest_codex_replay.projection.turns import Turn
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text of a session, where it first stands."""

    rank: Rank
    place: str
    """`prompt`, `assistant`, `tool call NAME`, `tool output NAME`, `request header NAME`, …"""
    turn: int | None
    interaction: int | None
    text: str


def documents_of(
    interactions: Sequence[Interaction], turns: Sequence[Turn], unknown: Iterable[dict[str, Any]] = ()
) -> Iterator[Document]:
    """Yield the texts of a session.

    Args:
        interactions: all of them.
        turns: theirs.
        unknown: records of kinds that are not known.
    """
    collector = _Collector(interactions, turns)
    yield from collector.of_turns()
    yield from collector.of_requests()
    first_of = {call.flow: call.index for call in reversed(interactions)}
    for record in unknown:
        number = first_of.get(flow) if isinstance(flow := record.get("flow"), str) else None
        text = compact_json(record).decode(errors="replace")
        yield Document(rank=Rank.WIRE, place=f"record {record['kind']}", turn=None, interaction=number, text=text)


_Text = tuple[Rank, str, str]
"""Rank, place, text."""


class _Collector:
    """Collects the texts of a session; each value and each text once."""

    def __init__(self, interactions: Sequence[Interaction], turns: Sequence[Turn]) -> None:
        self._interactions = interactions
        self._turns = turns
        self._turn_of = {call.index: turn.index for turn in turns for call in turn.interactions}
        self._texts: set[str] = set()
        self._values: set[int] = set()
        """What has been looked at, by its place in memory: the archive gives equal large values as one object."""

    def of_turns(self) -> Iterator[Document]:
        for turn in self._turns:
            numbers = dict(_numbers(turn))
            first = turn.interactions[0].index
            for item in turn.items:
                key = item.call_id if isinstance(item, ToolCall) else getattr(item, "text", None)
                number = first if key is None else numbers.get(key, first)
                for rank, place, text in texts_of(item):
                    self._texts.add(text)
                    yield Document(rank=rank, place=place, turn=turn.index, interaction=number, text=text)

    def of_requests(self) -> Iterator[Document]:
        for call in self._interactions:
            turn = self._turn_of.get(call.index)
            for rank, place, text in self._of_call(call):
                if text and text not in self._texts:
                    self._texts.add(text)
                    yield Document(rank=rank, place=place, turn=turn, interaction=call.index, text=text)

    def _of_call(self, call: Interaction) -> Iterator[_Text]:
        yield Rank.WIRE, "url", call.url
        yield from self._of_headers("request", call, call.request_headers)
        yield from self._of_request(call)
        yield from self._of_headers("answer", call, call.response_headers)
        if call.index not in self._turn_of:
            yield from (text for value in call.output for text in texts_of(item_of(value)))
        if call.transport is Transport.HTTP and not call.output:
            yield Rank.WIRE, "answer", call.body.decode(errors="replace")
        yield Rank.DONE, "failure", error_of(call) or ""

    def _of_headers(self, side: str, call: Interaction, headers: Headers) -> Iterator[_Text]:
        ids = _ids(call)
        for name, value in headers:
            if value not in ids and name.lower() not in _NAMED:
                yield Rank.WIRE, f"{side} header {name}", f"{name}: {value}"

    def _of_request(self, call: Interaction) -> Iterator[_Text]:
        if call.request is None:
            return
        fields = call.request.fields
        if not fields:
            yield Rank.WIRE, "request", call.request.raw.decode(errors="replace")
            return
        items = fields.get("input")
        for value in items if isinstance(items, list) else [items]:
            if self._is_new(value):
                yield from _texts_sent(value)
        instructions, tools = fields.get("instructions"), fields.get("tools")
        if isinstance(instructions, str):
            yield Rank.CONTEXT, "instructions", instructions
        for tool in tools if isinstance(tools, list) else ():
            if self._is_new(tool):
                yield Rank.CONTEXT, "tools", compact_json(tool).decode(errors="replace")
        rest = {name: value for name, value in fields.items() if name not in _ELSEWHERE}
        yield Rank.WIRE, "settings", compact_json(rest).decode(errors="replace")
        yield from _metadata(call, fields.get("client_metadata"))

    def _is_new(self, value: Any) -> bool:
        if id(value) in self._values:
            return False
        self._values.add(id(value))
        return True


_ELSEWHERE = frozenset(
    {"input", "instructions", "tools", "previous_response_id", "prompt_cache_key", "client_metadata"}
)
"""Members of a request that are texts of their own, or ids."""
_NAMED = frozenset({*REQUEST_ID_HEADERS, TURN_METADATA})
"""Headers whose values are ids, or say what the request says, too."""


def _ids(call: Interaction) -> set[Any]:
    """Return what is found as an id."""
    one = call.identity
    return {one.session_id, one.thread_id, one.parent_thread_id, one.turn_id, one.root_turn_id, one.window_id}


def _metadata(call: Interaction, metadata: Any) -> Iterator[_Text]:
    """Yield what Codex says about a request, member by member: most of it is the same in each."""
    ids = _ids(call)
    for name, value in metadata.items() if isinstance(metadata, dict) else ():
        members = Payload(value.encode(errors="replace")).fields if isinstance(value, str) else {}
        for one, said in (members or {name: value}).items():
            if not (isinstance(said, str) and said in ids):
                yield Rank.WIRE, "metadata", f"{one}: {said if isinstance(said, str) else compact_json(said).decode()}"


def _numbers(turn: Turn) -> Iterator[tuple[str, int]]:
    """Yield in which interaction of a turn a tool was called, and a text came: by call id, by text."""
    for call in turn.interactions:
        for value in call.output:
            key = value.get("call_id") or text_of(value.get("content"))
            if isinstance(key, str) and key:
                yield key, call.index


def texts_of(item: Item) -> Iterator[_Text]:
    """Yield the texts of an item, each with its rank and what it is called."""
    if isinstance(item, UserText):
        yield Rank.PROMPT, "prompt", item.text
    elif isinstance(item, AssistantText):
        yield Rank.SAID, "assistant", item.text
    elif isinstance(item, AgentMessage):
        yield Rank.SAID, f"agent message to {item.recipient}", item.text
    elif isinstance(item, ToolCall):
        yield Rank.DONE, f"tool call {item.name}", item.arguments
        yield Rank.DONE, f"tool output {item.name}", item.output or ""
    elif isinstance(item, Reasoning | Compaction):
        yield Rank.DONE, item.kind, item.text
    elif isinstance(item, Failure):
        yield Rank.DONE, "failure", item.message
    elif isinstance(item, OtherItem):
        yield Rank.DONE, str(item.value.get("type", "item")), _members(item.value)
    elif not isinstance(item, Interruption):
        yield Rank.DONE, item.kind, _members(item.as_json())


def _texts_sent(value: Any) -> Iterator[_Text]:
    """Yield the texts of an item of an input: most of them a turn has already."""
    if not isinstance(value, dict):
        yield Rank.WIRE, "request", text_or_json(value)
        return
    kind, role = value.get("type", "message"), value.get("role")
    if isinstance(kind, str) and kind.endswith("_output") and "call_id" in value:
        answered = output_of(ToolCall(name="", arguments=""), value)
        yield Rank.DONE, "tool output", answered.output or ""
    elif kind == "message" and role != "assistant":
        yield Rank.CONTEXT, "context", text_of(value.get("content"))
    elif isinstance(kind, str) and "content" in value:
        yield Rank.CONTEXT, "context", text_of(value["content"])
    else:
        yield from texts_of(item_of(value))


_OPAQUE = frozenset({"encrypted_content", "image_url", "file_data", "id", "call_id", METADATA_MEMBER})


def _members(value: Any) -> str:
    """Return what an item of an unknown type says, as JSON."""
    kept = {name: one for name, one in value.items() if name not in _OPAQUE} if isinstance(value, dict) else value
    return compact_json(kept).decode(errors="replace")
