"""What names say of their values."""

import pytest

from pytest_codex_replay.redaction.key_names import Meaning, holds_secret, is_secret_member, meaning_of

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
        ("API_TOKEN_STAGING", Meaning.SECRET),
        ("dbPassword", Meaning.PASSWORD),
        ("DB_PASS_2", Meaning.PASSWORD),
        ("dbPasswordStaging", Meaning.PERHAPS),
        ("AZURE_OPENAI_KEY", Meaning.PERHAPS),
        ("spring.datasource.password", Meaning.PASSWORD),
        ("AWS_SECRET_ACCESS_KEY", Meaning.SECRET),
        ("AWS_ACCESS_KEY_ID", Meaning.OTHER),
        ("refresh_token", Meaning.SURE),
        ("tokenizer", Meaning.OTHER),
        ("invalid_token", Meaning.OTHER),
        ("pad_token", Meaning.OTHER),
        ("passwordTooShort", Meaning.OTHER),
        ("public_key", Meaning.OTHER),
        ("Sec-WebSocket-Key", Meaning.OTHER),
        ("sec-websocket-key", Meaning.OTHER),
        ("monkey", Meaning.OTHER),
    ],
)
def test_a_name_is_understood_by_its_words(name, meaning):
    """What stands before and behind the word that matters counts, too."""
    assert meaning_of(name) is meaning


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
    ],
)
def test_a_value_is_judged_by_its_name(name, value, is_quoted, is_secret):
    """Without quotes a word in small letters is a variable."""
    assert holds_secret(name, value, is_quoted=is_quoted) == is_secret
