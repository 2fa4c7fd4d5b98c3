"""Sessions as Codex would have them with a script, made without Codex and without a socket."""

from pathlib import Path
from typing import Any

import orjson

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import (
    FORMAT,
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    SegmentRecord,
)
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.upstream import ErrorReply, ModelRequest, Script
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

START_MS = 1_790_000_000_000.0
BASE = "http://127.0.0.1:8123/v1"
THREAD = "01a00000-0000-7000-8000-00000000000a"
TOOLS = [{"type": "function", "name": "exec_command", "parameters": {"type": "object", "properties": {"cmd": {}}}}]
CONTEXT = [
    {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "<permissions instructions>"}]},
    {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "<environment_context>\n  <cwd>/x</cwd>\n</environment_context>"}],
    },
]


def user(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def codex_context(release: str) -> list[dict[str, Any]]:
    """What Codex says in each session: its tools and its instructions, worded as in some release."""
    tools = [{"type": "function", "name": f"tool_{n}", "description": f"As of {release}. " * 20} for n in range(5)]
    text = "\n".join(f"You are Codex {release}, and this is rule {n}." for n in range(60))
    return [
        {"type": "additional_tools", "id": "at_1", "role": "developer", "tools": tools},
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]},
    ]


class Talk:
    """Talks like Codex to a script, turn by turn, and keeps the records. Each record comes 10 ms after the last."""

    def __init__(
        self,
        script: Script,
        *,
        transport: str = "sse",
        thread: str = THREAD,
        parent: str | None = None,
        **metadata: Any,
    ):
        self.records: list[Record] = []
        self.history: list[dict[str, Any]] = list(CONTEXT)
        self.is_websocket = transport == "websocket"
        self.now_ms = START_MS
        self.salt = 0
        self.said: str | None = None
        self._script = script
        self._thread = thread
        self._parent = parent
        self._metadata = metadata
        self._flows = 0
        self._turns = 0
        self._socket: str | None = None
        self._previous: tuple[str, int] | None = None

    @property
    def interactions(self):
        return interactions_of(self.records)

    def prewarm(self) -> None:
        """Say what Codex says over WebSocket before the user has typed anything."""
        self._exchange(turn_id="", kind="prewarm", more={"generate": False})

    def turn(self, prompt: str, *, retries: int = 5, turn_id: str | None = None) -> None:
        """Ask, run the tools that are called, and go on until there are no more calls."""
        self._turns += 1
        turn_id = turn_id or f"turn-{self._turns}"
        self.history.append(user(prompt))
        for _ in range(retries):
            items = self._exchange(turn_id=turn_id, kind="turn", more={})
            if items is None:
                continue
            self.history += items
            calls = [item for item in items if item["type"].endswith("_call")]
            if not calls:
                return
            self.history += [self._output(call) for call in calls]

    def take_back(self, prompt: str) -> None:
        """Ask, and go on as if that had not been said."""
        kept = list(self.history)
        self.turn(prompt)
        self.history = kept

    def title(self, prompt: str) -> None:
        """Ask for a title, as the TUI does for a first prompt."""
        schema = {"type": "object", "properties": {"title": {"type": "string", "maxLength": 36}}}
        self._metadata |= {"thread_source": "thread_title"}
        self.history.append(user(f"Generate a concise title.\n\nUser prompt:\n{prompt}"))
        self._exchange(
            turn_id="title", kind="turn", more={"text": {"format": {"type": "json_schema", "schema": schema}}}
        )

    def compact(self, turn_id: str | None = None) -> None:
        """Replace the history as remote compaction does."""
        self.history.append({"type": "compaction_trigger"})
        items = self._exchange(turn_id=turn_id or f"turn-{self._turns}", kind="compaction", more={})
        self.history = [item for item in self.history if item.get("role") == "user"] + (items or [])
        self._previous = None

    def side(self, path: str = "/models", body: Any = None) -> None:
        """Send a background request."""
        flow = self._flow("GET", BASE + path, None)
        self._answer_json(flow, 200, body or {"models": []})

    def sdk(self, items: Any, *output: dict[str, Any], status: int = 200, **answer: Any) -> None:
        """Ask as an SDK does without `stream`: no header identifies the client, and the answer is one JSON object."""
        flow = self._flow("POST", f"{BASE}/responses", {"model": "gpt-5.4", "input": items}, headers=())
        self._answer_json(flow, status, {"id": f"resp_{self._flows}", "output": list(output), **answer})

    def hang_up(self) -> None:
        """Close the WebSocket."""
        if self._socket is not None:
            self._add(EndRecord(at_ms=self._tick(), flow=self._socket, how=FlowEnd.CLOSED, closed_by_client=True))
            self._socket = None

    def write(self, directory: Path, *, plain: bool = False) -> Path:
        """Write a session directory."""
        segment = create_segment(Files(), directory, plain=plain)
        at_ms = self.records[0].at_ms if self.records else START_MS
        head = SegmentRecord(at_ms=at_ms, format=FORMAT, session=self._thread, run="run-1", recorder="tests", ruleset=1)
        for record in (head, *self.records):
            segment.write(record)
        segment.close()
        return directory

    def _exchange(self, *, turn_id: str, kind: str, more: dict[str, Any]) -> list[dict[str, Any]] | None:
        """Send the history; return the items that came back, or None when the answer was not whole."""
        body = self._body(turn_id, kind, more)
        request = ModelRequest.from_body(body | {"input": self.history}, {})
        reply = self._script.reply(request)
        flow = self._ask(body)
        if isinstance(reply, ErrorReply):
            self._answer_error(flow, reply)
            return None
        self._answer_events(flow, reply)
        if reply.cut_after is not None or reply.response["status"] != "completed":
            return None
        self._previous = (reply.response["id"], len(self.history) + len(reply.response["output"]))
        return list(reply.response["output"])

    def _body(self, turn_id: str, kind: str, more: dict[str, Any]) -> dict[str, Any]:
        metadata = {"session_id": THREAD, "thread_id": self._thread, "turn_id": turn_id, "request_kind": kind}
        if self._parent is not None:
            metadata |= {"parent_thread_id": self._parent, "subagent_kind": "collab_spawn"}
        metadata |= self._metadata
        body = {"model": "gpt-5.4", "instructions": "Be helpful.", "tools": TOOLS, "stream": True, **more}
        if self.is_websocket and self._previous is not None:
            response_id, known = self._previous
            body |= {"previous_response_id": response_id, "input": self.history[known:]}
        else:
            body |= {"input": list(self.history)}
        return body | {"client_metadata": {"x-codex-turn-metadata": orjson.dumps(metadata).decode()}}

    def _ask(self, body: dict[str, Any]) -> str:
        if not self.is_websocket:
            return self._flow("POST", f"{BASE}/responses", body)
        if self._socket is None:
            self._socket = self._flow("GET", f"{BASE}/responses", None)
            self._add(
                ResponseRecord(at_ms=self._tick(), flow=self._socket, status=101, http_version="HTTP/1.1", headers=())
            )
        self._frame(self._socket, {"type": "response.create", **body}, from_client=True)
        return self._socket

    def _answer_events(self, flow: str, reply: Any) -> None:
        if self.is_websocket:
            for event in reply.sent_events:
                self._frame(flow, event, from_client=False)
            if reply.cut_after is not None:
                self._end(flow, FlowEnd.UPSTREAM_GONE)
                self._socket = self._previous = None
            return
        headers = (("content-type", "text/event-stream"),)
        self._add(ResponseRecord(at_ms=self._tick(), flow=flow, status=200, http_version="HTTP/1.1", headers=headers))
        for event in reply.sent_events:
            at_ms = self._tick()
            raw = join_event(event["type"], orjson.dumps(event))
            self._add(EventRecord(at_ms=at_ms, flow=flow, raw=raw, cuts=((0, at_ms),)))
        self._end(flow, FlowEnd.FINISHED if reply.cut_after is None else FlowEnd.UPSTREAM_GONE)

    def _answer_error(self, flow: str, reply: ErrorReply) -> None:
        if self.is_websocket:
            self._frame(flow, {"type": "error", "status": reply.status, **reply.body}, from_client=False)
        else:
            self._answer_json(flow, reply.status, reply.body)

    def _answer_json(self, flow: str, status: int, value: Any) -> None:
        headers = (("content-type", "application/json"),)
        self._add(
            ResponseRecord(at_ms=self._tick(), flow=flow, status=status, http_version="HTTP/1.1", headers=headers)
        )
        at_ms = self._tick()
        self._add(BodyRecord(at_ms=at_ms, flow=flow, payload=Payload.of(value), cuts=((0, at_ms),)))
        self._end(flow, FlowEnd.FINISHED)

    def _flow(self, method: str, url: str, body: Any, headers: Any = None) -> str:
        self._flows += 1
        flow = f"{self._thread[-1]}-flow-{self._flows}"
        if headers is None:
            codex = {"originator": "codex_exec", "version": "0.169.0"}
            headers = tuple((codex | {"session-id": THREAD, "thread-id": self._thread}).items())
        payload = None if body is None else Payload.of(body)
        at_ms = self._tick()
        self._add(
            RequestRecord(
                at_ms=at_ms,
                flow=flow,
                method=method,
                url=url,
                http_version="HTTP/1.1",
                headers=headers,
                payload=payload,
            )
        )
        return flow

    def _frame(self, flow: str, value: Any, *, from_client: bool) -> None:
        self._add(MessageRecord(at_ms=self._tick(), flow=flow, from_client=from_client, payload=Payload.of(value)))

    def _end(self, flow: str, how: FlowEnd) -> None:
        self._add(EndRecord(at_ms=self._tick(), flow=flow, how=how))

    def _output(self, call: dict[str, Any]) -> dict[str, Any]:
        """Run `echo`, or say what is `said`, under the header that Codex writes; `salt` makes its volatile parts."""
        said = self.said or orjson.loads(call["arguments"])["cmd"].removeprefix("echo ")
        header = (
            f"Chunk ID: {0xABC + self.salt:06x}\nWall time: 0.{1234 + self.salt} seconds\nProcess exited with code 0\n"
        )
        text = f"{header}Original token count: 2\nOutput:\n{said}\n"
        return {"type": "function_call_output", "call_id": call["call_id"], "output": text}

    def _add(self, record: Record) -> None:
        self.records.append(record)

    def _tick(self) -> float:
        self.now_ms += 10.0
        return self.now_ms
