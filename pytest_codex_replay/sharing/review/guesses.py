"""What could be a secret by its place alone, in the lines of a text that speak of access: the best guesses. No I/O.

Any word may be a password, so its form tells little. But few words stand where a value does: behind a verb that states
or hands over something, in quotes, alone on a line, at the end of a sentence. A person is shown the best of each text,
behind everything else.
"""

import re
from collections.abc import Iterable, Iterator

from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.sharing.review.access_lines import Line, access_lines, has_secret, is_of_secret
from pytest_codex_replay.sharing.review.guessed_forms import form_of
from pytest_codex_replay.sharing.review.guessed_places import weighed_in
from pytest_codex_replay.sharing.review.scoring import GUESSED, Scored, is_spoken

_LEAST, _LEAST_SPOKEN, _MOST_WEIGHT = 4, 3, 9
"""Weights that are enough, and that counts."""
_MOST, _BEHIND = 6, 2
"""So many of one text are guessed, each so much behind the one before."""
_TOLD, _BROTHER = 2, 4
_QUOTES = frozenset("\"'`\u201c\u201d\u00ab\u00bb")
_DIGIT_OR_SIGN = re.compile(r"\w[&+!~*#$%^_]\w|\d")
_ROW = re.compile(r"[^\n]+")
_CELL = re.compile(r"\[\[REDACTED:\w+:\d+\]\]|[^\s:|,;=\"'`]+")
_ROW_CHARS, _MOST_ROWS, _BESIDE = 320, 400, 3
_MEMBERS = frozenset(("text", "", "output", "arguments", "input", "content", "command", "cmd"))
"""Members of messages, calls and their results: the others name things of the protocol."""


def guesses_in(text: str, member: str, found: Iterable[Scored]) -> Iterator[Scored]:
    """Yield the best guesses of a text, whose score says how good each is.

    Args:
        text: the text.
        member: the name of the member whose text it is.
        found: what was found in it.
    """
    if member not in _MEMBERS:
        return
    free = {at for start, value, _, _ in found for at in range(start, start + len(value))}
    weighed = _weighed(text, free, is_spoken=is_spoken(text, member))
    count = 0
    for value in sorted(weighed, key=lambda one: (-weighed[one][0], weighed[one][1], -len(one))):
        weight, start = weighed[value]
        places = range(start, start + len(value))
        if free.isdisjoint(places) or (_is_quoted(text, start, value) and not free.issuperset(places)):
            free.update(places)
            yield start, value, "", GUESSED - 1 - _MOST_WEIGHT + min(weight, _MOST_WEIGHT) - _BEHIND * count
            count += 1
            if count == _MOST:
                return


def _is_quoted(text: str, start: int, value: str) -> bool:
    """Return whether several words are in quotes: together they are one value."""
    return " " in value and text[start - 1 : start] in _QUOTES and text[start + len(value) :][:1] in _QUOTES


def _weighed(text: str, taken: set[int], *, is_spoken: bool) -> dict[str, tuple[int, int]]:
    """Return the values with their weight and place.

    A line whose secret was found has no other, most of the time.
    """
    weighed: dict[str, tuple[int, int]] = {}
    for line in access_lines(text, is_spoken=is_spoken):
        less = _TOLD if is_spoken and has_secret(text, line.begin, line.end) else 0
        less = less or (not taken.isdisjoint(range(line.begin, line.end)))
        least = (_LEAST_SPOKEN if is_spoken else _LEAST) + (not line.is_near)
        for start, value, weight in weighed_in(text, line, is_spoken=is_spoken):
            if _is_ordinary(text, line, value):
                continue
            if weight >= least + less and weight - less > weighed.get(value, (0, 0))[0]:
                weighed[value] = weight - less, start
    for start, value in _brothers(text) if "[[REDACTED:" in text else ():
        if form := form_of(value):
            weighed[value] = form + _BROTHER, start
    return weighed


def _is_ordinary(text: str, line: Line, value: str) -> bool:
    """Return whether a value is such as any text has, far from what speaks of access."""
    if not line.is_near:
        return _DIGIT_OR_SIGN.search(value) is None
    is_alone = text[line.begin : line.end].strip(" .!\"'`") == value
    return line.cue < 0 and not is_alone and all(map(is_frequent, value.split()))


def _brothers(text: str) -> Iterator[tuple[int, str]]:
    """Yield what stands, in the lines beside one, in the place where that has a placeholder: a list, a table."""
    rows = [
        [*_CELL.finditer(text, one.start(), min(one.end(), one.start() + _ROW_CHARS))]
        for one, _ in zip(_ROW.finditer(text), range(_MOST_ROWS), strict=False)
    ]
    for number, row in enumerate(rows):
        at = next((at for at, cell in enumerate(row) if _is_secret(cell[0])), None)
        if at is None or len(row) == 1:
            continue
        for other in rows[max(0, number - _BESIDE) : number + _BESIDE + 1]:
            if len(other) == len(row) and not PLACEHOLDER.search(other[at][0]):
                yield other[at].start(), other[at][0]


def _is_secret(cell: str) -> bool:
    found = PLACEHOLDER.fullmatch(cell)
    return found is not None and is_of_secret(found[1])
