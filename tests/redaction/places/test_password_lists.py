"""Lists and maps whose name says that they hold passwords."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import RULES


@pytest.mark.parametrize(
    "text",
    [
        "declare -A PW=( [router]='X' [nas]='Y' )",
        "my %passwords = (router => 'X', nas => 'Y');",
        'passwords = {"router": "X", "nas": "Y"}',
        'DB_PASSWORDS = ["X", "Y"]',
        "$pws = @{ router = 'X'; nas = 'Y' }",
        "PW[nas]='X'\nPW[router]='Y'\n",
    ],
)
def test_the_values_of_a_list_of_passwords_are_secrets(text: str) -> None:
    """In the languages of shells and of programs; words may have blanks."""
    found = {
        one.secret for one in Finder(RULES).find(text.replace("X", "Compass Heron").replace("Y", "plates.stacker"))
    }

    assert found == {"Compass Heron", "plates.stacker"}


@pytest.mark.parametrize(
    "text",
    [
        'passwords = ["password", "user_password", "DB_PASSWORD"]',
        'passwords = {"type": "string", "label": "Passwords"}',
        "bypass=( [a]='Compass-Heron' )",
        "pass = {'name': 'render-target'}",
    ],
)
def test_lists_of_names_stay(text: str) -> None:
    """Nor is every word that ends so the name of a password."""
    assert Finder(RULES).find(text) == []
