"""Which recorded interaction matches a request: by content, never by position. No I/O."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from heapq import merge
from itertools import chain, groupby, islice
from typing import Any

from pytest_codex_replay.matching.difference import (
    Difference,
    differences,
    drift_kinds,
    matches,
    message_differences,
)
from pytest_codex_replay.matching.redacted import beginning_of
from pytest_codex_replay.matching.request_view import DriftKind, Input, InputPairs, Placed, RequestPart, RequestView
from pytest_codex_replay.projection.interactions import Interaction

_End = bytes | str | None
"""By which a recorded request is found: the digest of its last item, or how that begins."""
_BEGINNING_CHARS = 64
Rank = Callable[[Interaction], int]
"""How far an interaction is from the thread that asks."""

_SHOWN_DRIFTS = 20
"""Differences of one request that are kept."""


class MatchKind(IntEnum):
    """How well a recorded request matches: a lower number is a better match."""

    EXACT = 1
    """Equal after dropping what carries no meaning."""
    NORMALISED = 2
    """Equal after rewriting volatile text, too."""
    DRIFTED = 3
    """The same conversation; volatile text of the user, a tool output, the instructions, tools or settings differ."""


class MatchLevel(StrEnum):
    """What is accepted."""

    STRICT = "strict"
    """Exact, and normalised where only places and what Codex makes anew in each run are rewritten."""
    NORMAL = "normal"
    """Exact, normalised, drifted tool outputs, volatile text that the user wrote, and other words of Codex's own."""
    LOOSE = "loose"
    """Drifted instructions that may be the user's, names and schemas of tools, and settings, too."""

    @property
    def tolerated(self) -> frozenset[DriftKind]:
        """Kinds of drift that are accepted."""
        return _TOLERATED[self]


