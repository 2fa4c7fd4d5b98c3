"""Speeds."""

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.replay.reply import Speed


@pytest.mark.parametrize(("text", "delay_ms"), [("instant", 0), ("recorded", 100), ("10", 10), ("0.5", 200)])
def test_a_speed_says_how_long_to_wait(text: str, delay_ms: float) -> None:
    """A number says how many times faster than recorded."""
    speed = Speed.parse(text)

    assert speed.delay_ms(100) == delay_ms


def test_a_clock_that_went_back_is_no_wait() -> None:
    """Recorded times may run backwards."""
    assert Speed.parse("recorded").delay_ms(-5) == 0


@pytest.mark.parametrize("text", ["fast", "0", "-1", "nan", "inf", ""])
def test_a_speed_that_is_none_is_refused(text: str) -> None:
    """The message says what may be used."""
    with pytest.raises(UsageError, match=r"unknown speed .*: use instant, recorded, or a factor such as 10"):
        Speed.parse(text)
