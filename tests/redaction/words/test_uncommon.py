"""Words that are neither frequent in a language nor known to programs."""

import pytest

from pytest_codex_replay.redaction.words.joined_words import Rank
from pytest_codex_replay.redaction.words.uncommon import (
    form_of,
    is_among_frequent,
    is_run_together,
    is_uncommon,
)

TWO_WORDS, ONE_WORD, DISH = "turnip" + "ghost", "Turnip" + "Ghost", "perkelt" + "nokedli"


def test_two_frequent_words_without_a_blank_are_uncommon():
    """Each is frequent, and no language has both as one word."""
    assert is_uncommon(TWO_WORDS)
    assert is_run_together(TWO_WORDS)
    assert form_of(TWO_WORDS) is Rank.JOINED


@pytest.mark.parametrize("word", ["password", "keyfile", "wrong", "salted", "turnip", "nginx", "abc", "x" * 60])
def test_a_word_of_a_language_or_of_programs_is_none(word):
    """Neither are those that are too short or too long."""
    assert not is_uncommon(word)
    assert form_of(word) is Rank.NONE


def test_capitals_are_those_of_names():
    """A product is called so; the word is uncommon, and no more."""
    assert form_of(ONE_WORD) is Rank.UNCOMMON
    assert not is_run_together(ONE_WORD)


def test_an_ending_makes_no_uncommon_word():
    """`hashed` and `hashes` say the same."""
    assert not is_uncommon("turnips" + "es")


def test_a_sentence_of_an_unknown_language_tells_nothing():
    """In it, all words are uncommon."""
    known, unknown = f"please log in there with {DISH} once more", f"{DISH} xkqwab {DISH} wqkjzv {DISH}"

    assert is_among_frequent(known, 0, known.index(DISH), known.index(DISH) + len(DISH), len(known))
    assert not is_among_frequent(unknown, 0, 0, len(DISH), len(unknown))