_TOLERATED = {
    MatchLevel.STRICT: frozenset[DriftKind](),
    MatchLevel.NORMAL: frozenset({DriftKind.PROMPT, DriftKind.TOOL_OUTPUT, DriftKind.WORDING}),
    MatchLevel.LOOSE: frozenset(DriftKind),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A recorded model call, and what it asked."""

    interaction: Interaction
    view: RequestView


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The interaction that answers a request."""

    candidate: Candidate
    match_kind: MatchKind
    drifts: tuple[Difference, ...] = ()
    """What differs, when it is DRIFTED."""

    @property
    def interaction(self) -> Interaction:
        """The recorded interaction."""
        return self.candidate.interaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """No interaction matches."""

    nearest: Candidate | None
    """The one that comes closest; None when there are no candidates."""
    difference: Difference | None
    """The first place that rules the nearest one out."""
    nearest_kind: MatchKind | None = None
    """How the nearest one would match at a looser level; None: it would not match."""
    tolerated_by: MatchLevel | None = None
    """The strictest level that would accept it; None: no level would, or it was served already."""
    asked: RequestView | None = None
    """What the request asks for, where there is a nearest one."""


_ORDERED = ("own_conversation", "own_context")
"""What an input holds in an order."""


def _pairs(name: str, recorded: list[Input], live: list[Input]) -> Iterator[tuple[Placed, Placed]]:
    """Yield what stands at the same places of two inputs, each given as what it consists of."""
    old, new = (chain.from_iterable(getattr(node, name) for node in nodes) for nodes in (recorded, live))
    return zip(old, new, strict=False)


class Candidates:
    """The interactions that may still be served, found by digest."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._open: dict[int, Candidate] = {}
        self._by_digest: dict[bytes, dict[int, Candidate]] = {}
        self._redacted: dict[tuple[int, _End], dict[int, Candidate]] = {}
        """Those from which something was redacted, by the length of the conversation and digests of its last item.

        Where something was redacted from that item, too, by how it begins; None where that does not tell.
        """
        self._compared = InputPairs()
        self._parts: dict[tuple[bytes, ...], bool] = {}
        """Whether instructions, tools or settings are equal, by their digests: those of most requests are the same."""
        for candidate in candidates:
            self._open[candidate.interaction.index] = candidate
            for end in _ends_of(candidate):
                self._redacted.setdefault(end, {})[candidate.interaction.index] = candidate
            for digest in _digests_of(candidate):
                self._by_digest.setdefault(digest, {})[candidate.interaction.index] = candidate

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._open.values())

    def __len__(self) -> int:
        return len(self._open)

    def remove(self, candidate: Candidate) -> None:
        """Take out what was served."""
        if self._open.pop(candidate.interaction.index, None) is not None:
            for digest in _digests_of(candidate):
                del self._by_digest[digest][candidate.interaction.index]
            for end in _ends_of(candidate):
                del self._redacted[end][candidate.interaction.index]

    def with_digest(self, digest: bytes) -> Collection[Candidate]:
        """Return the open candidates that have `digest`, of whatever kind of match, oldest first."""
        return self._by_digest.get(digest, {}).values()

    def alike(self, live: RequestView, *, may_drift: bool) -> Iterator[Candidate]:
        """Yield the open candidates that differ in drift, or for the sake of redaction alone, at most; oldest first."""
        count, last = live.input.conversation_count, live.input.last_said
        ends: set[_End] = {None}
        if last is not None:
            ends |= {last.normalised.digest, *(text[:_BEGINNING_CHARS] for text in _first_texts(last))}
            ends |= {last.skeleton.digest} if may_drift else set()
        redacted = (self._redacted.get((count, end), {}).values() for end in ends)
        found = merge(self.with_digest(live.skeleton), *redacted, key=_index_of)
        return (next(same) for _, same in groupby(found, key=_index_of))

    def is_same(self, recorded: RequestView, live: RequestView) -> bool:
        """Return whether requests are equal, but for volatile text and what was redacted; what is known is kept."""
        parts = ((getattr(recorded, name), getattr(live, name)) for name in ("settings", "instructions", "tools"))
        return (
            (recorded.model, recorded.endpoint) == (live.model, live.endpoint)
            and all(self._is_same_part(old, new) for old, new in parts)
            and self._is_same_input(recorded.input, live.input)
            and not any(message_differences(recorded, live))
        )

    def _is_same_part(self, recorded: RequestPart, live: RequestPart) -> bool:
        key = recorded.exact.digest, recorded.normalised.digest, live.exact.digest, live.normalised.digest
        if (known := self._parts.get(key)) is None:
            known = self._parts[key] = matches(recorded, live)
        return known

    def _is_same_input(self, recorded: Input, live: Input) -> bool:
        counts = recorded.conversation_count, recorded.context_count
        if counts != (live.conversation_count, live.context_count):
            return False
        known, old, new = self._compared.since(recorded, live)
        is_same = known is not False and all(
            matches(one, other) for name in _ORDERED for (_, one), (_, other) in _pairs(name, old, new)
        )
        self._compared.add(recorded, live, result=is_same)
        return is_same


def _index_of(candidate: Candidate) -> int:
    return candidate.interaction.index


def _ends_of(candidate: Candidate) -> set[tuple[int, _End]]:
    view = candidate.view
    if not view.is_redacted:
        return set()
    last = view.input.last_said
    ends: set[_End] = {None} if last is None else {last.normalised.digest, last.skeleton.digest}
    if last is not None and last.is_redacted:
        beginnings = {beginning_of(text, _BEGINNING_CHARS) for text in _first_texts(last)}
        ends = {None} if None in beginnings else {*beginnings, last.skeleton.digest}
    return {(view.input.conversation_count, end) for end in ends}


def _first_texts(part: RequestPart) -> Iterator[str]:
    """Yield the first text of a part, as it is compared for each kind of match."""
    return (next(_texts_in(one.value), "") for one in (part.exact, part.normalised, part.skeleton))


def _texts_in(value: Any) -> Iterator[str]:
    """Yield the texts of a JSON value, in an order that does not depend on that of its names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for member in value if isinstance(value, list) else (value[name] for name in sorted(value)):
            yield from _texts_in(member)


def _digests_of(candidate: Candidate) -> set[bytes]:
    return {candidate.view.exact, candidate.view.normalised, candidate.view.skeleton}


def match(
    view: RequestView,
    candidates: Candidates,
    level: MatchLevel,
    *,
    served: Iterable[Candidate] = (),
    rank: Rank = lambda _: 0,
) -> Match | Mismatch:
    """Return the candidate that matches `view` best, the earliest of equals; or why none does.

    Args:
        view: the request that came.
        candidates: what may be served.
        level: what is accepted. The views already say how much volatile text is rewritten.
        served: what was served already; used to name the nearest when no candidate is left.
        rank: how far a candidate is from the thread that asks, 0 or more; the lowest wins between equals.
    """
    if found := _best(candidates.with_digest(view.exact), view, view.exact, rank):
        return Match(candidate=found, match_kind=MatchKind.EXACT)
    if found := _best(candidates.with_digest(view.normalised), view, view.normalised, rank):
        return Match(candidate=found, match_kind=MatchKind.NORMALISED)
    if matched := _drifted(view, candidates, level, rank):
        return matched
    return _mismatch(view, list(candidates) or served, level, is_open=bool(candidates))


def _best(found: Iterable[Candidate], view: RequestView, digest: bytes, rank: Rank) -> Candidate | None:
    """Return the earliest with this exact or normalised digest; those answered in the same way come first."""
    best: tuple[tuple[int, int, bool], Candidate] | None = None
    for one in found:
        if digest not in {one.view.exact, one.view.normalised} or any(message_differences(one.view, view)):
            continue
        distance = rank(one.interaction), _missing_count(one.view, view), one.view.is_stream != view.is_stream
        if best is None or distance < best[0]:
            best = distance, one
        if not any(best[0]):  # thousands may be the same
            break
    return best and best[1]


def _missing_count(recorded: RequestView, live: RequestView) -> int:
    """Return how many messages of agents only one side has got so far."""
    if not recorded.input.unordered_count and not live.input.unordered_count:
        return 0
    counts = Counter(one.agents for _, one in recorded.input.unordered)
    counts.subtract(one.agents for _, one in live.input.unordered)
    return sum(map(abs, counts.values()))


def _drifted(view: RequestView, candidates: Candidates, level: MatchLevel, rank: Rank) -> Match | None:
    tolerated = level.tolerated
    best: tuple[tuple[int, int, int, int], Match] | None = None
    for candidate in candidates.alike(view, may_drift=bool(tolerated)):
        found = _up_to_drift(view, candidate, candidates, tolerated)
        if found is None:
            continue
        missing = _missing_count(candidate.view, view)
        distance = found.match_kind, rank(candidate.interaction), missing, len(found.drifts)
        if best is None or distance < best[0]:
            best = distance, found
        if best[0] == (MatchKind.NORMALISED, 0, 0, 0):  # thousands may be the same
            break
    return best and best[1]


def _up_to_drift(
    view: RequestView, candidate: Candidate, candidates: Candidates, tolerated: frozenset[DriftKind]
) -> Match | None:
    """Return the match with a candidate that differs at most in what is tolerated."""
    if not tolerated:
        is_same = candidates.is_same(candidate.view, view)
        return Match(candidate=candidate, match_kind=MatchKind.NORMALISED) if is_same else None
    if not all(kind in tolerated for kind in drift_kinds(candidate.view, view)):
        return None
    drifts = tuple(islice(differences(candidate.view, view), _SHOWN_DRIFTS))
    return Match(candidate=candidate, match_kind=MatchKind.DRIFTED if drifts else MatchKind.NORMALISED, drifts=drifts)


def _mismatch(view: RequestView, pool: Iterable[Candidate], level: MatchLevel, *, is_open: bool) -> Mismatch:
    nearest = min(pool, key=_Distance(view), default=None)
    if nearest is None:
        return Mismatch(nearest=None, difference=None)
    found = list(islice(differences(nearest.view, view), _SHOWN_DRIFTS))
    kinds = {one.drift for one in found}
    nearest_kind = None if None in kinds else MatchKind.DRIFTED if kinds else MatchKind.NORMALISED
    wanted = next((one for one in MatchLevel if kinds and kinds <= one.tolerated), None) if is_open else None
    ruling_out = next((one for one in found if one.drift not in level.tolerated), None)
    return Mismatch(
        nearest=nearest,
        difference=ruling_out or next(differences(nearest.view, view, is_exact=True), None),
        nearest_kind=nearest_kind,
        tolerated_by=wanted,
        asked=view,
    )


class _Distance:
    """How far recorded requests are from a live one. What several of them continue is compared with it once."""

    def __init__(self, live: RequestView) -> None:
        self._live = live
        self._items = {name: getattr(live.input, name.removeprefix("own_")) for name in _ORDERED}
        self._common: dict[int, int] = {}
        """By the id of an input."""

    def __call__(self, candidate: Candidate) -> tuple[bool, int, int, int]:
        """Same model first, then most items in common, then the most similar length, then the earliest."""
        recorded, live = candidate.view, self._live
        length = recorded.input.conversation_count - live.input.conversation_count
        return recorded.model != live.model, -self._in_common(recorded.input), abs(length), candidate.interaction.index

    def _in_common(self, recorded: Input) -> int:
        new: list[Input] = []
        node: Input | None = recorded
        while node is not None and id(node) not in self._common:
            new.append(node)
            node = node.behind
        count = 0 if node is None else self._common[id(node)]
        for one in reversed(new):
            starts = one.conversation_count - len(one.own_conversation), one.context_count - len(one.own_context)
            for name, start in zip(_ORDERED, starts, strict=True):
                live = self._items[name][start:][: len(getattr(one, name))]
                pairs = zip(getattr(one, name), live, strict=False)
                count += sum(old.normalised == new.normalised for (_, old), (_, new) in pairs)
            self._common[id(one)] = count
        return count
