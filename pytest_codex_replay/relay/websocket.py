"""One WebSocket through the relay: each message, ping and close frame goes on as it comes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web
from yarl import URL

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.loopback import LINE_BYTES
from pytest_codex_replay.recorder.signals import ABNORMAL_CLOSURE
from pytest_codex_replay.relay.exchange import PassedOn, answer_version, http_version, passed_on, refused
from pytest_codex_replay.relay.headers import (
    as_recorded,
    offers_compression,
    protocols_of,
    request_headers,
    response_headers,
    with_host,
)
from pytest_codex_replay.relay.tap import Tap

_SWITCHING_PROTOCOLS = 101
_COMPRESS = 15
"""Window bits of permessage-deflate (RFC 7692 §7.1.2): the largest, which needs no parameter."""
_CLOSE_S = 5.0
"""How long the other side may take to answer a close frame."""
_NO_CODE = 1005

Socket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class _Closed:
    """How one side ended."""

    from_client: bool
    code: int | None
    """Of its close frame; 1005: the frame had none. None: it sent no close frame."""
    reason: str = ""


class _DeclinedError(Exception):
    """The upstream did not accept the upgrade: an answer like any other."""

    def __init__(self, body: bytes) -> None:
        self.body = body


async def relay_websocket(
    request: web.Request, connector: aiohttp.BaseConnector, url: URL, proxy: URL | None, tap: Tap
) -> web.StreamResponse:
    """Connect to the upstream; accept the client's WebSocket if the upstream does, else answer what it answered."""
    headers = with_host(as_recorded(request.raw_headers), url.host_port_subcomponent or "")
    tap.request_begins(request.method, http_version(request), headers, is_upgrade=True)
    tap.request_ends()
    seen: list[aiohttp.ClientResponse] = []
    try:
        async with _session(connector, seen) as session:
            upstream = await session.ws_connect(
                url,
                headers=request_headers(request.headers),
                protocols=protocols_of(request.headers),
                compress=_COMPRESS if offers_compression(request.headers) else 0,
                autoclose=False,
                autoping=False,
                max_msg_size=0,
                proxy=proxy,
            )
            try:
                return await _accept(request, seen[0], upstream, tap)
            finally:
                seen[0].close()  # the connection; closing the WebSocket would send another close frame, and wait
    except _DeclinedError as declined:
        return await _decline(request, seen[0], declined.body, tap)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return refused(url, error, tap)


def _session(connector: aiohttp.BaseConnector, seen: list[aiohttp.ClientResponse]) -> aiohttp.ClientSession:
    """Return a session for one handshake, which puts its answer, with the body of one that declines, into `seen`."""

    async def look(_session: aiohttp.ClientSession, _context: SimpleNamespace, answered: Any) -> None:
        seen.append(answered.response)
        if answered.response.status != _SWITCHING_PROTOCOLS:
            raise _DeclinedError(
                await answered.response.read()
            )  # also instead of following a redirection to another host

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(look)
    trace.on_request_redirect.append(look)
    return aiohttp.ClientSession(
        connector=connector,
        connector_owner=False,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("accept", "accept-encoding", "user-agent"),
        trace_configs=[trace],
        max_line_size=LINE_BYTES,
        max_field_size=LINE_BYTES,
    )


async def _accept(
    request: web.Request, answer: aiohttp.ClientResponse, upstream: aiohttp.ClientWebSocketResponse, tap: Tap
) -> web.StreamResponse:
    tap.answered(answer.status, answer_version(answer), as_recorded(answer.raw_headers))
    client = web.WebSocketResponse(
        autoclose=False,
        autoping=False,
        max_msg_size=0,
        compress=offers_compression(answer.headers),
        protocols=[upstream.protocol] if upstream.protocol else [],
    )
    client.headers.extend(response_headers(answer.headers))
    await client.prepare(request)
    ends: list[_Closed] = []
    try:
        await _talk(client, upstream, tap, ends)
    finally:  # cancelled when the client is gone, which it may be once it has seen a close frame
        first = ends[0] if ends else _Closed(from_client=True, code=None)
        _report(first, tap)
    if request.transport is not None and first.code is None:
        request.transport.close()  # without a close frame, as the other side did
    return client


async def _talk(
    client: web.WebSocketResponse, upstream: aiohttp.ClientWebSocketResponse, tap: Tap, ends: list[_Closed]
) -> None:
    """Pass messages on until both sides have closed, or one is gone; put how each ended into `ends`."""
    sides = {
        asyncio.create_task(_pass_on(client, upstream, tap, ends, from_client=True)),
        asyncio.create_task(_pass_on(upstream, client, tap, ends, from_client=False)),
    }
    try:
        _, left = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        if left and ends and ends[0].code is not None:
            await asyncio.wait(left, timeout=_CLOSE_S)
    finally:
        for side in sides:
            side.cancel()
        await asyncio.gather(*sides, return_exceptions=True)


async def _pass_on(source: Socket, sink: Socket, tap: Tap, ends: list[_Closed], *, from_client: bool) -> None:
    """Pass on what one side sends, until it closes."""
    receive: Callable[[], Awaitable[aiohttp.WSMessage]] = source.receive
    try:
        while True:
            message = await receive()
            kind, data = message.type, message.data
            if kind is WSMsgType.TEXT or kind is WSMsgType.BINARY:
                raw = data.encode() if kind is WSMsgType.TEXT else bytes(data)
                waits = tap.message(raw, from_client=from_client, is_binary=kind is WSMsgType.BINARY)
                if waits is not None:
                    await waits
                await sink.send_frame(raw, kind)
            elif kind is WSMsgType.PING or kind is WSMsgType.PONG:
                await sink.send_frame(bytes(data), kind)
            else:
                break
        code, reason = (data or _NO_CODE, message.extra or "") if kind is WSMsgType.CLOSE else (None, "")
        ends.append(_Closed(from_client=from_client, code=code, reason=reason))
        if code is not None:
            payload = b"" if code == _NO_CODE else code.to_bytes(2, "big") + reason.encode()
            await sink.send_frame(payload, WSMsgType.CLOSE)
    except ConnectionError:  # it could not be passed on: the other side is gone
        ends.append(_Closed(from_client=not from_client, code=None))


def _report(ended: _Closed, tap: Tap) -> None:
    if ended.code is None and ended.from_client:
        tap.left(None, close_code=ABNORMAL_CLOSURE)
        return
    if ended.code is None:
        tap.ended(FlowEnd.UPSTREAM_GONE, close_code=ABNORMAL_CLOSURE)
        return
    tap.ended(
        FlowEnd.CLOSED, close_code=ended.code, close_reason=ended.reason or None, closed_by_client=ended.from_client
    )


async def _decline(request: web.Request, answer: aiohttp.ClientResponse, body: bytes, tap: Tap) -> web.StreamResponse:
    """Answer as the upstream did, which did not accept the upgrade."""
    tap.answered(answer.status, answer_version(answer), as_recorded(answer.raw_headers))
    keep = tap.answer_stream()
    if body:
        keep(body)
    keep(b"")
    tap.ended(FlowEnd.FINISHED)
    response: PassedOn = passed_on(answer)
    await response.prepare(request)
    await response.write(body)
    await response.write_eof()
    return response
