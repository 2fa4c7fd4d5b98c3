"""Names of users and hosts: found in texts, and told from generic ones. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from pytest_codex_replay.codex.words import is_protocol_word
from pytest_codex_replay.redaction.formats import load_rows, pattern, words
from pytest_codex_replay.redaction.markers import Markers, Places
from pytest_codex_replay.redaction.rule import matches_at

_GENERIC = frozenset(words("generic_names"))
_ORDINARY = frozenset(words("ordinary_words"))
_MIN_SPECIFIC_CHARS = 3
_MAX_NAME_CHARS = 64


class Named(NamedTuple):
    """A name, and its place in a text."""

    start: int
    end: int
    name: str
    is_host: bool
    way: str
    """The kind of output that names it."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One kind of output in which a system shows names: the groups of a pattern."""

    name: str
    anchors: tuple[str, ...]
    """The beginnings of all matches, if they are known."""
    pattern: re.Pattern[str]
    markers: tuple[str, ...] = ()
    """A text without any of them is skipped."""
    before: re.Pattern[str] | None = None
    """Required before a match; it holds a name, too."""

    def find(self, text: str, places: Places) -> Iterator[Named]:
        if self.markers and places.keys().isdisjoint(self.markers):
            return
        at_anchors = matches_at(self.pattern, self.anchors, text, places)
        for found in at_anchors if self.anchors else self.pattern.finditer(text):
            if self.before is not None:
                before = self.before.search(text, max(0, found.start() - _MAX_NAME_CHARS - 2), found.start())
                if before is None:
                    continue
                yield from self._named(before)
            yield from self._named(found)

    def _named(self, found: re.Match[str]) -> Iterator[Named]:
        for group in range(1, found.re.groups + 1):
            if is_identifying(found[group]):
                is_host = group == found.re.groupindex.get("host")
                yield Named(found.start(group), found.end(group), found[group], is_host, self.name)


def _way(
    *, kind: str, pattern: str, anchors: tuple[str, ...] = (), markers: tuple[str, ...] = (), before: str = ""
) -> _Way:
    return _Way(kind, anchors, re.compile(pattern, re.MULTILINE), markers, re.compile(before) if before else None)


_WAYS = load_rows("names", _way)
LITERALS = tuple(literal for way in _WAYS for literal in (*way.anchors, *way.markers))
"""What is searched before a way is tried."""
_MARKERS = Markers(LITERALS)


def _hit_by(literal: str) -> list[int]:
    return [number for number, way in enumerate(_WAYS) if literal in (way.markers or way.anchors)]


_BY_LITERAL = {literal: _hit_by(literal) for literal in LITERALS if len(literal) > 1}
"""The ways that are tried in a text that has a literal."""
_ALWAYS = frozenset(chain.from_iterable(_hit_by(literal) for literal in LITERALS if len(literal) == 1)).union(
    number for number, way in enumerate(_WAYS) if not (way.markers or way.anchors)
)
"""The ways that are tried in each text: no single character is searched beforehand."""
_ASKS = pattern("asks_for_name")
_TOLD = pattern("told_name")


def named_in(text: str, places: Places | None = None) -> tuple[Named, ...]:
    """Return the names of users and hosts in a text, with their places; those of `LITERALS` may be known."""
    places = _MARKERS.places(text) if places is None else places
    hit = {number for literal in _BY_LITERAL.keys() & places.keys() for number in _BY_LITERAL[literal]}
    return tuple(chain.from_iterable(_WAYS[number].find(text, places) for number in sorted(hit | _ALWAYS)))


def asks_for_name(arguments: str) -> bool:
    """Return whether a call of a tool only prints the name of the user or the host."""
    return _ASKS.search(arguments) is not None


def told_names(output: str) -> list[str]:
    """Return the names in the output of such a call."""
    found = _TOLD.search(output)
    return [name for name in found.groups() if name] if found else []


def is_identifying(name: str) -> bool:
    """Return whether a name, in a position of names, identifies a person or a machine."""
    return name.lower() not in _GENERIC and any(char.isalpha() for char in name) and "REDACTED" not in name


def is_specific(name: str) -> bool:
    """Return whether a name identifies in any position: it is not a word of prose, code or protocol."""
    is_word = name.lower() in _ORDINARY or is_protocol_word(name.lower())
    return _MIN_SPECIFIC_CHARS <= len(name) <= _MAX_NAME_CHARS and is_identifying(name) and not is_word
