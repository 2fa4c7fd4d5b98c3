"""A long session is on the screen before all of it is read."""

import asyncio
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.upstream.scenarios import multi_turn
from pytest_codex_replay.viewer import shown
from pytest_codex_replay.viewer.opened import SessionSoFar
from pytest_codex_replay.viewer.search import SearchedTexts
from pytest_codex_replay.viewer.shown import ShownSession


def test_its_beginning_comes_first_and_search_waits_for_the_rest(
    talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version tells that more is there."""
    client = talk(multi_turn())
    for number in range(20):
        client.turn(f"question {number}")
    path = client.write(tmp_path / "s")
    monkeypatch.setattr(shown, "_AT_ONCE_S", 0)

    async def follow() -> None:
        session = ShownSession(path)
        first = await session.look()
        beginning = orjson.loads(session.summary)
        found = await session.find("resp_")
        whole = orjson.loads(session.summary)

        assert (beginning["is_partial"], whole["is_partial"]) == (True, False)
        assert len(beginning["turns"]) < len(whole["turns"]) == 20
        assert found["count"] == 20
        assert await session.look() == session.version != first
        session.close()

    asyncio.run(follow())


def test_what_comes_during_a_search_is_found_by_the_next(talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts of a session that has grown meanwhile are not kept."""
    client = talk(multi_turn())
    client.turn("hi")
    one = ShownSession(client.write(tmp_path / "s"))
    searched: list[SessionSoFar] = []

    def collect(session: SessionSoFar) -> SearchedTexts:
        searched.append(session)
        if len(searched) == 1:
            one.session = one._opened.session()
        return SearchedTexts(session)

    monkeypatch.setattr(shown, "SearchedTexts", collect)

    async def search() -> None:
        for _ in range(3):
            await one.find("hi")
        assert len(searched) == 2
        assert searched[1] is one.session
        one.close()

    asyncio.run(search())


def test_what_is_read_of_the_rest_is_shown_meanwhile(talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time that there is several times as much, so that a page never waits for the end of it."""
    client = talk(multi_turn())
    for number in range(60):
        client.turn(f"question {number}")
    one = ShownSession(client.write(tmp_path / "s"))
    monkeypatch.setattr(shown, "_AT_ONCE_S", 0)
    monkeypatch.setattr(shown, "_PIECE_S", 0)
    seen: list[int] = []
    show = one._show

    async def counted() -> None:
        await show()
        seen.append(len(one.interactions))

    monkeypatch.setattr(one, "_show", counted)

    async def follow() -> None:
        await one.look()
        await one.find("question")
        one.close()

    asyncio.run(follow())
    assert seen == sorted(seen)
    assert 3 < len(seen) < 12
    assert seen[-1] == 60
