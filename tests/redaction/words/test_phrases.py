"""Values of which only the name before them says that they are secrets."""

import pytest

from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.words.phrases import (
    is_generated,
    is_numbered_phrase,
    is_phrase,
    is_quoted_in_prose,
    is_quoted_phrase,
    is_spoken_phrase,
    is_told_words,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "nebel katze 58"),
        ("signing.password", "Amberfox Lane 61"),
        ("password", "3 alte Eulen"),
        ("password", "Klee Blatt 77 gelb"),
        ("passphrase", "the quiet river bends twice"),
        ("psk", "drei.Igel.am.Zaun"),
        ("psk", "Otter-am-Steg"),
        ("password", "roter.Drache.im.Keller"),
    ],
)
def test_words_are_a_passphrase_behind_a_name_that_asks_for_one(name: str, value: str) -> None:
    """With a number that counts nothing, or without one where the name asks for words."""
    assert is_phrase(name, value)


@pytest.mark.parametrize(
    "value",
    [
        "must be at least 8 characters",
        "Passwort muss 8 Zeichen haben",
        "see the wiki page 4",
        "Expires in 5 minutes",
        "281 Login Successful",
        "sunny kelp forest",
        "app.settings.db.primary",
        "user-profile-page",
    ],
)
def test_what_a_program_says_about_one_is_none(value: str) -> None:
    """Nor is a name in code, nor are words without a number."""
    assert not is_phrase("password", value)


@pytest.mark.parametrize("value", ["zK;uV8q<a!Tx", "xP4&v;Ht)9qW", "a9]{Kp2|vTz", "hT7{Zk}4wQ"])
def test_a_program_makes_letters_digits_and_signs(value: str) -> None:
    """Some of which code has, too."""
    assert is_generated(value)


@pytest.mark.parametrize(
    "value", ["getPw(User2);", "https://h/A1b", "List<String2>", "<your-Password-1>;", "${Db_1}", "Abc12345"]
)
def test_code_is_not_made_so(value: str) -> None:
    """Its brackets are in pairs, and it has words."""
    assert not is_generated(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WIFI_PASSWORD", "seaweed and salt 12"),
        ("MATCH_PASSWORD", "four Pelicans, one pier"),
        ("backup.passphrase", "the tide waits for no crane"),
        ("password", "brine, rope & tar"),
        ("password", "it's a gull's life"),
    ],
)
def test_a_sentence_in_quotes_is_a_passphrase_where_one_is_assigned(name: str, value: str) -> None:
    """With the words and marks that a sentence has."""
    assert is_quoted_phrase(name, value)
    assert value not in Redactor().text(f'{name}="{value}"')


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "The two entries do not match"),
        ("password", "leave blank to keep it"),
        ("password", "Use 8 or more characters"),
        ("password", "please try again"),
        ("PASSWORD", "must not be empty"),
        ("pass", "the attribute is correctly formatted"),
        ("password_help", "some words of mine"),
    ],
)
def test_what_a_form_says_in_quotes_is_none(name: str, value: str) -> None:
    """It begins with a capital, or has a word of a form, or its name says something else."""
    text = f'{name}="{value}"'

    assert Redactor().text(text) == text


@pytest.mark.parametrize("value", ["neap and spring 2031", "brine, rope & tar"])
def test_quoted_words_beside_a_noun_are_a_passphrase(value: str) -> None:
    """With a number, or without words that explain something."""
    assert is_quoted_in_prose(value)
    assert value not in Redactor().text(f'The link accepts one passphrase, "{value}", and more.')
    assert value not in Redactor().text(f"I take the passphrase you chose (`{value}`).")


@pytest.mark.parametrize("value", ["Salted SHA1", "as it is called in RFC 7617", "see section 4", "the key of it"])
def test_quoted_words_that_explain_are_none(value: str) -> None:
    """Or that name an algorithm."""
    text = f'It stores the password, "{value}", as such.'

    assert not is_quoted_in_prose(value)
    assert Redactor().text(text) == text


def test_an_argument_of_words_has_a_number() -> None:
    """Else it is one of a text."""
    assert is_numbered_phrase("seaweed and salt 12")
    assert not is_numbered_phrase("seaweed and salt")


def test_words_of_a_secret_explain_nothing():
    """A phrase of words is a secret, unless a word of it speaks of one."""
    assert is_told_words("koala eats gum leaves")
    assert not is_told_words("the password of the user")


@pytest.mark.parametrize(
    ("words", "is_phrase"),
    [
        ("seven turnips slept", True),
        ("the dog stole my turnip", True),
        ("too short", False),
        ("not the same as before", False),
        ("stored in the", False),
    ],
)
def test_words_of_a_sentence_are_a_phrase_unless_they_explain(words, is_phrase):
    """What a text says of a password has words of programs and manuals."""
    assert is_spoken_phrase(words) is is_phrase
