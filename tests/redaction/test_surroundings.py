"""The text around a secret stays, byte for byte, whatever rule finds it: over all texts of the tests of redaction."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.redaction.finder import OF_MANY_LINES, Finder
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rule import ENCODED
from pytest_codex_replay.redaction.rules import RULES
from pytest_codex_replay.redaction.views.views import LINE_BREAK
from tests.redaction.corpus import look_alikes, more_planted, planted

VALUE = "nasse-socke"
"""Stands where the tests leave a place for one."""
MAX_CHARS = 2000
BEFORE, BEHIND = "before it\n(\n", "\n(see above) foo bar"
"""Lines that go on in none, and in which none goes on."""
BROKEN = re.compile(r"\\+[nrt]")
SPLIT = [
    "update the password icon to padlock\nchange the password prompt to Dutch",
    "the password is kept in padlock.\nchange it to another one, please",
    "schtasks /create /ru anna /rp secretpw\nfoo bar",
    "my password: Hunter-2x9 Regen\nthe login page is slow now",
]


def texts_of_tests() -> list[str]:
    """Return the texts that are parameters of the tests of this directory."""
    found = set(SPLIT)
    for file in Path(__file__).parent.rglob("test_*.py"):
        if file != Path(__file__):
            name = ".".join(file.relative_to(Path(__file__).parents[2]).with_suffix("").parts)
            for test in vars(import_module(name)).values():
                for mark in getattr(test, "pytestmark", ()) if callable(test) else ():
                    found.update(strings_in(mark.args[1]) if mark.name == "parametrize" else ())
    filled = {one.replace("@", VALUE) for one in found if "@" in one}
    others = {text for _, text in look_alikes()} | {one.text for one in (*planted(), *more_planted())}
    return sorted(one for one in found | filled | others if len(one) <= MAX_CHARS)


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings_in(one)


def in_lines(text: str) -> str:
    return f"{BEFORE}{text}{BEHIND}"


def in_json(text: str) -> str:
    return json.dumps({"cmd": in_lines(text)}, ensure_ascii=False)


@pytest.mark.parametrize("carried", [str, in_lines, in_json])
def test_a_secret_ends_where_its_words_end(carried: Any) -> None:
    """No blank and no line break belongs to it, at its ends or within, but in keys and encoded text of many lines."""
    finder, wrong = Finder(RULES), []
    for text in map(carried, texts_of_tests()):
        for one in finder.find(text):
            written = text[one.start : one.end]
            is_of_lines = one.kind in OF_MANY_LINES or (one.kind == ENCODED and LINE_BREAK.search(one.secret))
            is_broken = "\n" in written or (carried is in_json and one.kind != ENCODED and BROKEN.search(written))
            if written != written.strip() or (is_broken and not is_of_lines):
                wrong.append((one.kind, written, text))

    assert wrong == []


def test_the_texts_are_many() -> None:
    """The claim above is about thousands of texts, most of them with a secret."""
    assert len(texts_of_tests()) > 4000


@pytest.mark.parametrize("text", SPLIT)
@pytest.mark.parametrize("width", [0, 60, 72, 76, 80, 100, 120])
def test_a_line_that_ends_in_a_word_goes_on_in_no_other(text: str, width: int) -> None:
    """Whether two lines are equally long, or one has a usual width; in JSON and out of it."""
    line, _, following = text.partition("\n")
    text = f"{line.rjust(width)}\n{following}"

    for clean in (Redactor().text(text), json.loads(Redactor().text(json.dumps({"a": text})))["a"]):
        assert clean.count("\n") == 1
        assert clean.endswith(f"\n{following}")
