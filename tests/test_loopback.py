"""The loopback server: starts, stops, and lets nothing hang."""

import asyncio
import logging
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from pytest_codex_replay.loopback import LoopbackServer, answer_expect

WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def app_of(handler) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler, expect_handler=answer_expect)
    return app


async def hello(request: web.Request) -> web.Response:
    return web.Response(body=b"hello " + await request.read())


def test_it_serves_until_the_block_ends() -> None:
    """Inside the block there is an answer, after it the port is free."""
    with LoopbackServer(app_of(hello)) as server:
        url = server.base_url
        with WITHOUT_PROXY.open(url, timeout=5) as response:
            body = response.read()

    assert body == b"hello "
    with pytest.raises(OSError, match="refused"):
        WITHOUT_PROXY.open(url, timeout=5)


def test_the_port_is_known_while_it_runs_only() -> None:
    """Asking a stopped server for its port is a mistake that is named."""
    server = LoopbackServer(app_of(hello))

    with pytest.raises(RuntimeError, match="not running"):
        _ = server.port


def test_it_takes_the_port_that_is_asked_for() -> None:
    """A given port is used, and is free again at once after a stop."""
    with LoopbackServer(app_of(hello)) as first:
        port = first.port

    with LoopbackServer(app_of(hello), port=port) as second:
        assert second.port == port


def test_a_busy_port_is_an_oserror() -> None:
    """The error of the operating system comes through as it is, and no thread is left."""
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        LoopbackServer(app_of(hello), port=taken.getsockname()[1]).__enter__()

    assert threading.active_count() == before


def test_an_error_at_start_up_reaches_the_caller() -> None:
    """What the application raises while it starts is raised where the block begins."""

    async def fails(_: web.Application) -> AsyncIterator[None]:
        message = "no cassette"
        raise LookupError(message)
        yield

    app = app_of(hello)
    app.cleanup_ctx.append(fails)

    with pytest.raises(LookupError, match="no cassette"), LoopbackServer(app):
        pass


def test_stopping_cancels_an_open_stream() -> None:
    """A handler that never ends does not keep the block from ending."""
    cancelled = threading.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return response

    with LoopbackServer(app_of(endless)) as server:
        response = WITHOUT_PROXY.open(server.base_url, timeout=5)
        first = response.read(5)

    assert first == b"first"
    assert cancelled.is_set()


def test_bodies_arrive_as_they_were_sent() -> None:
    """A content encoding is not undone: who serves wants the bytes on the wire."""
    with LoopbackServer(app_of(hello)) as server:
        request = urllib.request.Request(server.base_url, data=b"\x1f\x8b raw", headers={"content-encoding": "gzip"})
        with WITHOUT_PROXY.open(request, timeout=5) as response:
            body = response.read()

    assert body == b"hello \x1f\x8b raw"


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "])
def test_a_client_that_asks_nothing_is_hung_up_on(sent: bytes) -> None:
    """Else so many of them would take the places of the others. One that has asked is not hurried."""
    reached, is_over = threading.Event(), threading.Event()

    async def waits(_: web.Request) -> web.Response:
        reached.set()
        await asyncio.to_thread(is_over.wait, 10)
        return web.Response(body=b"in use")

    with (
        LoopbackServer(app_of(waits), head_s=0.2) as server,
        socket.create_connection(("127.0.0.1", server.port), 10) as asking,
        asking.makefile("rb") as answer,
    ):
        asking.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert reached.wait(10)
        with socket.create_connection(("127.0.0.1", server.port), 10) as silent:
            silent.sendall(sent)
            told = silent.recv(1)
        is_over.set()
        whole = answer.read()

    assert told == b""
    assert whole.endswith(b"in use")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01 a handshake of TLS\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n\x00: y\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nno chunk\r\n",
    ],
)
def test_a_malformed_request_is_a_line_in_the_log(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Its client is answered 400; nothing reaches a terminal, where another program may be at work."""
    caplog.set_level(logging.DEBUG)
    with (
        LoopbackServer(app_of(hello)) as server,
        socket.create_connection(("127.0.0.1", server.port)) as client,
        client.makefile("rb") as answer,
    ):
        client.sendall(sent)
        status = answer.readline()

    assert b" 400 " in status
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []


@pytest.mark.parametrize(
    ("expected", "statuses"),
    [
        (b"100-Continue", [b"100 Continue", b"200 OK"]),
        (b"100-c\xf4ntinue", [b"417 Expectation Failed"]),
        (b"\x94", [b"417 Expectation Failed"]),
    ],
)
def test_what_a_client_expects_is_met_or_refused(expected, statuses, caplog: pytest.LogCaptureFixture) -> None:
    """Bytes that are no text, too: they came back in a traceback."""
    with (
        LoopbackServer(app_of(hello)) as server,
        socket.create_connection(("127.0.0.1", server.port)) as client,
        client.makefile("rb") as answer,
    ):
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: %b\r\n\r\n" % expected)
        lines = answer.read().split(b"\r\n")

    assert [one[9:] for one in lines if one.startswith(b"HTTP/1.1 ")] == statuses
    assert caplog.records == []


def test_an_error_of_a_handler_is_logged_whole(caplog: pytest.LogCaptureFixture) -> None:
    """It is ours, and has its traceback."""

    async def fails(_: web.Request) -> web.Response:
        raise LookupError

    with LoopbackServer(app_of(fails)) as server, pytest.raises(urllib.error.HTTPError, match="500"):
        WITHOUT_PROXY.open(server.base_url, timeout=5)

    (record,) = caplog.records
    assert record.exc_info is not None
