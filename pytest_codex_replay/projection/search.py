"""Where a text stands in a session: ids, headers, bodies, and what was said, also when it came in pieces. No I/O."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.turns import Turn
from pytest_codex_replay.wire.json_values import compact_json

_AROUND = 40
"""Characters that are shown on each side of a hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place where the text stands."""

    interaction: int | None
    """Number of the interaction, from 1; of the first one of the turn, where the text came in pieces. None of a record
    of an unknown kind that belongs to no flow."""
    turn: int | None
    """Number of the turn, from 1; None when it belongs to none."""
    place: str
    """`url`, `request header NAME`, `request`, `answer header NAME`, `answer`, `turn` (put together from pieces), or
    `record KIND` of a kind that is not known."""
    count: int
    """How many times it stands there."""
    excerpt: str
    """The first of them with a little of what stands around it, on one line."""


def find_text(
    text: str, interactions: Sequence[Interaction], turns: Sequence[Turn], unknown: Iterable[dict[str, Any]] = ()
) -> list[Hit]:
    """Return where `text` stands, in upper or lower case: one hit for each place of an interaction, and for each turn.

    A turn is a hit only where none of its interactions is: most often, the text came in several deltas. `unknown` are
    records of kinds that are not known; each is a hit, too.
    """
    look = _finder(text)
    turn_of = {call.index: turn for turn in turns for call in turn.interactions}
    hits: list[Hit] = []
    for call in interactions:
        turn = turn_of.get(call.index)
        for place, where in _places(call):
            number = turn.index if turn else None
            hits += [Hit(interaction=call.index, turn=number, place=place, **found) for found in look(where)]
    hit_turns = {hit.turn for hit in hits}
    for turn in turns:
        where = "" if turn.index in hit_turns else compact_json(turn.as_json()).decode()
        first = turn.interactions[0].index
        hits += [Hit(interaction=first, turn=turn.index, place="turn", **found) for found in look(where)]
    first_of = {call.flow: call.index for call in reversed(interactions)}
    for record in unknown:
        where = compact_json(record).decode(errors="replace")
        number = first_of.get(flow) if isinstance(flow := record.get("flow"), str) else None
        place = f"record {record['kind']}"
        hits += [Hit(interaction=number, turn=None, place=place, **found) for found in look(where)]
    return sorted(hits, key=lambda hit: hit.interaction or 0)


def _places(call: Interaction) -> Iterator[tuple[str, str]]:
    yield "url", call.url
    for name, value in call.request_headers:
        yield f"request header {name}", f"{name}: {value}"
    if call.request is not None:
        yield "request", call.request.raw.decode(errors="replace")
    for name, value in call.response_headers:
        yield f"answer header {name}", f"{name}: {value}"
    yield "answer", "\n".join([part.payload.raw.decode(errors="replace") for part in call.parts])


class _Found(TypedDict):
    count: int
    excerpt: str


def _finder(text: str) -> Callable[[str], Iterator[_Found]]:
    """Return what looks for `text`, as it is or as JSON writes it, and yields what it found, if anything."""
    cases = dict.fromkeys((text, text.lower(), text.upper()))
    spelt = [case for one in cases for case in (one, json.dumps(one, ensure_ascii=False)[1:-1], json.dumps(one)[1:-1])]
    spellings = list(dict.fromkeys(spelling.lower() for spelling in spelt))
    pattern = re.compile("|".join(map(re.escape, dict.fromkeys(spelt))), re.IGNORECASE)

    def look(where: str) -> Iterator[_Found]:
        lowered = where.lower()
        if any(spelling in lowered for spelling in spellings):  # the pattern alone is many times slower
            spans = [match.span() for match in pattern.finditer(where)]
            if spans:
                yield {"count": len(spans), "excerpt": _excerpt(where, *spans[0])}

    return look


def _excerpt(where: str, at: int, to: int) -> str:
    """Return what stands at a place, with what stands around it, on one line."""
    start, end = max(at - _AROUND, 0), min(to + _AROUND, len(where))
    before, after = "…" if start else "", "…" if end < len(where) else ""
    return f"{before}{where[start:end]}{after}".replace("\n", " ")
