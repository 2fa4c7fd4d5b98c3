"""Keeps the clients of this process in it: what opens, or has open, a way out is stopped, noted, and named."""

import asyncio
import ipaddress
import select
import socket
import ssl
import sys
import sysconfig
import threading
import urllib.request
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType, MappingProxyType
from typing import Any, Final, NoReturn
from unittest import mock

from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.launch.proxies import HTTP_PROXIES, environment_with, past_proxies

_LOCAL_NAMES: Final = frozenset({"localhost", "ip6-localhost", "localhost.localdomain", ""})
_LOCAL_HOSTS: Final = ("::1", "0.0.0.0", "ip6-localhost", ".localhost")  # noqa: S104  nothing listens there
"""What of this machine its clients reach without a proxy, beside its best-known names."""
_ADDRESSED: Mapping[str, int] = MappingProxyType({"connect": 1, "connect_ex": 1, "sendto": 2, "sendmsg": 4})
"""Methods of a socket whose last argument is an address, if there are at least so many."""
_CONNECTED: Final = ((socket.socket, "send"), (socket.socket, "sendall"), (ssl.SSLSocket, "send"))
"""Methods that send to where a socket is connected; the last sends unencrypted what the others would send encrypted."""
_INTERNET: Final = frozenset({socket.AF_INET, socket.AF_INET6})
_NO_LIBRARY: Final = frozenset({"anyio", "sniffio", "vcr", "pytest_codex_replay"})
"""Packages that open connections for others."""
_RUNNERS: Final = frozenset({"_pytest", "pluggy"})
"""Packages that run the test: what called them did not ask for a connection."""
_MAX_REQUEST_BYTES: Final = 65536
_REQUEST_S: Final = 1.0
"""How long a client of the trap may take to send its request."""


_REFUSAL_TEXT: Final = b"codex_vcr cannot answer this client: use the codex_replay fixture and its base_url\n"
_REFUSAL: Final = (
    b"HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(_REFUSAL_TEXT) + _REFUSAL_TEXT
)


_NOT_ANSWERED: Final = (
    "codex_vcr does not answer requests to this machine. If they were recorded, give the client codex_replay.base_url."
)
"""Why a suite that was recorded on loopback finds its server gone."""


class NetworkBlockedError(CodexReplayError, ConnectionError):
    """A client in this process tried to leave it while it was being replayed."""


class NameGuard:
    """`with guard.closed():` clients in this process cannot look up the hosts that `lets_through` says no to."""

    advice = (
        "a replay asks no model. Point the client at codex_replay.base_url; an SDK reads $OPENAI_BASE_URL when the "
        "client is made."
    )
    """What an error says to do."""

    def __init__(self, lets_through: Callable[[str], bool]) -> None:
        self.blocked: list[str] = []
        """What tried to leave, as `connect to api.openai.com:443 by websockets`."""
        self.lets_through = lets_through
        """Whether a host may be reached."""

    def refuse(self, what: str) -> NoReturn:
        """Note what tried to leave, and by which library; stop it.

        Raises:
            NetworkBlockedError: always.
        """
        library = _library(sys._getframe(1))  # noqa: SLF001  the documented way to the caller
        self.blocked.append(f"{what} by {library}" if library else what)
        raise NetworkBlockedError(f"{self.blocked[-1]} was stopped: {self.advice}")

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Close the way out. A client that looks names up by itself (libcurl, Rust, Go) does not come by here."""
        with ExitStack() as stack:
            for owner, name, replacement in self._look_ups():
                stack.enter_context(mock.patch.object(owner, name, replacement))
            yield

    def _look_ups(self) -> Iterator[tuple[Any, str, Any]]:
        """Yield what is replaced: its owner, its name, and by what."""
        yield socket, "getaddrinfo", self._resolving(socket.getaddrinfo)
        for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
            yield socket, name, self._looking_up(getattr(socket, name))
        for name in ("getaddrinfo", "create_connection", "create_datagram_endpoint"):
            for loop in _loops():
                yield loop, name, self._in_loop(name, getattr(loop, name))

    def _looking_up(self, real: Callable[[str], Any]) -> Callable[[str], Any]:
        def look_up(name: str) -> Any:
            if not self.lets_through(name):
                self.refuse(f"look-up of {name}")
            return real(name)

        return look_up

    def _resolved(self, name: str, found: Iterable[Any]) -> None:
        """Take the addresses of a host that may be reached."""

    def _resolving(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
            name = self._named(host, port)
            found = real(host, port, *args, **options)
            self._resolved(name, found)
            return found

        return getaddrinfo

    def _named(self, host: Any, port: Any) -> str:
        """Return the name of a host that may be reached; stop what asks for any other."""
        name = host.decode() if isinstance(host, bytes) else host or ""
        if not self.lets_through(name):
            self.refuse(f"connect to {name}:{port}")
        return name

    def _in_loop(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Return an event loop's method, which stops what a socket would later, when it is not known who called."""

        async def call(this: asyncio.AbstractEventLoop, *args: Any, **options: Any) -> Any:
            given = [*args[name != "getaddrinfo" :], None, None]
            if name != "create_datagram_endpoint":
                self._named(given[0] or options.get("host"), given[1] or options.get("port"))
            elif (address := given[1] or options.get("remote_addr")) is not None:
                self._named(*address[:2])
            return await real(this, *args, **options)

        return call


