"""The candidates of prose that speaks of access."""

import pytest

from pytest_codex_replay.redaction.prose.judged_places import candidates_in

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


@pytest.mark.parametrize("text", ["a walnut77 without any noun", "the key of the thing is what opens it"])
def test_a_text_without_a_noun_or_a_value_has_none(text):
    """Near a word such as `key`, ordinary words are none."""
    assert values_in(text) == []
