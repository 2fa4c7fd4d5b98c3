"""What stands near a word of secrecy."""

import pytest

from pytest_codex_replay.sharing.review.secrecy import near_secrecy
from tests.growth import assert_linear, repeated


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('DB_PASSWORD="nebel katze 58"', "nebel katze 58"),
        ("root_password: Kiesel Weg 9\nuser: x", "Kiesel Weg 9"),
        ("unlock it with Tafel7Runde, then go", "Tafel7Runde"),
        ("das Passwort vom Lager war larkspur_Mint", "larkspur_Mint"),
        ("type seven quiet badgers dig when it asks for the passphrase.", "seven quiet badgers dig"),
        ("el código de acceso al portal: ZR-3310-PA", "ZR-3310-PA"),
        ("| User | Password |\n|---|---|\n| a | Kranich.1 |", "Kranich.1"),
        ("HOST  PASSWORD\nweb1  oak7Leaf\n", "oak7Leaf"),
        ("Backup codes: `8116 6530`", "8116 6530"),
        ("the code they want is 582 146", "582 146"),
        ("Password:\nq4-mole\n", "q4-mole"),
        ("the passphrase (`neap and spring 2031`)", "neap and spring 2031"),
        ("the wifi password is Sextant.1851.", "Sextant.1851"),
        ("unlock code: 334097-405020-131485-504200", "334097-405020-131485-504200"),
        ("your seed:\n1. walnut 2. hybrid 3. patrol 4. onion", "1. walnut 2. hybrid 3. patrol 4. onion"),
    ],
)
def test_a_value_of_any_form_is_found(text: str, value: str) -> None:
    """Behind the word, before it, below it, and in the column that it heads."""
    assert value in [found for at, found, _, _ in near_secrecy(text) if text.startswith(found, at)]


@pytest.mark.parametrize(
    "text",
    [
        "the password must be at least 8 characters long",
        "password = os.environ['DB_PASSWORD']",
        "password: [[REDACTED:password:1]]",
        "see docs/password-reset.md for the secret",
        "the code has 4096 lines, and the pin count is 12",
        "def check_password(self, user_name): return self.db_1",
        '{"type":"function_call","name":"exec_command","secret":null}',
        "passwords are hashed by sha256 and argon2id",
    ],
)
def test_what_is_known_is_not_found(text: str) -> None:
    """Code, counts, placeholders, algorithms, messages."""
    assert list(near_secrecy(text)) == []


@pytest.mark.parametrize("unit", ["password ", "password | ", "the code 1234 ", 'secret "a b '])
def test_a_long_text_takes_time_by_its_length(unit: str) -> None:
    """Also one that is made to be slow."""
    assert_linear(repeated(unit), lambda text: list(near_secrecy(text)), 4_000)
