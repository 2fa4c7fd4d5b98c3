"""Passwords of joined words in the sentences that state them, whatever their language. No I/O.

Which form is enough depends on the frame of the value, and on the noun: English is what documentation and code are
written in.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.prose.frames import (
    Noun,
    needed_as_answer,
    needed_before,
    needed_behind,
    needed_of_word,
)
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.joined_words import CJK, SIGNS, Rank
from pytest_codex_replay.redaction.words.uncommon import form_of, is_among_frequent

_ENGLISH = (
    *words("english_passwords"),
    "pass code",
    "pass phrase",
    *(f"{one} pass" for one in (*words("before_pass"), "/", ",")),
)
"""Other languages have some of them, too."""
_FOREIGN = tuple(sorted({*words("password"), *words("noun"), *words("short")} - {*_ENGLISH, "pre-shared key"}))
_KEYS = (one for one in words("key") if " " in one or not one.isascii())
_ACCESS = (*words("login"), *words("opens"), *_KEYS, "wifi", "wi-fi", "wlan", "community")
_NOUNS = (*_ENGLISH, *_FOREIGN, *_ACCESS)
_FREE_CHARS = 5
"""A longer noun, or one of other letters than ASCII has, is one inside a word, too."""


_LOGINS = frozenset(words("login"))
"""These have no endings."""


_ENDING = lazy(rf"(?:(?<![{CJK}])[^\W\d_{CJK}]{{0,6}})?")
_ALONE_ENDING = lazy(r"(?![^\W_])")


class _Nouns(NamedTuple):
    """Nouns with the same first letter, of one kind, that end alike."""

    kind: Noun
    nouns: frozenset[str]
    lengths: tuple[int, ...]
    """In characters, the longest first."""
    ending: re.Pattern[str]


def _by_letter() -> dict[str, list[_Nouns]]:
    """Return the nouns by their first letter: the long ones with an ending of their language, the others alone."""
    by_letter: dict[str, list[_Nouns]] = {}
    for kind, nouns in ((Noun.ENGLISH, _ENGLISH), (Noun.FOREIGN, _FOREIGN), (Noun.ACCESS, _ACCESS)):
        free = {one for one in nouns if (len(one) >= _FREE_CHARS and one not in _LOGINS) or not one.isascii()}
        for some, ending in ((free, _ENDING), (set(nouns) - free, _ALONE_ENDING)):
            for letter in {one[0] for one in some}:
                own = frozenset(one for one in some if one[0] == letter)
                lengths = tuple(sorted({len(one) for one in own}, reverse=True))
                by_letter.setdefault(letter, []).append(_Nouns(kind, own, lengths, ending))
    return by_letter


_BY_LETTER = _by_letter()
_AHEAD_CHARS, _NEXT_CHARS, _BEHIND_CHARS, _SENTENCE_CHARS = 110, 70, 72, 300
_VALUE = lazy(
    rf"(?<![^\s\"'`*(\u00ab\u201c-\u201e\u300c\u300e:\uff1a,\u3001\u3002\uff0c\u2192>{CJK}])"
    rf"(?:(?<![{CJK}])(?=[^\s{CJK}]{{0,32}}[{CJK}])(?=\S{{0,24}}[A-Za-z{SIGNS}])(?:\w|[{SIGNS}]){{5,64}}+"
    rf"|(?:[^\W_{CJK}]|[{SIGNS}]){{5,64}}+)(?!['\u2019]\w|[(/=\\@\[<{{]|:[\w/])"
)
_LAST = lazy(r"[.?]+\Z|[-_]+\Z")
_END = lazy(
    r"\r?\n|[.?!\u3002\uff01\uff1f\u061f](?:\s(?!(?:It(?:['\u2019]s|[ ]is)|A:)[ ])|\Z)|[{}\[\];<>|\\\x00]|\(\)|=|://"
)
"""Where a sentence ends, or is none."""
_ASKED = lazy(r"(?!:)[^\n?\uff1f\u061f]{0,60}(?P<mark>[?\uff1f\u061f;]{1,3})?[^\S\n]{0,4}[\"'\u201d]?\r?\n")
"""The rest of a message that asks, with a mark or without one."""
_SPEAKER = lazy(
    r"(?:(?:[^\n:>]{0,24}\d\d:\d\d(?::\d\d)?[^\n:>]{0,8})?[^\n:>]{1,24}[:>][ \t]{1,3}|>?[ \t]{0,4})[\"'`*\u201c]{0,3}"
)
_ALONE = lazy(r"[\"'`*\u201d.!]{0,3}[^\S\n]{0,4}(?:\r?\n|\Z)")
_OF_CODE = frozenset("_.$-/\\<@&?=")
_OF_CODE_BEHIND = frozenset("_=([<>$/")
_OF_AN_EXPRESSION = lazy(r"[ ]?[\])]?[,:]?[ ]?(?:[=!]=|=[^>]|is (?:not )?None|in self|\)|\])")


def _stated(text: str, near: list[int]) -> Iterator[Place]:
    """Yield the passwords in the sentences with a noun: those behind it, else the one before it, else the answer."""
    done = 0
    for at in near:
        kind_and_end = _noun_at(text, at) if at >= done else None
        if kind_and_end is None:
            continue
        noun, end = kind_and_end
        done, found = end, False
        for place in _behind(text, end, noun):
            found, done = True, place[1]
            yield place
        if not found:
            yield from [*_before(text, at, noun)] or [*_answer(text, end, noun)]


def _noun_at(text: str, at: int) -> tuple[Noun, int] | None:
    """Return the kind of the noun at a place and its end, unless it is a part of code, or no value can be near it."""
    before, letter = text[at - 1 : at], text[at].lower()
    is_compound = before == "-" and text[at].isupper() and text[at - 2 : at - 1].isalpha()  # `WLAN-Passwort`
    if (before in _OF_CODE and not is_compound) or (before.isascii() and before.isalnum() and letter.isascii()):
        return None
    noun = next(_nouns_at(text, at, letter), None)
    if noun is None or _is_code(text, at, noun[1]):
        return None
    return noun


def _nouns_at(text: str, at: int, letter: str) -> Iterator[tuple[Noun, int]]:
    for kind, nouns, lengths, ending in _BY_LETTER.get(letter, ()):
        for chars in lengths:
            if text[at : at + chars].lower() in nouns and (end := ending.match(text, at + chars)):
                yield kind, end.end()


def _is_code(text: str, at: int, end: int) -> bool:
    """Return whether a noun is a part of a name or of a command."""
    noun = text[at:end]
    whole = noun.lower()
    before, sign, behind = text[at - 1 : at], text[end : end + 1], text[end + 1 : end + 2]
    if sign in _OF_CODE_BEHIND or (sign in {".", "-", ":"} and behind.isascii() and behind.isalnum()):
        return True
    if (before in {'"', "'", "`"} and (before == sign or whole.isascii())) or text[at - 7 : at] == "getent ":
        return True
    if _OF_AN_EXPRESSION.match(text, end):
        return True
    is_mixed = whole.isalpha() and noun[1:] not in {whole[1:], whole[1:].upper()}
    return is_mixed or (sign.isupper() and noun[-1:].islower())


def _values(text: str, at: int, end: int) -> Iterator[tuple[int, int, Rank]]:
    """Yield the places of words that could be passwords, with their ranks."""
    for found in _VALUE.finditer(text, at, end):
        whole = _VALUE.match(text, found.start())
        is_title = text[max(0, found.start() - 6) : found.start()].replace("\\", "").endswith('"""')
        if whole and not is_title:
            value = _LAST.sub("", whole[0])
            if rank := form_of(value):
                yield found.start(), found.start() + len(value), rank


