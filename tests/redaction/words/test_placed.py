"""What stands in the place of a secret is one, whatever it looks like."""

import pytest

from pytest_codex_replay.redaction.words.placed import (
    is_below_login,
    is_in_base32_groups,
    is_placed,
    is_placed_argument,
    is_placed_line,
    is_varied,
)


@pytest.mark.parametrize(
    "value",
    [
        "lantern",
        "velvet-hammer",
        "Glocken-Turm",
        "nasse_socke",
        "blaue&elefanten",
        "4711",
        "donkey-hut",
        "Compass-Rose",
    ],
)
def test_words_alone_are_secrets_in_such_a_place(value: str) -> None:
    """With a sign between them, or without."""
    assert is_placed(value)


@pytest.mark.parametrize(
    "value",
    [
        "********",
        "xxxxxx",
        "\u2022\u2022\u2022\u2022",
        "$PASSWORD",
        "{{ password }}",
        "<password>",
        "/run/secrets/db",
        "none",
        "db_password",
    ],
)
def test_a_stand_in_is_none(value: str) -> None:
    """A mask, a variable, a path, a name, or the word that nothing is there."""
    assert not is_placed(value)


def test_a_line_may_have_blanks() -> None:
    """Unless a program says something in it."""
    assert is_placed_line("sardinas en aceite")
    assert not is_placed_line("Permission denied")
    assert not is_placed_line("cat: secrets: No such file")
    assert not is_placed_line("type your own here")


def test_a_key_has_more_than_a_count() -> None:
    """Forms are filled with one digit, or with all in order."""
    assert is_varied("8F1C229AB04E71D3056FC8E93B77A410")
    assert not is_varied("00" * 16)
    assert not is_varied("000102030405060708090A0B0C0D0E0F")


def test_words_of_four_letters_are_no_key() -> None:
    """A key in groups of four has few words."""
    assert is_in_base32_groups("mbou povi dhef dyam xbcs")
    assert not is_in_base32_groups("this book over that part")


def test_below_a_login_stand_words_of_a_person() -> None:
    """With any joint; what is called so stands there, too."""
    assert is_below_login("Wolken/Bruch7")
    assert not is_below_login("ubuntu-22.04")


@pytest.mark.parametrize("value", ["blauer esel am see", "buero am see 12", "long live the kestrel"])
def test_one_word_of_messages_makes_no_message(value: str) -> None:
    """`see`, `long`: of a person's phrase, too."""
    assert is_placed_argument(value)


@pytest.mark.parametrize(
    "value", ["see the wiki of ops", "must not be empty", "enter a valid value", "hidden by default"]
)
def test_a_message_stays(value: str) -> None:
    """It begins with such a word, or has few others."""
    assert not is_placed_argument(value)


@pytest.mark.parametrize("value", ["alle 180 Tage \u00e4ndern", "tous les 90 jours", "Oct 02, 2026", "March 3, 2026"])
def test_a_count_and_a_date_are_none(value: str) -> None:
    """Policies and listings of accounts have them behind a word for a password."""
    assert not is_placed_line(value)


def test_a_word_for_a_secret_with_words_of_a_person_behind_it() -> None:
    """`secret-garden-9` is no name of a secret, `grafana-admin-secret` is."""
    assert is_placed("secret-garden-9")
    assert is_placed("dbpass_kiwi")
    assert not is_placed("grafana-admin-secret")
