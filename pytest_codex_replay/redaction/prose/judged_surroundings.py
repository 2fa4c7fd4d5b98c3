"""What the place of a candidate in prose says of it, in plain words that `judge.toml` weighs. No I/O.

See `judge.py`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from pytest_codex_replay.redaction.formats import table
from pytest_codex_replay.redaction.prose.judged_forms import is_idle
from pytest_codex_replay.redaction.prose.judged_lines import (
    OPENING,
    SIGN_OF_CODE,
    SIGNS_BEHIND,
    SIGNS_OF_END,
    Noun,
    Token,
    noun_kind,
)

_NEAR_TOKENS, _NEAR_NOUNS, _FAR_TOKENS, _WORD_CHARS = 14, 12, 64, 12
_SHORTLY_BEFORE, _SHORTLY_BEHIND = 4, 3
_LINE_CHARS, _LINE_HEAD, _COUNTED_CHARS = 240, 30, 1200
_LONG_LINE, _WRAPPED_LINE, _OFTEN = 50, 40, 4
_SHOWN_SIGNS = frozenset(("-", "\u2014", "\u2013", "=", "/", "->", "\u2192", "|", ">", "#", "*", "=>", "&", "+"))
_KINDS_BY_SIGN = (
    ("\n", "a line break"),
    (":\uff1a", "a colon"),
    (".!?\u2026\u3002", "the end of a sentence"),
    (",;\uff0c\u3001", "a comma"),
)
_QUOTES = frozenset('"\u201c\u201e\u00ab\u300c\u300e')
_BESIDE, _BESIDE_BEHIND = "/:=@.-_#", "/:=@.-_#()"
_DISTANCES = ((1, "beside"), (2, "a word between"), (4, "near"), (8, "some words"), (_FAR_TOKENS, "far"))
_NEAR_IN_ANOTHER = 6
_SHARES = ((0.15, "few"), (0.3, "some"), (0.5, "many"), (2.0, "most"))
_SIZES = ((320, "short"), (1000, "of some sentences"), (4000, "long"))
_SAYS_IT = re.compile(
    r"(?:\[?[\d:., -]{4,24}\]?\s*)?<?[\w. @-]{1,24}[>:\]]*(?:\s+\d\d:\d\d\s*)?:?",
)
_HEADS = (
    ("line: a comment or a heading", re.compile(r"\s*(?:#|//|/?\*|--|;|\"\"\"|<!--)")),
    ("line: an item of a list", re.compile(r"\s*(?:[-*\u2022]|\d{1,2}[.)])\s")),
    (
        "line: what someone says",
        re.compile(r"\s*(?:\[[\d: .-]{4,20}\]|<[\w.-]+>|\d\d:\d\d|[\w. -]{2,20}:\s|\w{2,12} {2,}\d\d:\d\d)"),
    ),
    ("line: indented", re.compile("    ")),
)


@cache
def _registers() -> dict[str, frozenset[str]]:
    return {name: frozenset(own) for name, own in table("judged_words")["registers"].items()}


class Surroundings:
    """The words and nouns of a part of a text, which are around each candidate in it."""

    def __init__(
        self,
        text: str,
        begin: int,
        end: int,
        *,
        tokens: Sequence[Token],
        nouns: Sequence[Noun],
        classes: Mapping[str, str],
    ) -> None:
        self.text, self.begin, self.end = text, begin, end
        self.tokens, self.nouns = tokens, nouns
        self._classes = classes
        self._starts = [one.start for one in tokens]
        self._nouns_at = [one.start for one in nouns]
        self._above: dict[int, tuple[str, ...]] = {}
        """What the line above tells, by where a line begins."""

    def of(self, start: int, end: int) -> Iterator[str]:
        """Yield what the place of a candidate says."""
        first = max(0, bisect_left(self._starts, start + 1) - 1)
        last = max(first, bisect_left(self._starts, end) - 1)
        before = self.tokens[max(0, first - _NEAR_TOKENS) : first]
        behind = self.tokens[last + 1 : last + 1 + _NEAR_TOKENS]
        yield f"before: {self._kind_before(before, start)}"
        yield f"second before: {self._kind(before[-2]) if len(before) > 1 else 'nothing'}"
        yield f"behind: {self._kind_behind(behind, last, end)}"
        yield f"quoted: {_quoted(self.text[max(0, start - 1) : start], self.text[end : end + 1])}"
        yield from self._nouns_near(start, end, first, last)
        yield from self._line(start, end)
        yield from self._size(start, end)
        for name, one in (("before", before[-1:]), ("second before", before[-2:-1]), ("behind", behind[:1])):
            if one and one[0].word and len(one[0].word) <= _WORD_CHARS:
                yield f"word {name}: {one[0].word}"
        yield from self._register(before, behind)
        for name, some in (("before", before[-_SHORTLY_BEFORE:]), ("behind", behind[:_SHORTLY_BEHIND])):
            yield from (f"shortly {name}: {self._classes[one.word]}" for one in some if one.word in self._classes)

    def _kind(self, token: Token) -> str:
        sign = self.text[token.end - 1]
        if by_sign := next((kind for signs, kind in _KINDS_BY_SIGN if sign in signs), None):
            return by_sign
        if not any(map(str.isalnum, token.word)):
            shown = self.text[token.start : token.end]
            return f"the sign {shown}" if shown in _SHOWN_SIGNS else "signs"
        word = token.word.replace("\u2019", "'")
        if kind := self._classes.get(word):
            return kind
        return f"a noun of {noun}" if (noun := noun_kind(word)) else _kind_of_word(word)

    def _kind_before(self, before: Sequence[Token], start: int) -> str:
        is_beside = start > self.begin and self.text[start - 1] in _BESIDE
        if is_beside and not self.text[max(0, start - 2) : start - 1].isspace():
            return f"the sign {self.text[start - 1]} beside it"
        if not before:
            return "nothing" if self.begin == 0 else "something"
        return self._kind(before[-1])

    def _kind_behind(self, behind: Sequence[Token], last: int, end: int) -> str:
        sign = self.text[end : self.tokens[last].end].strip(SIGNS_BEHIND)[:1]
        if sign and sign in SIGNS_OF_END:
            is_last = not behind or self.text[behind[0].start] == "\n"
            return f"the sign {sign}{', then nothing' if is_last else ''}"
        if sign:
            return f"the sign {sign} beside it" if sign in _BESIDE_BEHIND else "a sign beside it"
        return self._kind(behind[0]) if behind else "nothing"

    def _nouns_near(self, start: int, end: int, first: int, last: int) -> Iterator[str]:
        """Yield the kinds of the nouns before and behind, each once, by their distance in words."""
        at = bisect_left(self._nouns_at, start)
        seen: set[str] = set()
        for one in reversed(self.nouns[max(0, at - _NEAR_NOUNS) : at]):
            if one.end <= start and one.kind not in seen:
                seen.add(one.kind)
                yield f"{one.kind} before: {self._distance(self._token_of(one), first)}"
        seen.clear()
        for one in self.nouns[at : at + _NEAR_NOUNS]:
            if one.start >= end and one.kind not in seen:
                seen.add(one.kind)
                yield f"{one.kind} behind: {self._distance(last, self._token_of(one))}"

    def _token_of(self, noun: Noun) -> int:
        return bisect_left(self._starts, noun.start + 1) - 1

    def _distance(self, first: int, last: int) -> str:
        """Return how far two words are from each other."""
        count = last - first
        if count > _FAR_TOKENS:
            return "lines away"
        between = self.tokens[first:last]
        lines = sum(self.text[one.start] == "\n" for one in between)
        if lines:
            return "a line away" if lines == 1 else "lines away"
        if any(self.text[one.end - 1] in ".!?\u3002" for one in between):
            return f"another sentence, {'near' if count <= _NEAR_IN_ANOTHER else 'far'}"
        return next(name for most, name in _DISTANCES if count <= most)

    def _line(self, start: int, end: int) -> Iterator[str]:
        """Yield what the line is like, and where in it the candidate stands."""
        text = self.text
        low, high = max(self.begin, start - _LINE_CHARS), min(self.end, end + _LINE_CHARS)
        begin = max(text.rfind("\n", low, start) + 1, low)
        stop = text.find("\n", end, high)
        stop = stop if stop >= 0 else high
        ahead, rest = text[begin:start].strip(" \t\"'`*>-"), text[end:stop].strip(" \t\"'`*.!")
        if not rest:
            yield "ends its line"
        if not ahead:
            yield "begins its line"
        if not (ahead or rest):
            yield "alone on its line"
        elif not rest and _SAYS_IT.fullmatch(ahead):
            yield "alone behind who says it"
        signs = len(SIGN_OF_CODE.findall(text, begin, stop))
        yield f"line: {('no sign', 'a sign', 'signs')[min(signs, 2)]} of code"
        yield from (name for name, head in _HEADS if head.match(text, begin, begin + _LINE_HEAD))
        if begin > self.begin:
            if begin not in self._above:
                self._above[begin] = tuple(self._says_above(begin))
            yield from self._above[begin]

    def _says_above(self, begin: int) -> Iterator[str]:
        """Yield what the line above speaks of, and whether it asks."""
        text = self.text
        above = max(self.begin, text.rfind("\n", self.begin, begin - 1) + 1)
        first, last = bisect_left(self._nouns_at, above), bisect_left(self._nouns_at, begin)
        kinds = {one.kind for one in self.nouns[first:last]} & OPENING
        asks = text[above:begin].rstrip("\n \"'`*")[-1:] in "?:\uff1f"
        yield f"line: below {'a question' if asks else 'another'}"
        yield from (f"line: below {'a question' if asks else 'a line'} of {kind}" for kind in kinds)

    def _size(self, start: int, end: int) -> Iterator[str]:
        """Yield how long the text is, whether its lines are wrapped, and how often the value stands there."""
        text = self.text
        yield f"text: {next((name for most, name in _SIZES if len(text) <= most), 'very long')}"
        count = text.count(text[start:end], max(0, start - _COUNTED_CHARS), end + _COUNTED_CHARS)
        if count > 1:
            yield "stands again near" if count < _OFTEN else "stands often near"
        begin, stop = text.rfind("\n", max(0, start - _LINE_CHARS), start) + 1, text.find("\n", end, end + _LINE_CHARS)
        if not begin or stop < 0:
            return
        above = begin - 1 - (text.rfind("\n", max(0, begin - _LINE_CHARS - 1), begin - 1) + 1)
        below = text.find("\n", stop + 1, stop + _LINE_CHARS) - stop - 1
        goes_on = above > _WRAPPED_LINE and text[begin : begin + 12].lstrip()[:1].islower()
        if goes_on or text[stop + 1 : stop + 12].lstrip()[:1].islower():
            yield "text: lines are wrapped"
        elif above >= 0:
            yield f"text: {'long' if above > _LONG_LINE or below > _LONG_LINE else 'short'} lines around"

    def _register(self, before: Sequence[Token], behind: Sequence[Token]) -> Iterator[str]:
        """Yield how the words around sound: like a person, or like a manual."""
        around = {one.word for one in (*before, *behind)}
        spoken = [one for one in around if len(one) > 2 and one.isalpha()]  # noqa: PLR2004  not a short one
        share = sum(is_idle(one) and one not in self._classes for one in spoken) / max(len(spoken), 1)
        yield f"words of programs: {next(name for most, name in _SHARES if share < most)}"
        yield from (f"register: {name}" for name, own in _registers().items() if not own.isdisjoint(around))


def _kind_of_word(word: str) -> str:
    if word.isdigit():
        return "a number"
    return "a word of programs" if is_idle(word) else "a word" if word.isalpha() else "a joined word"


def _quoted(before: str, behind: str) -> str:
    if before and before in _QUOTES and behind:
        return "by quotes"
    if before == behind == "'":
        return "by single quotes"
    if before == "`":
        return "as code"
    if before == "(" or behind == ")":
        return "in brackets" if before == "(" and behind == ")" else "by one bracket"
    if before == behind == "*":
        return "by stars"
    return "in angles" if before == "<" else "not"
