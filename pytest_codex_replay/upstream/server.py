"""The scripted upstream on a socket: moves bytes between a client and a `Script`.

Paths are recognised by their end, so that any base URL will do: `/v1`, `/backend-api/codex`, …
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import zstandard
from aiohttp import WSMsgType, web

from pytest_codex_replay.upstream.catalogue import MODELS, MODELS_ETAG
from pytest_codex_replay.upstream.events import Json, compact_json
from pytest_codex_replay.upstream.script import (
    Conversations,
    ErrorReply,
    ModelRequest,
    Reply,
    Script,
    StreamReply,
    UnknownResponse,
)

_MAX_BODY_BYTES: Final = 256 * 1024 * 1024
"""Requests repeat the whole conversation, images included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """A request of a client, for tests to look at."""

    method: str
    """`GET`, `POST`, …; `FRAME` for a message over an upgraded connection."""
    path: str
    """With the query string."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case. A frame has those of its upgrade request."""
    body: Any = None
    """Decoded JSON; raw bytes when it is not JSON; None without a body."""


def create_app(script: Script, received: list[ReceivedRequest], *, pause_ms: int = 0) -> web.Application:
    """Return an application that plays `script`, and appends what it receives to `received`.

    `pause_ms` is waited between any two events, on top of the script's own pauses.
    """
    upstream = _Upstream(script, received, pause_ms)
    app = web.Application(client_max_size=_MAX_BODY_BYTES)
    app.router.add_post("/{base:(?:.*/)?}responses", upstream.post)
    app.router.add_get("/{base:(?:.*/)?}responses", upstream.upgrade)
    app.router.add_post("/{base:(?:.*/)?}responses/compact", upstream.compact)
    app.router.add_get("/{base:(?:.*/)?}models", upstream.models)
    app.router.add_route("*", "/{path:.*}", upstream.unknown)
    return app


class _Upstream:
    """The handlers, around one script."""

    def __init__(self, script: Script, received: list[ReceivedRequest], pause_ms: int) -> None:
        self._script = script
        self._received = received
        self._pause_ms = pause_ms
        self._conversations = Conversations()

    async def post(self, http: web.Request) -> web.StreamResponse:
        """Answer `POST …/responses`."""
        body = await self._receive(http)
        if not isinstance(body, dict):
            return _error(_not_json())
        reply = self._reply(body, _lower(http.headers))
        if isinstance(reply, ErrorReply):
            return _error(reply)
        if not body.get("stream"):
            return _json(reply.response, headers=reply.headers)
        return await self._send_events(http, reply)

    async def upgrade(self, http: web.Request) -> web.StreamResponse:
        """Answer the upgrade of `GET …/responses`, then every `response.create` on it."""
        await self._receive(http)
        if self._script.upgrade is not None:
            return _error(self._script.upgrade)
        websocket = web.WebSocketResponse(max_msg_size=_MAX_BODY_BYTES)
        if not websocket.can_prepare(http):
            return _error(ErrorReply(status=426, code="upgrade_required", message="This path speaks WebSocket to GET."))
        await websocket.prepare(http)
        async for message in websocket:
            if message.type is WSMsgType.TEXT:
                await self._answer_frame(http, websocket, message.data)
        return websocket

    async def compact(self, http: web.Request) -> web.StreamResponse:
        """Answer `POST …/responses/compact`: the last message and a compaction item replace the history."""
        body = await self._receive(http)
        if not isinstance(body, dict):
            return _error(_not_json())
        reply = self._script.compact(ModelRequest.from_body(body, _lower(http.headers)))
        return _json({"output": reply.response["output"]})

    async def models(self, http: web.Request) -> web.StreamResponse:
        """Answer `GET …/models`."""
        await self._receive(http)
        return _json(MODELS, headers={"etag": MODELS_ETAG})

    async def unknown(self, http: web.Request) -> web.StreamResponse:
        """Answer 404 to any other request."""
        await self._receive(http)
        message = f"Invalid URL ({http.method} {http.path})"
        return _error(ErrorReply(status=404, code="not_found", message=message))

    async def _receive(self, http: web.Request) -> Any:
        body = _decode(await http.read(), http.headers.get("content-encoding", ""))
        self._received.append(
            ReceivedRequest(method=http.method, path=http.path_qs, headers=_lower(http.headers), body=body)
        )
        return body

    def _reply(self, body: Json, headers: Mapping[str, str]) -> Reply:
        """Return the script's answer, with the chain behind `previous_response_id` put in front of the input."""
        try:
            history = self._conversations.history(body.get("previous_response_id"))
        except UnknownResponse as error:
            message = f"Previous response with id '{error}' not found."
            return ErrorReply(status=400, code="previous_response_not_found", message=message)
        request = ModelRequest.from_body(body, headers, history)
        reply = self._script.reply(request)
        if isinstance(reply, StreamReply):
            self._conversations.remember(request, reply)
        return reply

    async def _send_events(self, http: web.Request, reply: StreamReply) -> web.StreamResponse:
        """Write each event as one chunk."""
        response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8", **reply.headers})
        await response.prepare(http)
        async for event in self._paced(reply):
            await response.write(b"event: %s\ndata: %s\n\n" % (event["type"].encode(), compact_json(event)))
        if reply.cut_after is not None:
            _hang_up(http)
        return response

    async def _answer_frame(self, http: web.Request, websocket: web.WebSocketResponse, text: str) -> None:
        """Answer one frame: events, an `error` frame, or the events before a cut."""
        body = _decode(text.encode(), "")
        headers = _lower(http.headers)
        self._received.append(ReceivedRequest(method="FRAME", path=http.path_qs, headers=headers, body=body))
        reply = self._reply(body, headers) if isinstance(body, dict) else _not_json()
        if isinstance(reply, ErrorReply):
            frame = {"type": "error", "status": reply.status, **reply.body, "headers": dict(reply.headers)}
            await websocket.send_str(compact_json(frame).decode())
            return
        async for event in self._paced(reply):
            await websocket.send_str(compact_json(event).decode())
        if reply.cut_after is not None:
            _hang_up(http)

    async def _paced(self, reply: StreamReply) -> AsyncIterator[Json]:
        pause_s = (reply.pause_ms + self._pause_ms) / 1000
        for number, event in enumerate(reply.sent_events):
            if number and pause_s:
                await asyncio.sleep(pause_s)
            yield event


def _hang_up(http: web.Request) -> None:
    """Close the connection abruptly: no last chunk, no close frame. Bytes written before still go out."""
    if http.transport is not None:
        http.transport.close()


def _decode(raw: bytes, encoding: str) -> Any:
    if not raw:
        return None
    try:
        if encoding == "zstd":
            raw = zstandard.ZstdDecompressor().decompressobj().decompress(raw)
        return orjson.loads(raw)
    except (orjson.JSONDecodeError, zstandard.ZstdError):
        return raw


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _json(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=compact_json(value), status=status, content_type="application/json", headers=headers)


def _error(reply: ErrorReply) -> web.Response:
    return _json(reply.body, status=reply.status, headers=reply.headers)


def _not_json() -> ErrorReply:
    return ErrorReply(status=400, code="invalid_json", message="We could not parse the JSON body of your request.")
