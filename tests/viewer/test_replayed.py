"""A replay as the page shows it: misses stand in their place."""

from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import multi_turn
from pytest_codex_replay.viewer.replayed import SentRequest, sent_blocks, with_replay
from pytest_codex_replay.viewer.summary import summary_of


@pytest.fixture
def summary(talk, tmp_path: Path) -> dict[str, Any]:
    """Two turns of one request each."""
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    client.turn("Who am I?")
    return summary_of(open_archive(client.write(tmp_path / "s"))[0])


def sent(number: int, interaction: int | None, miss: str | None = None) -> SentRequest:
    return SentRequest(number=number, method="POST", url="/", body={}, interaction=interaction, miss=miss)


@pytest.mark.parametrize(
    ("requests", "kinds"),
    [
        ([sent(1, 1), sent(2, 2, "no")], [["user", "assistant"], ["miss", "user", "assistant"]]),
        ([sent(1, 1), sent(2, 1, "no")], [["user", "assistant", "miss"], ["user", "assistant"]]),
        ([sent(1, None, "no")], [["user", "assistant"], ["user", "assistant", "miss"]]),
        ([sent(1, 1)], [["user", "assistant"]] * 2),
    ],
)
def test_a_miss_stands_where_it_happened(summary, requests: list[SentRequest], kinds: list[list[str]]) -> None:
    """Instead of the nearest request; behind it if that was served; at the end where none is near."""
    shown = with_replay(summary, "test_it", requests)

    assert [[item["kind"] for item in turn["items"]] for turn in shown["turns"]] == kinds
    assert [one["text"] for one in shown["problems"]] == [one.miss for one in requests if one.miss]


def test_a_miss_of_a_session_without_turns_is_a_problem(summary) -> None:
    """It has no place in a conversation."""
    shown = with_replay(summary | {"turns": []}, "test_it", [sent(1, None, "no")])

    assert shown["problems"][0] == {"turn": None, "interaction": None, "text": "no", "sent": 1}


def test_what_was_sent_is_a_block() -> None:
    """By the number of the request."""
    assert dict(sent_blocks([sent(3, 1)])) == {"q3": {"method": "POST", "url": "/", "request": {}, "differs": None}}
