"""Recordings made by hand, or from what the scripted upstream was asked: its answers depend on nothing else."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    Headers,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.upstream import ErrorReply, ModelRequest, ReceivedRequest, Script
from pytest_codex_replay.upstream.script import Conversations
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

URL = "https://api.openai.com/v1/responses"
SSE: Headers = (("content-type", "text/event-stream"),)
JSON: Headers = (("content-type", "application/json"),)


def user(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def call(call_id: str, arguments: str = "{}") -> dict[str, Any]:
    return {"type": "function_call", "name": "exec_command", "arguments": arguments, "call_id": call_id}


def output(call_id: str, text: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def said(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def body_of(*items: Any, **members: Any) -> dict[str, Any]:
    return {"model": "gpt-5.4", "stream": True, "input": list(items), **members}


def answer_events(response_id: str, *items: Any) -> list[dict[str, Any]]:
    """The events of an answer that ends well."""
    response = {"id": response_id, "status": "completed", "output": list(items)}
    done = [{"type": "response.output_item.done", "output_index": at, "item": item} for at, item in enumerate(items)]
    return [
        {"type": "response.created", "response": {"id": response_id}},
        *done,
        {"type": "response.completed", "response": response},
    ]


INTERRUPT = {"type": "response.interrupt", "response_id": "r", "mode": "discard_partial_items"}


def steered_events(*, mode: str = "discard_partial_items", how: str = "accepted") -> list[dict[str, Any]]:
    """The events of an answer that its client interrupts, that frame included; the last comes when it is refused."""
    ends = answer_events("r", said("one, two"))
    begun = {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "id": "m"}}
    deltas = [{"type": "response.output_text.delta", "item_id": "m", "delta": text} for text in ("one", ", two")]
    heard = {"type": f"response.interrupt.{how}", "response_id": "r"}
    response = {"id": "r", "status": "incomplete", "output": [], "incomplete_details": {"reason": "interrupted"}}
    dropped = [
        {**begun, "type": "response.output_item.interrupted"},
        {"type": "response.incomplete", "response": response},
    ]
    rest = [heard, *dropped] if how == "accepted" else [*ends[1:], heard]
    return [ends[0], begun, *deltas, INTERRUPT | {"mode": mode}, *rest]


class Recording:
    """Collects records. Each of them comes 10 ms after the one before."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._now_ms = 1_000.0
        self._flow_count = 0

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        return interactions_of(self.records)

    def http(
        self,
        body: Any,
        events: Sequence[Any] | None = None,
        *,
        method: str = "POST",
        url: str = URL,
        status: int | None = 200,
        headers: Headers | None = None,
        json: Any = None,
        end: FlowEnd | None = FlowEnd.FINISHED,
        request_headers: Headers = (),
    ) -> None:
        """Record an HTTP exchange, answered by `events` or by `json`."""
        flow = self._request(method, url, request_headers, body)
        if status is not None:
            own = headers if headers is not None else SSE if events is not None else JSON
            self._add(
                ResponseRecord(at_ms=self._tick(), flow=flow, status=status, http_version="HTTP/1.1", headers=own)
            )
        for event in events or ():
            raw = event if isinstance(event, bytes) else join_event(event["type"], orjson.dumps(event))
            at_ms = self._tick()
            self._add(EventRecord(at_ms=at_ms, flow=flow, raw=raw, cuts=((0, at_ms),)))
        if json is not None:
            at_ms = self._tick()
            self._add(BodyRecord(at_ms=at_ms, flow=flow, payload=Payload.of(json), cuts=((0, at_ms),)))
        if end is not None:
            self._add(EndRecord(at_ms=self._tick(), flow=flow, how=end))

    def websocket(
        self,
        exchanges: Iterable[tuple[Any, Sequence[Any]]],
        *,
        how: FlowEnd | None = FlowEnd.CLOSED,
        close_code: int | None = None,
        closed_by_client: bool | None = True,
        headers: Headers = (),
        request_headers: Headers = (),
    ) -> None:
        """Record a WebSocket: frames of the client, each with those that answer it."""
        flow = self._request("GET", URL, request_headers, None)
        self._add(ResponseRecord(at_ms=self._tick(), flow=flow, status=101, http_version="HTTP/1.1", headers=headers))
        for frame, answers in exchanges:
            for from_client, value in (
                (True, {"type": "response.create", **frame}),
                *((one.get("type") == INTERRUPT["type"], one) for one in answers),
            ):
                self._add(
                    MessageRecord(at_ms=self._tick(), flow=flow, from_client=from_client, payload=Payload.of(value))
                )
        if how is not None:
            self._add(
                EndRecord(
                    at_ms=self._tick(), flow=flow, how=how, close_code=close_code, closed_by_client=closed_by_client
                )
            )

    def _request(self, method: str, url: str, headers: Headers, body: Any) -> str:
        self._flow_count += 1
        flow = f"flow-{self._flow_count}"
        payload = Payload(body) if isinstance(body, bytes) else None if body is None else Payload.of(body)
        self._add(
            RequestRecord(
                at_ms=self._tick(),
                flow=flow,
                method=method,
                url=url,
                http_version="HTTP/1.1",
                headers=headers,
                payload=payload,
            )
        )
        return flow

    def _add(self, record: Record) -> None:
        self.records.append(record)

    def _tick(self) -> float:
        self._now_ms += 10.0
        return self._now_ms


def record_script(script: Script, received: Sequence[ReceivedRequest]) -> tuple[Interaction, ...]:
    """Return what a recorder would have seen: a fresh `script` is asked the same once more."""
    recording = Recording()
    conversations = Conversations()
    sockets: dict[str, list[tuple[Any, list[Any]]]] = {}
    headers: dict[str, Headers] = {}
    for one in received:
        if one.method not in {"POST", "FRAME"}:
            continue
        request = ModelRequest.from_body(
            one.body, one.headers, conversations.history(one.body.get("previous_response_id"))
        )
        reply = script.reply(request)
        if isinstance(reply, ErrorReply):
            own = tuple(reply.headers.items()) + JSON
            if one.method == "POST":
                recording.http(one.body, json=reply.body, status=reply.status, headers=own)
                continue
            events = [{"type": "error", "status": reply.status, **reply.body, "headers": dict(reply.headers)}]
        else:
            conversations.remember(request, reply)
            events = list(reply.sent_events)
        is_cut = not isinstance(reply, ErrorReply) and reply.cut_after is not None
        if one.method == "POST":
            end = FlowEnd.UPSTREAM_GONE if is_cut else FlowEnd.FINISHED
            recording.http(one.body, events, end=end, request_headers=tuple(one.headers.items()))
        else:
            thread = request.thread_id
            headers[thread] = tuple(one.headers.items())
            sockets.setdefault(thread, []).append((one.body, events))
            if is_cut or isinstance(reply, ErrorReply):
                how = FlowEnd.UPSTREAM_GONE if is_cut else FlowEnd.CLIENT_GONE
                recording.websocket(sockets.pop(thread), how=how, request_headers=headers[thread])
    for thread, exchanges in sockets.items():
        recording.websocket(exchanges, request_headers=headers[thread])
    return recording.interactions
