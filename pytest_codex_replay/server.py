"""The engine behind HTTP and WebSocket, for programs of this machine. It moves bytes and waits; `replay/` decides."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from aiohttp import WSCloseCode, WSMsgType, web

from pytest_codex_replay.limits import REQUEST_BYTES
from pytest_codex_replay.loopback import LOOPBACK, MAX_CONNECTIONS, LoopbackServer, answer_expect
from pytest_codex_replay.replay.framing import Framed, frame
from pytest_codex_replay.replay.open_answer import OpenAnswer
from pytest_codex_replay.replay.playback import NO_ANSWER_STATUS
from pytest_codex_replay.replay.reply import Answer, Ending, Piece, Request
from pytest_codex_replay.wire.responses import CREATE
from pytest_codex_replay.wire.web_page import page_refusal
from pytest_codex_replay.wire.websocket import EMPTY_CLOSE, fragments

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pytest_codex_replay.replay.engine import Engine

logger = logging.getLogger(__name__)

_MAX_WAITING: Final = 64
"""Requests of one WebSocket that wait for their turn; the next one is not read meanwhile."""
_BODY_S: Final = 60.0
"""Time that the body of a request has to come."""
_SWITCHING_PROTOCOLS: Final = 101
_NOT_MODIFIED: Final = 304
_SUBPROTOCOL: Final = "sec-websocket-protocol"
_NO_CODE: Final = 1005
_MIN_DELAY_MS: Final = 0.05
"""A shorter wait is none: the event loop's clock is coarser."""
_ON_END: Final = 256
_LAST: Final = _ON_END - 1
"""How many pieces are written on end; without a pause nobody would listen meanwhile."""
_CREATE: Final = CREATE.encode()
_WEBSOCKET_CLOSE_S: Final = 0.5
"""How long to wait for the client's answer to a close frame."""


class EngineServer(LoopbackServer):
    """`with EngineServer(engine) as server:` answers from a recording at `server.base_url` until the block ends.

    Any base URL will do: `/v1`, `/backend-api/codex`, …; what counts is how the path ends. `engine` may be replaced at
    any time; requests that come from then on are answered by the new one. Web pages are refused, and a warning logged.
    """

    def __init__(self, engine: Engine, port: int = 0, *, host: str = LOOPBACK, is_remote_allowed: bool = False) -> None:
        """Prepare to serve `engine`.

        Args:
            engine: decides.
            port: 0 takes a free one.
            host: the address to listen on.
            is_remote_allowed: whether other machines may ask, by any name of this one.
        """
        self.engine = engine
        self._is_remote_allowed = is_remote_allowed
        app = web.Application(client_max_size=REQUEST_BYTES)
        app.router.add_route("*", "/{path:(?s:.*)}", self._handle, expect_handler=answer_expect)
        app.on_response_prepare.append(_leave_untyped)
        super().__init__(app, port=port, host=host, max_connections=MAX_CONNECTIONS)

    @property
    def base_url(self) -> str:
        """Where to point a client, such as `http://127.0.0.1:8123/v1`.

        Raises:
            RuntimeError: the server is not running.
        """
        return f"{super().base_url}/v1"

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        """Answer one request."""
        if why := page_refusal(http.headers.items(), is_remote_allowed=self._is_remote_allowed):
            return _refusal(http, web.HTTPForbidden.status_code, why)
        engine = self.engine
        is_upgrade = http.headers.get("upgrade", "").lower() == "websocket"
        try:
            async with asyncio.timeout(_BODY_S):
                body = b"" if is_upgrade else await http.read()
        except TimeoutError:
            return _refusal(http, web.HTTPRequestTimeout.status_code, f"its body did not come within {_BODY_S:.0f} s")
        except web.HTTPRequestEntityTooLarge:
            return _refusal(
                http, web.HTTPRequestEntityTooLarge.status_code, f"it is longer than {REQUEST_BYTES:,} bytes"
            )
        request = Request(method=http.method, url=http.path_qs, headers=tuple(http.headers.items()), body=body)
        framed = _framed(engine, engine.upgrade if is_upgrade else engine.answer, request)
        if framed.answer.status == _SWITCHING_PROTOCOLS:
            return await _talk(http, engine, request, framed)
        return await _send(http, engine, framed)


def _refusal(http: web.Request, status: int, why: str) -> web.Response:
    logger.warning("Refused %s %r: %s.", http.method, http.path_qs, why)
    return web.json_response({"error": {"message": f"Refused: {why}."}}, status=status)


def _framed(engine: Engine, decide: Callable[[Request], Answer], request: Request) -> Framed:
    try:
        return frame(decide(request))
    except Exception as error:  # noqa: BLE001  the test has to know: the engine writes it down
        return frame(engine.failed(request, error))


def _decided(engine: Engine, decide: Callable[[Request], Answer | None], request: Request) -> Answer | None:
    try:
        return decide(request)
    except Exception as error:  # noqa: BLE001  as above
        return engine.failed(request, error)


