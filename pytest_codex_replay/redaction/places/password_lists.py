"""Rules for lists and maps that hold passwords, as their name says: `PW=( [nas]='X' )`, `passwords = ["X"]`. No I/O."""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.placed import is_placed_text

_MANY = ("passwords", "passwds", "passphrases", "pwds", "pws")
_ONE = ("password", "passwd", "pass", "pwd", "pw")
_OPENINGS = tuple(f"{joint}{sign}" for joint in ("=", " = ", ": ", " => ") for sign in ("(", "{", "[", "@{", "@("))
_MARKERS = (
    *(f"{word}{opening}" for word in _MANY for opening in _OPENINGS),
    *(f"{word}{opening}" for word in _ONE for opening in ("=(", "[")),
)
_NAME = re.compile(
    rf"(?:{'|'.join(_MANY)})\\{{0,3}}[\"']?(?:[ ]?=>?|:)[ ]?@?[({{\[]|(?:{'|'.join(_ONE)})=\((?=\s{{0,8}}\[)",
    re.IGNORECASE,
)
_ONE_OF_THEM = re.compile(
    rf"(?:{'|'.join((*_MANY, *_ONE))})\[\\{{0,3}}[\"']?[\w.@-]{{1,40}}\\{{0,3}}[\"']?\][ ]?=[ ]?", re.IGNORECASE
)
_VALUE = r"(?:\\{0,3}\"([^\"\\\n]{4,128})\\{0,3}\"|'([^'\\\n]{4,128})')"
_ITEM = re.compile(
    r"(?:\s|\\n){0,24}(?:\[[\"']?[\w.@-]{1,40}[\"']?\]="
    rf"|\\{{0,3}}[\"']?[\w.@ -]{{1,40}}\\{{0,3}}[\"']?\s?(?:=>?|:)\s?)?{_VALUE}[,;]?"
)
_QUOTED = re.compile(_VALUE)
_ITEMS = 64
_WORD = re.compile(r"[^\W\d_]+")
_OF_PROGRAMS = frozenset(
    (
        *words("technical_words"),
        *words("words_of_forms"),
        *words("words_of_messages"),
        *words("ordinary_words"),
        *words("generic_names"),
        *_MANY,
        *_ONE,
    )
)


def _in_lists(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the values of such lists, and what is assigned to one of their places."""
    done = 0
    for at in places:
        if at < done or text[at - 1 : at].isalpha():
            continue
        one = _ONE_OF_THEM.match(text, at)
        found = _QUOTED.match(text, one.end()) if one else None
        if found:
            done = found.end()
            yield from _of_person(text, found)
        elif begun := _NAME.match(text, at):
            done = begun.end()
            for _ in range(_ITEMS):
                item = _ITEM.match(text, done)
                if item is None:
                    break
                done = item.end()
                yield from _of_person(text, item)


def _of_person(text: str, found: re.Match[str]) -> Iterator[Place]:
    """Yield the place of a value that has a word which programs do not use: lists of names are called so, too."""
    place = found.span(found.lastindex or 0)
    value = text[slice(*place)]
    if is_placed_text(value) and not _OF_PROGRAMS.issuperset(map(str.lower, _WORD.findall(value))):
        yield place


PASSWORD_LISTS = (PlacesRule(kind="password", markers=_MARKERS, pattern=_NAME, places=_in_lists),)
"""A value is a password because of the name of the list that holds it."""
