"""What stood in a recorded text before it was redacted: nobody knows, but not anything. No I/O.

A placeholder, or a pseudonym, is a hole: the live text fits when it says the same around the holes, and in each of them
what a value of that kind may be. The same hole stands for the same value, all through a text.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pytest_codex_replay.redaction.placeholders import PLACEHOLDER

__all__ = ["fits_redacted", "is_redacted"]

_MARKERS = ("[[REDACTED:", "@example.invalid", "-0000", "_0000", "/tmp/dir-", "/user", "\\user", "%2Fuser", "%5Cuser")  # noqa: S108
"""A text without any of these has no hole."""
_HOLE = re.compile(
    rf"(?P<placeholder>{PLACEHOLDER.pattern})"
    r"|(?P<email>user\d+@example\.invalid)"
    r"|(?P<uuid>00000000-0000-[0-9a-f]000-8000-\d{12})"
    r"|(?:user|org|proj)[-_](?P<account>0{8,}\d{1,8}(?!\w))"
    r"|(?P<temp>/tmp/dir-\d+)"
    r"|(?:home|Users)(?:/|%2F)(?P<home>user(?![\w-]))"
    r"|(?:home|Users)(?:[/\\]{1,4}|%5C)(?P<windows_home>user(?![\w-]))"
)
_LINE_END = re.compile(r"[\r\n]")
_BLANK = re.compile(r"\s")
_ENDS = {
    "email": re.compile(r"[\s\"'<>]"),
    "uuid": re.compile(r"[^\w-]"),
    "account": re.compile(r"\W"),
    "temp": re.compile(r"[\s\"'<>]"),
    "home": re.compile(r"[\s/\\]"),
    "windows_home": re.compile(r"[\r\n/\\]"),
    "identity": re.compile(r"[^\w.-]"),
}
"""By kind: what no value holds."""
_OF_ONE_WORD = re.compile(r"(?:\w+_)?(?:key|key_id|token|webhook|code)|jwt|signature|query")
_OF_MANY_LINES = frozenset({"private_key", "body", "encoded"})
"""Kinds of placeholder. Those of other secrets, such as passwords, hold blanks, but no line's end."""
_SHARED = frozenset({"home", "windows_home"})
"""All names of homes become the same."""


def is_redacted(text: str) -> bool:
    """Return whether something was redacted from a text."""
    return any(marker in text for marker in _MARKERS) and _HOLE.search(text) is not None


def fits_redacted(recorded: Any, live: Any) -> bool:
    """Return whether a live JSON value may be what a recorded one was before it was redacted."""
    if isinstance(recorded, str) and isinstance(live, str):
        return recorded == live or _fits_text(recorded, live)
    if isinstance(recorded, list) and isinstance(live, list):
        return len(recorded) == len(live) and all(map(fits_redacted, recorded, live))
    if isinstance(recorded, dict) and isinstance(live, dict):
        return recorded.keys() == live.keys() and all(fits_redacted(recorded[name], live[name]) for name in recorded)
    return bool(recorded == live)


def _fits_text(recorded: str, live: str) -> bool:
    """Go from hole to hole, once: a value ends where the text behind its hole comes for the first time."""
    holes = list(_holes(recorded))
    at = holes[0].start if holes else 0
    if not holes or not live.startswith(recorded[:at]):
        return False
    values: dict[str, str] = {}
    for hole, following in zip(holes, [*holes[1:], None], strict=True):
        after = recorded[hole.end : following.start if following else None]
        if known := values.get(hole.stand_in):
            end = at + len(known)
        else:
            end = live.find(after, at + 1) if following else len(live) - len(after)
        value = live[at:end]
        if end <= at or value != (known or value) or not live.startswith(after, end) or not hole.may_be(value):
            return False
        if hole.kind not in _SHARED:
            values[hole.stand_in] = value
        at = end + len(after)
    return at == len(live)


class _Hole(NamedTuple):
    start: int
    end: int
    kind: str
    stand_in: str
    """What stands there."""

    def may_be(self, value: str) -> bool:
        """Return whether a value of this kind may look so."""
        if value == self.stand_in or self.kind in _OF_MANY_LINES:
            return True
        ends = _ENDS.get(self.kind) or (_BLANK if _OF_ONE_WORD.fullmatch(self.kind) else _LINE_END)
        return ends.search(value) is None


def _holes(text: str) -> Iterator[_Hole]:
    for found in _HOLE.finditer(text):
        kind = found.lastgroup or ""
        stand_in = found[kind]
        start, end = found.span(kind)
        if kind == "placeholder":
            kind = stand_in.split(":")[1]
            if (kind, stand_in) == ("secret", text):  # a member that was all secret, whatever was in it
                kind = "body"
        yield _Hole(start, end, kind, stand_in)
