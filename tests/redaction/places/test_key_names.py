"""What names say of their values."""

import pytest

from pytest_codex_replay.redaction.places.key_names import KeyKind, holds_secret, is_secret_member, key_kind
from pytest_codex_replay.redaction.redactor import Redactor

VALUE = "q7Zp" + "92mKxW4t"


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("client_secret", VALUE, True),
        ("password", "correct horse", True),
        ("api_key", VALUE, True),
        ("token", VALUE, False),
        ("token", VALUE * 2, True),
        ("token_type", VALUE, False),
        ("password", "string", False),
        ("name", VALUE, False),
    ],
)
def test_members_are_known_by_their_name(name, value, is_secret):
    """`token` alone may also be a piece of text."""
    assert is_secret_member(name, value) == is_secret


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("API_TOKEN_STAGING", KeyKind.SECRET),
        ("dbPassword", KeyKind.PASSWORD),
        ("DB_PASS_2", KeyKind.PASSWORD),
        ("dbPasswordStaging", KeyKind.PERHAPS),
        ("AZURE_OPENAI_KEY", KeyKind.PERHAPS),
        ("spring.datasource.password", KeyKind.PASSWORD),
        ("AWS_SECRET_ACCESS_KEY", KeyKind.SECRET),
        ("AWS_ACCESS_KEY_ID", KeyKind.OTHER),
        ("refresh_token", KeyKind.SURE),
        ("tokenizer", KeyKind.OTHER),
        ("invalid_token", KeyKind.OTHER),
        ("pad_token", KeyKind.OTHER),
        ("passwordTooShort", KeyKind.OTHER),
        ("public_key", KeyKind.OTHER),
        ("PUBLIC_ACCESS_TOKEN", KeyKind.OTHER),
        ("PUBLIC_BUCKET_SECRET_KEY", KeyKind.SECRET),
        ("NEXT_PUBLIC_SECRET_KEY", KeyKind.SECRET),
        ("PUBLIC_WIFI_PASSWORD_2", KeyKind.PASSWORD),
        ("Sec-WebSocket-Key", KeyKind.OTHER),
        ("sec-websocket-key", KeyKind.OTHER),
        ("monkey", KeyKind.OTHER),
    ],
)
def test_a_name_is_understood_by_its_words(name, meaning):
    """What stands before and behind the word that matters counts, too."""
    assert key_kind(name) is meaning


@pytest.mark.parametrize(
    ("name", "value", "is_quoted", "is_secret"),
    [
        ("token", "chars1234", False, False),
        ("token", "chars1234", True, True),
        ("TOKEN", "chars1234", False, True),
        ("cache_config_key", VALUE * 2, True, False),
        ("OPENAI_KEY", VALUE * 2, False, True),
        ("OPENAI_KEY", "openai-key-name-2", False, False),
        ("password", "84736291048573629104", False, True),
        ("password", "correct-horse-battery-staple", False, True),
        ("password", "JPIkFBeZwXYX", False, True),
        ("password", "Falcon8439*", False, True),
        ("password", "getPasswordOf", False, False),
        ("passphrase", "four words of it", True, True),
        ("signingKey", "3AA5C34371567BD2" * 2, True, True),
        ("JwtSigningKey", "3AA5C34371567BD2", False, True),
    ],
)
def test_a_value_is_judged_by_its_name(name, value, is_quoted, is_secret):
    """Without quotes a word in small letters is a variable."""
    assert holds_secret(name, value, is_quoted=is_quoted) == is_secret


@pytest.mark.parametrize("key", ["password=@", "adminPassword: @", 'DB_PASSWORD="@"', '"passphrase": "@"'])
@pytest.mark.parametrize("value", ["raven-cobalt-lagoon-81", "Raven-Cobalt-Lagoon7", "raven_cobalt_lagoon_pine_4"])
def test_words_with_a_number_are_a_passphrase_where_the_key_says_password(key, value):
    """The key outweighs the look of its value."""
    assert value not in Redactor().text(key.replace("@", value))


def test_the_name_of_a_secret_is_no_passphrase():
    """It says so."""
    assert Redactor().text("password=db-admin-password-1") == "password=db-admin-password-1"


ID = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B"


@pytest.mark.parametrize(
    "text",
    [
        "signingKey: @",
        "signingKey = @",
        "jwt:\n  signingKey: @\n",
        "signingKey=@",
        '"signingKey": @,',
        "signing_key: @",
        "clientKey: @",
    ],
)
@pytest.mark.parametrize("value", [ID, ID.lower(), ID.lower() * 2])
def test_a_key_without_quotes_is_a_secret_by_its_name(text, value):
    """Whatever hexadecimal digits it has."""
    assert value not in Redactor().text(text.replace("@", value))


@pytest.mark.parametrize(
    "text",
    [
        "[user]\n\tsigningkey = @",
        "[user]\n\tsigningKey = @",
        "user.signingkey=@",
        "git config user.signingkey @",
        "gpg:                using RSA key @",
        "signingKeyFingerprint: @",
        "publicKey fingerprint: @",
        "cacheKey: @",
        "tokenDigest: @",
        "commit: @",
        "sha1: @",
    ],
)
def test_what_names_a_public_key_or_a_state_stays(text):
    """Git and gpg show ids of keys; digests are no keys."""
    text = text.replace("@", ID)

    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text", ["password_digest = @", "password_hash: @", '"passwordHash": "@"', "PASSWORD_DIGEST=@"]
)
def test_the_digest_of_a_password_is_a_secret(text):
    """The password can be guessed from it, as it cannot from that of a key."""
    assert ID.lower() not in Redactor().text(text.replace("@", ID.lower()))


@pytest.mark.parametrize("text", ['code_secret: "Code à usage unique"', 'mot_de_passe: "Mot de passe oublié ?"'])
def test_a_title_repeats_its_name(text: str) -> None:
    """In files of translations."""
    assert Redactor().text(text) == text


def test_words_behind_that_say_nothing_change_nothing() -> None:
    """`pw_plain` is a password."""
    assert key_kind("pw_plain") is key_kind("password_raw") is KeyKind.PASSWORD
