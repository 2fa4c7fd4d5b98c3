"""Normalisers that users define for what else differs from run to run. No I/O."""

import re
from collections.abc import Callable, Iterable

from pytest_codex_replay.errors import UsageError

Normaliser = Callable[[str], str]
"""Rewrites one text of a request. It must be pure, and leave what it has rewritten as it is: it is applied to the
recorded and to the live text, each as often as a match needs it."""

_ARROW = " -> "


def pattern_normaliser(pattern: str, replacement: str) -> Normaliser:
    """Return a normaliser that puts `replacement` (with group references) where `pattern` matches.

    Raises:
        UsageError: the pattern or the replacement is not valid.
    """
    try:
        compiled = re.compile(pattern)
        compiled.sub(replacement, "")  # reads the replacement, even where nothing matches
    except (re.error, IndexError) as error:
        raise UsageError(f"normaliser {pattern!r} -> {replacement!r}: {error}") from error
    return lambda text: compiled.sub(replacement, text)


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
