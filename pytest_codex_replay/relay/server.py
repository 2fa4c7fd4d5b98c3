"""The relay as a server on 127.0.0.1: each request goes to one upstream, and what comes back goes back."""

import logging
import ssl
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from aiohttp import web
from yarl import URL

from pytest_codex_replay.loopback import LINE_BYTES, LoopbackServer
from pytest_codex_replay.recorder.back_pressure import BackPressure
from pytest_codex_replay.recorder.runs import Runs
from pytest_codex_replay.relay.exchange import leave_headers, relay_http
from pytest_codex_replay.relay.tap import Tap
from pytest_codex_replay.relay.websocket import relay_websocket
from pytest_codex_replay.wire.web_page import page_refusal

logger = logging.getLogger(__name__)

_CONNECT_S = 60.0
_IDLE_S = 2.0
"""How long a connection to the upstream is kept for the next request: upstreams close idle ones, some after 5 s."""


class Relay(LoopbackServer):
    """`with Relay(origin, runs) as relay:` passes requests on, and tells the recorder of `runs` about them.

    Streams pass chunk by chunk, in the encoding in which they come. A proxy that the environment names for the
    upstream is used. Trailers, interim answers (1xx) and the order of the headers that the relay itself needs are not
    passed on: aiohttp does not show them.
    """

    def __init__(self, origin: str, runs: Runs, *, port: int = 0, authorities: Path | None = None) -> None:
        """Prepare to pass requests on.

        Args:
            origin: where they go, such as `https://api.openai.com`; their paths stay.
            runs: whose recorder is told.
            port: where to listen on 127.0.0.1; 0 takes a free one.
            authorities: a PEM file with certificate authorities to trust beside the system's.
        """
        self._origin = origin.rstrip("/")
        self._runs = runs
        self._authorities = authorities
        self._back_pressure = BackPressure()
        self._connector: aiohttp.BaseConnector
        self._client: aiohttp.ClientSession
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.on_response_prepare.append(leave_headers)
        app.cleanup_ctx.append(self._connected)
        super().__init__(app, port=port)

    async def _connected(self, _: web.Application) -> AsyncIterator[None]:
        context = ssl.create_default_context()
        if self._authorities is not None:
            context.load_verify_locations(self._authorities)
        self._connector = aiohttp.TCPConnector(limit=0, ssl=context, keepalive_timeout=_IDLE_S)
        self._client = aiohttp.ClientSession(
            connector=self._connector,
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
            logger.warning("codex recorder: refused %s %r: %s.", request.method, request.path_qs, why)
            return web.json_response({"error": {"message": f"Refused: {why}."}}, status=web.HTTPForbidden.status_code)
        path = request.raw_path if request.raw_path.startswith("/") else URL(request.raw_path).raw_path_qs
        url = URL(f"{self._origin}{path}", encoded=True)
        tap = Tap(self._runs, self._back_pressure, str(url))
        proxy = proxy_for(url)
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await relay_websocket(request, self._connector, url, proxy, tap)
        return await relay_http(request, self._client, url, proxy, tap)


def proxy_for(url: URL) -> URL | None:
    """Return the proxy that the environment names for a URL; None: it is asked directly."""
    if urllib.request.proxy_bypass(url.host_port_subcomponent or ""):
        return None
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    return URL(found if "://" in found else f"http://{found}") if found else None
