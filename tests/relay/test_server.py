"""The relay's way to the upstream: proxies of the environment, and what it does when nobody answers."""

import asyncio
import base64
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
import httpx
import pytest
from aiohttp import web
from yarl import URL

from pytest_codex_replay.archive.record import EndRecord, FlowEnd
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.recorder.options import OPTIONS, read_settings
from pytest_codex_replay.recorder.runs import Runs
from pytest_codex_replay.relay.server import Relay, proxy_for

API = URL("https://api.openai.com/v1/responses")
DEFAULTS = {name: option.default for name, option in OPTIONS.items()}
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no proxy."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTP_PROXY": "http://proxy.example:3128"}, None),
        ({"ALL_PROXY": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "openai.com"}, None),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "example.org"}, "http://proxy.example:3128"),
    ],
)
def test_a_proxy_of_the_environment(
    proxies: pytest.MonkeyPatch, variables: dict[str, str], expected: str | None
) -> None:
    """The one for the upstream's scheme, else the one for all; none for a host that is excepted."""
    for name, value in variables.items():
        proxies.setenv(name, value)

    assert proxy_for(API) == (URL(expected) if expected else None)


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("all_proxy", "socks5://me:secret@proxy.example:1080", r"is not an HTTP proxy \(socks5://proxy.example:1080\)"),
        ("https_proxy", "socks5h://127.0.0.1:9050", r"is not an HTTP proxy \(socks5h://127.0.0.1:9050\)"),
        ("https_proxy", "http://[", "is not a URL"),
        ("https_proxy", "http://", "names no host"),
    ],
)
def test_a_proxy_that_cannot_be_used(proxies: pytest.MonkeyPatch, variable: str, value: str, why: str) -> None:
    """One line names the variable before anything is sent, and no password is in it."""
    proxies.setenv(variable, value)
    relay = Relay("https://api.openai.com", Runs(lambda _: None, "tests"))

    with pytest.raises(UsageError, match=f"^{variable.upper()} {why}: .* NO_PROXY.$") as raised:
        relay.__enter__()

    assert "secret" not in str(raised.value)


def test_a_proxy_that_is_changed_meanwhile(proxies: pytest.MonkeyPatch) -> None:
    """Its client is told; nothing is sent anywhere."""
    with Relay("http://api.example", Runs(lambda _: None, "tests")) as relay, httpx.Client(trust_env=False) as client:
        proxies.setenv("all_proxy", "socks5://127.0.0.1:1")
        response = client.get(relay.base_url)

    assert response.status_code == 502
    assert response.text.startswith("codex-replay: ALL_PROXY is not an HTTP proxy")


@pytest.mark.parametrize("header", [{"host": "attacker.example"}, {"origin": "https://attacker.example"}])
def test_a_web_page_is_refused(proxies: pytest.MonkeyPatch, header: dict[str, str]) -> None:
    """Its requests do not reach the upstream, with whatever key it sends, and are not recorded."""
    runs = Runs(lambda _: None, "tests")
    with Relay("http://127.0.0.1:1", runs) as relay, httpx.Client(trust_env=False) as client:
        response = client.get(relay.base_url, headers=header)

    assert (response.status_code, runs.open) == (403, {})
    assert "attacker.example" in response.text


