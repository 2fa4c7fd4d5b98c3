"""Normalisers that users define for what else differs from run to run. No I/O."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.limits import NORMALISED_CHARS, NORMALISED_WORK
from pytest_codex_replay.wire.linear_pattern import linear_pattern

Normaliser = Callable[[str], str]
"""Rewrites one text of a request. It must be pure, and leave what it has rewritten as it is: it is applied to the
recorded and to the live text, each as often as a match needs it."""

_ARROW = " -> "
_REFERENCE = re.compile(r"\\(?:(?P<number>\d{1,2})|g<(?P<name>\w+)>|(?P<escape>.|$))|(?P<text>[^\\]+)", re.DOTALL)
_ESCAPES = {"\\": "\\", "n": "\n", "t": "\t"}
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a surrogate pair, from JSON, which RE2 does not read."""


def pattern_normaliser(pattern: str, replacement: str) -> Normaliser:
    """Return a normaliser that puts `replacement` (with group references) where `pattern` matches.

    A cassette of others may bring patterns: the engine is RE2, whose search is linear in the text.

    Raises:
        UsageError: the pattern or the replacement is not valid; or, by the normaliser, a text matches too often.
    """
    where = f"normaliser {pattern!r} -> {replacement!r}"
    try:
        compiled = linear_pattern(pattern)
        parts = _parts(replacement, compiled.groups, compiled.groupindex)
    except ValueError as error:
        raise UsageError(
            f"{where}: {error}. Patterns are those of RE2: no look-around, no back references, no possessive repeats."
        ) from error
    return lambda text: _rewritten(text, compiled, parts, where)


def _rewritten(text: str, compiled: Any, parts: list[str | int], where: str) -> str:
    """Return a text with each match replaced, within what one text may cost."""
    text = _SURROGATE.sub("\ufffd", text)
    pieces, end, left = [], 0, len(text) + NORMALISED_CHARS
    for count, found in enumerate(compiled.finditer(text), 1):
        put = "".join(part if isinstance(part, str) else found.group(part) or "" for part in parts)
        left -= len(put)
        if left < 0 or count * len(text) > NORMALISED_WORK:
            raise UsageError(f"{where}: it matches too often in a text of {len(text):,} characters. Make it narrower.")
        pieces += [text[end : found.start()], put]
        end = found.end()
    return "".join([*pieces, text[end:]]) if pieces else text


def _parts(replacement: str, count: int, names: Mapping[str, int]) -> list[str | int]:
    """Split a replacement into texts and the numbers of the groups between them."""
    parts: list[str | int] = []
    for found in _REFERENCE.finditer(replacement):
        name, escaped = found["number"] or found["name"], found["escape"]
        if name is None:
            if escaped not in {None, *_ESCAPES}:
                raise ValueError(f"bad escape \\{escaped} in the replacement")
            parts.append(found["text"] or _ESCAPES[escaped])
            continue
        number = int(name) if name.isdecimal() else names.get(name, count + 1)
        if number > count:
            raise ValueError(f"invalid group reference {name} in the replacement")
        parts.append(number)
    return parts


def read_normalisers(lines: Iterable[str]) -> tuple[Normaliser, ...]:
    """Read `PATTERN -> REPLACEMENT` lines, as an ini file has them.

    Raises:
        UsageError: a line is not valid.
    """
    normalisers = []
    for line in filter(None, map(str.strip, lines)):
        pattern, arrow, replacement = line.partition(_ARROW)
        if not arrow and not line.endswith(_ARROW.rstrip()):
            raise UsageError(f"normaliser {line!r}: write PATTERN{_ARROW}REPLACEMENT")
        normalisers.append(pattern_normaliser(pattern.removesuffix(_ARROW.rstrip()).rstrip(), replacement))
    return tuple(normalisers)
