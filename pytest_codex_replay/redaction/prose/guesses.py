"""Guesses at a password: `try A or B as the root password`, `maybe A?`, `one of: A, B, C`. No I/O.

Someone who does not know which one it is names several. Where one of them has the form of a password, all of them are.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.prose.frames import any_of
from pytest_codex_replay.redaction.prose.message_lines import is_prose, lines_with
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.joined_words import Rank
from pytest_codex_replay.redaction.words.passwords import could_be_password
from pytest_codex_replay.redaction.words.value_shapes import is_plausible

_NOUNS = (*words("password"), *words("short"), *words("english_passwords"))
_GUESSED = any_of(words("guessed"))
_OR = any_of(words("ors"))
_QUOTE = r"[\"'`\u201c\u201d\u201e]?"
_ONE = rf"{_QUOTE}[A-Za-z\u00c0-\u024f\d][^\s\"'`,;()<>=|/\u201c-\u201f]{{4,63}}{_QUOTE}"
_LIST = lazy(
    rf"(?<!\w)(?:{_GUESSED})[ ]?:?[ ](?P<list>{_ONE}(?:(?:,[ ]?(?:{_OR})?[ ]?|[?]?[ ](?:{_OR})[ ]){_ONE}){{0,5}})",
    re.IGNORECASE,
)
_ITEM = lazy(r"[A-Za-z\u00c0-\u024f\d][^\s\"'`,;()<>=|/\u201c-\u201f]{4,63}")
_LAST = lazy(r"[.?:]+\Z")


def _guesses(text: str, places: list[int]) -> Iterator[Place]:
    """Yield all guesses of the lines that have the noun."""
    for begin, end in lines_with(text, places):
        if is_prose(text, begin, end):
            for found in _LIST.finditer(text, begin, end):
                yield from _of_list(text, *found.span("list"))


def _of_list(text: str, begin: int, end: int) -> Iterator[Place]:
    found = [
        (one.start(), one.start() + len(value))
        for one in _ITEM.finditer(text, begin, end)
        if not (value := _LAST.sub("", one[0])).isalpha()
    ]
    if len(found) == 1 and "?" not in text[begin : end + 1]:
        return  # anything may be tried
    values = [text[start:stop] for start, stop in found]
    if any(could_be_password(one, Rank.JOINED) for one in values):
        yield from (place for place, value in zip(found, values, strict=True) if is_plausible(value))


GUESSES = PlacesRule(kind="password", markers=_NOUNS, pattern=_LIST, places=_guesses, looks_far=False)
"""A value is a password because it is one of those that may be it."""
