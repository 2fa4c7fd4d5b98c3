"""Passwords in what people write of access, told by their form: `Everyone uses Invoices4ever&ever for it`. No I/O.

A sentence need not name what it tells, nor say it in any order. But nearly all its words are frequent ones of its
language, and one that is joined or numbered as people do it with passwords stands out. It is one where the same line
speaks of logins, doors, locks or networks.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.prose.frames import any_of
from pytest_codex_replay.redaction.prose.message_lines import is_comment, lines_of_prose
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.joined_words import CJK, Rank, is_ordinary, rank_of
from pytest_codex_replay.redaction.words.personal import has_rare_word
from pytest_codex_replay.redaction.words.phrases import is_spoken_phrase
from pytest_codex_replay.redaction.words.uncommon import form_of, is_among_frequent

_WHOLE_CHARS = 3


def _ends_with(name: str) -> str:
    """Return a pattern for the words of a list: a short one is a whole word, a longer one ends a compound, too."""
    return "|".join(rf"(?<!\w){one}" if len(one) <= _WHOLE_CHARS else one for one in words(name))


CUES = tuple(
    sorted(
        {
            one
            for group in ("access_words", "opens", "login", "password", "short", "english_passwords")
            for one in words(group)
        }
    )
)
_LOCKS = tuple(sorted({*words("lock"), *words("pin"), *words("code"), *words("lock_words")}))
_CUE_WORDS = frozenset(cue for cue in (*CUES, *_LOCKS) if " " not in cue)
"""What a phrase about passwords has, and a passphrase has not."""
_TECHNICAL = frozenset(words("technical_words"))
_ENGLISH = lazy(r"\b(?:the|is|to|and|for|with|it|you|my|on|of)\b")
"""Two of these: words that run together are no compounds of the language, as they are in German or Finnish."""
_VALUE = lazy(
    rf"(?<![^\s\"'`*(\u00ab\u201c-\u201e\u300c\u300e\uff1a,{CJK}])(?:[^\W_{CJK}]|[-_.+&!@~*#$%^]){{6,64}}+"
    rf"(?=[\"'`*)\u00bb\u201d\u201c\u300d\u300f]{{0,2}}(?:[\s,:?\u2013\u2014\u3001\u3002\uff0c{CJK}]|\Z))"
)
_LAST = lazy(r"[.!?]+\Z")
_NAME = lazy(
    r"[a-z]+(?:_[a-z]+)+|[a-z]+(?:\.[a-z_]+){2,}|[A-Za-z]+\d|lib\w+\.so[\d.]*|(?:\w+-)?(?:aarch|riscv|powerpc|ppc|arm|amd|mips|sparc|x)\d+"
)
_JOINED_AS_NAMES = lazy(r"[A-Za-z\d]+(?:[-_.+][A-Za-z\d]+)+")
_PART = lazy(r"[^\W\d_]{4,}")
_NAMED = lazy(rf"(?:{_ends_with('naming_before')})[ :]{{1,2}}[\"'`\u201c\u201e]?\Z", re.IGNORECASE)
"""What stands behind these is a name."""
_BEFORE_CHARS = 20
_QUOTED = lazy(
    r"[\"\u201c\u201e\u00ab\u300c][ \u00a0]?([^\W\d_]+(?:[ ][^\W\d_]+){2,7})[ \u00a0]?[\"\u201d\u201c\u00bb\u300d]"
)
_SAYS = lazy(rf"(?:{_ends_with('quoted_behind')})[ :,]{{0,3}}\Z", re.IGNORECASE)
"""Behind these, words in quotes are a message, or the name of something."""
_NUMBER = lazy(
    r"(?<![\w.,:/#$\u20ac+-])(?:(?!(?:19|20)\d\d(?!\d))\d{4,8}|\d{3}[ ]\d{3}|\d(?:-\d){3,7})"
    r"(?![\w%\u20ac]|[.,:/-]\d|[ ]?(?:ms|px|kB|MB|GB|Hz|EUR|USD)\b"
    r"|(?:[ ](?!(?:and|then|until|on|at|to|for|in)\b)\w{1,24}){1,2}s\b)"
)
_DIGITS = lazy(r"\d{3,}")
_DIALLED = lazy(rf"(?<![^\W_])(?:{any_of(words('dialled_behind'))})[ ]\Z", re.IGNORECASE)
_COUNTS = lazy(rf"(?:{_ends_with('numbers_behind')})[ :#]{{1,2}}\Z", re.IGNORECASE)


def _told(text: str, near: list[int]) -> Iterator[Place]:
    """Yield the words that stand out in the lines that have a cue, and the phrases in quotes."""
    for begin, end in lines_of_prose(text, near):
        yield from _values(text, begin, end)
        for found in _QUOTED.finditer(text, begin, end):
            if (
                is_spoken_phrase(phrase := found[1].lower())
                and _CUE_WORDS.isdisjoint(phrase.split())
                and not _SAYS.search(text, begin, found.start())
            ):
                yield found.span(1)


def _codes(text: str, near: list[int]) -> Iterator[Place]:
    """Yield the one number of a line about a lock, a PIN or a code, or those of several that one dials."""
    for begin, end in lines_of_prose(text, near):
        found = [one.span() for one in _NUMBER.finditer(text, begin, end)]
        is_one = len(_DIGITS.findall(text, begin, end)) == 1 + any(" " in text[at:stop] for at, stop in found[:1])
        for at, stop in found:
            low = max(begin, at - _BEFORE_CHARS)
            if _DIALLED.search(text, low, at) or (is_one and not _COUNTS.search(text, low, at)):
                yield at, stop


def _values(text: str, begin: int, end: int) -> Iterator[Place]:
    is_spoken = len(_ENGLISH.findall(text, begin, end)) > 1 and not is_comment(text, begin)
    rank = form_of if is_spoken else rank_of
    for found in _VALUE.finditer(text, begin, end):
        value = _LAST.sub("", found[0]) if rank_of(found[0]) < Rank.NUMBERED else found[0].rstrip(".?")
        if rank(value) < Rank.JOINED or is_ordinary(value) or not _stands_out(value):
            continue
        stop = found.start() + len(value)
        is_name = _NAMED.search(text, max(begin, found.start() - _BEFORE_CHARS), found.start())
        if not is_name and is_among_frequent(text, begin, found.start(), stop, end):
            yield found.start(), stop


def _stands_out(value: str) -> bool:
    """Return whether a value has words that programs do not use, and is not joined as names are: `jinja2`, `a_lock`."""
    if value.endswith("**") or "--" in value or _NAME.fullmatch(value):
        return False
    parts = _PART.findall(value)
    if parts == [value] and any(value[:at] in _TECHNICAL and is_frequent(value[at:]) for at in range(3, len(value))):
        return False
    if _JOINED_AS_NAMES.fullmatch(value):
        return all(has_rare_word(one) for one in parts)
    return any(has_rare_word(one) for one in parts)


CODES_TOLD = PlacesRule(kind="pin", markers=_LOCKS, pattern=_NUMBER, places=_codes, looks_far=False)
"""A number is a code because its line speaks of a lock, and has no other."""
TOLD = PlacesRule(kind="password", markers=CUES, pattern=_VALUE, places=_told, looks_far=False)
"""A joined or numbered word is a password because its line speaks of access."""
