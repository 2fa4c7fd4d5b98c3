"""A rule: the shape of a secret, or of the text before one. No I/O.

Each pattern is linear: it begins at a literal, and its repeats are possessive or bounded. Where it may fail late, a
look-behind lets it begin only once in a run. `tests/redaction/test_rules.py` feeds each its worst prefix.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import chain
from typing import Any, NamedTuple

from pytest_codex_replay.redaction.markers import Markers, Places, places_of
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER

Place = tuple[int, int]
ENCODED = "encoded"
"""Kind of encoded text with a secret in it."""
_UNIQUE_CHARS = 8
_WINDOW_CHARS = 400
"""Behind a marker, in the search for the beginning of a match."""


class Span(NamedTuple):
    """A part of a text that has to be replaced."""

    start: int
    end: int
    kind: str
    secret: str
    """The decoded form."""
    is_sure: bool = False
    """Whether it is a secret in any context, and has to be replaced everywhere else, too."""
    pseudonym: str | None = None
    """Its replacement; None: a placeholder."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Rule:
    """One shape of secret."""

    kind: str
    """The kind in its placeholders."""
    markers: tuple[str, ...]
    """In lower case. A text without any of them (in any case) is skipped."""
    pattern: re.Pattern[str]
    """The last group that matched is the secret; without groups, the whole match is."""
    is_secret: Callable[[str], bool] | None = None
    """A further check of the value."""
    is_meant: Callable[[re.Match[str]], bool] | None = None
    """A check of the whole match and the text around it, such as the name of the value."""
    is_token: bool = True
    """Whether the shape alone makes it a secret; else the text around it does."""
    is_local: bool = False
    """Whether a secret is replaced where it is found alone: elsewhere the same word may be an ordinary one."""
    rest: re.Pattern[str] | None = None
    """Matches the rest of a secret; `pattern` reads only as much as is needed to recognise it."""
    anchors: tuple[str, ...] = ()
    """In lower case: the beginnings of all matches. The pattern is tried only there, which is many times faster."""

    reach: int = 0
    """So many characters before a marker a match may begin; 0: anywhere, or at the anchors."""
    within: int = 0
    """So many characters behind an anchor a marker has to be; 0: anywhere in the text."""
    reads_escapes: bool = False
    """Whether its value may be one that JSON escapes: JSON as it stands is searched for it, too, as a whole."""

    @property
    def is_near(self) -> bool:
        """Whether what it finds depends on the text around it alone."""
        return type(self) is Rule

    @property
    def effort(self) -> int:
        """What it takes to try the rule at a marker: more where its match may begin at any character before that."""
        return 1 + self.reach // 8

    def literals(self) -> tuple[str, ...]:
        """Return all that is searched in each text, in lower case; the last letter of a word is in all of them."""
        return *self.markers, *(one for one in self._begins() if one[1:] != " ")

    def searched_anchors(self) -> tuple[str, ...]:
        """Return the beginnings of all matches, if all of them are searched: a text without any is skipped."""
        begins = self._begins()
        return begins if all(len(one) > 1 and one[1:] != " " for one in begins) else ()

    def _begins(self) -> tuple[str, ...]:
        return () if self.reach else self.anchors or _anchors_of(self.pattern)

    def find(self, text: str, lowered: str | None = None, places: Places | None = None) -> Iterator[Span]:
        """Return the findings of the rule; the caller may have the text in lower case, and the places of `literals`."""
        lowered = text.lower() if lowered is None else lowered
        if self.reach and len(lowered) == len(text):
            return self._near(text, lowered, places_of(self.markers, lowered, places))
        anchors = self.anchors or _anchors_of(self.pattern)
        if not anchors or len(lowered) != len(text):
            return chain.from_iterable(map(self._found, self.pattern.finditer(text)))
        begins = places_of(anchors, lowered, places)
        if self.within:
            return self._at(text, _followed(begins, places_of(self.markers, lowered, places), self.within))
        return self._at(text, begins)

    def _near(self, text: str, lowered: str, places: Iterable[int]) -> Iterator[Span]:
        """Yield the findings that begin shortly before one of `places`."""
        end = tried = 0
        begins = _begins_by(self.pattern, self.reach)
        for at in places:
            if at < max(end, tried) or not begins(text, lowered, max(end, at - self.reach), at):
                continue
            near = self.pattern.search(text, max(end, at - self.reach), at + _WINDOW_CHARS)
            tried = near.start() if near else at + _WINDOW_CHARS // 2  # nothing begins before that
            if near and tried <= at and (match := self.pattern.match(text, tried)):
                end = match.end()
                yield from self._found(match)

    def _at(self, text: str, places: Iterable[int]) -> Iterator[Span]:
        """Yield the findings that begin at one of `places`."""
        end = 0
        match = self.pattern.match
        for at in places:
            if at >= end and (begun := match(text, at)):
                found = self._found(begun)
                if found:
                    end = max(begun.end(), found[0].end)
                elif "name" in self.pattern.groupindex:
                    end = begun.end("name")  # another name may follow before the value
                else:
                    end = begun.start(begun.lastindex or 0) if self.anchors else begun.end()
                yield from found

    def _found(self, match: re.Match[str]) -> tuple[Span, ...]:
        group = match.lastindex or 0
        secret = match[group]
        if not secret or "[[REDACTED:" in secret or (self.is_secret is not None and not self.is_secret(secret)):
            return ()
        if self.is_meant is not None and not self.is_meant(match):
            return ()
        start, end = match.span(group)
        if self.rest is not None and (more := self.rest.match(match.string, end)):
            end = more.end()
            secret = match.string[start:end]
        is_sure = self.is_token or (not self.is_local and _is_unique(secret))
        return (Span(start, end, self.kind, secret, is_sure),)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PlacesRule(Rule):
    """A rule whose secrets are found by a function."""

    places: Callable[[str, list[int]], Iterator[Place]]
    """Takes a text and the places of the markers in it; yields the places of secrets."""
    looks_far: bool = True
    """Whether it looks for the head of a table, say, which may be anywhere above."""

    @property
    def is_near(self) -> bool:
        """Whether what it finds depends on the text around it alone."""
        return not self.looks_far

    @property
    def effort(self) -> int:
        """What it takes to look around a marker."""
        return 8

    def literals(self) -> tuple[str, ...]:
        """Return the markers."""
        return self.markers

    def _begins(self) -> tuple[str, ...]:
        """Return nothing: the function alone decides where a secret begins."""
        return ()

    def find(self, text: str, lowered: str | None = None, places: Places | None = None) -> Iterator[Span]:
        """Yield the secrets at those places."""
        lowered = text.lower() if lowered is None else lowered
        near = places_of(self.markers, lowered, places) if len(lowered) == len(text) else [*range(len(text))]
        for start, end in self.places(text, near):
            if not PLACEHOLDER.search(secret := text[start:end]):
                is_sure = len(secret) >= _UNIQUE_CHARS and not self.is_local
                yield Span(start, end, self.kind, secret, is_sure)


