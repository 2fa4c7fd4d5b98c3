"""The candidates of prose, or of a message: a word, words in quotes, the end of a clause. No I/O.

See `judge.py`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from pytest_codex_replay.redaction.formats import pattern
from pytest_codex_replay.redaction.places.key_names import names_password
from pytest_codex_replay.redaction.prose.judged_forms import FREQUENT, forms_of, is_idle
from pytest_codex_replay.redaction.prose.judged_lines import (
    FORMED,
    MESSAGE_CHARS,
    OPENING,
    STRONG,
    ProseLines,
    Token,
    has_formed,
    is_message,
    kinds_of,
    nouns_in,
    parts_around,
    tokens_in,
)
from pytest_codex_replay.redaction.prose.judged_surroundings import Surroundings
from pytest_codex_replay.redaction.words.phrases import names_program

_QUOTED = re.compile(
    "\"([^\"\\n]{3,80})\"|'([^'\\n]{3,80})'(?!\\w)|`([^`\\n]{3,80})`|\u201c([^\u201d\\n]{3,80})\u201d"
    "|\u201e([^\u201c\u201d\\n]{3,80})[\u201c\u201d]|\u00ab([^\u00bb\\n]{3,80})\u00bb"
    "|\u300c([^\u300d\\n]{2,40})\u300d|\u300e([^\u300f\\n]{2,40})\u300f"
)
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_OF_CJK = re.compile(
    f"[\uff1a:\u662f\u4e3a\u70ba\u306f]\\s?([{_CJK}]{{2,12}}\\d{{0,8}})(?=[\u3001\u3002\uff0c\uff1b,.;\\s]|\\Z)"
)
_BESIDE_CJK = re.compile(f"(?<=[\u0e00-\u0eff{_CJK}])[!-~]{{4,40}}|[!-~]{{4,40}}(?=[\u0e00-\u0eff{_CJK}])")
"""In scripts without blanks, what is of another one."""
_PAIR = re.compile(r"[A-Za-z][\w.-]{1,24}[/:]([^\s/:]{4,40})")
"""The name of a user, and a password."""
_GROUPS = re.compile(
    r"(?<![\w.,:/+-])(?!(?:19|20)\d\d-(?:19|20)\d\d(?!\d))\d{2,4}(?:[ -]\d{2,4}){1,3}(?![\w:/]|[.,-]\d)"
)
_UNITS, _UNNUMBERED = pattern("units"), pattern("unnumbered")
_SETTING = re.compile(r"(?<!\w)(\w{1,40}_\w{1,40}|(?i:mtu|ttl|vlan|uid|gid|pid|umask|dpi)) (?:is|was|to|of|at) \Z")
"""`max_tokens is 8192`."""
_SETTING_CHARS = 90
_DIGEST = re.compile(r"(?:[a-z][a-z0-9]{0,24}-){0,4}(?:[0-9a-f]{32,128}|[0-9A-F]{32,128})")
"""That of a file or a key as well, or of what a cache holds: its name decides, by other rules."""
_BROKEN, _BROKEN_CHARS = re.compile(r"[A-Za-z\d+/]{60}\n\Z"), 61
"""Before the last line of what was broken into lines, as a public key is."""
_ROW = re.compile(r"(?<![^\n])[^\s,]{1,40}(?:,[^\s,]{0,40}){2,16}(?=\r?\n|\Z)")
"""Of CSV."""
_OF_NAME, _YEAR = re.compile(r"\w_\w{1,40} ?[:=] ?\Z"), re.compile(r"(?:19|20)\d\d")
_CHARS, _MOST_WORDS = range(3, 81), 7
ODD = re.compile(rf"{FORMED.pattern}|[^\W\d]{{2}}[-_.&+!][^\W\d]|[a-z]{{2}}[A-Z][a-z]{{2}}|[a-z]{{14}}")
"""What a word of a message is like that could be a secret: it has a number or a sign, is joined or long."""
QUOTES = frozenset("\"'`*\u201c\u201d\u201e\u00ab\u00bb")
_COUNTS, _MANY = ("one", "two", "three", "many"), 4
_ENDS_CLAUSE = ".,;:!?)\u2026\u3002\uff0c\n"
_FOLLOWED = ":\uff1a\u2014\u2013-=\u2192/("
"""Behind these, and behind these kinds of words, something follows."""
_BEGINNING = frozenset(
    ("a copula", "a verb that says", "a verb that takes", "with", "as", "to", "now", "for", "an adverb")
)
_GOING_ON = frozenset(("a conjunction", "as", "for", "grammar", "with", "or"))
"""A clause may end before these."""
_TOLD_NOUNS = frozenset(("password", "code", "answer", "login"))


class Candidate(NamedTuple):
    """What could be a secret in prose."""

    start: int
    end: int
    forms: tuple[str, ...]
    """What its form says; the first of these names it."""
    places: tuple[str, ...]
    """What its place says."""


@cache
def _classes() -> dict[str, str]:
    return kinds_of("classes", "more_classes")


def could_be_in(text: str) -> bool:
    """Return whether a text is a message with a word that is joined or has a number."""
    return len(text) <= MESSAGE_CHARS and " " in text and ODD.search(text) is not None and is_message(text)


def candidates_in(text: str, near: list[int], *, is_any: bool = False) -> Iterator[Candidate]:
    """Yield the candidates around nouns, whose places may be near some others; of a message, those of all its lines.

    With `is_any`, every word of a message is one.
    """
    if could_be_in(text) or ((near or is_any) and is_message(text)):
        yield from _candidates(text, 0, len(text), of_message=True, is_any=is_any)
        return
    for begin, end in parts_around(text, near):
        yield from _candidates(text, begin, end)


def _candidates(
    text: str, begin: int, end: int, *, of_message: bool = False, is_any: bool = False
) -> Iterator[Candidate]:
    lines = ProseLines(text, begin, end, is_message=of_message)
    nouns = [one for one in nouns_in(text, begin, end) if lines.has(one.start)]
    is_strong = any(one.kind in STRONG for one in nouns)
    if not of_message and (not nouns or not (is_strong or has_formed(text, begin, end))):
        return
    around = Surroundings(text, begin, end, tokens=tokens_in(text, begin, end), nouns=nouns, classes=_classes())
    spans = _spans(around) if is_any or is_strong else _formed(around, ODD if of_message else FORMED)
    found: list[tuple[int, int, tuple[str, ...]]] = []
    told = set(_told_words(around, is_any=is_any)) if of_message and (is_any or is_strong) else set()
    for start, stop in dict.fromkeys((*spans, *told)):
        if not lines.has(start) or not (forms := forms_of(text[start:stop])):
            continue
        is_frequent = forms[0] in FREQUENT and (start, stop) not in told  # most are
        if not is_frequent and not _is_other(text, start, stop):
            found.append((start, stop, forms))
    counts = Counter(forms[0] for forms in {text[start:stop]: forms for start, stop, forms in found}.values())
    odd = len({text[start:stop] for start, stop, _ in found if ODD.search(text, start, stop)})
    kind = (
        *(("text: a message",) if of_message else ()),
        f"odd words: {('none', *_COUNTS)[min(odd, _MANY)]}",
        "nouns: strong" if is_strong else "nouns: weak" if any(one.kind in OPENING for one in nouns) else "nouns: none",
    )
    for start, stop, forms in found:
        alike = f"alike: {_COUNTS[min(counts[forms[0]], _MANY) - 1]}"
        yield Candidate(start, stop, forms, (*around.of(start, stop), *kind, alike))


def _is_other(text: str, start: int, stop: int) -> bool:
    """Return whether a candidate is a digest, a number of something, the end of a key, a row of CSV, or a command."""
    return (
        _DIGEST.fullmatch(text, start, stop) is not None
        or _is_counted(text, start, stop)
        or _BROKEN.search(text, max(0, start - _BROKEN_CHARS), start) is not None
        or _ROW.match(text, start) is not None
        or (" " in text[start:stop] and names_program(text[start:stop]))
    )


def _is_counted(text: str, start: int, stop: int) -> bool:
    """Return whether a number counts something, is that of a thing, or the value of what code calls so."""
    if not text[start].isdigit() or any(map(str.isalpha, text[start:stop])):
        return False
    if (named := _SETTING.search(text, max(0, start - _SETTING_CHARS), start)) and not names_password(named[1]):
        return True
    if _OF_NAME.search(text, max(0, start - _SETTING_CHARS), start) and _YEAR.fullmatch(text, start, stop):
        return True
    return _UNITS.match(text, stop + text.startswith(" ", stop)) is not None or not _UNNUMBERED.match(text, start)


def _formed(around: Surroundings, form: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the words of a form: near a word such as `key`, others are ordinary ones."""
    text, begin, end = around.text, around.begin, around.end
    for one in around.tokens:
        if form.search(text, one.begin, one.stop) and not _is_cut(text, one, begin, end):
            yield one.begin, one.stop
            if pair := _PAIR.fullmatch(text, one.begin, one.stop):
                yield pair.span(1)
    yield from (found.span() for found in _GROUPS.finditer(text, begin, end))


