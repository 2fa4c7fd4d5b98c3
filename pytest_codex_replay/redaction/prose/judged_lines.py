"""The lines around what speaks of access, as far as they are prose: their words and nouns. No I/O.

See `judge.py`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import NamedTuple

from pytest_codex_replay.redaction.formats import table, words
from pytest_codex_replay.redaction.markers import Markers

OPENING = frozenset(("password", "code", "key", "lock", "login", "access", "answer"))
"""Kinds of nouns; a line without any of these is skipped."""
STRONG = frozenset(("password", "login", "answer"))
"""Kinds of nouns near which any words may be a secret; near another, words with a number or a sign within."""
FORMED = re.compile(
    r"\d\w{3}|[^\W\d]\d\w\w|[^\W\d]{2}\d\w|[^\W\d]{3}[-_.]?\d|\d\d[ -]\d\d|\w[&!#+~$%^*]\w|[a-z]{3}[-_][A-Z][a-z]{2}"
)
_OF_FORMED, _OF_FORMED_CHARS = re.compile(r"[\d&!#+~$%^*_-]"), 4
"""Such a word has one of these among its first characters, so many behind its beginning at most."""
_OF_A_THING = re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, words('codes_of_things')))})[ -]\Z")
"""What a code is of that opens nothing: `error code`."""
_THING_BEHIND = re.compile(
    rf"code[ ](?:de[ ]|d['\u2019]|di[ ]|of[ ]|del[ ]|do[ ])?(?:{'|'.join(map(re.escape, words('codes_of_things')))}"
    r"|retour|erreur|sortie|errore|uscita|ritorno|retorno|salida|path|review)(?![^\W_])"
)
"""The same behind it: `code de retour`."""
_BEFORE_CHARS = 24
_WORD = re.compile(r"[^\W\d_]+")
_OFTEN = frozenset(
    ("pass", "lock", "locked", "unlocked", "changed", "reset", "tan", "ww", "nas", "account", "accounts")
) | {"opens", "signed in", "get in", "smtp", "ftp", "mailbox", "server at", "printer", "gateway", "accesso"}
"""Nouns that other lines have more often, as words or within words."""
_MOST_NOUN_CHARS, _LONG_BEGINNING = 32, 5
_NOTHING: tuple[str, ...] = ("\0",)
_BEFORE_IN_CODE = frozenset("_.$\\-=<@")
"""Behind these, a noun is a part of a name in code; the empty text is not among them."""
_WHOLE_CHARS, _BEGUN_CHARS = 4, 6
"""So short a noun is a whole word, and so short a noun begins one; a longer one may end a compound."""
_PLACEHOLDER_CHARS = 12
_TOKEN = re.compile(r"[^\s\u3000-\u3002\uff01-\uff1f\u300c-\u300f]+|\n|[\u3001\u3002\uff01-\uff1f\u300c-\u300f]")
_BEFORE = "\"'`*_([{<\u00ab\u201c\u201e\u2018\u300c\u300e"
SIGNS_BEHIND = "\"'`*_)]}>\u00bb\u201d\u201c\u2019\u300d\u300f"
SIGNS_OF_END = ".,;:!?\u2026"
_AROUND_CHARS, _NEIGHBOUR_CHARS, _BLANK_CHARS = 240, 120, 40
_LINES_BELOW = 4
_SIGN = re.compile(r"[{}<>=|$\\;\[\]]|\(\)|::|->|\w\(|__|\w\.[a-z_]+[.(]|[\"']:")
SIGN_OF_CODE = re.compile(r"[{}<=|$\\\[\]]|;(?! \w)|>(?<! ->)|\(\)|::|->(?<! ->)|\w\(|__|\w\.[a-z_]+[.(]|[\"']:")
"""The same, but for what people write between words: a semicolon, an arrow."""
_OF_SIGNS = re.compile(r"[][{}<>=|$\\;():_.\"']")
"""Each sign has one of these as its first or its second character: where there is none, no sign is looked for."""
_SPEAKER = re.compile(
    r"\s{0,8}>{0,3}\s{0,2}(?:\[?\d[\d:., T-]{3,24}\]?\s{0,4})?(?:\[[\w.: -]{1,24}\]|<[\w. -]{1,24}>)?"
)
"""Who says something, and when."""
_OF_SPEAKERS = frozenset("0123456789[<> \t")
_LEAST_LINE, _CHARS_OF_A_SIGN = 8, 80
_INDENT = "    "
MESSAGE_CHARS = 700
"""A text of so many characters may be a message: all its lines are looked at, whatever they speak of."""


class Token(NamedTuple):
    """A word of prose, with the signs around it."""

    start: int
    end: int
    begin: int
    """Where the word itself begins, and ends."""
    stop: int
    word: str
    """In lower case."""


class Noun(NamedTuple):
    """What a line speaks of."""

    start: int
    end: int
    kind: str


class _Nouns(NamedTuple):
    markers: Markers
    kinds: dict[str, str]


@cache
def _nouns() -> _Nouns:
    kinds = kinds_of("nouns", "more_nouns")
    return _Nouns(Markers(kinds), kinds)


def kinds_of(lists: str, more: str) -> dict[str, str]:
    """Return the kind of each word, as two tables of `judged_words.toml` have it: names of lists, and words."""
    held: Mapping[str, Mapping[str, list[str]]] = table("judged_words")
    kinds: dict[str, str] = {}
    for kind, names in reversed([*held[lists].items()]):
        kinds.update((one, kind) for name in names for one in words(name))
    for kind, own in held[more].items():
        kinds.update((one, kind) for one in own)
    return kinds


def noun_kind(word: str) -> str | None:
    """Return the kind of a noun, which may have a plural `s`."""
    kinds = _nouns().kinds
    return kinds.get(word) or kinds.get(word.rstrip("s"))


def markers_of_nouns() -> tuple[str, ...]:
    """Return the nouns and verbs without which a line speaks of no secret."""
    return tuple(sorted(one for one, kind in _nouns().kinds.items() if kind in OPENING and one not in _OFTEN))


def parts_around(text: str, near: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text around nouns in prose: their lines, as far as they are not long, and those beside."""
    begun = done = -1
    for at in _spoken(text, near):
        if begun >= 0 and at < done - _NEIGHBOUR_CHARS * 2:
            continue
        begin, end = _lines_around(text, at)
        if begun >= 0 and begin <= done:
            done = max(done, end)
            continue
        if begun >= 0:
            yield begun, done
        begun, done = begin, end
    if begun >= 0:
        yield begun, done


