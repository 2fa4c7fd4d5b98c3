"""The engine behind HTTP and WebSocket, on 127.0.0.1 only. This shell moves bytes and waits; `replay/` decides."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from aiohttp import WSCloseCode, WSMsgType, web

from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.replay.engine import Engine, WebSocketSession
from pytest_codex_replay.replay.reply import Ending, HttpReply, HttpRequest, SocketReply, TimedFrame
from pytest_codex_replay.wire.websocket import fragments

if TYPE_CHECKING:
    from types import TracebackType

_MAX_BODY_BYTES: Final = 1024 * 1024 * 1024
"""Requests repeat the whole conversation, images included."""
_MIN_DELAY_MS: Final = 0.05
"""A shorter wait is none: the event loop's clock is coarser."""
_WEBSOCKET_CLOSE_S: Final = 0.5
"""How long to wait for the client's answer to a close frame."""


class ReplayServer:
    """`with ReplayServer(engine) as server:` answers from a recording at `server.base_url` until the block ends.

    Any base URL will do: `/v1`, `/backend-api/codex`, …; what counts is how the path ends. `engine` may be replaced at
    any time; requests that come from then on are answered by the new one.
    """

    def __init__(self, engine: Engine, port: int = 0) -> None:
        """Prepare to serve `engine` on `port`; 0 takes a free one."""
        self.engine = engine
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._server = LoopbackServer(app, port=port)

    @property
    def base_url(self) -> str:
        """E.g. `http://127.0.0.1:8123/v1`.

        Raises:
            RuntimeError: the server is not running.
        """
        return f"{self._server.base_url}/v1"

    @property
    def port(self) -> int:
        """The port it listens on.

        Raises:
            RuntimeError: the server is not running.
        """
        return self._server.port

    def __enter__(self) -> Self:
        """Start, and return once connections are accepted.

        Raises:
            OSError: the port is taken.
        """
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hang up on every client and stop."""
        self._server.__exit__(kind, error, traceback)

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        """Answer one request."""
        engine = self.engine
        if http.headers.get("upgrade", "").lower() == "websocket":
            return await _upgrade(http, engine)
        body = await http.read()
        try:
            reply = engine.answer(HttpRequest(method=http.method, url=http.path_qs, headers=_headers(http), body=body))
        except Exception as error:  # noqa: BLE001  the test has to know: the engine writes it down
            reply = engine.failed(error)
        return await _send(http, engine, reply)


def _headers(http: web.Request) -> tuple[tuple[str, str], ...]:
    return tuple(http.headers.items())


async def _send(http: web.Request, engine: Engine, reply: HttpReply) -> web.StreamResponse:
    """Write each part on its own, when its time has come."""
    await _wait(reply.delay_ms)
    response = web.StreamResponse(status=reply.status)
    for name, value in reply.headers:
        response.headers.add(name, value)
    if reply.ends is Ending.CUT and not reply.parts:
        _hang_up(http)
        return response
    if reply.ends is Ending.COMPLETE and not _is_event_stream(reply):
        response.content_length = sum(len(part.data) for part in reply.parts)
    await response.prepare(http)
    for part in reply.parts:
        if part.delay_ms:
            await _wait(part.delay_ms)
        await response.write(part.data)
    if reply.interaction is not None:  # Codex hangs up right after the last event: it has it all
        engine.delivered(reply.interaction)
    if reply.ends is Ending.CUT:
        _hang_up(http)
    else:
        await response.write_eof()
    return response


def _is_event_stream(reply: HttpReply) -> bool:
    content_type = next((value for name, value in reply.headers if name.lower() == "content-type"), "")
    return content_type.startswith("text/event-stream")


async def _upgrade(http: web.Request, engine: Engine) -> web.StreamResponse:
    session = engine.upgrade(HttpRequest(method=http.method, url=http.path_qs, headers=_headers(http)))
    if isinstance(session, HttpReply):
        return await _send(http, engine, session)
    websocket = web.WebSocketResponse(max_msg_size=_MAX_BODY_BYTES, timeout=_WEBSOCKET_CLOSE_S)
    for name, value in session.headers:
        websocket.headers.add(name, value)
    await websocket.prepare(http)
    async for message in websocket:
        if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            reply = _received(session, engine, message.data)
            if not await _send_frames(http, websocket, engine, reply):
                break
    return websocket


def _received(session: WebSocketSession, engine: Engine, data: str | bytes) -> SocketReply:
    try:
        return session.receive(data if isinstance(data, bytes) else data.encode())
    except Exception as error:  # noqa: BLE001  the test has to know: the engine writes it down
        return engine.frame_failed(error)


async def _send_frames(http: web.Request, websocket: web.WebSocketResponse, engine: Engine, reply: SocketReply) -> bool:
    """Send each frame when its time has come. Return whether the WebSocket stays open."""
    for frame in reply.frames:
        if frame.delay_ms:
            await _wait(frame.delay_ms)
        if frame.cuts:
            _send_fragments(http, frame)
        elif frame.is_binary:
            await websocket.send_bytes(frame.data)
        else:
            await websocket.send_str(frame.data.decode())
    if reply.interaction is not None:
        engine.delivered(reply.interaction)
    if reply.ends is Ending.CUT:
        _hang_up(http)
    elif reply.ends is Ending.CLOSE:
        await websocket.close(code=reply.close_code or WSCloseCode.OK, message=reply.close_reason.encode())
    return reply.ends is Ending.COMPLETE


def _send_fragments(http: web.Request, frame: TimedFrame) -> None:
    """Write a message in several frames, which aiohttp cannot: past it, at once, so that nothing comes between."""
    if http.transport is None:
        raise ConnectionResetError("the client is gone")
    http.transport.write(fragments(frame.data, frame.cuts, is_binary=frame.is_binary))


async def _wait(delay_ms: float) -> None:
    if delay_ms >= _MIN_DELAY_MS:
        await asyncio.sleep(delay_ms / 1000)


def _hang_up(http: web.Request) -> None:
    """Drop the connection without a farewell: no last chunk, no close frame. What was written still goes out."""
    if http.transport is not None:
        http.transport.close()
