"""The relay as a server on 127.0.0.1: each request goes to one upstream, and what comes back goes back."""

import asyncio
import re
import ssl
import urllib.request
from collections.abc import AsyncIterator
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.loopback import LINE_BYTES, LoopbackServer, answer_expect
from pytest_codex_replay.recorder.back_pressure import BackPressure
from pytest_codex_replay.recorder.runs import Runs
from pytest_codex_replay.relay.exchange import Answer, leave_headers, relay_http
from pytest_codex_replay.relay.tap import Tap
from pytest_codex_replay.relay.websocket import relay_websocket
from pytest_codex_replay.wire.web_page import page_refusal

_CONNECT_S = 60.0
_OTHER = re.compile(r"/~(\d{1,4})/[^/?]*(?=[/?]|$)")
"""Begins the path of a request to another origin: its number, and its host."""
_PROXY_SCHEMES = frozenset({"http", "https"})
_IDLE_S = 2.0
"""How long a connection to the upstream is kept for the next request: upstreams close idle ones, some after 5 s."""


class Relay(LoopbackServer):
    """`with Relay(origin, runs) as relay:` passes requests on, and tells the recorder of `runs` about them.

    Streams pass chunk by chunk, in the encoding in which they come. A proxy that the environment names for the
    upstream is used. Web pages are refused. Interim answers (1xx) are passed on with the head that follows. Trailers
    are counted in `runs.withheld`: aiohttp drops them, as it does the order of the headers that the relay itself needs.
    """

    def __init__(self, origin: str, runs: Runs, *, port: int = 0, trust: ssl.SSLContext | None = None) -> None:
        """Prepare to pass requests on.

        Args:
            origin: where they go, such as `https://api.openai.com`; their paths stay.
            runs: whose recorder is told.
            port: where to listen on 127.0.0.1; 0 takes a free one.
            trust: what to trust of an upstream's certificates; None: the system's authorities.
        """
        self._origin = origin.rstrip("/")
        self._others: list[str] = []
        self._runs = runs
        self._trust = trust
        self._back_pressure = BackPressure()
        self._is_stopping = False
        self._connector: aiohttp.BaseConnector
        self._client: aiohttp.ClientSession
        app = web.Application()
        app.router.add_route("*", "/{path:(?s:.*)}", self._handle, expect_handler=answer_expect)
        app.on_response_prepare.append(leave_headers)
        app.cleanup_ctx.append(self._connected)
        super().__init__(app, port=port)

    def route(self, origin: str) -> str:
        """Return the address here that leads to another origin; its host is in it, by which some clients decide."""
        self._others.append(origin.rstrip("/"))
        return f"{self.base_url}/~{len(self._others)}/{URL(origin).host_port_subcomponent}"

    def __enter__(self) -> Self:
        """Start, and return once connections are accepted.

        Raises:
            UsageError: the environment names a proxy that cannot be used.
            OSError: the port is taken, or may not be used.
        """
        proxy_for(URL(self._origin))
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        """Stop; what is still open ends with the relay, not by its client."""
        self._is_stopping = True
        super().__exit__(*error)

    async def _connected(self, _: web.Application) -> AsyncIterator[None]:
        trust = self._trust or True  # aiohttp's own: to read the system's authorities takes 20 ms
        self._connector = aiohttp.TCPConnector(limit=0, ssl=trust, keepalive_timeout=_IDLE_S)
        self._client = aiohttp.ClientSession(
            connector=self._connector,
            response_class=Answer,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
            max_line_size=LINE_BYTES,
            max_field_size=LINE_BYTES,
        )
        try:
            yield
        finally:
            await self._client.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if why := page_refusal(request.headers.items()):
            return web.Response(status=web.HTTPForbidden.status_code, text=f"codex-replay: refused: {why}.\n")
        url = URL(self._target(request.raw_path), encoded=True)
        try:
            proxy = proxy_for(url)
        except UsageError as error:  # the environment of this process was changed meanwhile
            return web.Response(status=web.HTTPBadGateway.status_code, text=f"codex-replay: {error}\n")
        tap = Tap(self._runs, self._back_pressure, str(url), lambda: self._is_stopping)
        try:
            if request.headers.get("upgrade", "").lower() == "websocket":
                return await relay_websocket(request, self._connector, url, proxy, tap)
            return await relay_http(request, self._client, url, proxy, tap)
        except (ConnectionError, asyncio.CancelledError):
            tap.left()  # unless its end is recorded
            raise
        except Exception as error:
            self._runs.count_failure("relay", error)  # reported at the end: the command has the terminal
            tap.left(f"relay error: {type(error).__name__}")
            raise ConnectionError(str(error)) from error

    def _target(self, path: str) -> str:
        path = path if path.startswith("/") else URL(path).raw_path_qs
        if (other := _OTHER.match(path)) and 0 < int(other[1]) <= len(self._others):
            return f"{self._others[int(other[1]) - 1]}{path[other.end() :]}"
        return f"{self._origin}{path}"


def proxy_for(url: URL) -> URL | None:
    """Return the proxy that the environment names for a URL; None: it is asked directly.

    Raises:
        UsageError: it is none for HTTP.
    """
    if urllib.request.proxy_bypass(url.host_port_subcomponent or ""):
        return None
    proxies = urllib.request.getproxies()
    name = url.scheme if proxies.get(url.scheme) else "all"
    if not (found := proxies.get(name)):
        return None
    try:
        proxy = URL(found if "://" in found else f"http://{found}")
    except ValueError as error:
        raise _unusable(name, "is not a URL") from error
    if not proxy.host:
        raise _unusable(name, "names no host")
    if proxy.scheme not in _PROXY_SCHEMES:
        raise _unusable(name, f"is not an HTTP proxy ({proxy.scheme}://{proxy.host_port_subcomponent})")
    return proxy


def _unusable(name: str, why: str) -> UsageError:
    return UsageError(
        f"{name.upper()}_PROXY {why}: the recorder reaches its upstream directly, or by an HTTP proxy. Set "
        "HTTPS_PROXY to one, or add the upstream's host to NO_PROXY."
    )
