"""A rule: what a secret looks like, or what stands before one. No I/O.

Each pattern is linear: it begins at a literal, its repeats are possessive or bounded, and where one may fail late a
look-behind lets it begin only once in a run. `tests/redaction/test_rules.py` feeds each rule 1 MB of its worst prefix.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Find", "Rule"]


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

    anchors: tuple[str, ...] = ()
    """In lower case: how each match begins. Given, the pattern is tried only there, which is many times faster."""

    def find(self, text: str, lowered: str | None = None) -> Iterator[Find]:
        """Yield what the rule finds; `lowered` is the text in lower case, where it is known."""
        lowered = text.lower() if lowered is None else lowered
        if not self.anchors or len(lowered) != len(text):
            for match in self.pattern.finditer(text):
                yield from self._found(match)
            return
        end = 0
        for at in sorted({at for anchor in self.anchors for at in _places(anchor, lowered)}):
            if at >= end and (begun := self.pattern.match(text, at)):
                found = self._found(begun)
                end = begun.end() if found else begun.start(begun.lastindex or 0)
                yield from found

    def _found(self, match: re.Match[str]) -> tuple[Find, ...]:
        group = match.lastindex or 0
        secret = match[group]
        if not secret or "[[REDACTED:" in secret or (self.is_secret is not None and not self.is_secret(secret)):
            return ()
        if self.is_meant is not None and not self.is_meant(match):
            return ()
        return (Find(match.start(group), match.end(group), self.kind, secret, self.is_token or _is_unique(secret)),)


_UNIQUE_CHARS = 8


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _is_unique(secret: str) -> bool:
    """Return whether a secret is so long and mixed that it stands nowhere by chance."""
    return len(secret) >= _UNIQUE_CHARS and not secret.isalpha() and len(set(secret)) > _UNIQUE_CHARS // 2