def _spans(around: Surroundings) -> Iterator[tuple[int, int]]:
    text, begin, end = around.text, around.begin, around.end
    for one in around.tokens:
        if one.stop - one.begin in _CHARS and not is_idle(one.word) and not _is_cut(text, one, begin, end):
            yield one.begin, one.stop
            if pair := _PAIR.fullmatch(text, one.begin, one.stop):
                yield pair.span(1)
    for one_of in (_QUOTED, _OF_CJK, _BESIDE_CJK, _GROUPS):
        yield from (_bare(text, *found.span(found.lastindex or 0)) for found in one_of.finditer(text, begin, end))
    yield from _clauses(around)


def _bare(text: str, start: int, stop: int) -> tuple[int, int]:
    """Return a place without the blanks that some languages put within quotes."""
    quoted = text[start:stop]
    return start + len(quoted) - len(quoted.lstrip()), stop - len(quoted) + len(quoted.rstrip())


def _is_cut(text: str, token: Token, begin: int, end: int) -> bool:
    """Return whether a word goes on beyond the part of the text that is looked at."""
    is_first, is_last = token.start == begin > 0, token.end == end < len(text)
    return (is_first and not text[begin - 1].isspace()) or (is_last and not text[end].isspace())


def _clauses(around: Surroundings) -> Iterator[tuple[int, int]]:
    """Yield words up to the end of their clause, behind what says that something follows."""
    text, tokens = around.text, around.tokens
    nouns = {one.end for one in around.nouns if one.kind in _TOLD_NOUNS}
    for at in range(1, len(tokens)):
        before, first = tokens[at - 1], tokens[at]
        sign = text[before.end - 1]
        is_begun = sign in _FOLLOWED or before.stop in nouns or _classes().get(before.word) in _BEGINNING
        is_first = first.word and _classes().get(first.word) not in _BEGINNING
        if not (is_begun or text[first.start] == "(") or sign in ".,;!?" or not is_first:
            continue
        for last in range(at + 1, min(at + _MOST_WORDS, len(tokens))):
            if not tokens[last].word or _ends(around, last - 1):
                break
            is_said = text[first.begin].isalnum() and any(map(str.isalnum, tokens[last].word))
            if is_said and (_ends(around, last) or _may_end(around, last)):
                yield first.begin, tokens[last].stop


