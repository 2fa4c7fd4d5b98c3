"""Run an aiohttp application on this machine, in a thread of its own, for as long as a `with` block lasts.

Tests, the pytest plugin and the command line are synchronous; the servers that they use are not. This is the bridge.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  where to listen is the user's choice
"""Addresses to listen on that are none to connect to."""
_BACKLOG = 128
_GRACE_S = 0.05
"""Time that open exchanges have to end once the server stops; then their handlers are cancelled."""
_HEAD_S = 10.0
"""Time that a client has, once it is connected, to send the head of its first request."""
_IDLE_S = 100.0
"""Time that it has for the next one: clients keep a connection for less, Codex for 90 s."""
MAX_CONNECTIONS = 500
LINE_BYTES = 2**20
"""How long a line in the head of a message may be: an URL, a header. aiohttp's 8 KB are too few for some of them."""


@dataclass(frozen=True, slots=True)
class _Running:
    """Handed from the server thread to the caller once the server listens."""

    port: int
    loop: asyncio.AbstractEventLoop
    stopping: asyncio.Event


class _RealTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock goes on when a test freezes that of `time` (freezegun, time-machine)."""

    def time(self) -> float:
        return time.clock_gettime(time.CLOCK_MONOTONIC)


class _ShortLog(logging.LoggerAdapter[logging.Logger]):
    """Logs what a client did wrong, or that it is gone, in a line below the level that reaches a terminal."""

    def exception(self, msg: object, *args: object, **options: Any) -> None:
        error = options.get("exc_info")
        if isinstance(error, HttpProcessingError | ConnectionError):
            self.info("%s: %s", str(msg) % args, str(error).partition("\n")[0])
        else:
            super().exception(msg, *args, **options)


class LoopbackServer:
    """`with LoopbackServer(app) as server:` serves `app` at `server.base_url` until the block ends.

    Request bodies arrive as they were sent: `content-encoding` is not decoded. A handler is cancelled when its client
    hangs up, and when the server stops.
    """

    def __init__(
        self,
        app: web.Application,
        *,
        port: int = 0,
        host: str = LOOPBACK,
        max_connections: int | None = None,
        head_s: float = _HEAD_S,
    ) -> None:
        """Prepare to serve `app` on `port` of an address of this machine; 0 takes a free one.

        Of more than `max_connections` at a time, the last are aborted; and so is one that asks nothing within `head_s`.
        """
        self._app = app
        self._max_connections = max_connections
        self._head_s = head_s
        self._host = host
        self._requested_port = port
        self._running: _Running | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that the server listens on.

        Raises:
            RuntimeError: the server is not running.
        """
        if self._running is None:
            raise RuntimeError("the loopback server is not running: use it as a context manager")
        return self._running.port

    @property
    def base_url(self) -> str:
        """E.g. `http://127.0.0.1:8123`, without a trailing slash."""
        host = LOOPBACK if self._host in _EVERYWHERE else self._host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def __enter__(self) -> Self:
        """Start, and return once connections are accepted.

        Raises:
            OSError: the port is taken, or may not be used.
            RuntimeError: it was started before.
            Exception: the error of the application's start-up.
        """
        if self._thread is not None:
            raise RuntimeError(f"a {type(self).__name__} runs once; make a new one")
        started: Future[_Running] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="codex-replay-loopback", daemon=True)
        self._thread.start()
        try:
            self._running = started.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel what is still open, close the sockets and join the thread."""
        running, self._running = self._running, None
        if running is None or self._thread is None:
            return
        running.loop.call_soon_threadsafe(running.stopping.set)
        self._thread.join()

    def _run(self, started: Future[_Running]) -> None:
        try:
            with asyncio.Runner(loop_factory=_RealTimeLoop) as runner:
                runner.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _serve(self, started: Future[_Running]) -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        async with listening(
            self._app,
            self._host,
            self._requested_port,
            max_connections=self._max_connections,
            head_s=self._head_s,
            logger=_ShortLog(logger),
            auto_decompress=False,
            shutdown_timeout=_GRACE_S,
            max_line_size=LINE_BYTES,
            max_field_size=LINE_BYTES,
        ) as port:
            started.set_result(_Running(port, loop, stopping))
            await stopping.wait()


async def answer_expect(request: web.Request) -> None:
    """Let a client go on that waits for `100 Continue`; the handler of `Expect` of a route.

    aiohttp's own handler repeats any other expectation of a client, and fails where it is not text.

    Raises:
        HTTPExpectationFailed: it expects something else.
    """
    if request.version != HttpVersion11:
        return
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed(text="Unknown Expect.")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # what is sent before the head of the answer does not count


@asynccontextmanager
async def listening(
    app: web.Application,
    host: str,
    port: int,
    *,
    max_connections: int | None = MAX_CONNECTIONS,
    head_s: float = _HEAD_S,
    **options: Any,
) -> AsyncIterator[int]:
    """Serve an application for as long as the block lasts, in the running event loop; yield the port.

    Raises:
        OSError: the port is taken, or may not be used.
    """
    clients = _Clients(app, max_connections, head_s)
    runner = web.AppRunner(
        app, access_log=None, handler_cancellation=True, keepalive_timeout=max(_IDLE_S, head_s), **options
    )
    loop = asyncio.get_running_loop()
    try:
        await runner.setup()
        server = await loop.create_server(lambda: clients.let_in(runner.server), host or None, port, backlog=_BACKLOG)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
    finally:
        await runner.cleanup()


class _Clients:
    """Lets clients in: so many at a time, and none for long that asks nothing.

    A head that comes a byte a minute would hold its connection for ever: aiohttp waits for it without limit.
    """

    def __init__(self, app: web.Application, max_count: int | None, head_s: float) -> None:
        self._max_count = max_count
        self._head_s = head_s
        self._silent: dict[asyncio.BaseTransport | None, asyncio.TimerHandle] = {}
        """When a connection that has asked nothing yet is aborted."""
        app.middlewares.append(self._asked)

    def let_in(self, server: web.Server | None) -> asyncio.Protocol:
        """Return what speaks with a new client."""
        assert server is not None
        if self._max_count is not None and len(server.connections) >= self._max_count:
            return _TooMany()
        return _Client(server(), self._begin, self._end)

    def _begin(self, transport: asyncio.Transport) -> None:
        self._silent[transport] = asyncio.get_running_loop().call_later(self._head_s, transport.abort)

    def _end(self, transport: asyncio.BaseTransport | None) -> None:
        if (timer := self._silent.pop(transport, None)) is not None:
            timer.cancel()

    @web.middleware
    async def _asked(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self._end(request.transport)
        return await handler(request)


class _Client(asyncio.Protocol):
    """A connection that tells when it begins and ends; else what aiohttp makes of it."""

    def __init__(
        self,
        inner: asyncio.Protocol,
        begin: Callable[[asyncio.Transport], None],
        end: Callable[[asyncio.BaseTransport | None], None],
    ) -> None:
        self._inner, self._begin, self._end = inner, begin, end
        self._transport: asyncio.BaseTransport | None = None
        for name in ("data_received", "eof_received", "pause_writing", "resume_writing"):
            setattr(self, name, getattr(inner, name))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._begin(transport)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(self._transport)
        self._inner.connection_lost(exc)


class _TooMany(asyncio.Protocol):
    """Hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()
