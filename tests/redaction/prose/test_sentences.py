"""Passwords in sentences of which only the noun is known."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.prose.sentences import SENTENCES, coined_in

MIXED, JOINED = "umber" + "Meadow90", "kT7-brom" + "beere-Xq"


def found_in(text):
    return [text[one.start : one.end] for one in Finder(SENTENCES).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Parola pentru contul de test este @.",
        "лозинка за тестниот сервер гласи @, не менувај",
        "Salasõna serveri jaoks on nüüd @ ja see kehtib täna",
        "slaptažodis prie serverio yra @",
        "Nenosiri la seva ni @.",
        "a wachtwoord-less host, its wifi (guest) takes @ now",
        "密語は @ です",
        "with @ as kata laluan it opens",
    ],
)
@pytest.mark.parametrize("value", [MIXED, JOINED])
def test_a_word_that_nothing_is_called_by_is_the_password(text, value):
    """In a language of which the rules know the noun alone, and in any order."""
    assert found_in(text.replace("@", value)) == [value]


def test_a_second_one_needs_no_noun():
    """`the password of A is X, that of B Y`: in the same sentence, nearby."""
    other = MIXED[::-1]

    assert found_in(f"La contraseña del servidor es {MIXED} y la del panel {other}. Hola {JOINED}") == [MIXED, other]


@pytest.mark.parametrize(
    "text",
    [
        "password hashing uses PBKDF2-SHA256 with 600000 rounds",
        "Das Passwort von svc-backup2 steht im Ticket INFRA-118",
        "the password column of users_v2 in 2026-01-02_add_token.sql",
        "passwort: siehe commit 4af3e9b1 und die UUID 0f8fad5b-d9cb-469f-a165-70867728950e",
        "login page v2.14.1 of node18, see RFC7617 and OAuth2",
        "docker login -u gitlab+deploy-token-83 registry",
        "the wifi's ifname wlp0s20f3 and its ssid Solsiden5G",
        "getPassword(umberMeadow90)",
        "PASSWORD_RESET_V2 in password_v2.py",
        "secretKeyRef: {name: ledger-db2, key: password, optional: false}",
    ],
)
def test_what_is_called_so_stays(text):
    """Algorithms, systems, tickets, versions, accounts, commits, and code."""
    assert found_in(text) == []


@pytest.mark.parametrize(
    ("text", "pins"),
    [
        ("το PIN της κάρτας δοκιμών 6731.", ["6731"]),
        ("PIN kartice je 4471, hvala", ["4471"]),
        ("the PIN of one is 645128 and of the other 4813.", ["645128", "4813"]),
        ("PIN ima 4 cifre, a istek je 2026", []),
        ("PIN 12345678 digits", []),
        ("PIN_LENGTH = 4711", []),
    ],
)
def test_a_number_beside_a_pin_is_one(text, pins):
    """A year, a count, and code are none."""
    assert found_in(text) == pins


def test_a_key_is_long_and_random():
    """A word beside `token` is none."""
    key = "HEMDYdLtXc7RlRkqwAgX" + "QaujDfpj"

    assert found_in(f"a token do API (stary) {key}, a token refresh-flow-v2") == [key]


def test_words_are_found_without_a_noun():
    """For review: wherever they are."""
    text = f"then there is {MIXED}, on node18"

    assert [text[start:end] for start, end in coined_in(text)] == [MIXED]


@pytest.mark.parametrize("text", [MIXED, f"={MIXED} ({MIXED}).", "a" * 127 + "7", "a" * 128 + "7", "Ab7cd", "12345678"])
def test_a_text_of_ascii_is_read_like_any_other(text: str) -> None:
    """It is read from its digits on, as far as a word of any other text goes."""
    assert [*coined_in(text)] == [*coined_in(f"{text} \u00e9")]


def test_joined_words_without_a_number_are_stated():
    """By a verb, also with an adverb behind it, or a colon; two with a hyphen behind a verb are an adjective."""
    assert found_in("Hasło do panelu to zupa_ogorkowa") == ["zupa_ogorkowa"]
    assert found_in("The password is still Acker-im-Herbst, you know") == ["Acker-im-Herbst"]
    assert found_in("The password is case-insensible, you know") == []


@pytest.mark.parametrize(
    "text",
    [
        "Failed password for invalid user test from 203.0.113.4 port 51110 ssh2\nConnection closed by user",
        "valueFrom: {secretKeyRef: {name: shop-db, key: password}}",
        "- wifi: ath6kl: fix OOB read from the firmware",
    ],
)
def test_what_programs_write_of_a_password_is_no_sentence(text: str) -> None:
    """A log of sshd(8) names a protocol, a reference its target."""
    assert found_in(text) == []
