"""What a value must be to be taken for a secret."""

import pytest

from pytest_codex_replay.redaction.words.personal import is_argument
from pytest_codex_replay.redaction.words.value_shapes import (
    is_assigned,
    is_chosen,
    is_mixed,
    is_no_dummy,
    is_passphrase,
    is_password,
    is_plausible,
    is_random,
    is_wordy,
)


@pytest.mark.parametrize(
    "value", ["$TOKEN", "${TOKEN}", "<token>", "os.environ", "process.env.X", "xxxxxxxx", "****", "true"]
)
def test_what_stands_for_a_secret_is_none(value):
    """Variables, templates and blanks."""
    assert not is_plausible(value)


@pytest.mark.parametrize(
    ("value", "is_secret"),
    [
        ("hunter2", True),
        ("correct!horse", True),
        ("getToken(request)", False),
        ("12345678", False),
        ("/run/secrets/db1", False),
        ("sessionToken", False),
        ("aBcDeFgHqXyZkLmN", True),
    ],
)
def test_an_assigned_value_is_mixed(value, is_secret):
    """Words, numbers, paths and code are no secrets."""
    assert is_assigned(value) == is_secret


def test_a_dummy_is_no_token():
    """A form filled with one character, or with words for a stand-in."""
    assert [is_no_dummy("sk-" + tail) for tail in ("a" * 20, "x1" * 8, "b8Qz1k" * 4, "EXAMPLE9q3")] == [
        False,
        False,
        True,
        False,
    ]
    assert not is_mixed("task-management-of-things")


@pytest.mark.parametrize(
    "value",
    [
        "db-password-1",
        "user.password1",
        "LBRACE_TOKEN_2",
        "gpt-5.4-codex",
        "getAuthorizationHeader1",
        "application/json",
        "util_1.base64Encode",
    ],
)
def test_words_and_short_numbers_are_a_name(value):
    """However they are joined: it is what something is called."""
    assert is_wordy(value)
    assert not is_random(value)


@pytest.mark.parametrize(
    "value", ["q7Zp92mKxW4tq7Zp92mK", "my-q7Zp92mKxW4tq7Zp9", "Exampleq7Zp92mKxW4t", "3f9a1c0de2b84756aa01"]
)
def test_a_key_is_no_word(value):
    """Also when it begins with one that would stand for a secret."""
    assert is_random(value)
    assert is_plausible(value)


@pytest.mark.parametrize(
    "value", ["0xA0b86991c6218b36c1d1", "2026-11-21", "^7.1.3", "#ff00aa1", "Must have 8 letters!", "/run/secrets/db1"]
)
def test_what_has_digits_is_no_secret_for_that(value):
    """Numbers, dates, colours, sentences and paths."""
    assert not is_assigned(value)


def test_a_password_may_be_a_number():
    """A long one; a year is none."""
    assert is_password("84736291048573")
    assert not is_password("2024")


@pytest.mark.parametrize("value", ["raven-cobalt-lagoon-81", "raven7_cobalt.lagoon"])
def test_words_with_a_number_are_a_passphrase(value):
    """However they are joined."""
    assert is_passphrase(value)
    assert is_chosen(value)
    assert is_argument(value)


@pytest.mark.parametrize("value", ["raven-cobalt-lagoon", "cobalt-lagoon81"])
def test_a_passphrase_may_be_plain_where_it_is_called_a_password(value):
    """Elsewhere it may be the name of anything."""
    assert is_chosen(value)
    assert is_argument(value)
    assert not is_passphrase(value)


@pytest.mark.parametrize(
    "value", ["db-password-1", "my_test_user_2", "raven_cobalt_lagoon", "TR31_MAC_MODE", "a-b-c-1"]
)
def test_the_name_of_a_thing_is_no_passphrase(value):
    """It has a word that names, joins its words as code does, or is a constant."""
    assert not is_chosen(value)


@pytest.mark.parametrize("value", ["t0ny-the-tiger", "dont-tell-the-librarian", "podcast#9", "into_the_woods_7"])
def test_an_article_within_joined_words_stands_for_nothing(value):
    """At their beginning it does: `the-password`."""
    assert is_plausible(value)
    assert not is_plausible("the-" + value.split("-")[0])


@pytest.mark.parametrize(
    "value", ["%env(DB_PASSWORD)%", "@Microsoft.KeyVault(SecretUri=https://x/y)", "sops:x", "bz#2294471", "1password"]
)
def test_a_reference_of_a_program_stands_for_a_secret(value):
    """To a variable, a vault, a file; a number of a ticket."""
    assert not is_plausible(value)
