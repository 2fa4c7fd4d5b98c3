"""What could be a secret by its place alone: the candidates of the judge of prose for which too little speaks. No I/O.

Any word may be a password, so its form tells little. The judge weighs each, with its place; a person is shown the best
of each text, behind everything else.
"""

import re
from collections.abc import Iterable, Iterator

from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.prose.judge import Judged, judged_in, places_of_nouns
from pytest_codex_replay.redaction.prose.judged_forms import forms_of, is_idle
from pytest_codex_replay.sharing.review.scoring import GUESSED, Scored, is_spoken, without_placeholders
from pytest_codex_replay.sharing.review.secret_nouns import has_noun

_LEAST, _LEAST_SPOKEN, _MOST_WEIGHT, _PER_POINT = -50, -90, 15, 6
"""Weights that are enough, and for one word of a message; points that count, each for so much weight."""
_MOST, _BEHIND = 6, 2
"""How many of one text are guessed, and by how many points each is behind the one before."""
_TOLD, _BROTHER = 25, 40
"""What a line weighs less whose secret was found; the weight of what stands in the place of such a one."""
_CHARS, _MOST_CHARS = range(4, 97), 64 * 1024
_ROW = re.compile(r"[^\n]+")
_CELL = re.compile(r"\[\[REDACTED:\w+:\d+\]\]|[^\s:|,;=\"'`]+")
_ROW_CHARS, _MOST_ROWS, _BESIDE, _LINE_CHARS = 320, 400, 3, 320
_MEMBERS = frozenset(("text", "", "output", "arguments", "input", "content", "command", "cmd"))
"""Members of messages, calls and their results: the others name things of the protocol."""
_OF_A_PERSON = frozenset(("email", "user", "person", "phone", "host", "path", "device", "home", "address", "identity"))
"""Kinds of placeholders that tell nothing of what stands beside them."""


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
    told: set[str] = set()
    least = _LEAST_SPOKEN if is_spoken(text, member) else _LEAST
    for start, end, weight in sorted(_weighed(text, least), key=lambda one: (-one.weight, one.start, -one.end)):
        value, places = text[start:end], range(start, end)
        if value not in told and (free.isdisjoint(places) or (" " in value and not free.issuperset(places))):
            free.update(places)
            points = min(_MOST_WEIGHT, max(0, (weight - _LEAST_SPOKEN) // _PER_POINT))
            yield start, value, "", GUESSED - 1 - _MOST_WEIGHT + points - _BEHIND * len(told)
            told.add(value)
            if len(told) == _MOST:
                return


def _weighed(text: str, least: int) -> Iterator[Judged]:
    """Yield what could be a secret; a line whose secret was found has no other, most of the time."""
    said = without_placeholders(text)[:_MOST_CHARS]
    has_placeholders = "[[REDACTED:" in text
    brothers = [
        (start, start + len(value)) for start, value in (_brothers(text) if has_placeholders else ()) if forms_of(value)
    ]
    yield from (Judged(start, end, _BROTHER) for start, end in brothers)
    for one in judged_in(said, places_of_nouns(said), least, is_any=True):
        less = _TOLD if has_placeholders and _is_told(text, one) else 0
        value = said[one.start : one.end]
        if one.weight - less >= (_LEAST if " " in value else least) and _could_be(value):
            yield one._replace(weight=one.weight - less)


def _could_be(value: str) -> bool:
    """Return whether a value names no secret, ends with no name in capitals (`un UUID`), and is not idle (`code 0`)."""
    spoken = value.split()
    is_name = spoken[-1].isalpha() and spoken[-1].isupper()
    is_said = len(value) in _CHARS and any(len(one) in _CHARS and not is_idle(one) for one in spoken)
    return is_said and value[0].isalnum() and not is_name and not has_noun(value)


def _is_told(text: str, one: Judged) -> bool:
    """Return whether the placeholder of a secret is on the line of a candidate."""
    begin = max(text.rfind("\n", 0, one.start) + 1, one.start - _LINE_CHARS)
    end = text.find("\n", one.end, one.end + _LINE_CHARS)
    end = end if end >= 0 else one.end + _LINE_CHARS
    return any(found[1] not in _OF_A_PERSON for found in PLACEHOLDER.finditer(text, begin, end))


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
    return found is not None and found[1] not in _OF_A_PERSON
