"""Where a text stands in a session: ids, headers, bodies, and what was said, also when it came in pieces. No I/O."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
    excerpt: str
    """The text with a little of what stands around it, on one line."""


def find_text(
    text: str, interactions: Sequence[Interaction], turns: Sequence[Turn], unknown: Iterable[dict[str, Any]] = ()
) -> list[Hit]:
    """Return where `text` stands: at most one hit for each place of an interaction, and one for each turn.

    A turn is a hit only where none of its interactions is: most often, the text came in several deltas. `unknown` are
    records of kinds that are not known; each is a hit, too.
    """
    turn_of = {call.index: turn for turn in turns for call in turn.interactions}
    hits: list[Hit] = []
    for call in interactions:
        turn = turn_of.get(call.index)
        for place, where in _places(call):
            excerpt = _excerpt(text, where)
            if excerpt is not None:
                number = turn.index if turn else None
                hits.append(Hit(interaction=call.index, turn=number, place=place, excerpt=excerpt))
    found = {hit.turn for hit in hits}
    for turn in turns:
        excerpt = None if turn.index in found else _excerpt(text, compact_json(turn.as_json()).decode())
        if excerpt is not None:
            first = turn.interactions[0].index
            hits.append(Hit(interaction=first, turn=turn.index, place="turn", excerpt=excerpt))
    first_of = {call.flow: call.index for call in reversed(interactions)}
    for record in unknown:
        excerpt = _excerpt(text, compact_json(record).decode(errors="replace"))
        number = first_of.get(flow) if isinstance(flow := record.get("flow"), str) else None
        if excerpt is not None:
            hits.append(Hit(interaction=number, turn=None, place=f"record {record['kind']}", excerpt=excerpt))
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


def _excerpt(text: str, where: str) -> str | None:
    """Return `text` with what stands around it, as it is or as JSON writes it; None when it is not there."""
    for spelling in dict.fromkeys((text, json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1])):
        at = where.find(spelling)
        if at >= 0:
            start, end = max(at - _AROUND, 0), min(at + len(spelling) + _AROUND, len(where))
            before, after = "…" if start else "", "…" if end < len(where) else ""
            return f"{before}{where[start:end]}{after}".replace("\n", " ")
    return None
