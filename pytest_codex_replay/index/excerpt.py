"""What stands around a hit, on one line."""

import re
from dataclasses import dataclass

from pytest_codex_replay.projection.leaves import BEHIND_JSON

_BEFORE, _AFTER = 48, 96
"""Characters that are shown before and behind a hit; those of Codex's own search."""
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What stands around a hit, on one line."""

    text: str
    start: int
    """Where the hit begins in `text`."""
    end: int
    count: int
    """How often the text stands there."""


def excerpt_of(wanted: str, text: str) -> Excerpt | None:
    """Return the first place of `text` where `wanted` stands, in upper or lower case; None when it does not."""
    parts = text.split(BEHIND_JSON)
    return next((found for part in parts if (found := _excerpt(wanted.lower(), part)) is not None), None)


def _excerpt(needle: str, text: str) -> Excerpt | None:
    lowered = text.lower()
    at = lowered.find(needle)
    if at < 0:
        return None
    count, to = lowered.count(needle), at + len(needle)
    if len(lowered) != len(text):  # a letter whose lower case is longer
        at, to = _place_in(text, at), _place_in(text, to)
    before = _one_line(text[max(at - _BEFORE, 0) : at]).lstrip()
    hit, after = _one_line(text[at:to]), _one_line(text[to : to + _AFTER]).rstrip()
    before = f"…{before}" if at > _BEFORE else before
    after = f"{after}…" if to + _AFTER < len(text) else after
    return Excerpt(text=before + hit + after, start=len(before), end=len(before + hit), count=count)


def _place_in(text: str, lowered_at: int) -> int:
    """Return the place in a text that a place in its lower case stands for."""
    at = 0
    for place, character in enumerate(text):
        if at >= lowered_at:
            return place
        at += len(character.lower())
    return len(text)


def _one_line(text: str) -> str:
    return _BLANKS.sub(" ", text)
