"""Patterns that users write."""

import pytest

from pytest_codex_replay.wire.linear_pattern import linear_pattern
from tests.growth import assert_linear


def test_a_pattern_finds_what_it_matches() -> None:
    """With the groups that it names."""
    assert linear_pattern(r"id=(?P<id>\d+)").search("a id=42 b").group("id") == "42"


@pytest.mark.parametrize(
    ("pattern", "why"), [("(", "missing"), (r"(?=a)", "invalid perl operator"), (r"\1", "invalid escape")]
)
def test_another_one_is_told_what_is_wrong(pattern: str, why: str) -> None:
    """Look-around and references back have no linear search."""
    with pytest.raises(ValueError, match=why):
        linear_pattern(pattern)


def test_no_pattern_takes_longer_than_its_text() -> None:
    """Where an engine that goes back would take a time without end."""
    assert_linear(lambda chars: "a" * chars, lambda text: linear_pattern("(a*)*b").search(text), 20_000)
