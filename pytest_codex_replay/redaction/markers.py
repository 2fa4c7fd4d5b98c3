"""Searches all literals of the rules in a text at once. No I/O.

One by one, 430 literals cost 215 ms in a megabyte of source text. An Aho-Corasick automaton costs 5 ms.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

_WINDOW_CHARS = 64 * 1024
"""Searched at once: a match takes a hundred bytes until its place is kept, and each character may begin several."""
_REPEAT_CHARS = 16
"""Of a long repeat of one character, so many at its beginning and at its end are looked at: it holds no secret."""
_Search = Callable[[str], list[tuple[int, int, int]]]
"""Takes a text; returns the number of each literal in it, with its place and its end."""
Windows = Sequence[tuple[int, int]]
"""Parts of a text, each with its beginning and its end, in order."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class Places(dict[str, list[int]]):
    """The places of literals in a text, in order; of a single character none."""

    def __init__(self, found: Mapping[str, list[int]], markers: "Markers", windows: Windows | None = None) -> None:
        """Keep what was found of `markers`, in the text or in some `windows` of it."""
        super().__init__(found)
        self._markers = markers
        self._windows = windows
        self._found = frozenset(found)
        """It meets other sets many times faster than the keys of a dictionary do."""
        self._together: dict[int, list[int]] = {}
        """The places of several literals, by the id of these."""

    def of(self, literals: tuple[str, ...], lowered: str) -> list[int]:
        """Return the places of some literals in the text, in order; they are kept for the next rule."""
        together = self._markers.together(literals)
        known = self._together.get(id(together))
        if known is None:
            held = [self[one] for one in together.searched & self._found]
            if together.by_itself:
                alone = (_places(one, lowered, self._windows) for one in together.by_itself)
                held += filter(None, map(list, alone))
            known = self._together[id(together)] = _joined(held)
        return known


class _Together(NamedTuple):
    """Literals of which all places are asked."""

    searched: frozenset[str]
    by_itself: tuple[str, ...]
    """Not searched with the others: each is found faster by itself."""


class Markers:
    """Literals, in lower case, that are searched together."""

    def __init__(self, literals: Iterable[str]) -> None:
        """Prepare to find literals; a single character is found faster by itself."""
        every = set(literals)
        self.single = tuple(sorted(literal for literal in every if len(literal) == 1))
        """Of a single character, which are not searched together."""
        ordered = sorted(literal for literal in every if len(literal) > 1)
        self._ascii = tuple(literal for literal in ordered if literal.isascii())
        """Those of a text in ASCII."""
        self._literals = (*self._ascii, *(literal for literal in ordered if not literal.isascii()))
        self._searched = frozenset(self._literals)
        self._by_id: dict[int, tuple[tuple[str, ...], _Together]] = {}
        """By the id of literals, which are kept: to hash hundreds of them is slow."""
        self._by_literals: dict[frozenset[str], _Together] = {}
        self._more = max(map(len, self._literals), default=0) - 1
        alike = sorted({literal[0] for literal in self._literals if len(set(literal)) == 1})
        self._repeats = [
            (one * 3 * _REPEAT_CHARS, re.compile(f"{re.escape(one) * 3 * _REPEAT_CHARS}{re.escape(one)}*+"))
            for one in alike
        ]
        """Such a literal is at each place of a repeat of its character."""

    def places(self, lowered: str, windows: Windows | None = None) -> Places:
        """Return the places of all literals that are in a text in lower case, or in some `windows` of it."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for start, end in windows or ((0, len(lowered)),) if self._literals else ():
            for at, part, chars in self._parts(lowered, start, end):
                matches = self._in_ascii(part) if part.isascii() else self._in_text(part)
                if at == 0 and chars == len(part):  # most texts are a single part
                    for number, begin, _ in matches:
                        found[number].append(begin)
                else:
                    for number, begin, _ in matches:
                        if begin < chars:
                            found[number].append(at + begin)
        return Places({self._literals[number]: places for number, places in found.items()}, self, windows)

    def together(self, literals: tuple[str, ...]) -> _Together:
        """Return the one object of some literals, by which their places in a text are kept."""
        known = self._by_id.get(id(literals))
        if known is None:
            by_itself = tuple(one for one in literals if one not in self._searched)
            some = self._by_literals.setdefault(
                frozenset(literals), _Together(self._searched.intersection(literals), by_itself)
            )
            known = self._by_id[id(literals)] = literals, some
        return known[1]

    @cached_property
    def _in_ascii(self) -> _Search:
        return _search_in_ascii(self._ascii)

    @cached_property
    def _in_text(self) -> _Search:
        return _search_in_text(self._literals)

    def _parts(self, text: str, start: int, end: int) -> Iterator[tuple[int, str, int]]:
        """Yield the parts of a text that are not far inside a repeat: place, text, and how far matches begin in it."""
        for window in range(start, end, _WINDOW_CHARS):
            stop = min(window + _WINDOW_CHARS, end)
            part = text[window : stop + self._more]
            found = [one.span() for least, repeat in self._repeats if least in part for one in repeat.finditer(part)]
            at = 0
            for begin, behind in sorted(found):
                yield window + at, part[at : begin + _REPEAT_CHARS], stop - window - at
                at = behind - _REPEAT_CHARS
            yield window + at, part[at:], stop - window - at


def places_of(literals: tuple[str, ...], lowered: str, places: Places | None = None) -> list[int]:
    """Return the places of some literals, in order; `places` are known already, and are kept for the next rule."""
    if places is None:
        return _joined([found for one in literals if (found := [*_places(one, lowered)])])
    if len(literals) == 1 and literals[0] in places:
        return places[literals[0]]
    return places.of(literals, lowered)


def _joined(held: list[list[int]]) -> list[int]:
    return held[0] if len(held) == 1 else sorted(set().union(*held)) if held else []


@lru_cache(maxsize=32)  # many finders have the same rules
def _search_in_ascii(literals: tuple[str, ...]) -> _Search:
    """Return the fastest search; its automaton takes 9 MB. Bytes need no way back to characters."""
    from ahocorasick_rs import BytesAhoCorasick, Implementation  # noqa: PLC0415  the recorder does without

    raw = [one.encode() for one in literals]
    search = BytesAhoCorasick(raw, implementation=Implementation.DFA).find_matches_as_indexes
    return lambda text: search(text.encode(), overlapping=True)


@lru_cache(maxsize=32)
def _search_in_text(literals: tuple[str, ...]) -> _Search:
    """Return the search for literals of all scripts: where the fastest automaton has 20 MB, a smaller one."""
    from ahocorasick_rs import AhoCorasick, Implementation  # noqa: PLC0415  the recorder does without

    is_ascii = all(map(str.isascii, literals))
    kind = Implementation.DFA if is_ascii else Implementation.ContiguousNFA
    search = AhoCorasick(literals, implementation=kind).find_matches_as_indexes

    def matches(text: str) -> list[tuple[int, int, int]]:
        try:
            return search(text, overlapping=True)
        except UnicodeEncodeError:  # half a surrogate pair, from JSON
            return search(_SURROGATE.sub("\ufffd", text), overlapping=True)

    return matches


def _places(literal: str, text: str, windows: Windows | None = None) -> Iterator[int]:
    for start, end in windows or ((0, len(text)),):
        at = text.find(literal, start)
        while 0 <= at < end:
            yield at
            at = text.find(literal, at + 1)