def matches_at(
    pattern: re.Pattern[str], anchors: tuple[str, ...], text: str, places: Places | None = None
) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern that begin with one of `anchors`, whose `places` may be known."""
    end = 0
    for at in places_of(anchors, text, places):
        if at >= end and (match := pattern.match(text, at)):
            end = match.end()
            yield match


def anchored(
    pattern: re.Pattern[str], anchors: tuple[str, ...], text: str, markers: Markers
) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern, all of which begin with one of `anchors`, in lower case; `markers` has these."""
    lowered = text.lower()
    if len(lowered) != len(text):
        yield from pattern.finditer(text)
        return
    end = 0
    for at in places_of(anchors, lowered, markers.places(lowered)):
        if at >= end and (match := pattern.match(text, at)):
            end = match.end()
            yield match


def _followed(anchors: Iterable[int], markers: Sequence[int], within: int) -> Iterator[int]:
    """Yield the places of anchors that one of `markers` follows closely."""
    for at in anchors:
        following = bisect_left(markers, at)
        if following < len(markers) and markers[following] - at <= within:
            yield at


@lru_cache(maxsize=256)
def _begins_by(pattern: re.Pattern[str], chars: int) -> Callable[[str, str, int, int], bool]:
    """Return what tells whether a pattern matches at one of some places of a text, which it has in lower case, too.

    They are `chars` together. Where the beginnings of all matches are known, nothing else is tried.
    """
    if not (anchors := _anchors_of(pattern)):
        within = re.compile(f"(?s:.{{0,{chars}}}?)(?:{pattern.pattern})", pattern.flags).match
        return lambda text, _, start, __: within(text, start) is not None
    more = max(map(len, anchors))
    beginning = re.compile("|".join(map(re.escape, anchors))).search

    def begins(text: str, lowered: str, start: int, last: int) -> bool:
        at = start - 1
        while (found := beginning(lowered, at + 1, last + more)) and (at := found.start()) <= last:
            if pattern.match(text, at):
                return True
        return False

    return begins


