"""The answers of the scripted upstream: a request in, a reply out. No I/O.

A `ModelRequest` looks the same whether it came as a POST or as a WebSocket frame. The requests are those of Codex
0.171.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self, TypeAlias

import orjson

from pytest_codex_replay.codex.fragments import LOCAL_SUMMARY, message_fragment, texts_of, typed_pieces
from pytest_codex_replay.codex.identity import identify
from pytest_codex_replay.codex.item_types import AGENT_MESSAGE, COMPACTIONS, TOOL_LIST
from pytest_codex_replay.codex.threads import TITLE, asks_for_title, title_answer
from pytest_codex_replay.codex.words import TURN_METADATA
from pytest_codex_replay.upstream.events import (
    HOSTED,
    IdMint,
    Json,
    Usage,
    compact_json,
    compaction_item,
    failed_events,
    message_item,
    open_response,
    reasoning_item,
    response_events,
    tool_search_call_item,
)
from pytest_codex_replay.upstream.tools import Offer, call_items, offers, shell_call


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One request to a model, over either transport."""

    thread_id: str = ""
    """One conversation of a client; empty when the client names none, as SDKs do."""
    input: tuple[Json, ...] = ()
    """The whole conversation so far, the chain behind `previous_response_id` included."""
    model: str = ""
    tools: tuple[Json, ...] = ()
    """The members of `tools`, and those of items of the input: lists of tools, results of searches."""
    generate: bool = True
    """False for the prewarm that Codex sends before the user has typed anything."""
    kind: str = "turn"
    """`request_kind` of Codex: `turn`, `prewarm`, `compaction`, …; `title` where it asks for one."""
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
        is_title = asks_for_title(identify(headers.items(), body), body)
        return cls(
            thread_id=metadata.get("thread_id") or turn.get("thread_id") or headers.get("thread-id", ""),
            input=items,
            model=body.get("model", ""),
            tools=(*(body.get("tools") or ()), *_additional_tools(items)),
            generate=body.get("generate", True),
            kind=TITLE if is_title else turn.get("request_kind", "turn"),
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
    hold_after: int | None = None
    """Number of events after which to wait until the client interrupts or leaves."""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_compressed: bool = False
    """Over HTTP, with the encoding that the client likes best."""

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
_TITLE = "Talk to a script"


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
    def reporting_agents(self) -> int:
        """How many sub-agents have sent this thread a message."""
        items = self.request.input
        return len({item["author"] for item in items if item["type"] == AGENT_MESSAGE and item["recipient"] == "/root"})

    @property
    def step(self) -> int:
        """Number of tool outputs in this turn so far."""
        return len(self.outputs)

    def say(self, text: str, *, delta_count: int = 3, usage: Usage | None = None) -> StreamReply:
        """Answer with a message, cut into up to `delta_count` deltas."""
        return self._stream([message_item(self.ids.next("msg"), text)], delta_count=delta_count, usage=usage)

    def call(self, name: str, arguments: Json, *, think: str = "", usage: Usage | None = None) -> StreamReply:
        """Answer with a call of the tool `name`, after the reasoning `think` unless it is empty."""
        return self.calls((name, arguments), think=think, usage=usage)

    def calls(self, *wanted: tuple[str, Json], think: str = "", usage: Usage | None = None) -> StreamReply:
        """Answer with calls of several tools at the same time.

        A model calls only offered tools: it searches for another one; without it the answer is a message that names it.
        """
        missing = next((name for name, _ in wanted if name not in self.offered), None)
        if missing is not None:
            return self._miss(missing)
        thoughts = [self._reasoning(think)] if think else []
        items = call_items(self.ids, [(self.offered[name], arguments) for name, arguments in wanted])
        return self._stream([*thoughts, *items], usage=usage)

    def shell(self, *commands: str, think: str = "", usage: Usage | None = None) -> StreamReply:
        """Answer with calls of the shell tool that is offered; with a message when no shell tool is."""
        wanted = [shell_call(self.offered, command) or ("a shell", {}) for command in commands]
        return self.calls(*wanted, think=think, usage=usage)

    def program(self, source: str) -> StreamReply:
        """Answer with JavaScript for code mode; with a message when the request does not offer it."""
        nested = next((offer for offer in self.offered.values() if offer.is_nested), None)
        return self._miss("code mode") if nested is None else self._stream([nested.run(self.ids, source)])

    def give(self, *items: Json, text: str) -> StreamReply:
        """Answer with items of tools that the model API runs itself, then with a message; each gets its id here."""
        given = [item | {"id": self.ids.next(HOSTED[item["type"]].prefix)} for item in items]
        return self._stream([*given, message_item(self.ids.next("msg"), text)])

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

    def _miss(self, name: str) -> StreamReply:
        """Search for a tool that is not offered, where that is possible and was not tried yet."""
        query = name.replace("_", " ")
        tried = [item["arguments"]["query"] for item in self.request.input if item["type"] == "tool_search_call"]
        if query not in tried and any(tool.get("type") == "tool_search" for tool in self.request.tools):
            return self._stream([tool_search_call_item(self.ids.next("tsc"), self.ids.next("call"), query)])
        return self.say(f"I would have called {name}, but no such tool was offered.")

    def _reasoning(self, text: str) -> Json:
        item_id = self.ids.next("rs")
        return reasoning_item(item_id, text, encrypted_content=f"encrypted-{item_id}")

    def _open(self) -> Json:
        return open_response(self.ids.next("resp"), self.request.model, self.request.previous_response_id)

    def _stream(self, items: Sequence[Json], *, delta_count: int = 3, usage: Usage | None = None) -> StreamReply:
        events = response_events(self._open(), items, usage=usage or Usage(), delta_count=delta_count)
        return StreamReply(events=events)


class Script:
    """Decides a reply from a request. Prewarms, compactions and titles are answered here, all else by `answer`."""

    def __init__(self, answer: Callable[[Cue], Reply], *, upgrade: ErrorReply | None = None) -> None:
        """Play `answer`; refuse WebSocket with `upgrade` if it is given."""
        self.upgrade = upgrade
        self.answer = answer
        self._attempts: Counter[str] = Counter()
        self._mints: dict[str, IdMint] = {}

    def reply(self, request: ModelRequest) -> Reply:
        """Return the answer to `request`."""
        if not request.generate:
            return self._cue(request).nothing()
        if request.kind == "compaction":
            return self._cue(request).compact()
        if request.kind == TITLE:
            return self._cue(request).say(compact_json(title_answer({}, _TITLE)).decode())
        self._attempts[request.thread_id] += 1
        return self.answer(self._cue(request))

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
    new: Sequence[Json]
    """What the request added."""
    output: Sequence[Json]
    """What was answered."""


class Conversations:
    """Remembers each response, so that `previous_response_id` can replace the history before it."""

    def __init__(self) -> None:
        """Begin without any response."""
        self._links: dict[str, _Link] = {}

    def history(self, previous_response_id: str | None) -> tuple[Json, ...]:
        """Return the input and output behind `previous_response_id`, oldest first.

        Raises:
            UnknownResponse: the response is unknown.
        """
        links: list[_Link] = []
        while previous_response_id is not None:
            if previous_response_id not in self._links:
                raise UnknownResponse(previous_response_id)
            links.append(self._links[previous_response_id])
            previous_response_id = links[-1].previous_response_id
        return tuple(item for link in reversed(links) for item in (*link.new, *link.output))

    def remember(self, request: ModelRequest, reply: StreamReply) -> None:
        """Keep `request` and its answer, if the answer was complete."""
        if reply.cut_after is None and reply.response["status"] == "completed":
            new = request.input[len(self.history(request.previous_response_id)) :]
            self._links[reply.response["id"]] = _Link(request.previous_response_id, new, reply.response["output"])

    def interrupt(self, response: Json) -> None:
        """Keep of an answer what `response` still has of it."""
        if response["id"] in self._links:
            self._links[response["id"]] = replace(self._links[response["id"]], output=response["output"])


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
    brings_tools = {TOOL_LIST, "tool_search_output"}
    return tuple(tool for item in items if item["type"] in brings_tools for tool in item["tools"])


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
