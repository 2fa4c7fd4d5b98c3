"""Secrets in sentences."""

import pytest

from pytest_codex_replay.redaction.rules import PROSE

VALUE = "q7Zp" + "92mKxW4t"


@pytest.mark.parametrize(
    "text",
    [
        "The password is @, please log in.",
        "I set the admin password to `@`.",
        "log in as qa with password @ and look",
        'the passphrase for the key is "@"',
        "Das Passwort lautet @ und",
        "la contrase\u00f1a es @",
        "\u5bc6\u7801\u662f @",
        "A temporary password is generated for root: @",
        "the following password to proceed to installation:\n\n@\n",
        "Password for the [elastic] user successfully reset.\nNew value: @",
        "staging creds are admin / @ - use them",
        "Credentials: admin:@",
        "our basic auth is qa:@",
        "Admin login: admin / @",
        "pwd for the vpn: @",
    ],
)
def test_a_sentence_says_a_secret(text: str) -> None:
    """In some languages, and in the words of programs."""
    found = {find.secret for rule in PROSE for find in rule.find(text.replace("@", VALUE))}

    assert found == {VALUE}


@pytest.mark.parametrize(
    "text", ["the api key -> @", "a hard-coded token (`@`)", "set the secret of the gateway to @."]
)
def test_a_sentence_says_a_key(text: str) -> None:
    """One that looks like one."""
    found = {find.secret for rule in PROSE for find in rule.find(text.replace("@", VALUE * 2))}

    assert found == {VALUE * 2}


def test_an_id_is_a_key_where_it_is_called_one():
    """Some issuers give nothing else."""
    uuid = "5f1d2e1b-4b12-4aba-aea8-55f01059514b"

    assert [find.secret for rule in PROSE for find in rule.find(f"my api key is {uuid}")] == [uuid]
    assert not [find for rule in PROSE for find in rule.find(f"the next page token is {uuid}")]


@pytest.mark.parametrize(
    "text",
    [
        "the password is required2 and the token was revoked",
        "The password is hashed with sha256-crypt and stored in src/db.py:42",
        "send the password to jane.doe2@corp.io or to https://corp.io/reset2",
        "reset the password to HEAD in 4f2a9c1 and run test_auth.py::test_login2",
        "set the api key to process.env.API_KEY2 before step2",
        "a password of 12 to 64 letters, 2FA and so on",
    ],
)
def test_most_sentences_on_passwords_say_none(text: str) -> None:
    """Words, names, digests, addresses and numbers stay."""
    assert not [find for rule in PROSE for find in rule.find(text)]
