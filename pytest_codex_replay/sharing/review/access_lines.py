"""The lines of a text that speak of access: of logins, locks, keys and programs that ask for them. No I/O."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.sharing.review.secret_nouns import BEGINNINGS

_ACCESS = frozenset(
    words(
        "access_words",
        "opens",
        "login",
        "lock",
        "lock_words",
        "pin",
        "code",
        "spelled",
        "asks_for_secrets",
        "commands_with_secrets",
        "calls_with_secrets",
        "bare_keys",
        "english_passwords",
        "programs_with_secrets",
    )
)
_MARKERS = Markers((*BEGINNINGS, *_ACCESS))
_WHOLE_CHARS = 4
"""A cue of so many characters, or fewer, counts only as a word of its own."""
_OF_A_PERSON = frozenset(("email", "user", "person", "phone", "host", "path", "device", "home", "address", "identity"))
"""Kinds of placeholders that tell nothing of what stands beside them."""
_SPOKEN_CHARS, _SHORT_CHARS = 1500, 600
"""Each line of a message of so many characters is looked at; of another text without a cue, of so many."""
_LINE_CHARS, _LABEL_CHARS, _MOST_LINES = 320, 80, 12
_ABOVE, _BELOW = 1, 2
"""So many lines are looked at beside a line that is short: a label, a prompt, a row of a table."""


class Line(NamedTuple):
    """A line of a text, or one beside it."""

    begin: int
    end: int
    cue: int
    """Where its first cue ends; -1 where it has none."""
    is_near: bool
    """Whether a cue is in the text."""


def access_lines(text: str, *, is_spoken: bool) -> Iterator[Line]:
    """Yield the lines that have a cue, and those beside them; of a short text all.

    Args:
        text: the text.
        is_spoken: whether a person or a model writes it.
    """
    cues = _cues(text)
    if not cues and len(text) > (_SPOKEN_CHARS if is_spoken else _SHORT_CHARS):
        return
    spans, held = _rows(text, cues)
    is_all = not cues or (is_spoken and len(text) <= _SPOKEN_CHARS)
    numbers = range(len(spans)) if is_all else _beside(spans, held)
    for number in islice(numbers, _MOST_LINES):
        begin, end = spans[number]
        if begin < end and (is_spoken or end - begin <= _LINE_CHARS):
            yield Line(begin, end, held.get(number, -1), bool(cues))


def has_secret(text: str, begin: int, end: int) -> bool:
    """Return whether the placeholder of a secret stands between two places, and not that of a name."""
    return any(is_of_secret(one[1]) for one in PLACEHOLDER.finditer(text, begin, end))


def is_of_secret(kind: str) -> bool:
    """Return whether a kind of placeholder is that of a secret."""
    return kind not in _OF_A_PERSON


def _rows(text: str, cues: dict[int, int]) -> tuple[list[tuple[int, int]], dict[int, int]]:
    """Return where lines begin and end, and where the first cue ends of those that have one, by their number."""
    spans, at = [], 0
    for row in text.split("\n"):
        spans.append((at, at + len(row)))
        at += len(row) + 1
    held: dict[int, int] = {}
    number = 0
    for start in sorted(cues):
        while spans[number][1] < start:
            number += 1
        held.setdefault(number, cues[start])
        if len(held) == _MOST_LINES:
            break
    return spans, held


def _beside(spans: list[tuple[int, int]], held: dict[int, int]) -> Iterator[int]:
    """Yield the numbers of lines that have a cue, and of those beside the short ones."""
    done = -1
    for number in held:
        is_label = spans[number][1] - spans[number][0] <= _LABEL_CHARS
        first, last = (number - _ABOVE, number + _BELOW) if is_label else (number, number)
        yield from range(max(first, done + 1), min(last + 1, len(spans)))
        done = max(done, last)


def _cues(text: str) -> dict[int, int]:
    """Return where cues begin and end: words of access, and the placeholders of secrets."""
    lowered = text.lower()
    found: dict[int, int] = {}
    for cue, places in _MARKERS.places(lowered).items() if len(lowered) == len(text) else ():
        is_whole = len(cue) <= _WHOLE_CHARS
        for at in places:
            end = at + len(cue)
            if not (text[at - 1 : at].isalnum() or (is_whole and text[end : end + 1].isalpha())):
                found[at] = max(end, found.get(at, 0))
    for one in PLACEHOLDER.finditer(text) if "[[REDACTED:" in text else ():
        if is_of_secret(one[1]):
            found[one.start()] = one.end()
    return found
