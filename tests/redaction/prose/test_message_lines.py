"""Lines that speak of access, as far as they are prose."""

from itertools import pairwise

import pytest

from pytest_codex_replay.redaction.prose.message_lines import (
    is_comment,
    is_prompt,
    is_prose,
    line_at,
    lines_of_prose,
    lines_with,
)


def lines(text, cue="login"):
    return [text[slice(*one)] for one in lines_of_prose(text, [text.index(cue)])]


def test_the_line_of_a_cue_is_found():
    """Whole, without the lines around it."""
    assert lines("Hi all,\nthe login of the demo is the same as ever\nbye") == [
        "the login of the demo is the same as ever"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "the login is `a = b` in all of the other files",
        "login of the demo",
        "see the login() of the other module",
    ],
)
def test_code_and_headings_have_none(line):
    """A sign that prose has seldom; too few words."""
    assert lines(line) == []


def test_a_comment_and_a_sentence_with_import_are_prose():
    """A sign of a comment begins a line; what is imported is not the end of it."""
    comment, code = "# if git asks for the login: use the import user of it", "import os"

    assert is_prose(comment, 0, len(comment))
    assert not is_prose(code, 0, len(code))


def test_a_line_has_its_length():
    """At most 240 characters on either side of a place."""
    assert line_at("x" * 1000, 500) == (260, 740)


def test_a_comment_is_told_by_how_it_begins():
    """In languages of all kinds; a sentence begins otherwise."""
    assert all(is_comment(one, 0) for one in ("# a", "   // a", " * a", "-- a", '""" a'))
    assert not is_comment("a # b", 0)


def test_a_prompt_is_told_by_what_follows():
    """A name, a sign and a command; a value that ends in such a sign is none."""
    assert all(is_prompt(one, 0) for one in ("Router# conf t", "sw-1(config-if)# shut", "root@h:~$ ls", "R1> en"))
    assert not any(is_prompt(one, 0) for one in ("Sommer#", "Sommer# ", "a b# c"))


@pytest.mark.parametrize(
    ("below", "found"), [(0, ["a login", "the login, a login"]), (1, ["a login\nnext", "the login, a login\nend"])]
)
def test_each_line_with_a_word_comes_once(below, found):
    """With the lines below it; a part of another word is not the word."""
    text = "a login\nnext\nxlogin\nthe login, a login\nend"
    near = [at for at in range(len(text)) if text.startswith("login", at)]

    assert [text[slice(*one)] for one in lines_with(text, near, below)] == found


def test_parts_of_a_long_line_do_not_overlap():
    """A place is looked at once, however many words are around it."""
    text = "login " * 500
    spans = list(lines_with(text, list(range(0, len(text), 6)), 1))

    assert all(before[1] <= after[0] for before, after in pairwise(spans))
