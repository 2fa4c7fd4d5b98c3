"""The relay's way to the upstream: proxies of the environment, and what it does when nobody answers."""

import asyncio
import base64
import socket
import threading
from pathlib import Path

import httpx
import pytest
from yarl import URL

from pytest_codex_replay.recorder.runs import Runs
from pytest_codex_replay.relay.server import Relay, proxy_for

API = URL("https://api.openai.com/v1/responses")
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


def test_a_netrc_gives_no_credential(proxies: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The relay sends what its client sends, and nothing that it finds on the machine."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    proxies.setenv("HOME", str(tmp_path))
    proxies.setenv("NETRC", str(tmp_path / ".netrc"))
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        upstream = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Relay(upstream, Runs(lambda _: None, "tests")) as relay, httpx.Client(trust_env=False) as client:
            response = client.get(relay.base_url)
        thread.join()

    assert (response.status_code, response.content) == (204, b"")
    assert b"authorization" not in seen[0].lower()


def test_a_redirection_is_an_answer(proxies: pytest.MonkeyPatch) -> None:
    """It is not followed: what the client sends must not reach a host that its user did not name. Upgrades neither."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(
                        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://elsewhere.example/\r\n"
                        b"content-length: 0\r\nconnection: close\r\n\r\n"
                    )

        thread = threading.Thread(target=answer)
        thread.start()
        upstream = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Relay(upstream, Runs(lambda _: None, "tests")) as relay, httpx.Client(trust_env=False) as client:
            plain = client.get(relay.base_url)
            upgrade = client.get(relay.base_url, headers={"connection": "upgrade", "upgrade": "websocket"})
        thread.join()

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


@pytest.mark.parametrize("header", [("Host", "evil.example"), ("Origin", "https://evil.example"), ("Origin", "null")])
@pytest.mark.parametrize("upgrade", [{}, {"connection": "upgrade", "upgrade": "websocket"}])
def test_a_web_page_does_not_reach_the_upstream(
    header: tuple[str, str], upgrade: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """It would spend the user's tokens, and put into the archive what it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        upstream = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Relay(upstream, Runs(lambda _: None, "tests")) as relay, httpx.Client(trust_env=False) as client:
            answer = client.get(relay.base_url, headers=[header, *upgrade.items()])
        listener.setblocking(False)  # nobody connected
        with pytest.raises(BlockingIOError):
            listener.accept()

    assert answer.status_code == 403
    assert [record.getMessage().partition(": it")[0] for record in caplog.records] == [
        "codex recorder: refused GET '/'"
    ]
