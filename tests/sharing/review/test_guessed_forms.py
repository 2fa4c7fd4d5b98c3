"""How much forms of words and phrases weigh."""

import pytest

from pytest_codex_replay.sharing.review.guessed_forms import form_of, phrase_of


@pytest.mark.parametrize("value", ["wobblyknees", "Walnuss#Baum", "velvet-anchor4", "hopscotch!tuesday"])
def test_what_no_language_and_no_program_has_weighs_most(value):
    """Words that run together, words with a sign or a number."""
    assert form_of(value) == 3


@pytest.mark.parametrize("value", ["tangerine", "velvet-anchor", "4482", "7-1-9-4", "1936", "Faktura/11"])
def test_a_word_or_a_number_weighs_less(value):
    """A frequent word is nearly nothing, but it is a word."""
    assert form_of(value) in {1, 2}


@pytest.mark.parametrize(
    "value",
    [
        *("the", "password", "server", "config", "os.environ", "main.py", "/usr/lib", "MAX_SIZE", "--force", "0000"),
        *("https://h.example/a", "f(x)", "1.2.3", "[[REDACTED:token:1]]", "cfb219f3-7976-42c7-b545-5cc262807730"),
    ],
)
def test_what_is_known_weighs_nothing(value):
    """Words of programs and of grammar, files, pages, calls, versions, ids."""
    assert form_of(value) == 0


@pytest.mark.parametrize("value", ["tangerine umbrella", "the goat ate my subnet mask", "шопска салата"])
def test_words_that_say_nothing_are_a_phrase(value):
    """In any language; some of them may be grammar."""
    assert phrase_of(value)


@pytest.mark.parametrize("value", ["must not be empty", "the password", "version 1", "when prompted", "one"])
def test_words_that_explain_something_are_none(value):
    """Messages, names of secrets, what has a number."""
    assert phrase_of(value) == 0
