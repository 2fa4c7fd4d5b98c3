"""The lines around what speaks of access, their words and their nouns."""

import pytest

from pytest_codex_replay.redaction.prose.judged_lines import (
    ProseLines,
    markers_of_nouns,
    nouns_in,
    parts_around,
    tokens_in,
)


def test_a_part_has_the_lines_beside_a_noun():
    """One above, and some below, where the answer may be; far lines are left out."""
    far = "nothing of it here\n" * 30
    text = f"{far}before it\nwhat is the password?\nsommerfest-2026\n{far}"

    ((begin, end),) = parts_around(text, [text.index("password")])

    assert text[begin:end].startswith("before it\n")
    assert "sommerfest-2026" in text[begin:end]
    assert end - begin < 200


@pytest.mark.parametrize("line", ["    key = self._key_of(name)", "login(user);", "{'password': x}"])
def test_code_has_no_part(line):
    """A noun in code is the name of something."""
    assert [*parts_around(line, [line.index(one) for one in ("key", "login", "password") if one in line])] == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("the wifi password", ["password"]),
        ("das Gästepasswort", ["password"]),
        ("the opinion of the spinner", []),
        ("[[REDACTED:password:1]]", []),
    ],
)
def test_nouns_are_whole_words_or_end_a_compound(text, kinds):
    """A short one within another word is none, and the kind of a placeholder neither."""
    assert [one.kind for one in nouns_in(text, 0, len(text)) if one.kind == "password"] == kinds


def test_the_code_of_an_error_opens_nothing():
    """Nor that of a country or of a product."""
    text = "the error code, the zip code and the code"

    assert [one.start for one in nouns_in(text, 0, len(text)) if one.kind == "code"] == [text.rindex("code")]


def test_signs_around_a_word_do_not_belong_to_it():
    """But for a mark behind a number."""
    text = '("walnut"), walnut77! \n'

    assert [text[one.begin : one.stop] for one in tokens_in(text, 0, len(text))] == ["walnut", "walnut77!", "\n"]


def test_a_line_of_a_chat_is_prose():
    """Who says it, and when, are no signs of code."""
    text = "2026-11-30 09:03 <felix> who has the pw\nx = [pw for pw in y]\n"
    lines = ProseLines(text, 0, len(text))

    assert lines.has(text.index("who"))
    assert not lines.has(text.index("[pw"))


def test_the_nouns_are_in_many_languages():
    """A text without any is not looked at."""
    assert {"password", "passwort", "пароль"} <= {*markers_of_nouns()}
