"""The places of a sentence about access where a value stands, and what does not look like one elsewhere. No I/O.

Behind a verb that states or takes something, behind the name of a user, in quotes or brackets, and at the end of a
clause, words that are joined, numbered or run together are a value. One ordinary word is not, although it may be a
password: names of programs and sites stand there as often, and would be replaced all over a session. `review` lists it.
In the surest places, such as `my password is`, any word is one, and is replaced there alone: see `told_words.py`.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pytest_codex_replay.redaction.formats import load_rows, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.redaction.prose.message_lines import is_prose, line_at, lines_of_prose
from pytest_codex_replay.redaction.prose.told import CUES
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words import told_words
from pytest_codex_replay.redaction.words.joined_words import Rank, is_ordinary, rank_of
from pytest_codex_replay.redaction.words.passwords import is_told_value
from pytest_codex_replay.redaction.words.phrases import is_told_phrase
from pytest_codex_replay.redaction.words.uncommon import is_run_together, is_uncommon
from pytest_codex_replay.redaction.words.value_shapes import plain_letters

_PART = re.compile(r"[A-Z]?[^\W\d_A-Z]{3,}|[A-Z]{4,}")
_NUMBERED = re.compile(r"[^\W\d_]{4,}[._]\d{1,4}|\d{1,4}[^\W\d_]{4,}|[A-Z]{4,}_\d{2,4}")
_NAME = re.compile(r"www\.|lib|[a-z]{1,3}\d|[a-z]+\d+\Z|[A-Z]{3,}[a-z]|[a-z]+_(?:is|get|set|has|to|of|for)_")
_TECHNICAL = frozenset(
    (*words("technical_words"), *words("naming_words"), *words("words_of_messages"), *words("vendors"))
)
_JOINING = frozenset(
    "a an the my our your and of in on for to with not no is two three four five six seven eight nine ten".split()
)
_ARTICLES = frozenset(("the", "our", "its", "their"))
"""What a sentence goes on with: `the secret of it is the cache`."""
_PREDICATES = frozenset(
    (*words("function_words"), *words("words_about_passphrases"), *words("adverbs"), *words("copulas"))
)
_ABSTRACT = re.compile(r"(?:ion|ment|ness|ity|ance|ence|ism|ship|ure|[aií][bv]ele?|bile)s?\Z")
"""Nothing that people see, and take as a password."""
_COMPOUND = re.compile(r"[a-z]{2,}-[a-z]{2,}|[a-z]+(?:[A-Z][a-z]*)+")
"""Of two words as English has them, or a name in code: `hot-reload`, `camelCase`."""
_GOES_ON = re.compile(r"[ \t]*\r?\n[ \t]*[a-z]")
_IS_TYPE = re.compile(r"\??[ \t]{0,4}=(?![=>])|[ \t]\|[ \t](?:None|null|undefined)\b")
"""Behind the type of an argument: `password: t.Any = None`."""
_LINES_BELOW = 3
_END_OF_PROSE = re.compile(r"\n|\\{0,3}\"\},|[ ](?:=|->)[ ]")
_BEFORE_IN_CODE = frozenset("_.$/\\-'\"=([{<@")
_NEAR_CHARS = 12
_CODE_NEAR = re.compile(r"\{\w|\w\}|\w[\[(]|::|\w=[\w\"']|[=!]=|\)\.|self\.")
_WORD_IN_CODE = re.compile(r"[ ,]{0,2}_?[A-Za-z]{1,24}(?:[_=(\[.)]\w|[\"'\]()=]|,\w)")
_WITHIN_WORD = re.compile(r"(?:(?:pw|ww|psk|pwd)(?!s\b)|opens|signed[ ]in|accesso)[a-z\d]", re.IGNORECASE)
"""Cues that other words begin with: `OpenSSL`, `signed integer`, `pwrite`."""
_FEW_WORDS = 3
_PAIR, _SHORT = 2, 3


class _Row(NamedTuple):
    pattern: re.Pattern[str]
    anchors: tuple[str, ...]
    """A line without any of them, in lower case, is skipped."""
    is_value: Callable[[str], bool]
    is_here: bool
    """Whether the place is so sure that any word is one, and is replaced there alone."""
    is_first: bool
    """Whether all that the pattern matches begins with an anchor: it is tried at these alone."""

    def matches(self, text: str, places: list[int], end: int) -> Iterator[re.Match[str]]:
        """Yield the matches in a part of a text, which begin at some places."""
        done = 0
        for at in places:
            if at >= done and (found := self.pattern.match(text, at, end)):
                done = found.end()
                yield found


class _Rows(NamedTuple):
    rows: list[_Row]
    by_anchor: dict[str, list[int]]
    """The numbers of the rows that have an anchor."""
    markers: Markers
    signs: tuple[str, ...]
    """Anchors of one character, which are looked for one by one."""


def _told_at_places(text: str, near: list[int]) -> Iterator[Place]:
    """Yield what stands in such places of the lines that have a cue, and of those below: these may be the answer."""
    done = 0
    for begin, end in lines_of_prose(text, near, _FEW_WORDS):
        below = line_at(text, end + 1) if text[end : end + 1] == "\n" else (end, end)
        found = {*_values(text, begin, end)}
        if is_prose(text, *below):
            found |= {*_values(text, *below)}
        for start, stop in sorted(found):
            if start >= done:
                done = stop
                yield start, stop


def _values(text: str, begin: int, end: int) -> Iterator[Place]:
    yield from (found.span("value") for found in _found(_ROWS, text, begin, end))


def _found(rows: _Rows, text: str, begin: int, end: int) -> Iterator[re.Match[str]]:
    lowered = text[begin:end].lower()
    places = rows.markers.places(lowered)
    anchors = (*places, *(one for one in rows.signs if one in lowered))
    for number in {number for one in anchors for number in rows.by_anchor[one]}:
        row = rows.rows[number]
        if row.is_first and len(lowered) == end - begin:
            matches = row.matches(text, [begin + at for at in places.of(row.anchors, lowered)], end)
        else:
            matches = row.pattern.finditer(text, begin, end)
        for found in matches:
            if row.is_value(found["value"]):
                yield found


def _told_here(text: str, near: list[int]) -> Iterator[Place]:
    """Yield what stands in the surest places of the lines that have a cue."""
    done = 0
    for at in near:
        if at < done or _is_in_code(text, at):
            continue
        begin, done = line_at(text, at)
        for _ in range(_LINES_BELOW):
            done = line_at(text, done + 1)[1] if text[done : done + 1] == "\n" else done
        found = [one for one in _found(_HERE_ROWS, text, begin, done) if _is_in_prose(text, one)]
        yield from sorted({one.span("value") for one in found if not _is_cut(text, one)})


def _is_in_code(text: str, at: int) -> bool:
    """Return whether a cue is a part of a name in code, or an argument; that of a variable in capitals is told, too."""
    before = text[at - 1 : at]
    if before in _BEFORE_IN_CODE or (before.isalnum() and before.isascii() and text[at] not in " ,_"):
        return True
    if _WITHIN_WORD.match(text, at):
        return True
    is_near = _CODE_NEAR.search(text, max(0, at - _NEAR_CHARS), at + 2 * _NEAR_CHARS) is not None
    return is_near or _WORD_IN_CODE.match(text, at) is not None


def _is_in_prose(text: str, found: re.Match[str]) -> bool:
    """Return whether what leads to a value is prose, as far as its line, or its message, goes."""
    end = _END_OF_PROSE.search(text, found.start(), found.end())
    return is_prose(text, found.start(), end.start() if end else found.end())


def _is_cut(text: str, found: re.Match[str]) -> bool:
    """Return whether a value is assigned to, as a type is, or the clause may go on in the next line.

    Words at the end of such a line are some of more.
    """
    if _IS_TYPE.match(text, found.end("value")):
        return True
    return found["value"].replace(" ", "").isalpha() and _GOES_ON.match(text, found.end("value")) is not None


def is_formed(value: str) -> bool:
    """Return whether words are joined or numbered, or run together, and no name: `Sunflower.2019`."""
    return _COMPOUND.fullmatch(value) is None and _is_joined(value)


def _is_joined(value: str) -> bool:
    if value.isalpha() and not _NAME.match(value):
        is_mixed = not (value.islower() or value.istitle() or value.isupper())
        return is_run_together(value) or (is_mixed and is_told_value(value))
    plain = plain_letters(value)
    parts = _PART.findall(plain)
    if "_" in plain and any(map(_is_technical, parts)) and plain.islower():
        return False
    if is_ordinary(value) or _NAME.match(plain) or sum(map(_is_technical, parts)) * _PAIR > len(parts) or not parts:
        return False
    return rank_of(value) >= Rank.COMPOUND or _NUMBERED.fullmatch(plain) is not None


def _is_technical(part: str) -> bool:
    return part.lower() in _TECHNICAL


def is_word_abroad(value: str) -> bool:
    """Return whether a value is a word that people of no language use often, or is joined of words."""
    if value.isalpha():
        return (is_uncommon(value) or is_run_together(value)) and _ABSTRACT.search(value) is None
    return _is_joined(value)


def is_some_words(value: str) -> bool:
    """Return whether words are a passphrase: half of them are such as programs do not have, and none explains."""
    spoken = value.lower().split()
    own = [one for one in spoken if one not in _JOINING]
    is_long = len(spoken) > _PAIR or spoken[0] not in _JOINING
    if spoken[0] in _ARTICLES or not (
        own and is_long and value.islower() and _PREDICATES.isdisjoint(own) and own[0][-2:] not in {"ed", "ly"}
    ):
        return False
    own_count = sum(not _is_technical(one) and len(one) > _SHORT for one in own)
    least = 1 if len(spoken) == _PAIR else _PAIR  # two words are often a verb and a part of it: `swipe up`
    return own_count * least >= len(spoken) and is_told_phrase(value)


_OFTEN = frozenset(("lock", "changed", "reset"))
"""Of the cues, those that code and its history have often; alone, they tell no place."""
_CHECKS = {one.__name__: one for one in (is_word_abroad, is_formed, is_some_words)} | {
    name: one for name, one in vars(told_words).items() if name.startswith("is_")
}


def _row(*, pattern: str, anchors: tuple[str, ...], is_value: str, is_here: bool, is_first: bool) -> _Row:
    return _Row(lazy(pattern, re.IGNORECASE), anchors, _CHECKS[is_value], is_here, is_first)


def _rows(*, is_here: bool) -> _Rows:
    """Return the rows by their anchors: a line is searched for all of these at once."""
    rows = [row for row in load_rows("places", _row) if row.is_here == is_here]
    by_anchor: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        for anchor in row.anchors:
            by_anchor.setdefault(anchor, []).append(number)
    return _Rows(rows, by_anchor, Markers(by_anchor), tuple(one for one in by_anchor if len(one) == 1))


_ROWS, _HERE_ROWS = _rows(is_here=False), _rows(is_here=True)
TOLD_AT_PLACES = PlacesRule(
    kind="password",
    markers=tuple(sorted({*CUES, *words("told_cues"), *words("lock")} - _OFTEN)),
    pattern=_PART,
    places=_told_at_places,
    looks_far=False,
)
"""A value is a password because of its place in a line that speaks of access."""
_OF_PROGRAMS = frozenset(("cred", "credential", "credentials", "login"))
"""Of the cues, those that programs have in names more often than people in sentences."""
_CUES_HERE = ("password", "noun", "short", "english_passwords", "login", "opens", "ways_in", "cues_here")
TOLD_HERE = PlacesRule(
    kind="password",
    markers=tuple(sorted({one for name in _CUES_HERE for one in words(name)} - _OF_PROGRAMS)),
    pattern=_PART,
    places=_told_here,
    is_local=True,
    looks_far=False,
)
"""A value is a password because of a place in which any word is one: there alone it is replaced."""