def _spoken(text: str, near: Iterable[int]) -> Iterator[int]:
    """Yield the nouns in lines that are prose; of some, only those near which a word has a number or a sign.

    In sources there are hundreds of nouns, so what is done first for each is little.
    """
    line_end, is_line_prose, is_formed = -1, False, None
    for at in near:
        if at <= line_end and not is_line_prose:
            continue
        before = text[at - 1 : at]
        if before in _BEFORE_IN_CODE or (before.isalpha() and before.isascii() and not _may_end_compound(text, at)):
            continue
        if at > line_end:
            begin, line_end = _line(text, at)
            is_line_prose, is_formed = _is_prose(text, begin, line_end), None
        if is_line_prose and not _is_strong(text, at):
            if not _is_whole(text, at):
                continue
            if is_formed is None:
                below = _line(text, line_end + 1)[1] if line_end < len(text) else line_end
                is_formed = has_formed(text, begin, below)
            if is_formed:
                yield at
        elif is_line_prose:
            yield at


def has_formed(text: str, begin: int, end: int) -> bool:
    """Return whether a word in a part of a text has a number or a sign within: most parts have none."""
    first = _OF_FORMED.search(text, begin, end)
    return first is not None and FORMED.search(text, max(begin, first.start() - _OF_FORMED_CHARS), end) is not None


def _is_whole(text: str, at: int) -> bool:
    """Return whether a noun is not the beginning of another word, as that in `Codex` is."""
    word = _WORD.match(text, at)
    return word is None or len(word[0]) > _BEGUN_CHARS or noun_kind(word[0].lower()) is not None


def _may_end_compound(text: str, at: int) -> bool:
    return text[at : at + _LONG_BEGINNING].lower() in _long_beginnings()


@cache
def _long_beginnings() -> frozenset[str]:
    return frozenset(one[:_LONG_BEGINNING] for one in _nouns().kinds if len(one) > _BEGUN_CHARS)


def _is_strong(text: str, at: int) -> bool:
    """Return whether a noun near which any words may be a secret begins at a place."""
    ahead = text[at : at + _MOST_NOUN_CHARS].lower()
    return ahead.startswith(_strong_nouns().get(ahead[:2], _NOTHING))


@cache
def _strong_nouns() -> dict[str, tuple[str, ...]]:
    """Return these nouns by how they begin."""
    found: dict[str, tuple[str, ...]] = {}
    for one, kind in _nouns().kinds.items():
        if kind in STRONG and one not in _OFTEN:
            found[one[:2]] = (*found.get(one[:2], ()), one)
    return found


def _line(text: str, at: int) -> tuple[int, int]:
    low = at - _AROUND_CHARS if at > _AROUND_CHARS else 0
    end = text.find("\n", at, at + _AROUND_CHARS)
    return text.rfind("\n", low, at) + 1 or low, end if end >= 0 else min(len(text), at + _AROUND_CHARS)