def test_the_proxy_gets_its_password_and_the_upstream_does_not(proxies: pytest.MonkeyPatch) -> None:
    """A company's proxy is asked for the upstream, with the user and password of its URL."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxies.setenv("http_proxy", f"http://me:secret@127.0.0.1:{listener.getsockname()[1]}")

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

        thread = threading.Thread(target=answer)
        thread.start()
        with (
            Relay("http://api.example", Runs(lambda _: None, "tests")) as relay,
            httpx.Client(trust_env=False) as client,
        ):
            response = client.get(f"{relay.base_url}/v1/models")
        thread.join()

    password = base64.b64encode(b"me:secret")
    assert response.text == "ok"
    assert seen[0].startswith(b"GET http://api.example/v1/models HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " + password in seen[0]


def test_another_upstream_has_an_address_of_its_own(proxies: pytest.MonkeyPatch) -> None:
    """The host is in it; a number that was not given out is a path like any other."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        asked: list[tuple[int, bytes]] = []

        def answer() -> None:
            for number, listener in enumerate((second, second, first)):
                connection, _ = listener.accept()
                with connection:
                    asked.append((number, connection.recv(65536).split(b" HTTP/")[0]))
                    connection.sendall(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        ports = [one.getsockname()[1] for one in (first, second)]
        with (
            Relay(f"http://127.0.0.1:{ports[0]}", Runs(lambda _: None, "tests")) as relay,
            httpx.Client(trust_env=False) as client,
        ):
            other = relay.route(f"http://me:pw@127.0.0.1:{ports[1]}/")
            for url in (f"{other}/v1/models?a=%2F", other, f"{relay.base_url}/~2/x/v1"):
                client.get(url)
        thread.join()

    assert other == f"{relay_url(other)}/~1/127.0.0.1:{ports[1]}"
    assert asked == [(0, b"GET /v1/models?a=%2F"), (1, b"GET /"), (2, b"GET /~2/x/v1")]


@pytest.mark.parametrize("announced", [b"Trailer: X-Sum\r\n", b""])
def test_what_comes_beside_an_answer(proxies: pytest.MonkeyPatch, announced: bytes) -> None:
    """An interim answer is passed on before the head that follows it; trailers, which aiohttp drops, are counted."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\n" + announced + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    runs = Runs(lambda _: None, "tests")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)  # seconds; a request that does not come fails the test

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(hints + head + b"2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Relay(origin, runs) as relay, socket.create_connection(("127.0.0.1", relay.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            got = b"".join(iter(lambda: client.recv(65536), b""))
        thread.join()

    assert got.startswith(hints + b"HTTP/1.1 200 OK\r\n")
    assert b"hi" in got
    assert dict(runs.withheld) == {f"the trailers 'X-Sum' of {origin}": 1}


@pytest.mark.parametrize("ending", [b"0\r\n\r\n", b"0;x=1\r\n\r\n"])
def test_a_body_that_looks_like_trailers(proxies: pytest.MonkeyPatch, ending: bytes) -> None:
    """Only what stands behind the last chunk is one."""
    body = b"\r\n0\r\nX: 1\r\n"
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    with answering(head + b"%x\r\n%b\r\n" % (len(body), body) + ending) as (relay, _):
        with httpx.Client(trust_env=False) as client:
            response = client.get(relay.base_url)

        assert response.content == body
        assert not relay._runs.withheld


def relay_url(address: str) -> str:
    return str(URL(address).origin())


def test_a_request_that_reaches_no_upstream_is_counted(proxies: pytest.MonkeyPatch) -> None:
    """With the reason, which the client gets, too."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    runs = Runs(lambda _: None, "tests")
    with Relay(f"http://127.0.0.1:{port}", runs) as relay, httpx.Client(trust_env=False) as client:
        answer = client.get(relay.base_url)

    ((why, count),) = runs.unreached.items()
    assert (answer.status_code, answer.text, count) == (502, f"codex-replay: {why}\n", 1)
    assert why.startswith(f"http://127.0.0.1:{port} could not be reached: Cannot connect to host 127.0.0.1:{port} [")


def test_a_path_with_an_end_of_line_is_passed_on(proxies: pytest.MonkeyPatch) -> None:
    """The relay answers no request by itself."""
    seen = b""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            nonlocal seen
            connection, _ = listener.accept()
            with connection:
                while b"\r\n\r\n" not in seen:
                    seen += connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        upstream = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Relay(upstream, Runs(lambda _: None, "tests")) as relay, httpx.Client(trust_env=False) as client:
            response = client.get(f"{relay.base_url}/a%0Ab%0D", timeout=60)
        thread.join(timeout=5)

    assert response.text == "ok"
    assert seen.startswith(b"GET /a%0Ab%0D HTTP/1.1")


def test_a_proxy_that_refuses_is_named_without_its_password(proxies: pytest.MonkeyPatch) -> None:
    """Neither the client nor the recording gets it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxies.setenv("https_proxy", f"http://me:secret@127.0.0.1:{listener.getsockname()[1]}")

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        with (
            Relay("https://api.example", Runs(lambda _: None, "tests")) as relay,
            httpx.Client(trust_env=False) as client,
        ):
            response = client.get(relay.base_url)
        thread.join()

    assert response.text == (
        "codex-replay: https://api.example could not be reached: its proxy answered 407 Who are you\n"
    )


@contextmanager
def answering(raw: bytes, times: int = 1) -> Iterator[tuple[Relay, list[bytes]]]:
    """Relay to an upstream that answers so many requests with these bytes; yield the relay and what was asked."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in range(times):
                connection, _ = listener.accept()
                with connection:
                    seen.append(connection.recv(65536))
                    connection.sendall(raw)

        thread = threading.Thread(target=answer)
        thread.start()
        upstream = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Relay(upstream, Runs(lambda _: None, "tests")) as relay:
            yield relay, seen
        thread.join()


def test_a_netrc_gives_no_credential(proxies: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The relay sends what its client sends, and nothing that it finds on the machine."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    proxies.setenv("HOME", str(tmp_path))
    proxies.setenv("NETRC", str(tmp_path / ".netrc"))
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    with answering(answer) as (relay, seen), httpx.Client(trust_env=False) as client:
        response = client.get(relay.base_url)

    assert (response.status_code, response.content) == (204, b"")
    assert b"authorization" not in seen[0].lower()


def test_a_redirection_is_an_answer(proxies: pytest.MonkeyPatch) -> None:
    """It is not followed: what the client sends must not reach a host that its user did not name. Upgrades neither."""
    answer = (
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://elsewhere.example/\r\n"
        b"content-length: 0\r\nconnection: close\r\n\r\n"
    )
    with answering(answer, times=2) as (relay, _), httpx.Client(trust_env=False) as client:
        plain = client.get(relay.base_url)
        upgrade = client.get(relay.base_url, headers={"connection": "upgrade", "upgrade": "websocket"})

    assert [(one.status_code, one.headers["location"]) for one in (plain, upgrade)] == [
        (307, "http://elsewhere.example/")
    ] * 2


def test_a_client_that_leaves_ends_the_request_upstream(proxies: pytest.MonkeyPatch) -> None:
    """A cancelled call is cancelled upstream, too: it would cost tokens otherwise."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        upstream = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Relay(upstream, Runs(lambda _: None, "tests")) as relay:

            async def leave() -> bytes:
                _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
                writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                connection, _ = await asyncio.to_thread(listener.accept)
                with connection:
                    connection.settimeout(30)
                    await asyncio.to_thread(connection.recv, 65536)
                    writer.close()
                    return await asyncio.to_thread(connection.recv, 65536)

            assert asyncio.run(leave()) == b""


def test_what_is_open_when_the_relay_stops_ends_with_it(proxies: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not by its client, which is still there: an answer that had begun, and a WebSocket."""
    runs = Runs(lambda _: None, "tests")
    runs.start(read_settings({**DEFAULTS, "codex_sessions": str(tmp_path / "archive")}, {}))
    has_begun = threading.Semaphore(0)

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.WebSocketResponse() if "upgrade" in request.headers else web.StreamResponse()
        await response.prepare(request)
        if isinstance(response, web.WebSocketResponse):
            await response.send_str("begun")
        else:
            await response.write(b"begun")
        await asyncio.Event().wait()
        return response

    async def stay(url: str) -> None:
        async with aiohttp.ClientSession() as client, client.get(url) as stream, client.ws_connect(url) as websocket:
            await stream.content.readany()
            await websocket.receive()
            has_begun.release()
            await websocket.receive()

    app = web.Application()
    app.router.add_get("/", answer)
    with LoopbackServer(app) as upstream:
        with Relay(upstream.base_url, runs) as relay:
            staying = threading.Thread(target=asyncio.run, args=[stay(relay.base_url)])
            staying.start()
            has_begun.acquire()
        runs.stop()
        staying.join()
    (session,) = open_sessions(tmp_path / "archive")

    ends = [record for record in session.records() if isinstance(record, EndRecord)]
    assert [(end.how, end.close_code) for end in ends] == [(FlowEnd.SHUTDOWN, None)] * 2


def test_an_exchange_with_an_interim_answer_and_trailers_is_whole(proxies: pytest.MonkeyPatch) -> None:
    """They do not reach the client; head and body do."""
    answer = (
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
        b"2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n"
    )
    with answering(answer) as (relay, _), httpx.Client(trust_env=False) as client:
        response = client.get(relay.base_url)

    assert (response.status_code, response.text) == (200, "ok")
    assert not {"link", "trailer", "x-sum"} & {*response.headers}


def test_an_error_of_the_relay_is_a_warning_of_the_recorder(
    proxies: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With its traceback; its client is answered, its flow is over, and nothing else is logged for a terminal."""

    async def fails(*_: object) -> web.StreamResponse:
        raise LookupError("a bug")

    proxies.setattr("pytest_codex_replay.relay.server.relay_http", fails)
    runs = Runs(lambda _: None, "tests")
    with Relay("http://127.0.0.1:1", runs) as relay, httpx.Client(trust_env=False) as client:
        response = client.get(relay.base_url)

    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert (response.status_code, runs.open) == (500, {})
    assert record.getMessage() == "codex recorder: relay failed, traffic goes on without a record"


@pytest.mark.parametrize("error", [ConnectionResetError, asyncio.CancelledError])
def test_a_flow_is_over_when_its_client_is_gone(proxies: pytest.MonkeyPatch, error: type[BaseException]) -> None:
    """Wherever the relay was: while it read the rest of a request that no upstream takes, too."""

    async def leaves(*_: object) -> web.StreamResponse:
        raise error

    proxies.setattr("pytest_codex_replay.relay.server.relay_http", leaves)
    runs = Runs(lambda _: None, "tests")
    with Relay("http://127.0.0.1:1", runs) as relay, suppress(httpx.HTTPError):
        httpx.get(relay.base_url, trust_env=False)

    assert runs.open == {}


def test_a_long_head_passes(proxies: pytest.MonkeyPatch) -> None:
    """The head of a request and that of an answer pass at sizes at which aiohttp refuses them by itself."""
    long = "a" * 60_000
    seen = b""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            nonlocal seen
            connection, _ = listener.accept()
            with connection:
                while b"\r\n\r\n" not in seen:
                    seen += connection.recv(65536)
                connection.sendall(f"HTTP/1.1 200 OK\r\nx-long: {long}\r\ncontent-length: 2\r\n\r\nok".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        upstream = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Relay(upstream, Runs(lambda _: None, "tests")) as relay, httpx.Client(trust_env=False) as client:
            response = client.get(f"{relay.base_url}/?{long}", headers={"x-long": long})
        thread.join()

    assert (response.text, response.headers["x-long"]) == ("ok", long)
    assert seen.count(long.encode()) == 2
