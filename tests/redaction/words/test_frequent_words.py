"""The words that people use often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.redaction.words.frequent_words import HASHES, bits_of, is_frequent


@pytest.mark.parametrize(
    "word",
    [
        "password",
        "Router",
        "TURNIP",
        "Datenbank",
        "serveur",
        "hasło",
        "контейнер",
        "ήταν",
        "salasanan",
        "tolong",
        "שלום",
        "λάθος",
        "größer",
    ],
)
def test_words_of_many_languages_are_frequent(word):
    """In upper and lower case, inflected."""
    assert is_frequent(word)


@pytest.mark.parametrize(
    "word", ["cabbagepatch", "rhubarbcrumble", "bryndzovehalusky", "tonerlow", "gattoneropigro", "tteokbokki"]
)
def test_words_that_no_language_has_are_not(word):
    """Two words as one, and what other letters write otherwise."""
    assert not is_frequent(word)


@given(st.text("bcdfghjklmnpqrstvwxz", min_size=9, max_size=14))
def test_letters_at_random_are_rarely_frequent(letters):
    """One in a hundred: a filter, no list."""
    assert sum(is_frequent(letters[at:] + letters[:at]) for at in range(len(letters))) < len(letters) / 2


@given(st.text(max_size=20), st.integers(8, 10**7))
def test_bits_are_inside_the_filter(word, bits):
    """Whatever stands in a text, lone surrogates included."""
    assert len(bits_of(word, bits)) == HASHES
    assert all(0 <= bit < bits for bit in bits_of(word, bits))
    assert 0 <= bits_of("\ud800", bits)[0] < bits
