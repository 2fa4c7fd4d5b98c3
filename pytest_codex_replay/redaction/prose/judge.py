"""A judge of what could be a secret in prose that speaks of access, or in a short message: whatever its form. No I/O.

What the form of a word says of it, and what its place does, is weighed: their sum tells how likely it is a secret. The
weights, in `data/judge.toml`, are learnt from sentences with secrets and without by `benchmarks/prose_judge.py`. What
it finds is replaced in that place alone.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from pytest_codex_replay.redaction.formats import table
from pytest_codex_replay.redaction.markers import Markers, Places, places_of
from pytest_codex_replay.redaction.prose.judged_forms import FORMS_WITH_PLACE
from pytest_codex_replay.redaction.prose.judged_lines import markers_of_nouns
from pytest_codex_replay.redaction.prose.judged_places import candidates_in, could_be_in
from pytest_codex_replay.redaction.rule import Place, PlacesRule, Span


class _Weights(NamedTuple):
    """What each word of a description weighs, in tenths of the logarithm of the odds."""

    form: dict[str, int]
    place: dict[str, int]
    both: dict[str, dict[str, int]]
    """By a form, what a place weighs more or less for it."""
    needed: int
    """From here on, it is replaced."""


@cache
def _weights() -> _Weights:
    held = table("judge")
    return _Weights(held["form"], held["place"], held["form_and_place"], held["needed"])


class Judged(NamedTuple):
    """A candidate that was weighed."""

    start: int
    end: int
    weight: int
    """How much speaks for it; from nought on, it is replaced."""


def judged_in(text: str, near: list[int], least: int = 0, *, is_any: bool = False) -> list[Judged]:
    """Return the candidates for which enough speaks, in order; of those that overlap, the best.

    With `least`, so much less is enough: what may be one. With `is_any`, every word of a message is a candidate.
    """
    found = sorted((-one.weight, one.start, -one.end) for one in _weighed(text, near, is_any=is_any))
    kept: list[Judged] = []
    for less, start, stop in found:
        if -less < least:
            break
        at = bisect_left(kept, start, key=_start_of)
        if (at == len(kept) or -stop <= kept[at].start) and (at == 0 or kept[at - 1].end <= start):
            kept.insert(at, Judged(start, -stop, -less))
    return kept


def places_of_nouns(text: str) -> list[int]:
    """Return where the nouns begin around which there are candidates."""
    lowered = text.lower()
    return places_of(JUDGED.markers, lowered, _markers().places(lowered)) if len(lowered) == len(text) else []


@cache
def _markers() -> Markers:
    return Markers(JUDGED.markers)


def _start_of(judged: Judged) -> int:
    return judged.start


def _weighed(text: str, near: list[int], *, is_any: bool = False) -> Iterator[Judged]:
    """Yield the candidates of a text."""
    weights = _weights()
    for one in candidates_in(text, near, is_any=is_any):
        held = _of_places(one.forms[:FORMS_WITH_PLACE])
        weight = sum([weights.form.get(form, 0) for form in one.forms])
        weight += sum([held[place] for place in one.places if place in held])
        yield Judged(one.start, one.end, weight - weights.needed)


@cache
def _of_places(forms: tuple[str, ...]) -> dict[str, int]:
    """Return what each place weighs, for some forms."""
    weights = _weights()
    held = Counter(weights.place)
    for form in forms:
        held.update(weights.both.get(form, {}))
    return {place: weight for place, weight in held.items() if weight}


def _judged(text: str, near: list[int]) -> Iterator[Place]:
    yield from ((one.start, one.end) for one in judged_in(text, near))


def _judged_in_message(text: str, _: list[int]) -> Iterator[Place]:
    words = sum(1 for _ in islice(_WORD.finditer(text), _SAID_WORDS))
    if words == _SAID_WORDS and not _MEMBER.search(text):  # most texts are shorter: they are not weighed
        yield from (place for place in _judged(text, []) if _is_said(text, *place))


_SAID_WORDS = 2
_WORD = re.compile(r"(?<![^\s\"'(])[^\W\d_]{2,24}(?=[.,;:!?)\"']{0,3}(?:\s|\Z))")
_IN_CAPITALS = re.compile(r"[A-Z]{3,24}(?:[-_ ][A-Z]{2,24}){0,4}(?:[-_]?\d{1,6})?")
"""`PURPLE-ELEPHANT-42`: a constant, a ticket, a mark that a test looks for."""
_OPTION = re.compile(r"(?<!\S)--?[A-Za-z]")
_MEMBER = re.compile(r"^[ \t]{1,24}[\w.-]{1,40}:", re.MULTILINE)
"""Of a document in YAML."""


def _is_said(text: str, start: int, end: int) -> bool:
    """Return whether words, and not a command's option, stand around a value that is not a name in capitals."""
    words = sum(1 for one in _WORD.finditer(text) if not start <= one.start() < end)
    is_name = _IN_CAPITALS.fullmatch(text, start, end) is not None
    return words >= _SAID_WORDS and not is_name and not _OPTION.search(text, text.rfind("\n", 0, start) + 1, start)


class _MessageRule(PlacesRule):
    """A rule for texts that are short, and speak of no access: those that do are looked at by another."""

    def find(self, text: str, lowered: str | None = None, places: Places | None = None) -> Iterator[Span]:
        """Yield the secrets of a message."""
        if could_be_in(text) and not places_of(JUDGED.markers, text.lower() if lowered is None else lowered, places):
            yield from super().find(text, lowered, places)


JUDGED = PlacesRule(
    kind="password",
    markers=markers_of_nouns(),
    pattern=re.compile(r"\w"),
    places=_judged,
    is_local=True,
    looks_far=False,
)
"""A value is a secret because most that its form and its place say speaks for it: there alone it is replaced."""
JUDGED_MESSAGES = _MessageRule(
    kind="password",
    markers=(" ",),
    pattern=re.compile(r"\w"),
    places=_judged_in_message,
    is_local=True,
    looks_far=False,
)
"""The same in a message without a noun: `no, it was Walrus2O24 with the letter O`."""
