"""Values beside a login."""

import pytest

from pytest_codex_replay.redaction.places.arguments import is_answered, is_beside_login, is_key_beside
from pytest_codex_replay.redaction.redactor import Redactor


@pytest.mark.parametrize("value", ["t1de_Tables9", "N0rthwind!44", "J6G4DpfEBPap", "l1ghterage", "tender_ribbon_47"])
def test_nothing_is_called_like_a_password(value: str) -> None:
    """Words in which digits stand for letters, words with a number and a sign, and a jumble."""
    assert is_beside_login(value)


@pytest.mark.parametrize(
    "value",
    ["utf8mb4", "web-7d9f8b6c5-x2x9z", "client.pfx", "host1:5432", "no:xdist", "src/v2client", "ed25519", "ops"],
)
def test_what_stands_beside_a_user_may_have_a_name(value: str) -> None:
    """An encoding, a container, a file, a machine, an option, a path, an algorithm."""
    assert not is_beside_login(value)


@pytest.mark.parametrize("value", ["inkJet4Whales", "Sextant.1851", "Sazanami#Kai72"])
def test_an_answer_is_a_password_of_any_form(value: str) -> None:
    """Words with a digit between them, too."""
    assert is_answered(value)


def test_a_key_is_random() -> None:
    """A stand-in is none."""
    assert is_key_beside("a06224d4377ab37a76d9" + "d4f7da446b3e")
    assert not is_key_beside("VERYLONGENCODED" + "EXAMPLExzYW1sOk4")


@pytest.mark.parametrize(
    "text",
    [
        "User intake\nPass @\nTls yes\n",
        "machine imap.lan\naccount ops\nsecret @\n",
        "config wifi\n\toption ssid 'Lagoon'\n\toption key '@'\n",
        "set wireless ssid Lagoon\nset wireless key @\n",
    ],
)
def test_a_line_is_the_password_of_the_account_on_a_line_near_it(text: str) -> None:
    """Name and value with nothing but a blank between them."""
    assert "R33f" not in Redactor().text(text.replace("@", "turtle_R33f"))


@pytest.mark.parametrize(
    "text",
    [
        "Host edge\nforeign key order2_items\n",
        "User bob\nPass through\n",
        "pass turtle_R33f\n",
        "Host edge\nKey ed25519\n",
    ],
)
def test_other_lines_of_a_name_and_a_value_stay(text: str) -> None:
    """A key of a table, a word, a line without an account, an algorithm."""
    assert Redactor().text(text) == text