async def _send(http: web.Request, engine: Engine, framed: Framed) -> web.StreamResponse:
    """Answer over HTTP."""
    await _wait(framed.answer.delay_ms)
    if framed.ends is Ending.LEFT and framed.answer.status == NO_ANSWER_STATUS:
        return await _send(http, engine, frame(await _overdue(engine, framed)))
    has_bare_length = framed.answer.status == _NOT_MODIFIED and framed.length_bytes is not None
    if has_bare_length or not all(_is_written_alike(value) for _, value in framed.answer.headers):
        return await _send_bytes(http, engine, framed)
    is_typed = any(name.lower() == "content-type" for name, _ in framed.answer.headers)
    response = (web.StreamResponse if is_typed else _UntypedResponse)(status=framed.answer.status)
    for name, value in framed.answer.headers:
        response.headers.add(name, _as_written(value))
    if framed.ends is Ending.CUT and not framed.pieces:
        _hang_up(http)
        return response
    if framed.length_bytes is not None:
        response.content_length = framed.length_bytes
    await response.prepare(http)
    await _write(engine, framed, lambda piece: response.write(piece.data))
    if framed.ends is Ending.CUT:
        _hang_up(http)
    else:
        await response.write_eof()
    return response


async def _send_bytes(http: web.Request, engine: Engine, framed: Framed) -> web.StreamResponse:
    """Answer past aiohttp, which writes no header bytes but UTF-8, and no length with 304; then hang up."""
    transport, answer = http.transport, framed.answer
    if transport is None:
        raise ConnectionResetError("the client is gone")
    length = [] if framed.length_bytes is None else [("content-length", str(framed.length_bytes))]
    lines = [f"{name}: {value}" for name, value in (*answer.headers, *length, ("connection", "close"))]
    head = "\r\n".join([f"HTTP/1.1 {answer.status} ", *lines, "", ""])
    transport.write(head.encode("latin-1", errors="replace"))

    async def write(piece: Piece) -> None:
        transport.write(piece.data)

    await _write(engine, framed, write)
    transport.close()
    return web.StreamResponse(status=answer.status)


async def _talk(http: web.Request, engine: Engine, upgrade: Request, framed: Framed) -> web.StreamResponse:
    """Accept a WebSocket, and answer its messages for as long as it stays open."""
    protocols = [value for name, value in framed.answer.headers if name.lower() == _SUBPROTOCOL]
    websocket = web.WebSocketResponse(max_msg_size=REQUEST_BYTES, timeout=_WEBSOCKET_CLOSE_S, protocols=protocols)
    for name, value in framed.answer.headers:
        if name.lower() != _SUBPROTOCOL:
            websocket.headers.add(name, _as_written(value))
    await websocket.prepare(http)
    await _Conversation(http, websocket, engine, upgrade).run()
    return websocket


