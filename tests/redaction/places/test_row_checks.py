"""The functions that a row of data may name."""

from pytest_codex_replay.redaction.places.row_checks import CHECKS


def test_each_is_named_by_what_it_tells() -> None:
    """A row says `is_secret = "is_random"`; helpers of a module are no checks."""
    assert {"is_random", "is_placed", "is_beside_login"} <= CHECKS.keys()
    assert all(name.startswith("is_") and callable(check) for name, check in CHECKS.items())
