"""Only the requests of a cassette change, in each of its sessions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import MessageRecord, Record, RequestRecord
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.sharing.adoption.adopted_sessions import adopted_sessions
from tests.adoption import CASSETTES, older, replayed, todays_requests, whole


def others(records: list[Record]) -> Iterator[Record]:
    """Yield what is not a request."""
    for one in records:
        if not isinstance(one, RequestRecord) and not (isinstance(one, MessageRecord) and one.from_client):
            yield one


def written(cassette: Path, requests: list[Request]) -> list[list[Record]]:
    _, played = replayed(cassette, requests)
    return adopted_sessions([one.records() for one in open_sessions(cassette)], played, UserRules())


@pytest.mark.parametrize("name", ["rate-limit", "review", "non-ascii"])
def test_answers_and_times_stay(name: str, tmp_path: Path) -> None:
    """Byte for byte, whatever carried them."""
    cassette = older(CASSETTES / name, tmp_path / name)
    before = list(open_sessions(cassette)[0].records())

    (after,) = written(cassette, todays_requests(CASSETTES / name))

    assert list(others(after)) == list(others(before))
    assert [one.at_ms for one in after] == [one.at_ms for one in before]
    assert after == list(open_sessions(CASSETTES / name)[0].records())


def test_each_session_gets_its_own(tmp_path: Path) -> None:
    """Of a cassette with several; flows and responses are called the same in each."""
    names = ("older-tool-loop", "review")
    for name in names:
        older(CASSETTES / name, tmp_path / "several" / name)
        whole(CASSETTES / name, tmp_path / "today" / name)

    after = written(tmp_path / "several", todays_requests(tmp_path / "today"))

    assert after == [list(one.records()) for one in open_sessions(tmp_path / "today")]