def _lines_around(text: str, at: int) -> tuple[int, int]:
    low, high = max(0, at - _AROUND_CHARS), min(len(text), at + _AROUND_CHARS)
    begin, end = text.rfind("\n", low, at) + 1, text.find("\n", at, high)
    if begin:
        begin = max(text.rfind("\n", max(0, begin - _NEIGHBOUR_CHARS), begin - 1) + 1, begin - _NEIGHBOUR_CHARS)
    else:
        begin = (text.find(" ", low, low + _BLANK_CHARS) + 1 or low) if low else 0
    if end < 0:
        return begin, high if high == len(text) else max(text.rfind(" ", at, high), 0) or high
    last = min(len(text), end + _NEIGHBOUR_CHARS)
    for _ in range(_LINES_BELOW):
        if (below := text.find("\n", end + 1, last)) < 0:
            return begin, last
        end = below
    return begin, end


def nouns_in(text: str, begin: int, end: int) -> list[Noun]:
    """Return the nouns in a part of a text, in order; the kind of a placeholder is none."""
    lowered = text[begin:end].lower()
    if len(lowered) != end - begin:
        return []
    held = _nouns()
    found = [
        Noun(begin + at, begin + at + len(one), held.kinds[one])
        for one, places in held.markers.places(lowered).items()
        for at in places
        if _is_word(lowered, one, at) and not (one == "code" and _is_of_a_thing(lowered, at))
    ]
    return sorted(found)


def _is_of_a_thing(lowered: str, at: int) -> bool:
    before = _OF_A_THING.search(lowered, max(0, at - _BEFORE_CHARS), at)
    return before is not None or _THING_BEHIND.match(lowered, at) is not None


def _is_word(lowered: str, noun: str, at: int) -> bool:
    behind = at + len(noun)
    if noun[0].isascii() and noun[0].isalpha() and len(noun) <= _BEGUN_CHARS and lowered[at - 1 : at].isalnum():
        return False
    is_short = noun.isascii() and len(noun) <= _WHOLE_CHARS
    is_cut = lowered[at - 1 : at].isalnum() or lowered[behind : behind + 1].isalnum()
    return not (is_short and is_cut) and "redacted" not in lowered[max(0, at - _PLACEHOLDER_CHARS) : at]


def tokens_in(text: str, begin: int, end: int) -> list[Token]:
    """Return the words in a part of a text; a line break is one of its own."""
    return [_token(text, *found.span()) for found in _TOKEN.finditer(text, begin, end)]


def _token(text: str, start: int, end: int) -> Token:
    begin, stop = start, end
    while begin < stop and text[begin] in _BEFORE:
        begin += 1
    while stop > begin and (text[stop - 1] in SIGNS_BEHIND or text[stop - 1] in SIGNS_OF_END):
        is_marked = text[stop - 1] in "!?" and text[stop - 2 : stop - 1].isalnum()
        if is_marked and not text[begin : stop - 1].isalpha():
            break  # it belongs to a value with a number or a sign
        stop -= 1
    return Token(start, end, begin, stop, text[begin:stop].lower())


def is_message(text: str) -> bool:
    """Return whether a text is short enough to be a message, and hardly has a sign of code."""
    if len(text) > MESSAGE_CHARS or 2 * text.count(f"\n{_INDENT}") > text.count("\n"):
        return False
    most = 2 + len(text) // (2 * _CHARS_OF_A_SIGN)
    return sum(1 for _ in islice(SIGN_OF_CODE.finditer(text), most + 1)) <= most


class ProseLines:
    """The lines of a part of a text that are prose."""

    def __init__(self, text: str, begin: int, end: int, *, is_message: bool = False) -> None:
        self._lines: list[tuple[int, int]] = []
        sign = SIGN_OF_CODE if is_message else _SIGN
        while begin < end:
            stop = text.find("\n", begin, end)
            stop = stop if stop >= 0 else end
            if _is_prose(text, begin, stop, sign):
                self._lines.append((begin, stop))
            begin = stop + 1
        self._ends = [stop for _, stop in self._lines]

    def has(self, at: int) -> bool:
        """Return whether a place is in one of them."""
        number = bisect_left(self._ends, at)
        return number < len(self._lines) and self._lines[number][0] <= at


def _is_prose(text: str, begin: int, end: int, sign: re.Pattern[str] = _SIGN) -> bool:
    """Return whether a line is prose: a long one may have a sign of code; an indented or a short one has none."""
    if end - begin < _LEAST_LINE:
        return False
    line = begin
    if text[line : line + 1] in _OF_SPEAKERS and (speaker := _SPEAKER.match(text, begin, end)):
        begin = speaker.end()
    if (first := _OF_SIGNS.search(text, begin, end)) is None:
        return True
    at = max(begin, first.start() - 1)
    if end - begin < _CHARS_OF_A_SIGN // 2 or text.startswith(_INDENT, line):
        return sign.search(text, at, end) is None
    most = max(end - begin, _CHARS_OF_A_SIGN) // _CHARS_OF_A_SIGN
    return sum(1 for _ in islice(sign.finditer(text, at, end), most + 1)) <= most