def _behind(text: str, begin: int, noun: Noun) -> Iterator[Place]:
    at, chars, is_next = begin, _AHEAD_CHARS, False
    while at < begin + _SENTENCE_CHARS:
        found = _END.search(text, at, at + chars)
        end = found.start() if found else min(at + chars, len(text))
        for start, stop, rank in _values(text, at, end):
            is_word = text[start : stop - 1].isalpha() and not text[stop - 1].isdigit()
            if is_word and max(text[start:stop]) < CJK[0]:
                needed = needed_of_word(text, begin, start, stop, noun=noun)
                is_known = rank >= needed and is_among_frequent(text, begin, start, stop, end)
            else:
                is_known = rank >= needed_behind(text, begin, start, stop, noun=noun, is_next=is_next)
            if is_known:
                yield start, stop
                at, chars, is_next = stop, _NEXT_CHARS, True
                break
        else:
            return


def _before(text: str, at: int, noun: Noun) -> Iterator[Place]:
    begin = max(0, at - _BEHIND_CHARS)
    begin = max((one.end() for one in _END.finditer(text, begin, at)), default=begin)
    if begin and text[begin - 1].isalnum():  # a word is cut
        begin = next((one.end() for one in re.finditer(r"\s", text[begin:at])), at - begin) + begin
    for start, stop, rank in _values(text, begin, at):
        if rank >= needed_before(text, begin, start, stop, at, noun=noun):
            yield start, stop


def _answer(text: str, at: int, noun: Noun) -> Iterator[Place]:
    """Yield what the message behind one that asks for a password consists of."""
    asked = _ASKED.match(text, at) if noun is not Noun.ACCESS else None
    if asked is None:
        return
    for start, stop, rank in islice(_values(text, asked.end(), asked.end() + _AHEAD_CHARS), 1):
        speaker = _SPEAKER.fullmatch(text, asked.end(), start)
        if speaker is not None and _ALONE.match(text, stop):
            is_asked, is_named = asked["mark"] is not None, speaker[0].strip() != ""
            if rank >= needed_as_answer(text[start:stop], is_asked=is_asked, is_named=is_named):
                yield start, stop


STATEMENTS = PlacesRule(kind="password", markers=_NOUNS, pattern=_VALUE, places=_stated, looks_far=False)
"""A value is a password because a sentence says so."""
