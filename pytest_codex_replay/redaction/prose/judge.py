"""A judge of what could be a secret in prose that speaks of access: whatever the form of its sentence. No I/O.

What the form of a word says of it, and what its place does, is weighed: their sum tells how likely it is a secret. The
weights, in `data/judge.toml`, are learnt from sentences with secrets and without by `benchmarks/prose_judge.py`. What
it finds is replaced in that place alone.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from pytest_codex_replay.redaction.formats import table
from pytest_codex_replay.redaction.prose.judged_lines import markers_of_nouns
from pytest_codex_replay.redaction.prose.judged_places import candidates_in
from pytest_codex_replay.redaction.rule import Place, PlacesRule


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


def judged_in(text: str, near: list[int], least: int = 0) -> list[Place]:
    """Return the candidates around nouns for which enough speaks, in order; of those that overlap, the best.

    With `least`, so much less is enough: what may be one.
    """
    found = sorted((-weight, start, -end) for weight, start, end in _weighed(text, near) if weight >= least)
    kept: list[Place] = []
    for _, start, stop in found:
        at = bisect_left(kept, (start, -stop))
        if (at == len(kept) or -stop <= kept[at][0]) and (at == 0 or kept[at - 1][1] <= start):
            kept.insert(at, (start, -stop))
    return kept


def _weighed(text: str, near: list[int]) -> Iterator[tuple[int, int, int]]:
    """Yield how much speaks for each candidate, and its place; from nought on, it is replaced."""
    weights = _weights()
    for one in candidates_in(text, near):
        both = weights.both.get(one.forms[0], {})
        weight = sum(weights.form.get(form, 0) for form in one.forms)
        weight += sum(weights.place.get(place, 0) + both.get(place, 0) for place in one.places)
        yield weight - weights.needed, one.start, one.end


def _judged(text: str, near: list[int]) -> Iterator[Place]:
    yield from judged_in(text, near)


JUDGED = PlacesRule(
    kind="password",
    markers=markers_of_nouns(),
    pattern=re.compile(r"\w"),
    places=_judged,
    is_local=True,
    looks_far=False,
)
"""A value is a secret because most that its form and its place say speaks for it: there alone it is replaced."""
