"""Rules for the pair of a user and a password, near words about a login: `admin/fritz-und-franz`. No I/O.

The message, or a line above, says that someone logs in, or where. A user whom systems come with, an address of e-mail
and an account of a service need little more; behind any other name, the form of the value, or its marks, tell it.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.prose.message_lines import line_at, lines_with
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.joined_words import Rank
from pytest_codex_replay.redaction.words.passwords import could_be_password
from pytest_codex_replay.redaction.words.personal import is_coined_by_a_person

_CUES = (*words("signs_in"), *words("login"))
_LINES_BELOW = 6
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_USUAL = lazy(
    rf"(?:{'|'.join(words('usual_accounts'))})\d{{0,3}}|svc[_.-][\w.-]{{2,30}}|[\w.+-]{{1,40}}@[\w-]{{1,40}}(?:\.[\w-]{{1,24}}){{1,3}}"
)
"""Whom systems and tests come with, and what nothing but a login is called."""
_MARK = r"[\"'`\u201c\u201d\u201e]"
_PAIR = lazy(
    rf"(?:(?<![^\s(\[,;{_CJK}])|(?<=[ ]{_MARK})|(?<=\n{_MARK})|(?<=\({_MARK}))"
    rf"(?P<user>[A-Za-z][\w.@+-]{{1,60}})(?P<mark>{_MARK}?)"
    r"(?:(?P<tight>[ ]?/[ ]?|:)|:[ ]|,[ ]"
    rf"|[ ](?:{'|'.join(words('prepositions'))}|and|und|et|y|och|og|en|[|-]|\u2013)[ ])"
    rf"{_MARK}?(?P<value>[A-Za-z\d][^\s\"'`\u201c\u201d<>()|=\[\]{{}},;/:{_CJK}]{{4,63}})"
    rf"(?=[\s\"'`\u201d)\],;{_CJK}]|:(?:\s|\Z)|\Z)"
)
_ADDRESS = lazy(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_OF_CODE = lazy(r"[{}<>=$\\\0]|\(\)|::|->|;(?!\s)|\w\(|^\s{0,40}(?:#|//|\*)", re.MULTILINE)
_NUMBERED = lazy(r"[a-z]{3,16}\d{1,3}")


class _Near(NamedTuple):
    """What stands around a pair."""

    has_address: bool
    is_marked: bool
    """Whether quotes or brackets are around it, or its user."""


def _pairs(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the values of pairs in the lines of a cue, and in those below."""
    for start, end in lines_with(text, places, _LINES_BELOW):
        has_address = _ADDRESS.search(text, start, end) is not None
        for found in _each_pair(text, start, end):
            is_marked = bool(found["mark"]) or text[found.start() - 1 : found.start()] in {"(", "`"}
            value = found["value"].rstrip(".?")
            if _is_password(found, value, _Near(has_address, is_marked)) and not _is_in_code(text, found):
                yield found.start("value"), found.start("value") + len(value)


def _each_pair(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Yield all pairs; what stands in one for the value may be the user of the next: `with ops and X`."""
    while found := _PAIR.search(text, start, end):
        yield found
        start = found.start("value")


def _is_password(found: re.Match[str], value: str, near: _Near) -> bool:
    user, is_tight = found["user"], found["tight"] is not None
    joint = found.string[found.end("mark") : found.start("value")]
    is_member = bool(found["mark"]) and joint[:1] == ":"
    if is_member or value == user:
        return False
    if could_be_password(value, Rank.NUMBERED):
        return is_tight or near.is_marked or _NUMBERED.fullmatch(user) is not None or _is_usual(user)
    if not could_be_password(value, Rank.JOINED):
        return False
    if _is_usual(user):
        is_apart = near.is_marked and joint[:1] != ","
        return is_tight or is_apart or near.has_address or is_coined_by_a_person(value)
    return near.is_marked and (is_tight or is_coined_by_a_person(value))


def _is_usual(user: str) -> bool:
    return _USUAL.fullmatch(user) is not None


def _is_in_code(text: str, found: re.Match[str]) -> bool:
    """Return whether the line of a pair, without the pair, has what prose has not."""
    begin, end = line_at(text, found.start())
    is_code = _OF_CODE.search(text, begin, found.start()) or _OF_CODE.search(text, found.end(), end)
    return is_code is not None


LOGIN_PAIRS = (PlacesRule(kind="password", markers=_CUES, pattern=_PAIR, places=_pairs, looks_far=False),)
"""A value is a password because of the user before it, and of a login that the text speaks of."""
