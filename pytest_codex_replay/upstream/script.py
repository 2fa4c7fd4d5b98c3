"""The answers of the scripted upstream: a request in, a reply out. No I/O.

A `ModelRequest` looks the same whether it came as a POST or as a WebSocket frame. The requests are those of Codex
0.169.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self, TypeAlias

import orjson

from pytest_codex_replay.codex.fragments import LOCAL_SUMMARY, message_fragment, texts_of, typed_pieces
from pytest_codex_replay.codex.item_types import COMPACTIONS, TOOL_LIST
from pytest_codex_replay.codex.words import TURN_METADATA
from pytest_codex_replay.upstream.events import (
    IdMint,
    Json,
    Usage,
    compaction_item,
    failed_events,
    message_item,
    open_response,
    reasoning_item,
    response_events,
)
from pytest_codex_replay.upstream.tools import Offer, offers, shell_call


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One request to a model, over either transport."""

    thread_id: str = ""
    """One conversation of a client; empty when the client names none, as SDKs do."""
    input: tuple[Json, ...] = ()
    """The whole conversation so far, the chain behind `previous_response_id` included."""
    model: str = ""
    tools: tuple[Json, ...] = ()
    """The members of `tools` and of the `additional_tools` items of the input."""
    generate: bool = True
    """False for the prewarm that Codex sends before the user has typed anything."""
    kind: str = "turn"
    """`request_kind` of Codex: `turn`, `prewarm`, `compaction`, …"""
    previous_response_id: str | None = None
    is_subagent: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header names in lower case; of the upgrade request, when it came over WebSocket."""

    @classmethod
    def from_body(cls, body: Json, headers: Mapping[str, str], history: Sequence[Json] = ()) -> Self:
        """Return the request that `body` makes after `history`."""
        metadata = body.get("client_metadata") or {}
        turn = _turn_metadata(metadata, headers)
        items = (*history, *_as_items(body.get("input")))
        return cls(
            thread_id=metadata.get("thread_id") or turn.get("thread_id") or headers.get("thread-id", ""),
            input=items,
            model=body.get("model", ""),
            tools=(*(body.get("tools") or ()), *_additional_tools(items)),
            generate=body.get("generate", True),
            kind=turn.get("request_kind", "turn"),
            previous_response_id=body.get("previous_response_id"),
            is_subagent="parent_thread_id" in turn or "x-codex-parent-thread-id" in metadata,
            headers=headers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReply:
    """Events, one after the other."""

    events: tuple[Json, ...]
    pause_ms: int = 0
    """Waited before each event but the first."""
    cut_after: int | None = None
    """Number of events after which to hang up; None lets the stream end normally."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sent_events(self) -> tuple[Json, ...]:
        """The events that go out."""
        return self.events[: self.cut_after]

    @property
    def response(self) -> Json:
        """The response object of the last event, as a request without `stream` gets it."""
        response: Json = self.events[-1]["response"]
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReply:
    """An HTTP error; over WebSocket an `error` frame with the same content."""

    status: int
    code: str
    message: str
    type: str = "invalid_request_error"
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    """More keys of the error object, e.g. `plan_type`."""

    @property
    def body(self) -> Json:
        """The JSON body."""
        return {"error": {"type": self.type, "code": self.code, "message": self.message, "param": None, **self.details}}


Reply: TypeAlias = StreamReply | ErrorReply


@dataclass(frozen=True)
class Cue:
    """One request, and the ways to answer it."""

    request: ModelRequest
    attempt: int
    """How many such requests this thread has sent, this one included; prewarms and compactions do not count."""
    ids: IdMint

    @cached_property
    def offered(self) -> Mapping[str, Offer]:
        """The tools that may be called, by name."""
        return offers(self.request.tools)

    @cached_property
    def user_texts(self) -> tuple[str, ...]:
        """What the user typed, turn by turn."""
        return tuple(text for item in self.request.input if (text := _user_text(item)) is not None)

    @property
    def turn(self) -> int:
        """Number of the user's turn, from 1."""
        return len(self.user_texts)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """What the tools gave back in this turn, oldest first."""
        items = self.request.input
        start = max((index for index, item in enumerate(items) if _user_text(item) is not None), default=0)
        return tuple(_output_text(item) for item in items[start:] if item.get("type", "").endswith("_call_output"))

    @property
    def is_compacted(self) -> bool:
        """Whether the input begins with a compacted history."""
        return any(
            item["type"] in COMPACTIONS or message_fragment(item) is LOCAL_SUMMARY for item in self.request.input
        )

    @property
    def step(self) -> int:
        """Number of tool outputs in this turn so far."""
        return len(self.outputs)

    def say(self, text: str, *, delta_count: int = 3, usage: Usage | None = None) -> StreamReply:
        """Answer with a message, cut into up to `delta_count` deltas."""
        return self._stream([message_item(self.ids.next("msg"), text)], delta_count=delta_count, usage=usage)

    def call(self, name: str, arguments: Json, *, think: str = "", usage: Usage | None = None) -> StreamReply:
        """Answer with a call of the tool `name`, after the reasoning `think` unless it is empty.

        A model calls only offered tools: without this one the answer is a message that names it.
        """
        offer = self.offered.get(name)
        if offer is None:
            return self.say(f"I would have called {name}, but no such tool was offered.")
        thoughts = [self._reasoning(think)] if think else []
        return self._stream([*thoughts, offer.call(self.ids, arguments)], usage=usage)

    def shell(self, command: str, *, think: str = "", usage: Usage | None = None) -> StreamReply:
        """Answer with a call of the shell tool that is offered; with a message when no shell tool is."""
        name, arguments = shell_call(self.offered, command) or ("a shell", {})
        return self.call(name, arguments, think=think, usage=usage)

    def compact(self) -> StreamReply:
        """Answer with a compacted history: an opaque item where Codex asks for one, else a summary in words."""
        if self.request.input and self.request.input[-1]["type"] == "compaction_trigger":
            return self.compaction()
        return self.say(f"The user has asked {self.turn} times. Nothing is left to do but to answer.")

    def compaction(self) -> StreamReply:
        """Answer with an opaque item that replaces the whole history."""
        item_id = self.ids.next("cmp")
        return self._stream([compaction_item(item_id, f"encrypted-{item_id}")])

    def fail(self, code: str, message: str) -> StreamReply:
        """Begin a stream that ends in `response.failed`."""
        return StreamReply(events=failed_events(self._open(), code=code, message=message))

    def nothing(self) -> StreamReply:
        """Answer a prewarm: created, then completed."""
        events = response_events(self._open(), [], usage=Usage(input_tokens=0, output_tokens=0))
        return StreamReply(events=events)

    def _reasoning(self, text: str) -> Json:
        item_id = self.ids.next("rs")
        return reasoning_item(item_id, text, encrypted_content=f"encrypted-{item_id}")

    def _open(self) -> Json:
        return open_response(self.ids.next("resp"), self.request.model, self.request.previous_response_id)

    def _stream(self, items: Sequence[Json], *, delta_count: int = 3, usage: Usage | None = None) -> StreamReply:
        events = response_events(self._open(), items, usage=usage or Usage(), delta_count=delta_count)
        return StreamReply(events=events)


