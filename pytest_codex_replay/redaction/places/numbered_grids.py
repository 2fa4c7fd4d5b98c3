"""Rules for codes and words of a wallet in a numbered grid, of which nothing has to say what they are. No I/O.

Codes of eight digits in two groups, numbered from one, are those of a second factor; twelve words or more in columns,
numbered down the columns, are those of a wallet.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.phrases import is_seed

_MARKERS = tuple(f"\n{blank}2{sign}" for blank in ("", " ", "  ") for sign in (" ", ". ", ") ", ": "))
_CELL = re.compile(r"[ \t|]{0,12}(\d{1,2})[.):]?[ \t]{1,4}(\d{4} \d{4}|[a-z]{3,8})(?=[ \t|]|\r?\Z)[ \t|\r]{0,12}")
_LINE_CHARS, _LINES, _COLUMNS = 240, 24, 6
_LEAST_CODES, _COUNTS = 4, frozenset((12, 15, 18, 20, 24))
_LEAST_COLUMNS = 2


def _in_grids(text: str, places: list[int]) -> Iterator[Place]:
    """Yield what stands in the cells of grids whose second number begins one of the places."""
    done = -1
    for at in places:
        if at < done:
            continue
        cells = list(_cells(text, text.rfind("\n", max(0, at - _LINE_CHARS), at) + 1))
        by_number = dict(cells)
        if len(by_number) != len(cells) or not {1, 2} <= by_number.keys():
            continue
        done = max(end for _, end in by_number.values())
        found = [text[slice(*by_number[number])] for number in sorted(by_number)]
        is_whole = max(by_number) == len(by_number)
        if _are_codes(found) or (is_whole and _is_grid(text, by_number) and _are_words(found)):
            yield from sorted(by_number.values())


def _cells(text: str, start: int) -> Iterator[tuple[int, Place]]:
    """Yield the numbers and the places of cells, line by line, as long as lines hold nothing else."""
    for _ in range(_LINES):
        end = text.find("\n", start, start + _LINE_CHARS)
        end = min(len(text), start + _LINE_CHARS) if end < 0 else end
        found: list[tuple[int, Place]] = []
        at = start
        while len(found) < _COLUMNS and (cell := _CELL.match(text, at, end)):
            found.append((int(cell[1]), cell.span(2)))
            at = cell.end()
        if at < end or not found:
            return
        yield from found
        start = end + 1


def _is_grid(text: str, by_number: dict[int, Place]) -> bool:
    """Return whether the first two numbers stand in two lines, and the first has others beside it."""
    first, second = by_number[1], by_number[2]
    beside = [one for one in by_number.values() if first[1] <= one[0] < second[0]]
    return "\n" in text[first[1] : second[0]] and len(beside) >= _LEAST_COLUMNS - 1


def _are_codes(found: list[str]) -> bool:
    return len(found) >= _LEAST_CODES and len(set(found)) == len(found) and all(one[0].isdigit() for one in found)


def _are_words(found: list[str]) -> bool:
    return len(found) in _COUNTS and all(map(str.isalpha, found)) and is_seed(" ".join(found))


NUMBERED_GRIDS = (PlacesRule(kind="recovery_code", markers=_MARKERS, pattern=_CELL, places=_in_grids),)
"""A value is a secret because of the numbers before it and its neighbours."""
