"""Counts in words."""

import pytest

from pytest_codex_replay.counting import count_text


@pytest.mark.parametrize(("count", "text"), [(0, "0 turns"), (1, "1 turn"), (2, "2 turns"), (1204, "1,204 turns")])
def test_one_is_one(count: int, text: str) -> None:
    """Everything else is many."""
    assert count_text(count, "turn") == text