class Guard(NameGuard):
    """`with guard.closed():` nothing leaves this process but to this machine, or to a host that is allowed by name."""

    advice = (
        "codex_vcr answers httpx, httpx2, aiohttp, requests and what is built on urllib3 or http.client. For any other "
        "client, and for WebSockets, use the codex_replay fixture and its base_url."
    )

    def __init__(self, allowed: Collection[str] = ()) -> None:
        super().__init__(lambda host: host in self._allowed or _is_local(host))
        self._allowed = {*allowed, socket.gethostname()}
        self._trap = _Trap(self.blocked)

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Close the way out: names are not looked up, and sockets neither connect nor send.

        Clients that bring their own sockets (libcurl, those written in Rust or Go) do not come by here. They read the
        proxy variables: those lead to a trap.
        """
        with ExitStack() as stack:
            for owner, name, replacement in (*self._replacements(), *_proxy_readers(stack)):
                stack.enter_context(mock.patch.object(owner, name, replacement))
            url = stack.enter_context(self._trap.open())
            direct = past_proxies({"NO_PROXY": ",".join([*_LOCAL_HOSTS, *self._allowed])})
            stack.enter_context(environment_with({**dict.fromkeys(HTTP_PROXIES, url), **direct}))
            yield

    def _replacements(self) -> Iterator[tuple[Any, str, Any]]:
        """Yield what is replaced: its owner, its name, and by what."""
        yield from self._look_ups()
        for name, least in _ADDRESSED.items():
            if hasattr(socket.socket, name):
                yield socket.socket, name, self._addressing(name, least)
        for owner, name in _CONNECTED:
            yield owner, name, self._sending(getattr(owner, name))
        for loop in (asyncio.selector_events.BaseSelectorEventLoop, *_loops()[1:]):
            yield loop, "sock_connect", _connecting(loop.sock_connect)
        yield urllib.request, "_opener", None  # it would keep the trap

    def _resolved(self, name: str, found: Iterable[Any]) -> None:
        if name in self._allowed:  # what it resolves to is allowed with it
            self._allowed |= {entry[4][0] for entry in found}

    def _addressing(self, name: str, least: int) -> Callable[..., Any]:
        real = getattr(socket.socket, name)
        what = "connect" if name.startswith("connect") else "send"

        def call(this: socket.socket, *args: Any) -> Any:
            address = args[-1] if len(args) >= least else None
            if address is not None:
                self._check(this, what, address)
            elif what == "send":
                self._check_peer(this)
            try:
                with _refusal_explained():
                    return real(this, *args)
            finally:  # it may connect without waiting
                if address is not None and this.family in _INTERNET and address[1] == self._trap.port:
                    self._trap.met_by(this)

        return call

    def _sending(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def send(this: socket.socket, *args: Any, **options: Any) -> Any:
            self._check_peer(this)
            return real(this, *args, **options)

        return send

    def _check_peer(self, this: socket.socket) -> None:
        """Stop what would send over a connection that was open before."""
        if this.family in _INTERNET:
            try:
                peer = this.getpeername()
            except OSError:  # not connected: sending fails by itself
                return
            self._check(this, "send over an open connection", peer)

    def _check(self, this: socket.socket, what: str, address: Any) -> None:
        if this.family in _INTERNET and not self.lets_through(str(address[0])):
            self.refuse(f"{what} to {address[0]}:{address[1]}")


class _Trap:
    """A proxy that refuses all requests, and notes them."""

    def __init__(self, blocked: list[str]) -> None:
        self._blocked = blocked
        self._callers: dict[int, str] = {}
        """The library behind each connection that a socket of Python's opened, by its port."""
        self.port = 0

    @contextmanager
    def open(self) -> Iterator[str]:
        """Yield the URL of the proxy."""
        stop, stopped = socket.socketpair()
        with socket.create_server(("127.0.0.1", 0)) as listener, stopped:
            thread = threading.Thread(target=self._serve, args=(listener, stopped), name="codex-vcr-trap", daemon=True)
            thread.start()
            self.port = listener.getsockname()[1]
            try:
                yield f"http://127.0.0.1:{self.port}"
            finally:
                stop.close()
                thread.join()

    def met_by(self, this: socket.socket) -> None:
        """Note who has connected a socket."""
        with suppress(OSError):  # it did not
            self._callers[this.getsockname()[1]] = _library(sys._getframe(1))  # noqa: SLF001

    def _serve(self, listener: socket.socket, stopped: socket.socket) -> None:
        while listener in select.select([listener, stopped], [], [])[0]:
            connection, peer = listener.accept()
            connection.settimeout(_REQUEST_S)
            with connection, suppress(OSError):  # its client is gone
                first, *fields = connection.recv(_MAX_REQUEST_BYTES).decode("latin-1").split("\r\n")
                agents = [
                    field.partition(":")[2].strip() for field in fields if field.lower().startswith("user-agent:")
                ]
                library = self._callers.get(peer[1]) or " ".join(agents[:1])
                self._blocked.append(f"{first.rpartition(' ')[0]}{f' by {library}' if library else ''}")
                connection.sendall(_REFUSAL)


