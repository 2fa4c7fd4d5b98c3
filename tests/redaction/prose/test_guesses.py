"""Guesses at a password."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.prose.guesses import GUESSES
from tests.growth import assert_linear, repeated


def found_in(text: str) -> list[str]:
    return [one.secret for one in Finder((GUESSES,)).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "not sure which, try openUp.shed-2 or shed-openUp as admin password",
        "either openUp.shed-2 or shed-openUp is the root password",
        "one of: openUp.shed-2, shed-openUp should be the password for the zip",
        "not sure about the wifi password, maybe openUp.shed-2? or shed-openUp?",
        "probier openUp.shed-2 oder shed-openUp als Passwort",
        "essaie openUp.shed-2 ou bien shed-openUp comme mot de passe",
        "prueba openUp.shed-2 o shed-openUp como contrase\u00f1a",
    ],
)
def test_each_of_some_guesses_is_a_password(text: str) -> None:
    """One that has the form of a password tells what the others are."""
    assert found_in(text) == ["openUp.shed-2", "shed-openUp"]


@pytest.mark.parametrize(
    "text",
    [
        "try bcrypt or argon2id as password hash",
        "either read-only or read/write, the password is asked once",
        "try pass-store or key-vault as password store",
        "maybe re-enter the password, or try again later",
        "one of: UPPER_CASE, lower_case, digits; the password needs two",
        "the password could be empty or null",
        "The password prompt hangs, then try Ctrl+C",
        "the password is rejected, try Ctrl+C or Ctrl+D",
        "try Chrome-120 or Firefox-118, the password field is hidden there",
    ],
)
def test_algorithms_modes_and_programs_stay(text: str) -> None:
    """Two of them stand beside the noun as often."""
    assert found_in(text) == []


def test_a_long_text_takes_linear_time() -> None:
    """Of nouns, of guesses, of commas."""
    for unit in ("password ", "try abcde, ", "password either a-bcde or ", "maybe "):
        assert_linear(repeated(unit), Finder((GUESSES,)).find, 20_000)
