"""Which sessions are read."""

from datetime import UTC, datetime

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.spark.choice import choice_of

BEGAN = datetime(2026, 11, 28, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "is_read"),
    [
        ({}, True),
        ({"since": "2026-11-28"}, True),
        ({"since": "2026-11-28T23:00"}, True),
        ({"since": "2026-11-29T00:30+01:00"}, False),
        ({"until": "2026-11-28T23:00"}, False),
        ({"since": "2026-11-28", "until": "2026-11-29"}, True),
        ({"model": "gpt-5.4"}, True),
        ({"model": "gpt-5"}, False),
        ({"model": "gpt-5.4", "until": "2026-11-01"}, False),
    ],
)
def test_a_session_is_chosen_by_start_and_model(options, is_read):
    """A time without a zone is UTC: workers may be anywhere."""
    assert choice_of(options).takes(BEGAN, ["gpt-5.4"]) is is_read


@pytest.mark.parametrize("option", ["since", "until"])
def test_a_session_with_times_made_up_has_no_start(option):
    """It is read only where no time is asked for."""
    assert not choice_of({option: "2026-11-28"}).takes(None, [])
    assert choice_of({}).takes(None, [])


def test_what_is_not_a_time_is_named():
    """With what to write."""
    with pytest.raises(UsageError, match=r"option since: 'yesterday' is not a time. Write 2026-11-01"):
        choice_of({"since": "yesterday"})