def _library(frame: FrameType | None) -> str:
    """Return the libraries that called, e.g. `httpcore2, for httpx2, openai`; empty when there are none."""
    installed = tuple(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    found: dict[str, None] = {}
    while frame is not None:
        name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if name in _RUNNERS:
            break
        if name not in _NO_LIBRARY and frame.f_code.co_filename.startswith(installed):
            found[name] = None
        frame = frame.f_back
    first, *callers = found or [""]
    return f"{first}, for {', '.join(callers)}" if callers else first


def _proxy_readers(stack: ExitStack) -> Iterator[tuple[Any, str, Any]]:
    """Yield what reads the proxy variables in Python: it finds none until `stack` is left, since the guard sees it.

    A module that is imported meanwhile keeps the replacement, which then reads them as before.
    """
    real, left = urllib.request.getproxies, threading.Event()
    stack.callback(left.set)

    def getproxies() -> dict[str, str]:
        return real() if left.is_set() else {}

    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get("getproxies") is real:
            yield module, "getproxies", getproxies


def _loops() -> list[Any]:
    """Return the classes of event loops: asyncio's looks names up in a thread, uvloop's by a resolver of its own."""
    uvloop = [sys.modules["uvloop"].Loop] if "uvloop" in sys.modules else []
    return [asyncio.BaseEventLoop, *uvloop]


def _connecting(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return an event loop's method, which learns only later than the socket's that a connection was refused."""

    async def sock_connect(this: asyncio.AbstractEventLoop, *args: Any) -> None:
        with _refusal_explained():
            await real(this, *args)

    return sock_connect


@contextmanager
def _refusal_explained() -> Iterator[None]:
    """Let a connection that was refused say what to do; only this machine can refuse one here."""
    try:
        yield
    except ConnectionRefusedError as error:
        raise ConnectionRefusedError(error.errno, f"{error.strerror}. {_NOT_ANSWERED}") from error


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.lower() in _LOCAL_NAMES or host.lower().endswith(".localhost")
    return address.is_loopback or address.is_unspecified