class Script:
    """Decides a reply from a request. Prewarms and compactions are answered here, all else by `answer`."""

    def __init__(self, answer: Callable[[Cue], Reply], *, upgrade: ErrorReply | None = None) -> None:
        """Play `answer`; refuse WebSocket with `upgrade` if it is given."""
        self.upgrade = upgrade
        self._answer = answer
        self._attempts: Counter[str] = Counter()
        self._mints: dict[str, IdMint] = {}

    def reply(self, request: ModelRequest) -> Reply:
        """Return the answer to `request`."""
        if not request.generate:
            return self._cue(request).nothing()
        if request.kind == "compaction":
            return self._cue(request).compact()
        self._attempts[request.thread_id] += 1
        return self._answer(self._cue(request))

    def compact(self, request: ModelRequest) -> StreamReply:
        """Return the answer to `POST …/responses/compact`."""
        return self._cue(request).compaction()

    def _cue(self, request: ModelRequest) -> Cue:
        """Each thread has its own counters, so that threads which race get the same ids in every run."""
        thread_id = request.thread_id
        mint = self._mints.setdefault(thread_id, IdMint(len(self._mints) + 1))
        return Cue(request, self._attempts[thread_id], mint)


class UnknownResponse(LookupError):  # noqa: N818
    """The upstream gave no response with the id `previous_response_id`."""


@dataclass(frozen=True, slots=True)
class _Link:
    previous_response_id: str | None
    items: tuple[Json, ...]
    """What the request added, and what was answered."""


class Conversations:
    """Remembers each response, so that `previous_response_id` can replace the history before it."""

    def __init__(self) -> None:
        """Begin without any response."""
        self._links: dict[str, _Link] = {}

    def history(self, previous_response_id: str | None) -> tuple[Json, ...]:
        """Return the input and output behind `previous_response_id`, oldest first.

        Raises:
            UnknownResponse: no such response was given.
        """
        links: list[_Link] = []
        while previous_response_id is not None:
            if previous_response_id not in self._links:
                raise UnknownResponse(previous_response_id)
            links.append(self._links[previous_response_id])
            previous_response_id = links[-1].previous_response_id
        return tuple(item for link in reversed(links) for item in link.items)

    def remember(self, request: ModelRequest, reply: StreamReply) -> None:
        """Keep `request` and its answer, if the answer was complete."""
        if reply.cut_after is None and reply.response["status"] == "completed":
            new = request.input[len(self.history(request.previous_response_id)) :]
            items = (*new, *reply.response["output"])
            self._links[reply.response["id"]] = _Link(request.previous_response_id, items)


def _turn_metadata(metadata: Json, headers: Mapping[str, str]) -> Json:
    text = metadata.get(TURN_METADATA) or headers.get(TURN_METADATA) or "{}"
    try:
        turn = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return turn if isinstance(turn, dict) else {}


def _as_items(value: Any) -> tuple[Json, ...]:
    """Return `input` as items; SDKs may send a plain string, and leave `type` out of a message."""
    if isinstance(value, str):
        return ({"type": "message", "role": "user", "content": value},)
    items = value if isinstance(value, list) else ()
    return tuple({"type": "message"} | item for item in items if isinstance(item, dict))


def _additional_tools(items: Sequence[Json]) -> tuple[Json, ...]:
    return tuple(tool for item in items if item["type"] == TOOL_LIST for tool in item["tools"])


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or ())


def _user_text(item: Json) -> str | None:
    if item["type"] != "message" or item.get("role") != "user":
        return None
    typed = typed_pieces(item)
    return "".join(texts_of({"content": typed})) if typed else None


def _output_text(item: Json) -> str:
    return _text(item.get("output"))
