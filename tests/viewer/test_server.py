"""The server of the page answers requests with its token, and refuses all others."""

import asyncio
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.upstream.scenarios import multi_turn, text
from pytest_codex_replay.viewer.server import PageServer


@pytest.fixture
def archive(talk, tmp_path: Path) -> Path:
    """Two sessions."""
    for name in ("one", "two"):
        client = talk(text("Hello."))
        client.turn("hi")
        client.write(tmp_path / "archive" / name)
    return tmp_path / "archive"


def asked(server: PageServer, path: str, *, headers: dict[str, str] | None = None, token: str | None = None):
    """Ask a server; return status and text of the answer."""

    async def ask() -> tuple[int, str]:
        async with TestClient(TestServer(server.app())) as client:
            answer = await client.get(path, params={"token": server.token if token is None else token}, headers=headers)
            return answer.status, await answer.text()

    return asyncio.run(ask())


def test_the_archive_is_a_list_and_a_session_a_page(archive: Path) -> None:
    """A single session is shown at once."""
    server = PageServer(archive)

    assert asked(server, "/")[0] == 200
    assert asked(server, "/sessions/one")[0] == 200
    assert server.url(1).startswith("http://127.0.0.1:1/?token=")
    assert PageServer(archive / "one").url(1, "turn=1").startswith("http://127.0.0.1:1/sessions/one?token=")


def test_a_request_and_its_answer(archive: Path) -> None:
    """By its number; ids may be shortened."""
    server = PageServer(archive)

    assert '"kind":"assistant"' in asked(server, "/api/sessions/on")[1]
    assert '"context":[' in asked(server, "/api/sessions/one/interactions/1")[1]
    assert asked(server, "/api/sessions/one/interactions/9") == (404, "interaction 9: not found")
    assert asked(server, "/api/sessions/one/interactions/x")[0] == 404
    assert asked(server, f"/api/sessions/one/interactions/{'9' * 5000}")[0] == 404


@pytest.mark.parametrize("path", ["/", "/sessions/one", "/api/sessions/one", "/api/sessions/one/interactions/1"])
@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, ""),
        ({}, "wrong"),
        ({}, "ü"),
        ({"origin": "http://evil.example"}, None),
        ({"host": "evil.example"}, None),
        ({"sec-fetch-site": "cross-site"}, None),
    ],
)
def test_others_are_refused(archive: Path, path: str, headers: dict[str, str], token: str | None) -> None:
    """Without the token, from a web page, or by another name of this machine."""
    status, said = asked(PageServer(archive), path, headers=headers, token=token)

    assert status == 403
    assert said.startswith("refused: ")


def test_a_session_that_does_not_exist_is_one_line(archive: Path) -> None:
    """The nearest names are in it."""
    status, said = asked(PageServer(archive), "/api/sessions/three")

    assert status == 404
    assert "one, two" in said
    with pytest.raises(UsageError, match="no session begins with 'three'"):
        PageServer(archive, "three")


def test_a_session_that_grows_is_read_anew(archive: Path, talk) -> None:
    """The page is told, and asks again."""
    server = PageServer(archive)
    longer = talk(multi_turn())
    longer.turn("My name is Ada.")
    longer.turn("Who am I?")

    async def follow() -> tuple[int, int]:
        async with TestClient(TestServer(server.app())) as client:
            token = {"token": server.token}
            before = await (await client.get("/api/sessions/one", params=token)).json()
            known = token | {"version": before["version"]}
            changes = await client.get("/api/sessions/one/changes", params=known)
            await asyncio.to_thread(longer.write, archive / "one")
            assert await asyncio.wait_for(changes.content.readline(), 10) == b"event: change\n"
            after = await (await client.get("/api/sessions/one", params=token)).json()
            return len(before["turns"]), len(after["turns"])

    before, after = asyncio.run(follow())

    assert before < after
