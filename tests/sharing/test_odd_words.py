"""What is odd on the line of a word of secrecy."""

import pytest

from pytest_codex_replay.sharing.odd_words import could_be_odd, handed_to_calls, odd_in, opened_in
from tests.growth import assert_linear, repeated


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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('jwt.sign({ id: user.id }, "hookedonabanana")', "hookedonabanana"),
        ("createHmac('sha256', 'hookedonaline')", "hookedonaline"),
        ('DriverManager.getConnection(url, "pos", "zenit2008")', "zenit2008"),
    ],
)
def test_a_call_that_signs_or_logs_in_takes_a_secret(text: str, value: str) -> None:
    """As one of its arguments, which has no name."""
    assert value in [found for _, found, _ in handed_to_calls(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the demo account logs in with rhubarbcrumble", "rhubarbcrumble"),
        ("the volume is locked with herons by the weir.", "herons by the weir"),
    ],
)
def test_what_opens_something_is_found(text: str, value: str) -> None:
    """A word, or several."""
    assert value in [found for _, found, _ in opened_in(text)]


@pytest.mark.parametrize("unit", ["sign(", "login('a', ", "unlock with ", "unlock a "])
def test_a_long_text_takes_time_by_its_length(unit: str) -> None:
    """Also one that is made to be slow."""
    assert_linear(repeated(unit), lambda text: [*handed_to_calls(text), *opened_in(text)], 4_000)
