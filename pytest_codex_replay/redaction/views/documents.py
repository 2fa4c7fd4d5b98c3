"""JSON in a text: what parsed before a replacement parses after it. No I/O.

Rules search a text as it stands, so they may find a value beyond the string that holds it, or a number. Such a place
is divided: in each string its part is replaced, a number becomes another one, and `true`, `false` and `null` stay.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, takewhile
from typing import Any

import orjson

from pytest_codex_replay.errors import CodexReplayError

Swap = tuple[int, int, str]
"""Beginning, end and replacement of a part of a text."""
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"|[^\s"{}\[\],:]++')
"""A string, or a number, `true`, `false` and `null`."""
_CONSTANTS = frozenset(("true", "false", "null"))
_NAME_END = re.compile(r'"\s*:')
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")
_SPELLING = "u\\"
"""Behind the first backslash of an escape that spells a character of a value."""


class BrokenTextError(CodexReplayError):
    """A text that is JSON would not parse after redaction."""


def whole_documents(
    text: str,
    swaps: Sequence[Swap],
    replaced: Callable[[str, Sequence[Swap]], str],
    redacted: Callable[[str], str],
    number_of: Callable[[str], str],
) -> list[Swap]:
    """Return the replacements, changed where a document in the text would not parse after them.

    Args:
        text: the text.
        swaps: what is to be replaced, in order.
        replaced: replaces parts of a text.
        redacted: redacts the text of a string that is JSON itself.
        number_of: tells the number that stands in place of one.

    Raises:
        BrokenTextError: a document would not parse even so.
    """
    result = list(swaps)
    for begin, end in list(_documents(text, swaps)):
        within = _within(result, begin, end)
        document = text[begin:end]
        if not _breaks(document, replaced(document, within)):
            continue
        kept = list(_divided(document, within, redacted, number_of))
        if _breaks(document, replaced(document, kept)):  # names that are replaced alike are one member
            kept = [one for one in kept if not _is_name_within(document, one, within)]
        if _breaks(document, replaced(document, kept)):
            raise BrokenTextError("a text that is JSON would not parse after redaction")
        outside = [one for one in result if one[1] <= begin or one[0] >= end]
        result = sorted([*outside, *((begin + start, begin + stop, new) for start, stop, new in kept)])
    return result


def _documents(text: str, swaps: Sequence[Swap]) -> Iterator[tuple[int, int]]:
    """Yield the places of the documents in which something is replaced: the text, what follows its head, its lines."""
    first = re.search(r"^[ \t]*[{\[\"]", text, re.MULTILINE)
    if first is None:
        return
    for begin in {0, first.start()}:
        if _parsed(text[begin:]) is not None:
            yield begin, len(text)
            return
    done = -1
    for start, *_ in swaps:
        begin, end = text.rfind("\n", 0, start) + 1, text.find("\n", start)
        end = len(text) if end < 0 else end
        if begin > done and _parsed(text[begin:end]) is not None:
            yield begin, end
        done = max(done, begin)


def _parsed(text: str) -> Any:
    """Return the JSON object, list or string of a text; None where it is another text."""
    if text.lstrip()[:1] not in {"{", "[", '"'}:
        return None
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def _breaks(before: str, after: str) -> bool:
    """Return whether JSON, or JSON in one of its strings, no longer parses."""
    pairs: list[tuple[Any, Any]] = [(before, after)]
    while pairs:
        old, new = pairs.pop()
        if isinstance(old, str) and old != new and (old := _parsed(old)) is not None:
            new = _parsed(new) if isinstance(new, str) else None
            if new is None:
                return True
        if isinstance(old, dict) and isinstance(new, dict):
            old, new = list(chain(old, old.values())), list(chain(new, new.values()))
        if isinstance(old, list) and isinstance(new, list):
            if len(old) != len(new):
                return True
            pairs += zip(old, new, strict=True)
    return False


def _is_name_within(document: str, swap: Swap, places: Sequence[Swap]) -> bool:
    """Return whether a replacement is of a member's name that stands in a longer place, and is not a value there."""
    start, end, _ = swap
    return _NAME_END.match(document, end) is not None and any(a < start and b > end for a, b, _ in places)


def _within(swaps: Sequence[Swap], begin: int, end: int) -> list[Swap]:
    return [(max(a, begin) - begin, min(b, end) - begin, new) for a, b, new in swaps if a < end and b > begin]


def _divided(
    document: str, swaps: Sequence[Swap], redacted: Callable[[str], str], number_of: Callable[[str], str]
) -> Iterator[Swap]:
    """Yield the replacements, each within one string or in place of a number."""
    left = list(swaps)[::-1]
    for token in _TOKEN.finditer(document):
        while left and left[-1][1] <= token.start():
            left.pop()
        if not left:
            return
        is_text = token[1] is not None
        begin, end = token.span(1 if is_text else 0)
        found = [one for one in takewhile(lambda one: one[0] < end, reversed(left)) if one[1] > begin]  # noqa: B023
        if not found:
            continue
        if is_text and (inner := orjson.loads(token[0])) and _parsed(inner) is not None:
            yield begin, end, orjson.dumps(redacted(inner)).decode()[1:-1]
        elif is_text:
            escapes = [one.span() for one in _ESCAPE.finditer(document, begin, end)]
            yield from (_beside_escapes(document, escapes, (max(a, begin), min(b, end), new)) for a, b, new in found)
        elif token[0] not in _CONSTANTS:
            yield begin, end, number_of(token[0])


def _beside_escapes(document: str, escapes: Sequence[tuple[int, int]], swap: Swap) -> Swap:
    """Return a replacement that cuts no escape: its letter is of no value, but a character that it spells may be."""
    start, end, new = swap
    for at in (start, end):
        begin, stop = escapes[bisect_left(escapes, (at,)) - 1] if escapes else (at, at)
        if begin < at < stop:
            is_spelt = document[begin + 1] in _SPELLING
            start = start if at != start else begin if is_spelt else stop
            end = end if at != end else stop if is_spelt else begin
    return start, max(start, end), new
