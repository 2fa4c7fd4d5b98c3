"""Nothing leaves this process: sockets, look-ups, open connections, and clients that bring sockets of their own."""

import asyncio
import os
import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import httpcore
import httpcore2
import httpx
import openai
import pytest

from pytest_codex_replay.guard import Guard, NetworkBlockedError


@pytest.fixture
def closed() -> Iterator[Guard]:
    guard = Guard()
    with guard.closed():
        yield guard


def test_a_socket_does_not_leave(closed: Guard) -> None:
    """By name, by address, with and without waiting."""
    with pytest.raises(NetworkBlockedError):
        socket.create_connection(("api.openai.com", 443))
    with pytest.raises(NetworkBlockedError):
        socket.create_connection(("192.0.2.1", 443))
    with socket.socket() as raw, pytest.raises(NetworkBlockedError):
        raw.connect_ex(("192.0.2.2", 80))

    assert closed.blocked == ["connect to api.openai.com:443", "connect to 192.0.2.1:443", "connect to 192.0.2.2:80"]


def test_a_datagram_does_not_leave(closed: Guard) -> None:
    """It needs no connection; one to this machine goes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        sender.sendto(b"here", receiver.getsockname())
        sender.sendmsg([b"here"], [], 0, receiver.getsockname())
        with pytest.raises(NetworkBlockedError):
            sender.sendto(b"x", ("192.0.2.1", 53))
        with pytest.raises(NetworkBlockedError):
            sender.sendto(b"x", 0, ("192.0.2.2", 53))
        with pytest.raises(NetworkBlockedError):
            sender.sendmsg([b"x"], [], 0, ("192.0.2.3", 53))

        assert [receiver.recv(9) for _ in range(2)] == [b"here"] * 2

    assert closed.blocked == ["send to 192.0.2.1:53", "send to 192.0.2.2:53", "send to 192.0.2.3:53"]


@pytest.mark.parametrize("look_up", [socket.gethostbyname, socket.gethostbyname_ex, socket.gethostbyaddr])
def test_a_name_is_not_looked_up(closed: Guard, look_up: Callable[[str], Any]) -> None:
    """That would go out already; names of this machine stay on it."""
    asks = getattr(socket, look_up.__name__)

    with pytest.raises(NetworkBlockedError):
        asks("api.openai.com")

    assert "127.0.0.1" in str(asks("localhost"))
    assert closed.blocked == ["look-up of api.openai.com"]


def test_an_event_loop_does_not_leave(closed: Guard) -> None:
    """What asyncio opens, WebSocket libraries use."""

    async def connect() -> None:
        await asyncio.open_connection("api.openai.com", 443)

    with pytest.raises(NetworkBlockedError):
        asyncio.run(connect())

    assert closed.blocked == ["connect to api.openai.com:443"]


def test_a_host_may_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By name; with it the addresses that it has."""
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(2, 1, 6, "", ("192.0.2.7", 5432))])
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: asked.append(address))

    guard = Guard(["database"])
    with guard.closed():
        socket.create_connection(("database", 5432)).close()

    assert asked == [("192.0.2.7", 5432)]
    assert not guard.blocked


@pytest.mark.parametrize(
    ("library", "ask"),
    [
        ("httpcore", lambda: httpcore.request("GET", "https://api.openai.com/v1")),
        ("httpcore2", lambda: httpcore2.request("GET", "https://api.openai.com/v1")),
    ],
)
def test_the_library_is_named(closed: Guard, library: str, ask: Callable[[], Any]) -> None:
    """It cannot be served: the error says which one it is."""
    with pytest.raises(Exception, match=f"connect to api.openai.com:443 by {library} was stopped"):
        ask()

    assert closed.blocked == [f"connect to api.openai.com:443 by {library}"]


def test_who_asked_for_it_is_named(closed: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user knows the SDK, not what it sends with; event loops look names up in a thread, which nobody called."""

    async def ask() -> None:
        async with openai.AsyncOpenAI(api_key="sk-none", max_retries=0) as client:
            await client.responses.create(model="gpt-5.4", input="hi")

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(openai.APIConnectionError):
        asyncio.run(ask())

    assert closed.blocked == ["connect to api.openai.com:443 by httpcore2, for httpx2, openai"]


def test_what_brings_its_own_sockets_meets_a_trap(closed: Guard) -> None:
    """Libcurl and its like read the variables of proxies, and say who they are."""
    host, port = os.environ["https_proxy"].removeprefix("http://").split(":")

    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"CONNECT api.openai.com:443 HTTP/1.1\r\nUser-Agent: curl/8.5\r\n\r\n")
        answer = client.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"use the codex_replay fixture" in answer
    assert closed.blocked == ["CONNECT api.openai.com:443 by curl/8.5"]


def test_a_proxy_is_no_way_out(closed: Guard) -> None:
    """One on this machine would be let through."""
    with pytest.raises(httpcore.ProxyError), httpcore.HTTPProxy(os.environ["https_proxy"]) as client:
        client.request("GET", "https://api.openai.com/v1")

    assert closed.blocked == ["CONNECT api.openai.com:443 by httpcore"]


def test_urllib_keeps_no_proxy() -> None:
    """It reads the variables once, for all that follows."""
    guard, before = Guard(), urllib.request._opener

    with guard.closed(), pytest.raises(OSError, match="was stopped"):
        urllib.request.urlopen("http://api.openai.com/v1")

    assert urllib.request._opener is before


@pytest.mark.parametrize("send", ["send", "sendall", "sendmsg"])
def test_an_open_connection_is_no_way_out(monkeypatch: pytest.MonkeyPatch, send: str) -> None:
    """A WebSocket that was opened before, or a connection in a pool, does not send."""
    guard = Guard()
    data: Any = [b"x"] if send == "sendmsg" else b"x"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        monkeypatch.setattr(socket.socket, "getpeername", lambda _: ("192.0.2.1", 443))
        with guard.closed(), pytest.raises(NetworkBlockedError):
            getattr(client, send)(data)

    assert guard.blocked == ["send over an open connection to 192.0.2.1:443"]


def test_an_encrypted_connection_is_no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it sends does not come by the socket's own method."""
    guard = Guard()
    encrypted = ssl.create_default_context().wrap_socket(
        socket.socket(), server_hostname="api.openai.com", do_handshake_on_connect=False
    )
    monkeypatch.setattr(socket.socket, "getpeername", lambda _: ("192.0.2.1", 443))

    with encrypted, guard.closed(), pytest.raises(NetworkBlockedError):
        encrypted.sendall(b"x")

    assert guard.blocked == ["send over an open connection to 192.0.2.1:443"]


def test_other_sockets_send(closed: Guard) -> None:
    """To this machine, to another process, and what is not connected fails as ever."""
    one, other = socket.socketpair()
    with one, other, socket.create_server(("127.0.0.1", 0)) as server:
        one.sendall(b"x")
        with socket.create_connection(server.getsockname()) as client:
            client.sendall(b"x")
        with socket.socket() as alone, pytest.raises(OSError, match=r"not connected|pipe"):
            alone.send(b"x")

    assert not closed.blocked


def test_a_client_sets_up_no_proxies(closed: Guard) -> None:
    """A client that is made meanwhile reads no proxy variables: a transport for each would cost it 25 ms."""
    assert closed.blocked == []
    with httpx.Client() as client:
        assert client._mounts == {}


def test_a_module_that_is_imported_meanwhile_reads_proxies_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads the proxy variables is given back whole, also to a module that was imported while none were read."""
    with Guard().closed():
        kept = urllib.request.getproxies
        assert kept() == {}
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    assert kept()["http"] == "http://proxy.example:3128"
