"""A rule: what a secret looks like, or what stands before one. No I/O.

Each pattern is linear: it begins at a literal, its repeats are possessive or bounded, and where one may fail late a
look-behind lets it begin only once in a run. `tests/redaction/test_rules.py` feeds each its worst prefix.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from pytest_codex_replay.redaction.value_shapes import is_plausible


class Find(NamedTuple):
    """A secret, and where it stands in a text."""

    start: int
    end: int
    kind: str
    secret: str
    is_sure: bool
    """It is one wherever it stands, so it is removed from everywhere else, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One shape of secret."""

    kind: str
    """What its placeholders are called."""
    markers: tuple[str, ...]
    """In lower case. A text that has none of them (in any case) is not looked at."""
    pattern: re.Pattern[str]
    """The last group that matched is the secret; without groups, the whole match is."""
    is_secret: Callable[[str], bool] | None = None
    """A further look at what was found."""
    is_meant: Callable[[re.Match[str]], bool] | None = None
    """A look at the whole match, and at what stands around it: what the secret is called."""
    is_token: bool = True
    """Whether the shape alone says it; else what stands around it does."""

    rest: re.Pattern[str] | None = None
    """What a secret goes on with: its pattern reads only as much as is needed to know it for one."""
    anchors: tuple[str, ...] = ()
    """In lower case: how each match begins. Given, the pattern is tried only there, which is many times faster."""

    def find(self, text: str, lowered: str | None = None) -> Iterator[Find]:
        """Yield what the rule finds; `lowered` is the text in lower case, where it is known."""
        lowered = text.lower() if lowered is None else lowered
        anchors = self.anchors or _anchors_of(self.pattern)
        if not anchors or len(lowered) != len(text):
            for match in self.pattern.finditer(text):
                yield from self._found(match)
            return
        end = 0
        for at in _places_of(anchors, lowered):
            if at >= end and (begun := self.pattern.match(text, at)):
                found = self._found(begun)
                if found:
                    end = max(begun.end(), found[0].end)
                elif "name" in self.pattern.groupindex:
                    end = begun.end("name")  # another may stand between it and the value
                else:
                    end = begun.start(begun.lastindex or 0) if self.anchors else begun.end()
                yield from found

    def _found(self, match: re.Match[str]) -> tuple[Find, ...]:
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
        return (Find(start, end, self.kind, secret, self.is_token or _is_unique(secret)),)


def context(
    kind: str,
    markers: str | tuple[str, ...],
    pattern: str,
    *,
    is_secret: Callable[[str], bool] | None = None,
    is_meant: Callable[[re.Match[str]], bool] | None = None,
    flags: re.RegexFlag = re.IGNORECASE,
    **more: Any,
) -> Rule:
    """Return a rule for a value that is a secret because of the text before it; `|` separates markers.

    Without a check of its own, every plausible value counts.
    """
    if is_secret is None and is_meant is None:
        is_secret = is_plausible
    return Rule(
        kind=kind,
        markers=tuple(markers.split("|")) if isinstance(markers, str) else markers,
        pattern=re.compile(pattern, flags),
        is_secret=is_secret,
        is_meant=is_meant,
        is_token=False,
        **more,
    )


def any_of(words: str) -> str:
    """Return a pattern for one of some words, which are patterns, too."""
    return "(?:" + "|".join(words.split()) + ")"


def matches_at(pattern: re.Pattern[str], anchors: Iterable[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern where one of `anchors` stands."""
    end = 0
    for at in _places_of(anchors, text):
        if at >= end and (match := pattern.match(text, at)):
            end = match.end()
            yield match


def _places_of(words: Iterable[str], text: str) -> list[int]:
    return sorted({at for word in words for at in _places(word, text)})


_MAX_ANCHORS = 64


@lru_cache(maxsize=1024)
def _anchors_of(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Return the literals with which each match of a pattern begins, in lower case; none when they are not known."""
    anchors = {one.lower() for one in _beginnings(import_module("re._parser").parse(pattern.pattern, pattern.flags))[0]}
    return () if any(not one or (one.isalnum() and len(one) == 1) for one in anchors) else tuple(sorted(anchors))


def _beginnings(parts: Iterable[tuple[Any, Any]]) -> tuple[list[str], bool]:
    """Return the literals with which a parsed pattern begins, and whether they are all there is of it."""
    found = [""]
    for operation, argument in parts:
        if str(operation) in {"AT", "ASSERT", "ASSERT_NOT"}:
            continue
        more, is_all = _literals_of(str(operation), argument)
        if not more or len(found) * len(more) > _MAX_ANCHORS:
            return found if all(found) else [], False
        found = [one + other for one in found for other in more]
        if not is_all:
            return found, False
    return found, True


def _literals_of(operation: str, argument: Any) -> tuple[list[str], bool]:
    if operation == "LITERAL":
        return [chr(argument)], True
    if operation == "IN" and all(str(kind) == "LITERAL" for kind, _ in argument):
        return [chr(letter) for _, letter in argument], True
    if operation == "SUBPATTERN":
        return _beginnings(argument[-1])
    if operation == "BRANCH":
        branches = [_beginnings(branch) for branch in argument[1]]
        if not all(found and (is_all or all(found)) for found, is_all in branches):
            return [], False
        return [one for found, _ in branches for one in found], all(is_all for _, is_all in branches)
    return [], False


_UNIQUE_CHARS = 8


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _is_unique(secret: str) -> bool:
    """Return whether a secret is so long and mixed that it stands nowhere by chance."""
    return len(secret) >= _UNIQUE_CHARS and not secret.isalpha() and len(set(secret)) > _UNIQUE_CHARS // 2
