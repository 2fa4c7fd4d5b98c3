"""The scripted upstream on a socket: moves bytes between a client and a `Script`.

Paths are recognised by their end, so that any base URL will do: `/v1`, `/backend-api/codex`, …
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import zstandard
from aiohttp import WSMsgType, web

from pytest_codex_replay.upstream.catalogue import MODELS, MODELS_ETAG, account_check
from pytest_codex_replay.upstream.encoder import best_encoder
from pytest_codex_replay.upstream.events import Json, compact_json, interrupted_events
from pytest_codex_replay.upstream.script import (
    Conversations,
    ErrorReply,
    ModelRequest,
    Reply,
    Script,
    StreamReply,
    UnknownResponse,
)
from pytest_codex_replay.wire.responses import DISCARD, INTERRUPT, REFUSED_INTERRUPT

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


def create_app(
    script: Script, received: list[ReceivedRequest], *, pause_ms: int = 0, holding: threading.Event | None = None
) -> web.Application:
    """Return an application that plays `script`, and appends what it receives to `received`.

    `pause_ms` is waited between any two events, on top of the script's own pauses. `holding` is set once an answer is
    held.
    """
    upstream = _Upstream(script, received, pause_ms, holding or threading.Event())
    app = web.Application(client_max_size=_MAX_BODY_BYTES)
    app.router.add_post("/{base:(?:.*/)?}responses", upstream.post)
    app.router.add_get("/{base:(?:.*/)?}responses", upstream.upgrade)
    app.router.add_post("/{base:(?:.*/)?}responses/compact", upstream.compact)
    app.router.add_get("/{base:(?:.*/)?}models", upstream.models)
    app.router.add_get("/{base:(?:.*/)?}accounts/check", upstream.account)
    app.router.add_route("*", "/{path:.*}", upstream.unknown)
    return app


@dataclass(slots=True, eq=False)
class _Connection:
    """An upgraded connection, and what is being answered on it: one frame after the other."""

    http: web.Request
    websocket: web.WebSocketResponse
    answer: asyncio.Task[None] | None = None
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the client wants no more of the answer."""

    async def send(self, event: Json) -> None:
        """Send one event; nothing, once the client has left."""
        with contextlib.suppress(ConnectionResetError):
            await self.websocket.send_str(compact_json(event).decode())

    async def interrupt(self, frame: Json) -> None:
        """Break off the answer; refuse when it is over already, or in a way that is not known."""
        if self.answer is None or self.answer.done():
            error = {"code": "response_not_in_progress", "message": "The response is complete."}
        elif frame.get("mode") != DISCARD:
            error = {"code": "invalid_value", "message": f"Unknown mode {frame.get('mode')!r}: use {DISCARD!r}."}
        else:
            self.interrupted.set()
            return
        await self.send({"type": REFUSED_INTERRUPT, "response_id": frame.get("response_id"), "error": error})


class _Upstream:
    """The handlers, around one script."""

    def __init__(
        self, script: Script, received: list[ReceivedRequest], pause_ms: int, holding: threading.Event
    ) -> None:
        self._script = script
        self._received = received
        self._pause_ms = pause_ms
        self._holding = holding
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
        connection = _Connection(http, websocket)
        async with asyncio.TaskGroup() as answers:
            async for message in websocket:
                if message.type is WSMsgType.TEXT:
                    await self._frame(connection, message.data, answers)
            if connection.answer is not None:
                connection.answer.cancel()
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

    async def account(self, http: web.Request) -> web.StreamResponse:
        """Answer `GET …/wham/accounts/check`: the account that asks is fine, and stays where it is."""
        await self._receive(http)
        return _json(account_check(http.headers.get("chatgpt-account-id", "")))

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
        encoder = best_encoder(http.headers.get("accept-encoding", "") if reply.is_compressed else "")
        if encoder.name:
            response.headers["content-encoding"] = encoder.name
        await response.prepare(http)
        async for event in self._paced(reply, asyncio.Event()):
            await response.write(
                encoder.add(b"event: %s\ndata: %s\n\n" % (event["type"].encode(), compact_json(event)))
            )
        if reply.cut_after is not None:
            _hang_up(http)
        elif encoder.name:
            await response.write(encoder.end())
        return response

    async def _frame(self, connection: _Connection, text: str, answers: asyncio.TaskGroup) -> None:
        """Begin to answer a frame, or break off the answer that it interrupts."""
        body = _decode(text.encode(), "")
        headers = _lower(connection.http.headers)
        self._received.append(ReceivedRequest(method="FRAME", path=connection.http.path_qs, headers=headers, body=body))
        if isinstance(body, dict) and body.get("type") == INTERRUPT:
            await connection.interrupt(body)
            return
        if connection.answer is not None:
            await connection.answer
        reply = self._reply(body, headers) if isinstance(body, dict) else _not_json()
        connection.interrupted.clear()
        connection.answer = answers.create_task(self._answer_frame(connection, reply))

    async def _answer_frame(self, connection: _Connection, reply: Reply) -> None:
        """Send events, an `error` frame, or the events before a cut."""
        if isinstance(reply, ErrorReply):
            frame = {"type": "error", "status": reply.status, **reply.body, "headers": dict(reply.headers)}
            await connection.send(frame)
            return
        sent: list[Json] = []
        async for event in self._paced(reply, connection.interrupted):
            await connection.send(event)
            sent.append(event)
        if connection.interrupted.is_set():
            rest = interrupted_events(sent)
            self._conversations.interrupt(rest[-1]["response"])
            for event in rest:
                await connection.send(event)
        if reply.cut_after is not None:
            _hang_up(connection.http)

    async def _paced(self, reply: StreamReply, interrupted: asyncio.Event) -> AsyncIterator[Json]:
        """Yield the events in their time, until the client interrupts; the first one always."""
        pause_s = (reply.pause_ms + self._pause_ms) / 1000
        for number, event in enumerate(reply.sent_events):
            is_held = number == reply.hold_after
            if is_held:
                self._holding.set()
            if number:
                await _wait(interrupted, None if is_held else pause_s)
                if interrupted.is_set():
                    return
            yield event


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    """Wait until `event` is set, at most so many seconds; None: however long it takes."""
    if seconds != 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)


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
