"""What is odd on the line of a word of secrecy."""

import pytest

from pytest_codex_replay.sharing.review.odd_words import (
    could_be_odd,
    is_of_programs,
    odd_in,
    odd_quotes,
    speaks_of_secrets,
)
from pytest_codex_replay.sharing.review.secret_nouns import NOUN


@pytest.mark.parametrize(
    "value", ["cabbagepatch", "tonerlow3", "Sinigang_na_hipon", "GoatCheeseBoard!", "gattoneropigro"]
)
def test_a_word_that_no_language_has_is_odd(value: str) -> None:
    """Words as one, a word with a number, words with a capital that a sign joins."""
    assert could_be_odd(value)


@pytest.mark.parametrize("value", ["yesterday", "README.md", "https://a.example/x", "MAX_RETRIES", "1.2.3", "config"])
def test_words_and_names_are_not(value: str) -> None:
    """Of languages, of programs, of files and pages."""
    assert not could_be_odd(value)


def test_what_is_odd_stands_bare_or_in_quotes() -> None:
    """Several words stand in quotes."""
    text = 'they set cabbagepatch, then "herons by the weir"'

    assert [value for _, value in odd_in(text, 0, len(text))] == ["herons by the weir", "cabbagepatch"]


def test_a_name_of_a_program_is_not_odd_unless_anything_may_be() -> None:
    """Words that an underscore joins are a name where one of them is of programs."""
    text = "the value wombat_config, plumcot_burrow and GoatKwarqe"

    assert [value for _, value in odd_in(text, 0, len(text))] == ["plumcot_burrow"]
    assert "GoatKwarqe" in [value for _, value in odd_in(text, 0, len(text), is_any=True)]


def test_the_name_of_a_member_is_no_quoted_value() -> None:
    """What a colon or a bracket follows names something."""
    text = """{'gattoneropigro': x['rhubarbcrumble'], y: 'cabbagepatch'}"""

    assert [value for _, value in odd_quotes(text, 0, len(text))] == ["cabbagepatch"]


@pytest.mark.parametrize("text", ["Overpass", "a session", "passing"])
def test_some_words_of_secrecy_say_much_else(text: str) -> None:
    """Parts of other words, and sessions."""
    assert not any(speaks_of_secrets(text, noun) for noun in NOUN.finditer(text))
    assert speaks_of_secrets("password", next(NOUN.finditer("password")))


def test_words_of_programs_are_no_password() -> None:
    """Unless there is a number or another word."""
    assert is_of_programs("req.body")
    assert is_of_programs("confirmPassword")
    assert not is_of_programs("req.wombat")
    assert not is_of_programs("server1")
