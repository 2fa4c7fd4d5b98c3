"""What is guessed of a text, and in which order."""

import pytest

from pytest_codex_replay.sharing.review.guesses import guesses_in
from tests.growth import assert_linear, repeated


def guesses(text, member="text", found=()):
    return [value for _, value, _, _ in guesses_in(text, member, found)]


def test_the_best_guess_comes_first_and_each_is_behind_the_one_before():
    """Scores of all are below those of what was found."""
    scores = [score for _, _, _, score in guesses_in("ssh as marek, when it asks say gooseberry", "text", ())]

    assert guesses("ssh as marek, when it asks say gooseberry")[0] in {"gooseberry", "marek"}
    assert scores == sorted(scores, reverse=True)
    assert all(one < 0 for one in scores)


def test_at_most_six_are_guessed():
    """A person reads the list."""
    text = "the router knows " + ", ".join(f"'wobblyknees{letter}'" for letter in "abcdefghij")

    assert len(guesses(text)) == 6


def test_what_stands_in_the_place_of_a_placeholder_is_guessed():
    """In the lines beside it: a list of logins, a table."""
    text = "shop1:[[REDACTED:password:1]]\nshop2:mostrador\nshop3:vitrina\n"

    assert set(guesses(text, "output")) == {"mostrador", "vitrina"}


def test_what_was_found_is_not_guessed_again():
    """Nor a part of it; several words in quotes are one value, whatever was found within."""
    text = "unzip -P 'rain check' a.zip; the router is wobblyknees"
    at = text.index("rain")

    assert "wobblyknees" not in guesses(text, found=[(text.index("wobbly"), "wobblyknees", "", 3)])
    assert "rain check" in guesses(text, found=[(at, "rain", "zip", 2)])


@pytest.mark.parametrize("member", ["type", "name", "status", "call_id"])
def test_names_of_the_protocol_are_no_guesses(member):
    """Only what is told, called and answered."""
    assert guesses("the wifi is wobblyknees", member) == []


@pytest.mark.parametrize("unit", ["[[REDACTED:token:1]] a\n", "the wifi is so\n", "a: b\n"])
def test_a_long_text_takes_time_by_its_length(unit):
    """Also one that is made to be slow."""
    assert_linear(repeated(unit), guesses, 8_000)


@pytest.mark.parametrize(
    "text",
    [
        "Generate a concise title.\n\nUser prompt:\nhello",
        "write a haiku about autumn",
        "Summarize the changes in this branch",
    ],
)
def test_ordinary_words_far_from_what_speaks_of_access_are_no_guesses(text):
    """A person reads the list, and every prompt has words."""
    assert [*guesses_in(text, "text", ())] == []
