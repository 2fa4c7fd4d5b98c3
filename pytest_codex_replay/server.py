"""The player behind HTTP and WebSocket, on 127.0.0.1 only. This shell moves bytes and waits; `replay/` decides."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from aiohttp import WSMsgType, web

from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.replay.player import Player, WebSocketSession
from pytest_codex_replay.replay.reply import Ending, HttpReply, HttpRequest, SocketReply

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["ReplayServer"]

_MAX_BODY_BYTES: Final = 1024 * 1024 * 1024
"""Requests repeat the whole conversation, images included."""
_MIN_DELAY_MS: Final = 0.05
"""A shorter wait is none: the event loop's clock is coarser."""
_WEBSOCKET_CLOSE_S: Final = 0.5
"""How long to wait for the client's answer to a close frame."""


class ReplayServer:
    """`with ReplayServer(player) as server:` answers from a recording at `server.base_url` until the block ends.

    Any base URL will do: `/v1`, `/backend-api/codex`, …; what counts is how the path ends. `player` may be replaced at
    any time; requests that come from then on are answered by the new one.
    """

    def __init__(self, player: Player, port: int = 0) -> None:
        """Prepare to serve `player` on `port`; 0 takes a free one."""
        self.player = player
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
        """Answer one request. What goes wrong here is the test's to know, so the player writes it down."""
        player = self.player
        try:
            if http.headers.get("upgrade", "").lower() == "websocket":
                return await _upgrade(http, player)
            request = HttpRequest(method=http.method, url=http.path_qs, headers=_headers(http), body=await http.read())
            return await _send(http, player, player.answer(request))
        except (ConnectionError, asyncio.CancelledError):
            raise  # the client hung up
        except Exception as error:
            player.failed(error)
            raise


def _headers(http: web.Request) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in http.headers.items())


async def _send(http: web.Request, player: Player, reply: HttpReply) -> web.StreamResponse:
    """Write each part on its own, when its time has come."""
    response = web.StreamResponse(status=reply.status)
    for name, value in reply.headers:
        response.headers.add(name, value)
    if len(reply.parts) <= 1 and reply.ends is Ending.COMPLETE and not _is_event_stream(reply):
        response.content_length = sum(len(part.data) for part in reply.parts)
    if reply.ends is Ending.CUT and not reply.parts:
        _hang_up(http)
        return response
    await response.prepare(http)
    for part in reply.parts:
        await _wait(part.delay_ms)
        await response.write(part.data)
    if reply.ends is Ending.CUT:
        _hang_up(http)
    else:
        await response.write_eof()
    if reply.interaction is not None:
        player.delivered(reply.interaction)
    return response


def _is_event_stream(reply: HttpReply) -> bool:
    return any(
        name.lower() == "content-type" and value.startswith("text/event-stream") for name, value in reply.headers
    )


async def _upgrade(http: web.Request, player: Player) -> web.StreamResponse:
    request = HttpRequest(method=http.method, url=http.path_qs, headers=_headers(http))
    session = player.upgrade(request)
    if isinstance(session, HttpReply):
        return await _send(http, player, session)
    websocket = web.WebSocketResponse(
        max_msg_size=_MAX_BODY_BYTES, timeout=_WEBSOCKET_CLOSE_S, compress=True, writer_limit=2**20
    )
    for name, value in session.headers:
        websocket.headers.add(name, value)
    await websocket.prepare(http)
    await _converse(http, websocket, session, player)
    return websocket


async def _converse(
    http: web.Request, websocket: web.WebSocketResponse, session: WebSocketSession, player: Player
) -> None:
    async for message in websocket:
        if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
            continue
        data = message.data if isinstance(message.data, bytes) else message.data.encode()
        reply = session.receive(data)
        await _send_frames(websocket, reply)
        if reply.interaction is not None:
            player.delivered(reply.interaction)
        if reply.ends is Ending.CUT:
            _hang_up(http)
            return
        if reply.ends is Ending.CLOSE:
            await websocket.close(code=reply.close_code or 1000, message=reply.close_reason.encode())
            return


async def _send_frames(websocket: web.WebSocketResponse, reply: SocketReply) -> None:
    for frame in reply.frames:
        await _wait(frame.delay_ms)
        if frame.is_binary:
            await websocket.send_bytes(frame.data)
        else:
            await websocket.send_str(frame.data.decode())


async def _wait(delay_ms: float) -> None:
    if delay_ms >= _MIN_DELAY_MS:
        await asyncio.sleep(delay_ms / 1000)


def _hang_up(http: web.Request) -> None:
    """Drop the connection without a farewell: no last chunk, no close frame. What was written still goes out."""
    if http.transport is not None:
        http.transport.close()
