"""Names by which people log in."""

import pytest

from pytest_codex_replay.redaction.identity.logins import is_login


@pytest.mark.parametrize("name", ["mbauer", "m.bauer", "jane%20doe", "12345678"])
def test_a_name_or_a_long_number_may_be_that_of_a_person(name: str) -> None:
    """Encoded for a URL or not."""
    assert is_login(name)


@pytest.mark.parametrize(
    "name", ["svc-deploy", "oauth2", "deploy-7", "githubbot", "dbuser", "BACKUP", "123", "release"]
)
def test_what_programs_log_in_with_is_none(name: str) -> None:
    """A word of it, its end, or its capitals say so."""
    assert not is_login(name)
