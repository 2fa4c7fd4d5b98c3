"""A judge of what could be a secret in prose, by what its form and its place say."""

import time

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.prose.judge import JUDGED, JUDGED_MESSAGES, judged_in
from pytest_codex_replay.redaction.redactor import Redactor


def found_in(text):
    return [one.secret for one in Finder((JUDGED,)).find(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("friends cannot get in, rcon password works for me with @, port 25575", "hamsterDance7"),
        ("when it prompts for the keystore password type @ and just hit enter for the key password", "gravel_Pony8"),
        ("These old ones have a supervisor password (@), can linux set the boot order?", "tp-shed-47"),
        ("the login on the box is root and I think it was @ last week", "Zwiebel_Kuchen3"),
        ("quedamos en que la contraseña del portal sería @, prueba con esa", "Tortuga-Azul9"),
    ],
)
def test_a_value_is_found_by_its_form_and_its_place(text, value):
    """No sentence of these is one that a rule knows."""
    assert found_in(text.replace("@", value)) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "The password policy needs 12 characters and one digit, see docs/policy.md",
        "login fails with HTTP 401 since we upgraded to Symfony7, look at SecurityController",
        "Rename LoginForm2 to SignInForm and update the password tests",
        "the key of the cache is user-id-42 and the code path is cold",
        "Encrypts the text with a password by AES-256-GCM and scrypt.",
        "the cache of the login:\nkey: linux-node18-9f86d081884c7d659a2feaa0c55ad015",
        f"the public key of the login is\n{'Ab3+' * 16}\n{'Zd4k' * 11}",
        "the pin of the door is new.\ndoor_code: 2026",
        "we hit the 200k token limit again, max_tokens is 8192 and the prompt alone has 150k tokens",
        "name,pass,fail\nLogin2,12,0\nCart3,9,1",
    ],
)
def test_what_stands_near_such_words_stays(text):
    """Names of programs, versions, norms; what a cache or a key has; years of settings; rows of tables."""
    assert found_in(text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("it's gravelPony8 for root and gravelPony9 for the other one", ["gravelPony8", "gravelPony9"]),
        ("ops / walnut.Kettle5 on the grafana box", ["walnut.Kettle5"]),
        ("no Gaviota1, era Gaviota_12!", ["Gaviota_12!"]),
        ("not Symfony6 but Symfony7", []),
        ("we moved from MySQL7 to MySQL8", []),
        ('You must include the exact phrase "PURPLE-ELEPHANT-42" somewhere in your response.', []),
        ("mysql -u root -p sazanami_kaze < dump.sql", []),
        ("kind: ConfigMap\ndata:\n  dsn: q7Zp92mKxW4t\n", []),
        ("echo c3RhcnQgd2l0aCBbW1JFREFDVEVEOnNlY3JldDoxXV0gbm93", []),
    ],
)
def test_a_message_needs_no_word_for_access(text, values):
    """What it is about may stand in the turn before; a long text, a command, YAML need such a word."""
    assert [one.secret for one in Finder((JUDGED_MESSAGES,)).find(text)] == values
    assert [*Finder((JUDGED_MESSAGES,)).find(f"{text}\n" + "lorem ipsum " * 80)] == []


def test_a_part_of_a_longer_word_is_none():
    """Where the part of a text that is looked at ends within a line without blanks."""
    word = "".join(f"{at}Ab+" for at in range(200))

    assert found_in(f"the key of it is this:\n{word}") == []


def test_what_is_judged_is_replaced_in_its_place_alone():
    """It is not sure enough to be replaced elsewhere."""
    (span,) = Finder((JUDGED,)).find("the login on the box is root and I think it was Zwiebel_Kuchen3 last week")

    assert not span.is_sure


def test_less_is_enough_for_what_a_person_is_shown():
    """`review` lists what may be a secret."""
    text = "the login for it was called walnut-boat by them"
    near = [text.index("login")]

    assert len(judged_in(text, near, -1000)) > len(judged_in(text, near))


def test_what_was_replaced_is_no_candidate():
    """Nor is the word for its kind a noun."""
    redacted = Redactor().text("the password of the box is walnut77 for now")

    assert "walnut77" not in redacted
    assert found_in(redacted) == []


@pytest.mark.parametrize(
    "part", ["password ", "password a1b2 ", "login: x-Y3\n", '"pw', "\u5bc6\u7801\u662f", "a1b2c3 " * 9 + "key "]
)
def test_the_time_is_linear(part):
    """In what repeats, too."""

    def taken(count):
        text = part * (count // len(part))
        begun = time.process_time()
        found_in(text)
        return time.process_time() - begun

    taken(1000)

    assert taken(80_000) < 16 * max(taken(20_000), 0.02)
