"""What parsed before redaction parses after it."""

import json

import pytest

from pytest_codex_replay.redaction.finder import replaced
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.views.documents import BrokenTextError, whole_documents


def swapped(text, *swaps):
    return replaced(text, whole_documents(text, swaps, replaced, str.upper, lambda _: "7"))


@pytest.mark.parametrize(
    "text",
    [
        '{"password": 12345678}',
        '{"a": 1, "password" : 12345678, "b": 2}',
        '{"a": "{\\"password\\": 12345678}"}',
        '["{\\"a\\": \\"{\\\\\\"password\\\\\\": 12345678}\\"}"]',
    ],
)
def test_a_number_becomes_another(text):
    """Whatever it is nested in."""
    clean = Redactor().text(text)

    assert "12345678" not in clean
    assert "REDACTED" not in clean
    json.loads(clean.replace('\\\\\\"', "'"))
    json.loads(clean)


def test_each_string_has_its_part_of_a_place():
    """A rule may take two strings for one value."""
    assert swapped('{"a": "one", "b": "two", "c": 3}', (7, 21, "X")) == '{"a": "X", "X": "Xo", "c": 3}'


def test_names_within_a_place_stay_where_they_would_become_one():
    """A member would be lost; what stands in the place beside a value is not one. A name of its own has one."""
    assert swapped('{"a": "one", "b": 3, "c": "two"}', (7, 29, "X")) == '{"a": "X", "b": 7, "c": "Xo"}'
    with pytest.raises(BrokenTextError):
        swapped('{"one": 1, "two": 2}', (2, 5, "X"), (12, 15, "X"))


def test_a_number_in_a_place_becomes_another():
    """What is `true`, `false` or `null` tells nothing, and stays."""
    assert swapped("[12, true, 3]", (2, 8, "X")) == "[7, true, 3]"


def test_json_in_a_string_is_redacted_by_itself():
    """When a place goes beyond one of its strings."""
    text = json.dumps({"a": '{"b": "c", "d": "e"}'})

    assert json.loads(swapped(text, (15, 25, "X")))["a"] == '{"B": "C", "D": "E"}'


@pytest.mark.parametrize("head", ["", "Exit code: 0\nOutput:\n", '{"x": 1}\n'], ids=["alone", "head", "lines"])
def test_a_document_may_follow_a_head_or_other_lines(head):
    """As in the output of a tool, and in JSON lines."""
    at = len(head)

    assert swapped(f'{head}{{"a": 1}}', (at + 6, at + 7, "X")) == f'{head}{{"a": 7}}'


@pytest.mark.parametrize(
    "written",
    ["C:\\{}\\\n{}\\source", "C:\\{}\\\t{}\\x", "C:\\{}\\\b{}\\x"],
    ids=["line end", "tab", "backspace"],
)
@pytest.mark.parametrize("depth", [1, 2])
def test_the_letter_of_an_escape_is_of_no_value(written, depth):
    """A path that is broken behind its backslash looks as if the name began with the letter of the line end."""
    text = written.format("Users", "Radoslav.Petkov")
    for _ in range(depth):
        text = json.dumps({"a": text})
    clean = Redactor().text(text)

    for _ in range(depth):
        clean = json.loads(clean)["a"]
    assert clean == written.format("Users", "user")


@pytest.mark.parametrize("at", range(7, 13))
def test_a_character_that_an_escape_spells_is_of_a_value(at):
    """Wherever in it the value begins; where it can be replaced as it stands, it is."""
    clean = swapped(r'{"a": "\u0041bc"}', (at, 14, "X"))

    assert clean in {'{"a": "Xc"}', '{"a": "X"}'}


def test_what_is_no_json_stays_as_it_is():
    """It cannot be broken."""
    assert swapped('{"a": 1} x', (6, 7, "X")) == '{"a": X} x'


def test_what_cannot_be_kept_whole_is_refused():
    """Nothing is written that would no longer parse."""
    with pytest.raises(BrokenTextError, match="would not parse after redaction"):
        swapped('["a"]', (2, 3, '"'))


def test_a_value_at_the_end_of_an_escaped_string_leaves_its_quotation_mark():
    """A secret that ends in a backslash, in JSON in JSON."""
    text = json.dumps({"cmd": "x " + json.dumps({"password": "hunter22\\"}) + ' "hunter22\\"'})
    redactor = Redactor()
    redactor.text("password: hunter22\\\n")

    json.loads(redactor.text(text))
