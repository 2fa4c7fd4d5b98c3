"""Values of which only the name before them says that they are secrets."""

import pytest

from pytest_codex_replay.redaction.phrases import is_generated, is_phrase


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
