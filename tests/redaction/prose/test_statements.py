"""Passwords of joined words in the sentences that state them."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.prose.statements import STATEMENTS
from tests.growth import assert_linear, repeated

DOTTED, SNAKE, SIGNED, HYPHENS = (
    "Tin.Whis" + "tle.Tea",
    "burek_nije" + "_pita",
    "moss&gran" + "ite4",
    "pa-amb-tom" + "ata",
)


def found_in(text):
    return [text[one.start : one.end] for one in Finder((STATEMENTS,)).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "The old password was @ until May.",
        "temporary pass @, please have her change it",
        "the passphrase, first half @ and so on",
        "I set the password of the camera to @ yesterday",
        "you get in with @ as the root password",
        "remember to type @, that is the password",
        "log in as maint with @ on every unit",
        "the login is maint / @",
        "what is the password?\n@",
        "<ann> the wifi password\n<bob> @\n",
        "het wachtwoord van de deur is overal @, alleen daar niet",
        "lozinka za posao je @, hvala",
        "heslo jsem zm\u011bnil na @, p\u0159ihlas se",
        "J'ai mis @ comme mot de passe",
        "\u043d\u043e\u0432\u044b\u0439 \u043f\u0430\u0440\u043e\u043b\u044c @",
        "\u30d1\u30b9\u30ef\u30fc\u30c9\u306f@\u3067\u3059\u3002",
        "\u5bc6\u7801\u662f@\uff0c\u597d",
    ],
)
@pytest.mark.parametrize("value", [DOTTED, SNAKE, SIGNED])
def test_what_a_sentence_states_is_the_password(text, value):
    """In any order, by any frame; digits are not needed."""
    assert found_in(text.replace("@", value)) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "the password is @, then look",
        "fyi the router pw is now @ - keep it",
        "with the password you gave me, @, and list the tables",
        "we set the BIOS password to @ on all laptops",
        "utente foto e password @ poi copia",
        "das WLAN-Passwort lautet @, bitte",
        "kata sandi router adalah @ ya",
        "heslo na router som dal @, pozri",
        "mật khẩu là @ nhé",
        "\u5bc6\u7801\u662f@\uff0c\u597d",
        "\ube44\ubc00\ubc88\ud638\ub294 @ \uc785\ub2c8\ub2e4",
    ],
)
def test_an_uncommon_word_is_the_password_where_a_value_can_stand(text):
    """Neither a digit nor a sign is needed: no language and no program has the word."""
    word = "turnip" + "ghost"
    assert found_in(text.replace("@", word)) == [word]


@pytest.mark.parametrize(
    "text",
    [
        "The password manager is Turnipghost.",
        "Set the password with the turnipghost plugin.",
        "The password is hashed, salted and autoconfigured.",
        "la contrasenya est\u00e0 inactiva.",
        "A jelszavak el\u00e9v\u00fcl\u00e9si idej\u00e9t a rendszergazda adja meg.",
        "κωδικός είναι λάθος.",
    ],
)
def test_an_uncommon_word_elsewhere_stays(text):
    """The name of a product, a participle, the inflected words of a language."""
    assert found_in(text) == []


def test_a_compound_needs_a_copula_and_an_end():
    """Many other things are called so."""
    assert found_in(f"la contrasenya del servidor \u00e9s {HYPHENS}, mira") == [HYPHENS]
    assert found_in("The password is case-sensitive, and the access-token is read-only.") == []


def test_one_that_was_replaced_needs_no_other_frame():
    """`changed from A to B`; a module moves from one name to another, too."""
    assert found_in(f"They changed the wifi password from quiet-ot{'ter'} to {DOTTED}") == ["quiet-ot" + "ter", DOTTED]
    assert found_in("Move the password module from slapd-contrib to slapd.") == []


def test_a_file_is_known_by_its_end():
    """Words have others: `hagel.brood`."""
    assert found_in("Passwort steht: passwort.txt, das Passwort ist config.yaml") == []
    assert found_in("het wachtwoord is hagel" + ".brood") == ["hagel" + ".brood"]


def test_each_that_follows_is_found():
    """`both halves: X and Y`; `the old one was X, now it is Y`."""
    assert found_in(f"the passphrase was {DOTTED} and is now {SNAKE}") == [DOTTED, SNAKE]


@pytest.mark.parametrize(
    "text",
    [
        "The password is stored in django_auth.Models_x by default.",
        "Set the password with set_password, or use the password_file option.",
        "Pass LSOF_VERS to the script, and pass Some.Class_name to it.",
        "getent passwd vu-rawhide-0",
        "TokenAttributes: _win32typing.PySECURITY_ATTRIBUTES | None",
        "password: ref+vault://host",
        "Das Passwort f\u00fcr das Kunden-Portal vom Backup-Benutzer ist abgelaufen.",
        "Le mot de passe doit \u00eatre chang\u00e9 par celui-ci ou lui-m\u00eame.",
        "\u043f\u0430\u0440\u043e\u043b\u044c (\u0413\u0413\u0413\u0413-\u041c\u041c-\u0414\u0414)",
    ],
)
def test_a_text_about_passwords_stays(text):
    """Documentation, options, compounds and commands."""
    assert found_in(text) == []


@pytest.mark.parametrize(
    "unit", ["password ", "password is a-b ", "senha a.b-", "log in as x and ", "password?\nx: ", "senha turnipghost "]
)
def test_hostile_text_costs_linear_time(unit):
    """However many nouns there are."""
    assert_linear(repeated(unit), lambda text: list(STATEMENTS.find(text)), 3_000)
