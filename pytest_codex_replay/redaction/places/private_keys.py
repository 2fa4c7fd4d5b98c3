"""The rule for private keys in PEM: also cut, numbered, quoted, framed, or with a placeholder in them. No I/O.

Programs put many things between the lines of a key, so the lines themselves are recognised: as runs of base64 that
follow each other closely, between the two borders or next to one.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.rule import Place, PlacesRule

_BORDER = re.compile(r"-----(BEGIN|END)[ +A-Z0-9]{0,40}PRIVATE[ +]KEY(?:[ +]BLOCK)?-----")
_RUN = re.compile(r"[A-Za-z0-9+/](?<![A-Za-z0-9+/]{2})[A-Za-z0-9+/]{15,}+={0,2}")
_LAST = re.compile(r"[^A-Za-z0-9]{0,24}[A-Za-z0-9+/]{1,64}={0,2}(?=\W{0,8}\Z|\s{0,8}(?:\u2026|\[|\.\.\.))")
"""A short last line, at the end of the text or before a cut."""
_MAX_CHARS = 20_000
_MAX_GAP_CHARS = 120
"""Between two lines: their numbers and borders, or a note of omitted lines."""
_MAX_HEAD_CHARS = 600
"""Between the first border and the first line: headers."""
_MIN_SHARE = 0.3
"""Smallest share of the text between two borders that is the key."""


def _parts(text: str, _: list[int]) -> Iterator[Place]:
    """Yield the keys in a text, whole or in part: without the placeholders in them."""
    at = 0
    for start, end in sorted(_keys(text), key=lambda key: (key[0], -key[1])):
        begin = max(at, start)
        at = max(at, end)
        taken = [found.span() for found in PLACEHOLDER.finditer(text, begin, end)]
        for part in zip((begin, *(one[1] for one in taken)), (*(one[0] for one in taken), end), strict=True):
            if text[slice(*part)].strip():
                yield part


PRIVATE_KEYS = PlacesRule(kind="private_key", markers=("private key", "private+key"), pattern=_BORDER, places=_parts)


def _keys(text: str) -> Iterator[Place]:
    borders = list(_BORDER.finditer(text))
    begin = None
    for index, border in enumerate(borders):
        before = borders[index - 1].end() if index else 0
        if border[1] == "BEGIN":
            begin = border
            after = borders[index + 1].start() if index + 1 < len(borders) else len(text)
            end = _end_of_key(text, border.end(), min(after, border.end() + _MAX_CHARS))
            if end:
                yield border.start(), end
            continue
        runs = _runs(text, max(before, border.start() - _MAX_CHARS), border.start())
        if begin is not None and _is_mostly_key(runs, border.start() - begin.end()):
            yield begin.start(), border.end()
        elif tail := _together(runs[::-1]):
            yield tail[-1][0], border.end()
        begin = None


def _end_of_key(text: str, start: int, limit: int) -> int | None:
    """Return the end of a key whose last border may be missing; None when no key begins there."""
    runs = _runs(text, start, limit)
    if not runs or runs[0][0] - start > _MAX_HEAD_CHARS:
        return None
    end = _together(runs)[-1][1]
    last = _LAST.match(text, end, limit)
    return last.end() if last else end


def _runs(text: str, start: int, end: int) -> list[Place]:
    return [found.span() for found in _RUN.finditer(text, start, end) if _is_key(found[0])]


def _is_key(run: str) -> bool:
    """Return whether a run may be a line of a key, and not words or a path."""
    return any(c.isdigit() for c in run) and any(c.isupper() for c in run) and any(c.islower() for c in run)


def _together(runs: Sequence[Place]) -> list[Place]:
    """Return the first of `runs` and those that follow it closely, in the same order."""
    if not runs:
        return []
    close = [runs[0]]
    for one, other in pairwise(runs):
        first, second = sorted((one, other))
        if second[0] - first[1] > _MAX_GAP_CHARS:
            break
        close.append(other)
    return close


def _is_mostly_key(runs: Sequence[Place], chars: int) -> bool:
    return sum(end - start for start, end in runs) >= _MIN_SHARE * chars
