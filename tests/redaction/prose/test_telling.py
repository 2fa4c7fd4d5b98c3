"""The rules for what is told in sentences."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.prose.telling import TELLING


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("the password of the staging box is walnut-42-Pier", "walnut-42-Pier"),
        ("Das Passwort lautet Apfelkuchen!7, bitte ändern.", "Apfelkuchen!7"),
        ("log in as ops with Walnut#Pier9 please", "Walnut#Pier9"),
        ("your verification code is 730412", "730412"),
    ],
)
def test_what_a_sentence_says_is_found(text: str, secret: str) -> None:
    """By one of them, whichever comes first."""
    assert [one.secret for one in Finder(TELLING).find(text)] == [secret]


@pytest.mark.parametrize("text", ["", "the password has to be changed", "the login page is in login.tsx"])
def test_what_only_speaks_of_it_is_left(text: str) -> None:
    """By all of them."""
    assert Finder(TELLING).find(text) == []
