"""Escapes in texts as they stand: no rule takes one for a part of a word, and none is cut in two."""

import json

import pytest

from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.views.escapes import has_break, whole_escapes, words_of
from tests.redaction.corpus import more_planted, planted

HEX_48 = "ab12" * 12
ESCAPED = ["\n", "\t", "\u2028"]
"""Each is an escape in JSON of ASCII."""
PLANTED = [*planted(), *more_planted()]


def nested(text: str, depth: int) -> str:
    """Return a text as a JSON string that is a string in JSON, and so on."""
    for _ in range(depth):
        text = json.dumps({"cmd": text})
    return text


def unnested(text: str, depth: int) -> str:
    for _ in range(depth):
        text = json.loads(text)["cmd"]
    return text


@pytest.mark.parametrize(
    "text",
    [
        "import pytest\n\n@pytest.fixture\ndef one(): ...",
        "class A {\n\t@Override.Always\n\tvoid b();\n}",
        "a\n@foo.bar\n@media.print {}\r@objc.dynamic",
        f"\nfc_{HEX_48}",
        "\ngit@github.com:owner/name.git",
        f"\nkey = {HEX_48}",
        "\token: a1b2c3d4e5f6g7h8",
    ],
)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_letter_of_an_escape_begins_no_word(text, depth):
    """No user of an address, no token and no name begins with it, however deep the text is in JSON."""
    assert Redactor().text(nested(text, depth)) == nested(text, depth)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("before", ESCAPED, ids=ascii)
def test_what_stands_before_a_secret_stays(before, depth):
    """For secrets of all kinds: the text parses, the secret is gone, and nothing before it."""
    wrong = []
    for one in PLANTED:
        clean = unnested(Redactor().text(nested(f"a{before}{one.text}", depth)), depth)
        if not clean.startswith(f"a{before}") or one.secret in clean:
            wrong.append((one.kind, clean))

    assert wrong == []


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("name", ["nora", "tom", "rita", "ben", "frida", "uma", "x41"])
def test_a_backslash_of_windows_is_no_escape(name, depth):
    """A home is recognised by its directory, whatever letter the name begins with."""
    clean = unnested(Redactor().text(nested(rf"cd C:\Users\{name}\src", depth)), depth)

    assert clean == r"cd C:\Users\user\src"


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_name_with_its_domain_is_removed(depth):
    """`whoami` on Windows prints both; the letter behind the backslash may look like an escape."""
    redactor = Redactor()
    redactor.pseudonyms.learn_told("1", {"call_id": "1", "arguments": '{"cmd":"whoami"}'})
    redactor.pseudonyms.learn_told("1", {"call_id": "1", "output": "corpnet\\nora\r\n"})

    assert "nora" not in redactor.text(nested(r"owner: corpnet\nora", depth))


def test_an_escape_is_replaced_whole_or_stays():
    """A place that ends in an escape takes all of it; so does one that begins there, with all its backslashes."""
    text = r"ab\\\\nfoo\""

    assert whole_escapes(text, 6, 10) == (2, 10)
    assert whole_escapes(text, 7, 11) == (7, 12)
    assert whole_escapes("abc", 1, 2) == (1, 2)


def test_other_backslashes_are_parts_of_the_text():
    """As in a regular expression, a path and a line that goes on."""
    for text in (r"\d+\s", "a \\\n b", r"C:\Users"):
        assert words_of(text) is text or words_of(text) == text


def test_a_line_break_within_a_place_is_seen():
    """As JSON has it, and as a part of no path or letter."""
    assert has_break(r"ab\ncd", 1, 5)
    assert has_break(r"ab\u00e9\tcd", 1, 11)
    assert not has_break(r"ab\ncd", 4, 6)
    assert not has_break(r"ab\u00e9cd", 0, 10)