_MAX_ANCHORS = 64


@lru_cache(maxsize=1024)
def _anchors_of(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Return the literals with which each match of a pattern begins, in lower case; empty if they are unknown.

    They go on behind an optional part, unless they become too many.
    """
    parsed = import_module("re._parser").parse(pattern.pattern, pattern.flags)
    for with_optional in (True, False):
        anchors = _shortest(one.lower() for one in _beginnings(parsed, with_optional=with_optional)[0])
        if anchors and all(len(one) > 1 or not (one.isalnum() or not one) for one in anchors) and anchors != (":",):
            return anchors
    return ()


def _shortest(literals: Iterable[str]) -> tuple[str, ...]:
    """Return literals without those that begin with another."""
    found: list[str] = []
    for one in sorted(literals):
        if not found or not one.startswith(found[-1]):
            found.append(one)
    return tuple(found)


def _beginnings(parts: Iterable[tuple[Any, Any]], *, with_optional: bool) -> tuple[list[str], bool]:
    """Return the literals with which a parsed pattern begins, and whether they are the whole pattern."""
    found = [""]
    for operation, argument in parts:
        if str(operation) in {"AT", "ASSERT", "ASSERT_NOT"}:
            continue
        more, is_all = _literals_of(str(operation), argument, with_optional=with_optional)
        if not more or len(found) * len(more) > _MAX_ANCHORS:
            return found if all(found) else [], False
        found = [one + other for one in found for other in more]
        if not is_all:
            return found, False
    return found, True


def _literals_of(operation: str, argument: Any, *, with_optional: bool) -> tuple[list[str], bool]:
    if operation == "LITERAL":
        return [chr(argument)], True
    if operation == "IN" and all(str(kind) == "LITERAL" for kind, _ in argument):
        return [chr(code) for _, code in argument], True
    if operation in {"SUBPATTERN", "ATOMIC_GROUP"}:
        return _beginnings(argument[-1] if operation == "SUBPATTERN" else argument, with_optional=with_optional)
    if operation == "MAX_REPEAT" and argument[:2] == (0, 1) and with_optional:
        found, is_all = _beginnings(argument[2], with_optional=True)
        return (["", *found], True) if is_all else ([], False)
    return _of_branches(argument[1], with_optional=with_optional) if operation == "BRANCH" else ([], False)


def _of_branches(branches: Iterable[Any], *, with_optional: bool) -> tuple[list[str], bool]:
    beginnings = [_beginnings(branch, with_optional=with_optional) for branch in branches]
    if not all(found and (is_all or all(found)) for found, is_all in beginnings):
        return [], False
    return [one for found, _ in beginnings for one in found], all(is_all for _, is_all in beginnings)


def _is_unique(secret: str) -> bool:
    """Return whether a secret is too long and mixed to appear elsewhere by accident."""
    return len(secret) >= _UNIQUE_CHARS and not secret.isalpha() and len(set(secret)) > _UNIQUE_CHARS // 2
