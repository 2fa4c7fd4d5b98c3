"""The functions by which a row of data may judge a value alone."""

from pytest_codex_replay.redaction.words import states
from pytest_codex_replay.redaction.words.value_checks import VALUE_CHECKS, checks_of


def test_each_is_named_by_what_it_tells() -> None:
    """Helpers of a module, and its patterns, are no checks."""
    assert {"is_random", "is_placed", "is_made_up"} <= VALUE_CHECKS.keys()
    assert checks_of(states) == {"is_state": states.is_state}
