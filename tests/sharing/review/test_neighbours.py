"""What stands in the lines around a secret."""

import pytest

from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.sharing.review.neighbours import below, beside_secrets, brothers
from tests.growth import assert_linear, repeated

KEY = "7f03aa19be2d4410a9d1c0de55f0a1b2"


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ("backup codes\n1. 4817 2059\n2. 9930 6142", ["4817 2059", "9930 6142"]),
        ("recovery codes:\nnbqm-ttwa\npzkd-dhhe", ["nbqm-ttwa", "pzkd-dhhe"]),
        ("enter the code:\n\nAULT-UVII", ["AULT-UVII"]),
        (f"$ xxd -p disk.key\n{KEY}", [KEY]),
        ("$ xxd disk.key\n00000000: 7f03 aa19 be2d 4410 a9d1  ....", ["7f03 aa19 be2d 4410 a9d1"]),
        ("Password for bob (once):\n  z6iGaTJokv=-g8AD3IXK", ["z6iGaTJokv=-g8AD3IXK"]),
        ("what's the password?\n<eva> bob: inkJet4Whales", ["inkJet4Whales"]),
        ("Password:\nlampenschirm", ["lampenschirm"]),
        ("$ cat .vault_pass\nlampenschirm", ["lampenschirm"]),
        ("wallet words:\n1. ocean\n2. tiger", ["ocean", "tiger"]),
    ],
)
def test_what_is_alone_below_a_word_of_secrecy_is_found(lines: str, values: list[str]) -> None:
    """Codes, keys, bytes, and below a label a plain word."""
    assert {value for _, value, _ in below(lines, lines.index("\n"))} >= set(values)


@pytest.mark.parametrize(
    "lines", ["the password\nlampenschirm", "pass:\nreturn None\nelse:\nraise", "Passwords:\nrequired"]
)
def test_what_says_something_is_not_found(lines: str) -> None:
    """A word in running text, code, a word of a form."""
    assert not list(below(lines, lines.index("\n")))


def test_what_stands_beside_a_placeholder_is_found() -> None:
    """On its line, and as the value of a name in the lines around it."""
    text = f"rcon [[REDACTED:password:1]] Oyster=Lamp=77\naccount {KEY}\nuser bob"
    said = PLACEHOLDER.sub(lambda one: "." * len(one[0]), text)

    assert [value for _, value, _ in beside_secrets(text, said)] == ["Oyster=Lamp=77", KEY]


def test_what_stands_beside_a_person_is_not_found() -> None:
    """It is a log, a commit, a mail."""
    assert not list(beside_secrets(text := f"[[REDACTED:email:1]] {KEY}", text))


def test_values_around_a_line_are_found() -> None:
    """Before it and behind it, whatever they are assigned by."""
    text = f'token = "{KEY}"\npassword = x\ncarol : EAP "birch-tree-lantern"'
    start = text.index("password")

    assert [one for _, one, _ in brothers(text, start, text.index("\n", start))] == [KEY, "birch-tree-lantern"]


@pytest.mark.parametrize("unit", ["[[REDACTED:password:1]] ", "x: [[REDACTED:password:1]]\n"])
def test_many_placeholders_take_time_by_their_number(unit: str) -> None:
    """Also on one line."""
    assert_linear(repeated(unit), lambda text: list(beside_secrets(text, text)), 8_000)
