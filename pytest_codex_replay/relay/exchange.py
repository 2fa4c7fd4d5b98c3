"""One HTTP exchange through the relay: streamed both ways, as it comes, in whatever encoding it has."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import aiohttp
from aiohttp import HttpVersion11, web
from yarl import URL

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder.open_flow import Stream
from pytest_codex_replay.relay.headers import as_recorded, request_headers, response_headers, with_host
from pytest_codex_replay.relay.tap import Tap

_BAD_GATEWAY = 502
_INTERIM = range(102, 200)
"""Interim answers without those to `expect` and to an upgrade, which the relay sees to."""
_LAST_CHUNK = re.compile(rb"\r\n0+(?:[ \t]*;[^\r\n]*)?\r\n")
"""What trailers follow (RFC 9112 §7.1)."""
_NOT_SHOWN = re.compile(r"(?<=//)[^/@\s]*@| ssl:default")


class Answer(aiohttp.ClientResponse):
    """An answer that keeps what aiohttp skips: interim answers (1xx) before its head, and its end as it came."""

    interim: bytes = b""
    _last: tuple[bytes, bytes] = (b"", b"")

    @property
    def trailers(self) -> str:
        """Names of the fields that came behind its body, with commas; known once all of it was read."""
        if not self.headers.get("transfer-encoding", "").lower().endswith("chunked"):
            return ""
        _, *behind = _LAST_CHUNK.split(b"".join(self._last))
        lines = behind[-1].split(b"\r\n") if behind else []
        return ", ".join(line.partition(b":")[0].decode("latin-1") for line in lines if b":" in line)

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Read the head."""
        protocol = connection.protocol
        read, received = protocol.read, type(protocol).data_received.__get__(protocol)

        def noting_end(data: bytes) -> None:
            self._last = (self._last[1], data)
            received(data)

        async def noting() -> Any:
            message, payload = await read()
            if message.code in _INTERIM:
                lines = [b"%b: %b" % header for header in message.raw_headers]
                head = f"HTTP/1.1 {message.code} {message.reason}".encode()
                self.interim += b"\r\n".join([head, *lines, b"", b""])
            return message, payload

        protocol.read, protocol.data_received = noting, noting_end
        try:
            answer = await super().start(connection)
        finally:
            del protocol.read
        self.content.on_eof(partial(vars(protocol).pop, "data_received", None))
        return answer


class PassedOn(web.StreamResponse):
    """An answer with the headers that the upstream gave it, and no others."""

    added_headers: tuple[str, ...] = ()
    """What aiohttp puts into it, and the upstream did not."""


async def leave_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Take back the headers that aiohttp puts into an answer that has none of them."""
    if isinstance(response, PassedOn):
        for name in response.added_headers:
            response.headers.pop(name, None)


async def relay_http(
    request: web.Request, client: aiohttp.ClientSession, url: URL, proxy: URL | None, tap: Tap
) -> web.StreamResponse:
    """Send a request on, and its answer back."""
    host = url.host_port_subcomponent or ""
    keep = tap.request_begins(
        request.method, http_version(request), with_host(as_recorded(request.raw_headers), host), is_upgrade=False
    )
    body = _body(request, keep, tap) if request.can_read_body else None
    if body is None:
        tap.request_ends()
    try:
        answer = await client.request(
            request.method, url, headers=request_headers(request.headers), data=body, allow_redirects=False, proxy=proxy
        )
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        async for data in request.content.iter_any():  # what the client sends all the same belongs to the record
            keep(data)
        return refused(url, error, tap)
    if proxy is not None and answer.status == web.HTTPProxyAuthenticationRequired.status_code:
        tap.unreached(f"{url.origin()} could not be reached: its proxy answered {answer.status} {answer.reason}")
    async with answer:
        return await _send_back(request, answer, tap)


async def _body(request: web.Request, keep: Stream, tap: Tap) -> AsyncIterator[bytes]:
    async for data in request.content.iter_any():
        keep(data)
        yield data
    tap.request_ends()


async def _send_back(request: web.Request, answer: aiohttp.ClientResponse, tap: Tap) -> web.StreamResponse:
    tap.answered(answer.status, answer_version(answer), as_recorded(answer.raw_headers))
    response = passed_on(answer)
    keep = tap.answer_stream()
    if "trailer" in request.headers:
        tap.withheld(f"the trailers {request.headers['trailer']!r} of a request to {answer.url.origin()}")
    if isinstance(answer, Answer) and request.transport is not None and request.version >= HttpVersion11:
        request.transport.write(answer.interim)
    try:
        await response.prepare(request)
        while True:
            try:
                data, is_chunk_end = await answer.content.readchunk()
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                tap.ended(FlowEnd.UPSTREAM_GONE, str(error) or type(error).__name__)
                if request.transport is not None:
                    request.transport.close()  # as the upstream did: no last chunk
                return response
            if not data and (not is_chunk_end or answer.content.at_eof()):
                break
            keep(data)
            if (waits := tap.back_pressure()) is not None:
                await waits
            await response.write(data)
        keep(b"")
        if isinstance(answer, Answer) and answer.trailers:
            tap.withheld(f"the trailers {answer.trailers!r} of {answer.url.origin()}")
        tap.ended(FlowEnd.FINISHED)  # before its end is sent: who has all of it may look at once
        await response.write_eof()
    except (asyncio.CancelledError, ConnectionError):
        tap.left()
        raise
    return response


def passed_on(answer: aiohttp.ClientResponse) -> PassedOn:
    """Return the head of an answer, for the client."""
    response = PassedOn(status=answer.status, reason=answer.reason, headers=response_headers(answer.headers))
    response.added_headers = tuple(name for name in ("content-type", "date", "server") if name not in answer.headers)
    return response


def refused(url: URL, error: Exception, tap: Tap) -> web.Response:
    """Answer for an upstream that cannot be reached, or that went before it answered."""
    is_refused = isinstance(error, aiohttp.ClientConnectorError)
    text = _reason(error)
    tap.ended(FlowEnd.REFUSED if is_refused else FlowEnd.UPSTREAM_GONE, text)
    why = f"{url.origin()} could not be reached: {text}"
    tap.unreached(why)
    return web.Response(status=_BAD_GATEWAY, text=f"codex-replay: {why}\n")


def _reason(error: Exception) -> str:
    """Return what an error says, without a password of a proxy and without settings of aiohttp."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"its proxy answered {error.status} {error.message}"
    return _NOT_SHOWN.sub("", str(error)) or type(error).__name__


def http_version(request: web.Request) -> str:
    """Return e.g. `HTTP/1.1`."""
    return f"HTTP/{request.version.major}.{request.version.minor}"


def answer_version(answer: aiohttp.ClientResponse) -> str:
    """Return e.g. `HTTP/1.1`."""
    version = answer.version
    return f"HTTP/{version.major}.{version.minor}" if version is not None else "HTTP/1.1"