class _Conversation:
    """A WebSocket: one request is answered after the other, and the client is heard meanwhile."""

    def __init__(self, http: web.Request, websocket: web.WebSocketResponse, engine: Engine, upgrade: Request) -> None:
        self._http, self._websocket, self._engine, self._upgrade = http, websocket, engine, upgrade
        self._asked: asyncio.Queue[Request] = asyncio.Queue(_MAX_WAITING)
        self._current = OpenAnswer(engine)
        self._passed_count = 0
        """How many holds of the current answer are behind it."""
        self._has_news = asyncio.Event()
        """Set when the client did something about the current answer."""

    async def run(self) -> None:
        """Listen to the end: aiohttp answers pings and close frames while it does."""
        try:
            async with asyncio.TaskGroup() as tasks:
                answering = tasks.create_task(self._answer_all())
                async for message in self._websocket:
                    if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                        data = message.data if isinstance(message.data, bytes) else message.data.encode()
                        await self._hear(self._upgrade.message(data))
                answering.cancel()
        finally:
            if self._http.transport is None or self._websocket.closed:  # else it is this server that ends
                self._current.leave()

    async def _hear(self, request: Request) -> None:
        """Take a message: what asks for an answer waits for its turn, anything else is about the current one."""
        if _CREATE in request.body:
            await self._asked.put(request)
            return
        reply = _decided(self._engine, self._current.hear, request)
        if reply is None or self._current.is_stopped:
            self._has_news.set()
        if reply is not None:
            await self._send_last(reply)

    async def _answer_all(self) -> None:
        with contextlib.suppress(ConnectionResetError):  # the client is gone
            while True:
                reply = _framed(self._engine, self._engine.answer, await self._asked.get())
                self._current, self._passed_count = OpenAnswer(self._engine, reply.answer), 0
                await self._write(reply)
                if not self._current.is_stopped:
                    self._current.is_over = True
                    await self._end(reply)

    async def _write(self, reply: Framed) -> None:
        """Write each piece in its time, and wait for the client where the recorded one was waited for."""
        for position, piece in enumerate(reply.pieces):
            if reply.holds:
                await self._pass_holds(reply.holds, position)
            if piece.delay_ms:
                await self._pause(piece.delay_ms)
            if self._current.is_stopped:
                return
            await self._send(piece)
            if position % _ON_END == _LAST:
                await asyncio.sleep(0)
        await self._pass_holds(reply.holds, len(reply.pieces))
        if not self._current.is_stopped:
            _deliver(self._engine, reply)
            if reply.ends is Ending.LEFT:  # once it leaves, this is cancelled
                await self._hold(lambda: False)

    async def _pass_holds(self, holds: Sequence[int], position: int) -> None:
        for _ in range(holds[self._passed_count :].count(position)):
            passed_count = self._passed_count
            await self._hold(lambda: self._current.heard_count > passed_count)  # noqa: B023  used at once
            self._passed_count += 1

    async def _hold(self, is_done: Callable[[], bool]) -> None:
        """Hold the answer until the client has done what it had done; without that it ends here after a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._current.patience_s):
                while not (is_done() or self._current.is_stopped):
                    self._has_news.clear()
                    await self._has_news.wait()
                return
        await self._send_last(self._current.overdue())

    async def _pause(self, delay_ms: float) -> None:
        """Wait before the next piece; not for a client that has done already what comes later."""
        if delay_ms < _MIN_DELAY_MS or self._current.heard_count > self._passed_count:
            return
        self._has_news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_ms / 1000):
                await self._has_news.wait()

    async def _end(self, reply: Framed) -> None:
        if reply.ends is Ending.CUT:
            _hang_up(self._http)
        elif reply.ends is Ending.CLOSE:
            await _close(self._http, self._websocket, reply.answer)

    async def _send_last(self, answer: Answer) -> None:
        """Send the last event of an answer that comes into another one: it says it all."""
        for piece in frame(answer).pieces[-1:]:
            await self._send(piece)

    def _send(self, piece: Piece) -> Awaitable[None]:
        if piece.cuts:
            return _send_fragments(self._http, piece)
        return (
            self._websocket.send_bytes(piece.data) if piece.is_binary else self._websocket.send_str(piece.data.decode())
        )


async def _close(http: web.Request, websocket: web.WebSocketResponse, answer: Answer) -> None:
    """Close with a close frame; 1005 says that it had no code, which aiohttp cannot send."""
    if answer.close_code != _NO_CODE:
        await websocket.close(code=answer.close_code or WSCloseCode.OK, message=answer.close_reason.encode())
    elif http.transport is not None:
        http.transport.write(EMPTY_CLOSE)
        _hang_up(http)


class _UntypedResponse(web.StreamResponse):
    """An answer that was recorded without a content-type."""


async def _leave_untyped(_: web.Request, response: web.StreamResponse) -> None:
    """Take back the content-type that aiohttp puts where there was none."""
    if isinstance(response, _UntypedResponse):
        response.headers.pop("content-type", None)


def _as_written(value: str) -> str:
    """Return a header value, recorded as Latin-1, so that aiohttp, which writes UTF-8, writes the same bytes."""
    try:
        return value if value.isascii() else value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _is_written_alike(value: str) -> bool:
    return value.isascii() or _as_written(value) != value


async def _write(engine: Engine, framed: Framed, write: Callable[[Piece], Awaitable[None]]) -> None:
    """Write each piece on its own, when its time has come; hold the answer that the recorded client left."""
    for position, piece in enumerate(framed.pieces):
        if piece.delay_ms:
            await _wait(piece.delay_ms)
        await write(piece)
        if position % _ON_END == _LAST:
            await asyncio.sleep(0)
    _deliver(engine, framed)
    if framed.ends is Ending.LEFT:
        late = frame(await _overdue(engine, framed))
        if framed.answer.is_stream:
            await write(late.pieces[-1])


async def _overdue(engine: Engine, framed: Framed) -> Answer:
    """Hold an answer until its client leaves, which cancels this; give up after a while."""
    current = OpenAnswer(engine, framed.answer)
    await asyncio.sleep(current.patience_s)
    return current.overdue()


def _deliver(engine: Engine, framed: Framed) -> None:
    if framed.answer.interaction is not None:  # Codex hangs up right after the last event: it has it all
        engine.delivered(framed.answer.interaction)


async def _send_fragments(http: web.Request, piece: Piece) -> None:
    """Write a message in several frames, which aiohttp cannot: past it, at once, so that nothing comes between."""
    if http.transport is None:
        raise ConnectionResetError("the client is gone")
    http.transport.write(fragments(piece.data, piece.cuts, is_binary=piece.is_binary))


async def _wait(delay_ms: float) -> None:
    if delay_ms >= _MIN_DELAY_MS:
        await asyncio.sleep(delay_ms / 1000)


def _hang_up(http: web.Request) -> None:
    """Drop the connection: no last chunk, no close frame. What was written still goes out."""
    if http.transport is not None:
        http.transport.close()
