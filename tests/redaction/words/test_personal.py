"""Values that a person made up, told by what they are not."""

import pytest

from pytest_codex_replay.redaction.words.personal import (
    has_rare_word,
    is_among_texts,
    is_argument,
    is_coined_by_a_person,
    is_in_passing,
    is_personal,
    is_plain_word,
    is_typed,
)


@pytest.mark.parametrize(
    "value",
    [
        "brunost_paa_skive",
        "Papierstau-wieder!",
        "kleinerFuchs88",
        "Kastanie:Allee:1871",
        "zahnfee2020",
        "Pho-Bo-Tai-2014",
        "\u0432\u0430\u0440\u0435\u043d\u0438\u043a&\u0431\u043e\u0440\u04495",
        "TorAuf!TorZu",
    ],
)
def test_words_of_a_person_are_told_in_any_form(value):
    """Joined by a sign or a capital, or with a number; in any language."""
    assert is_personal(value)
    assert is_typed(value)


@pytest.mark.parametrize(
    "value",
    [
        "user_input",
        "text-danger",
        "password-input",
        "userinfo",
        "unquote",
        "scram-sha-256",
        "Chapter-7",
        "form.password",
        "db01.corp.lan:5432",
        "1:4.13+dfsg1-1+deb12u1",
        "CLIENT_REGISTRATION",
        "$PASSWORD_OF_HUBERT",
        "/srv/kiesel/sand",
        "vergessen?",
        "=====kiesel",
        "请输入密码",
    ],
)
def test_words_of_programs_are_none(value):
    """Nor are names in code, joined or not, hosts, versions, paths, questions and what a form says."""
    assert not has_rare_word(value)
    assert not is_personal(value)


def test_a_plain_word_is_one_where_nothing_but_a_password_stands():
    """In a sentence it would be one of many."""
    assert has_rare_word("kartoffelsuppe")
    assert is_argument("kartoffelsuppe")
    assert not is_personal("kartoffelsuppe")


def test_a_number_and_a_capital_or_a_sign_make_it_a_coined_one():
    """Hosts and projects have names of small letters, hyphens and numbers."""
    assert is_coined_by_a_person("rioDouro_ponte-Luis1886")
    assert is_coined_by_a_person("fulmine&tuono")
    assert not is_coined_by_a_person("lager-keller-07")


@pytest.mark.parametrize(
    ("text", "is_value"),
    [
        ('password = "sonnenblume"', True),
        ("password: sonnenblume\n", True),
        ("password=sonnenblume, timeout=3", True),
        ("password: sonnenblume is asked for", False),
        ("password = sonnenblume(text)", False),
        ("password - sonnenblume of old", False),
        ('"PASSWORD", "SONNENBLUME"', False),
    ],
)
def test_a_word_in_passing_is_no_value(text, is_value):
    """It ends with its line, or in quotes, or is assigned."""
    start = text.lower().index("sonnenblume")
    between = text[len('"PASSWORD') if text[0] == '"' else len("password") : start]

    assert is_in_passing(text, between, start, start + len("sonnenblume")) is not is_value


def test_a_plain_word_among_the_texts_of_a_program_is_one_of_them():
    """As in a file of translations; a value with a number is none."""
    text = "login: 'Bitte hier anmelden',\nshowPassword: 'Anzeigen',\nforgot: 'Was war es noch',\nx: 'Anzeigen7'"
    word, other = text.index("Anzeigen"), text.index("Anzeigen7")

    assert is_among_texts(text, word, word + len("Anzeigen"))
    assert not is_among_texts(text, other, other + len("Anzeigen7"))


@pytest.mark.parametrize("value", ["sunflower", "Sonnenblume", "goatherd"])
def test_a_word_of_no_program_is_plain(value):
    """Then it is a password where a sentence tells one."""
    assert is_plain_word(value)


@pytest.mark.parametrize("value", ["required", "incorrect", "unguessable", "terrible", "plaintext", "sun-flower"])
def test_a_word_that_says_what_a_password_is_like_is_none(value):
    """Adjectives and words of programs are no plain words."""
    assert not is_plain_word(value)


def test_the_name_of_a_resource_is_no_value() -> None:
    """`:secret:` in one says of which kind it is."""
    text = "arn:aws:secretsmanager:eu-west-1:112233445566:secret:shop/kupfer-draht7"
    start = text.index("shop")

    assert is_in_passing(text, ":", start, len(text))
    assert not is_in_passing(text[start - 7 :], ":", 7, len(text) - start + 7)
