"""Where a text or an id stands in a rollout, line by line as it is read; and which places come first. No I/O."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from pytest_codex_replay.codex.item_types import OUTPUT_SUFFIX
from pytest_codex_replay.codex.rollouts import ITEM, RolloutLine, type_of
from pytest_codex_replay.index.excerpt import excerpt_of
from pytest_codex_replay.index.find import RANKS
from pytest_codex_replay.projection.rollout_line_texts import ids_of_line, texts_of_line
from pytest_codex_replay.projection.rollout_turns import RolloutReducer

_PLAIN = re.compile("[a-hjl-z0-9]+")
"""Characters that JSON writes as they are. No others become i or k in lower case but those of other scripts."""
_ESCAPED = re.compile(rb"\\u00[3-7]")
"""How JSON may write one of them."""
_ESCAPE_BYTES = 6
_SHORTEST = 3
"""Characters of an id that are looked for in its middle, too."""
_OWN, _EXACT, _BEGINS, _CONTAINS = range(-4, 0)
"""How an id matches, before all ranks of texts: that of the thread comes before one that a thread names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPlace:
    """A place in a rollout where the text stands."""

    order: int
    """The lower, the earlier it is listed."""
    turn: int | None
    line: int
    place: str
    count: int
    """How often the text stands there."""
    excerpt: str
    hit: tuple[int, int]
    """From where to where it stands in the excerpt."""


class RoughSearch:
    """Tells where a text may stand, without reading JSON."""

    def __init__(self, wanted: str) -> None:
        self._part = max(_PLAIN.findall(wanted.lower()), key=len, default="").encode()

    @property
    def overlap_bytes(self) -> int:
        """How much of a piece is looked at again with the next one."""
        return max(len(self._part), _ESCAPE_BYTES) - 1

    def may_have(self, json_text: bytes) -> bool:
        """Return whether the text may stand in a piece of JSON."""
        return self._part in json_text.lower() or _ESCAPED.search(json_text) is not None


class RolloutSearch:
    """Looks for a text in the lines of one rollout, as they come."""

    def __init__(self, wanted: str, ranks: Collection[str] = RANKS) -> None:
        self._wanted, self._lowered = wanted, wanted.lower()
        self._rough = RoughSearch(wanted)
        self._ranks = {RANKS.index(rank) for rank in ranks}
        self._has_ids = len(self._ranks) == len(RANKS) and not any(map(str.isspace, wanted))
        self._reducer = RolloutReducer()
        self._seen: set[int] = set()
        """Of the texts and ids in which it was found: lines repeat each other."""

    def add(self, line: RolloutLine, raw: bytes) -> Iterator[RolloutPlace]:
        """Yield where it stands in the next line, and in none before; `raw` is the line as the file has it."""
        turn = self._reducer.add(_short(line))
        if not self._rough.may_have(raw):
            return
        if self._has_ids:
            yield from self._in_ids(line, turn)
        for rank, place, text in texts_of_line(line):
            if rank in self._ranks and (found := self._place(line, turn, text)) is not None:
                yield replace(found, order=int(rank), place=place)

    def _in_ids(self, line: RolloutLine, turn: int | None) -> Iterator[RolloutPlace]:
        for kind, name in ids_of_line(line):
            lowered = name.lower()
            begins = lowered.startswith(self._lowered)
            if begins or (len(self._wanted) >= _SHORTEST and self._lowered in lowered):
                found = self._place(line, turn, name)
                order = _BEGINS if begins else _CONTAINS
                if lowered == self._lowered:
                    order = _OWN if kind == "thread id" else _EXACT
                if found is not None:
                    yield replace(found, order=order, place=kind)

    def _place(self, line: RolloutLine, turn: int | None, text: str) -> RolloutPlace | None:
        found = excerpt_of(self._wanted, text)
        if found is None or hash(text) in self._seen:
            return None
        self._seen.add(hash(text))
        hit = found.start, found.end
        return RolloutPlace(
            order=0, turn=turn, line=line.number, place="", count=found.count, excerpt=found.text, hit=hit
        )


def _short(line: RolloutLine) -> RolloutLine:
    """Return a line without what a tool printed: only its turn is asked for, and most of a rollout is such."""
    if line.type == ITEM and type_of(line.payload).endswith(OUTPUT_SUFFIX):
        return replace(line, payload={**line.payload, "output": ""})
    return line
