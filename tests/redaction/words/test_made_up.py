"""Passwords that a person made up."""

import pytest

from pytest_codex_replay.redaction.words.made_up import is_handed_over, is_made_up, is_stated


@pytest.mark.parametrize(
    "value",
    [
        "Summer2024!",
        "q7Zp92mKxW4t",
        "tender_ribbon_47",
        "Otter-Kelp-19",
        "garden-hose-lamp",
        "BlueKite77",
        "Regen!bogen",
    ],
)
def test_letters_with_a_number_a_sign_or_capitals_are_made_up(value: str) -> None:
    """Then a sentence that states it, or hands it over, needs no more."""
    assert is_made_up(value)
    assert is_stated(value)
    assert is_handed_over(value)


@pytest.mark.parametrize("value", ["4f2a9c1", "jane2@corp.io", "required", "user_name", "SHA256", "$PASSWORD"])
def test_a_commit_an_address_and_a_word_are_not(value: str) -> None:
    """Nor is an algorithm, or a variable."""
    assert not is_made_up(value)
    assert not is_stated(value)
    assert not is_handed_over(value)


def test_a_word_and_a_number_are_enough_where_nothing_else_is_told() -> None:
    """Elsewhere many things are called so."""
    assert is_stated("kestrel-88")
    assert is_handed_over("lighthouse42")
    assert not is_made_up("kestrel-88")
    assert not is_made_up("lighthouse42")