def _told_words(around: Surroundings, *, is_any: bool) -> Iterator[tuple[int, int]]:
    """Yield the words in quotes, or behind what says that something follows; `is_any`: all that end a clause."""
    text, tokens = around.text, around.tokens
    nouns = {one.end for one in around.nouns if one.kind in _TOLD_NOUNS}
    for at in range(1, len(tokens)):
        before, one = tokens[at - 1], tokens[at]
        sign = text[before.end - 1]
        is_begun = is_any or sign in _FOLLOWED or before.stop in nouns or _classes().get(before.word) in _BEGINNING
        is_quoted = text[one.start : one.start + 1] in QUOTES and text[one.end - 1] in QUOTES
        if (
            one.word
            and not is_idle(one.word)
            and (is_quoted or (is_begun and (_ends(around, at) or _may_end(around, at))))
        ):
            yield one.begin, one.stop


def _ends(around: Surroundings, at: int) -> bool:
    """Return whether a clause ends behind a token."""
    text, tokens = around.text, around.tokens
    if text[tokens[at].end - 1] in _ENDS_CLAUSE or at + 1 == len(tokens):
        return True
    return text[tokens[at + 1].start] in "\n(\u2014\u2013-"


def _may_end(around: Surroundings, at: int) -> bool:
    following = around.tokens[at + 1].word
    return _classes().get(following) in _GOING_ON or following in {"and", "but"}
