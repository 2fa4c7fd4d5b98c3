"""A rule: what a secret looks like, or what stands before one. No I/O.

Each pattern is linear: it begins at a literal, its repeats are possessive or bounded, and where one may fail late a
look-behind lets it begin only once in a run. `tests/redaction/test_rules.py` feeds each rule 1 MB of its worst prefix.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Find", "Rule", "is_assigned", "is_mixed", "is_no_dummy", "is_password", "is_plausible"]


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
    is_name: Callable[[str], bool] | None = None
    """A look at the group `name`: what the secret is called."""
    is_token: bool = True
    """Whether the shape alone says it; else what stands around it does."""

    anchors: tuple[str, ...] = ()
    """In lower case: how each match begins. Given, the pattern is tried only there, which is many times faster."""

    def find(self, text: str, lowered: str | None = None) -> Iterator[Find]:
        """Yield what the rule finds; `lowered` is the text in lower case, where it is known."""
        for match in self._matches(text, text.lower() if lowered is None else lowered):
            group = match.lastindex or 0
            secret = match[group]
            if not secret or "[[REDACTED:" in secret or (self.is_secret is not None and not self.is_secret(secret)):
                continue
            if self.is_name is not None and not self.is_name(match["name"]):
                continue
            yield Find(match.start(group), match.end(group), self.kind, secret, self.is_token or _is_unique(secret))

    def _matches(self, text: str, lowered: str) -> Iterator[re.Match[str]]:
        if not self.anchors or len(lowered) != len(text):
            yield from self.pattern.finditer(text)
            return
        end = 0
        for at in sorted({at for anchor in self.anchors for at in _places(anchor, lowered)}):
            if at >= end and (match := self.pattern.match(text, at)):
                end = match.end()
                yield match


_MADE_UP = re.compile(
    r"^[\"'\\]*(?:\$[A-Za-z_({]|\{\{?|<|%[A-Za-z({]|\[\[?|\*{3}|\.{3}|…|#\{|@\{|env[.(:]|os\.|process\."
    r"|secrets?[.\[]|config\.|self\.|settings\.|var\.|file://)"
    r"|x{6}|\*{4}|\.{4}|(?:^|[^a-z])(?:your|my|the|some)[-_ ][a-z]|changeme|change[-_]me"
    r"|placeholder|example|dummy|redacted"
    r"|^(?:null|none|nil|true|false|undefined|string|str|bytes|int|any|optional|required|password|passwd|secret|token|bearer"
    r"|basic|test|empty|default|yes|no|on|off|prompt|hidden|masked|omitted|unset"
    r"|disabled|enabled|file|stdin|env)$",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z_][\w.]*[(\[]|^[A-Za-z_][A-Za-z_]*(?:\.[A-Za-z_]+)+$|=>|->|::")
_HARMLESS_PASSWORD = frozenset("password pass passwd pwd secret token user username postgres root admin".split())
_UNIQUE_CHARS = 8
_LOOKED_AT_CHARS = 256
"""Of a longer value only so much is looked at, lest hostile input costs more than its length."""
_LONG_CHARS = 16
_DISTINCT_CHARS = 5
"""A token has more distinct letters at its end than a shape that was filled with one."""


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def is_plausible(value: str) -> bool:
    """Return whether a value could be a secret: no variable, no code, no word that stands for one."""
    head = value[:_LOOKED_AT_CHARS]
    return _MADE_UP.search(head) is None and _CODE.search(head) is None


def is_no_dummy(value: str) -> bool:
    """Return whether a token is more than a shape filled with one letter."""
    lowered = value.lower()
    return len(set(value[-_LONG_CHARS:])) >= _DISTINCT_CHARS and "xxxxxx" not in lowered and "example" not in lowered


def is_mixed(value: str) -> bool:
    """Return whether a token has both letters and digits, which words with dashes have not."""
    return is_no_dummy(value) and any(c.isdigit() for c in value) and any(c.isalpha() for c in value[4:])


def is_assigned(value: str) -> bool:
    """Return whether a value after a word such as `token` is a secret: words, numbers and paths are none."""
    value = value[:_LOOKED_AT_CHARS]
    if not is_plausible(value) or value.lower() in _HARMLESS_PASSWORD or value[:1] in "/~,":
        return False
    if value.startswith("#") and not any(c.isdigit() for c in value):
        return False  # a selector or an anchor
    has_letter = any(c.isalpha() for c in value)
    if has_letter and any(c.isdigit() for c in value):
        return True
    if any(c in "!@#$%^*?+=" for c in value.rstrip("=:?!")):
        return True
    return has_letter and len(value) >= _LONG_CHARS and value.isalnum() and not _is_word(value)


def is_password(value: str) -> bool:
    """Return whether a quoted value after `password` is one: anything but a word that says what to put there."""
    return is_plausible(value) and value.lower() not in _HARMLESS_PASSWORD and value[:1] not in "/~#-.:,$"


def _is_word(value: str) -> bool:
    return value.islower() or re.fullmatch(r"[A-Za-z]?[a-z]+(?:[A-Z][a-z]+)*+|[A-Z]+", value) is not None


def _is_unique(secret: str) -> bool:
    """Return whether a secret is so long and mixed that it stands nowhere by chance."""
    return len(secret) >= _UNIQUE_CHARS and not secret.isalpha() and len(set(secret)) > _UNIQUE_CHARS // 2
