"""The candidates of prose that speaks of access."""

import pytest

from pytest_codex_replay.redaction.prose.judged_lines import MESSAGE_CHARS
from pytest_codex_replay.redaction.prose.judged_places import candidates_in, could_be_in

NOUNS = ("password", "login", "code", "key", "unlock")


def values_in(text):
    near = [at for at in range(len(text)) if text.startswith(NOUNS, at)]
    return [text[one.start : one.end] for one in candidates_in(text, near)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the password of the box is walnut77 for now", "walnut77"),
        ('the password is "blue kettle morning" there', "blue kettle morning"),
        ("the password: grey geese fly home", "grey geese fly home"),
        ("unlock it with three grey geese and go on", "three grey geese"),
        ("login is demo/walnut-boat there", "walnut-boat"),
        ("le code 305 774 par sms", "305 774"),
        ("the password\u662f\u73cd\u73e0\u5976\u8336\uff0c ok", "\u73cd\u73e0\u5976\u8336"),
    ],
)
def test_words_quotes_and_clauses_are_candidates(text, value):
    """Whatever stands before them."""
    assert value in values_in(text)


def test_words_of_a_message_without_a_number_or_a_sign_are_none():
    """Near a word such as `key`, and where there is no noun, ordinary words are none."""
    assert values_in("the key of the thing and what it is for") == []
    assert values_in("a walnut without any noun") == []


def test_a_message_needs_no_noun():
    """What it is told with may stand in the message before; a long text is none."""
    text = "sorry, typo: it was Walrus-Loft9"

    assert values_in(text) == ["Walrus-Loft9"]
    assert values_in(f"{text}\n" * (MESSAGE_CHARS // len(text) + 1)) == []
    assert could_be_in(text)
    assert not could_be_in("Walrus-Loft9")


def test_any_word_of_a_message_is_one_where_that_is_asked():
    """A person is shown the best of them."""
    text = "the box wants brumbleberry and enter"

    assert "brumbleberry" not in values_in(text)
    assert "brumbleberry" in [text[one.start : one.end] for one in candidates_in(text, [], is_any=True)]


@pytest.mark.parametrize(
    "text",
    [
        "the password is jellyfish",
        "password: jellyfish",
        "the password 'jellyfish' opens it",
        "log in with jellyfish, ok",
    ],
)
def test_an_ordinary_word_is_one_where_a_value_stands(text):
    """In quotes, or up to the end of its clause behind what says that something follows; elsewhere it is none."""
    near = [0, text.index("password") if "password" in text else text.index("log in")]

    assert "jellyfish" in [text[one.start : one.end] for one in candidates_in(text, near)]
    assert "jellyfish" not in values_in("the password jellyfish dislikes the water")
