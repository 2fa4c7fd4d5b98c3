"""Known values: learnt once, removed everywhere."""

import pytest

from pytest_codex_replay.redaction.known import MIN_SECRET_CHARS, KnownValues


def test_nothing_is_removed_before_something_is_learnt() -> None:
    """And the very object comes back."""
    raw = b"anything"

    assert KnownValues().remove(raw) is raw


def test_the_first_placeholder_of_a_secret_stays() -> None:
    """Learning it again, elsewhere, does not rename it."""
    known = KnownValues()
    known.learn("made-up-secret", "[[REDACTED:header:1]]")
    known.learn(" made-up-secret ", "[[REDACTED:query:7]]")

    assert known.remove(b"made-up-secret made-up-secret") == b"[[REDACTED:header:1]] [[REDACTED:header:1]]"


@pytest.mark.parametrize("length", range(MIN_SECRET_CHARS + 2))
def test_short_values_are_not_learnt(length: int) -> None:
    """They would be found by chance in innocent text."""
    known = KnownValues()
    known.learn("q" * length, "gone")

    assert (known.remove(b"q" * 20) != b"q" * 20) == (length >= MIN_SECRET_CHARS)


@pytest.mark.parametrize("value", ["[[REDACTED:header:1]]", "REDACTED", "[[REDACTED:", "        "])
def test_a_placeholder_is_not_learnt(value: str) -> None:
    """Else a second pass would break the placeholders of the first."""
    known = KnownValues()
    known.learn(value, "[[REDACTED:header:2]]")

    assert known.remove(b"[[REDACTED:header:1]]         ") == b"[[REDACTED:header:1]]         "
