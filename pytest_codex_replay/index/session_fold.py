"""Interactions in, rows of an index out: of a whole session, or of one that grows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from pytest_codex_replay.index.figures import interaction_row, turn_row
from pytest_codex_replay.index.kept_call import KeptCall
from pytest_codex_replay.index.names import names_in, names_of
from pytest_codex_replay.index.places import Key, Places
from pytest_codex_replay.index.repeated import Repeated
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.projection.search import Rank, text_of_unknown, texts_answered, texts_asked, texts_of
from pytest_codex_replay.projection.turn_fold import TurnFold
from pytest_codex_replay.projection.turns import Turn, turns_in

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """A session as its index has it."""

    calls: tuple[Interaction, ...]
    turns: tuple[Turn, ...]
    parts: dict[str, list[Row]]
    """Rows by table; those of texts with their digests."""
    order: list[int]
    """What the fold calls the `calls`."""
    directories: list[str]
    """Where Codex worked, in order of appearance."""
    searched_in_part: list[int]
    """The interactions of whose answers not all is searched."""


class SessionFold:
    """Takes each interaction twice: when it began, in order, and when it ended. Numbers are those of the caller."""

    def __init__(self, *, keeps: bool = False, repeated: Repeated | None = None) -> None:
        """`keeps`: hold on to the interactions as they are; `repeated`: what was made for other sessions."""
        self.fold = TurnFold()
        self._keeps = keeps
        self._repeated = Repeated() if repeated is None else repeated
        self.places = Places(self._repeated.digest)
        self._calls: dict[int, Interaction] = {}
        self._keys: dict[int, Key] = {}
        self._rows: dict[int, Row] = {}
        self._events: Counter[str] = Counter()
        self._names: dict[tuple[str, str], tuple[Key, int, str]] = {}
        """By kind and id in lower case: where it stands first, and its wording there."""
        self._unknown: list[tuple[int, int, str, Any]] = []
        self._in_part = set[int]()
        """The interactions of whose answers not all is searched."""

    def begin(self, call: Interaction, number: int, key: Key) -> None:
        """Take the request of an interaction."""
        self._keys[number] = key
        sent: list[Any] = []

        def new_of(values: Iterable[Any]) -> list[Any]:
            new = self.places.new_of(values)
            sent.extend(new)
            return new

        self.places.add(key, number, texts_asked(call, new_of, self._repeated.made_of))
        self._add_names(key, number, names_of(sent))

    def end(self, call: Interaction, number: int) -> None:
        """Take all of an interaction; as long as it goes on, what was taken may be all there is."""
        self.fold.update(call, number)
        key = self._keys[number]
        self._calls[number] = call if self._keeps else cast("Interaction", KeptCall.of(call))
        self._rows[number] = interaction_row(call, None)[2:]
        self.places.add(key, number, texts_answered(call, is_of_turn=number in self.fold.calls))
        self._in_part.discard(number)  # what was begun may have been finished since
        if call.is_searched_in_part:
            self._in_part.add(number)
        if call.transport is not Transport.HTTP:
            for kind, count in call.event_counts.items():
                self._events[kind or "(untyped)"] += count
        self._add_names(key, number, names_in(call))

    def _add_names(self, key: Key, number: int, names: Iterable[tuple[str, str]]) -> None:
        for kind, name in names:
            known = self._names.get(one := (kind, name.lower()))
            if name and (known is None or key < known[0]):
                self._names[one] = key, number, name

    def has_begun(self, number: int) -> bool:
        """Return whether an interaction began."""
        return number in self._keys

    def add_unknown(self, record: Mapping[str, Any]) -> None:
        """Take a record of a kind that is not known here, as JSON with its `kind`."""
        rank, place, text = text_of_unknown(record)
        if (digest := self.places.digest(text)) is not None:
            self._unknown.append((digest, int(rank), place, record.get("flow")))

    @property
    def has_unknown(self) -> bool:
        """Whether there are such records."""
        return bool(self._unknown)

    def folded(self, session: str) -> Folded:
        """Return what it knows of the session of this name."""
        order = sorted(self._calls, key=self._keys.__getitem__)
        index = {number: at for at, number in enumerate(order, start=1)}
        turn_of = {number: state.turn + 1 for number, state in self.fold.calls.items()}
        calls = {number: _numbered(self._calls[number], index[number]) for number in order}
        turns = turns_in(self.fold, calls)
        turn_of |= {order[call.index - 1]: turn.index for turn in turns for call in turn.connections}
        names = [
            (kind, name, turn_of.get(at), index[at])
            for (kind, lower), (_, at, name) in self._names.items()
            if (kind, lower) != ("session", session.lower())
        ]
        places = list(self._places(index, turn_of))
        found = (self.places.directories.get(one[0], ()) for one in places if one[2] == "context")
        parts = {
            "turn": [turn_row(turn) for turn in turns],
            "interaction": [(index[at], turn_of.get(at), *self._rows[at]) for at in order],
            "event": list(self._events.items()),
            "name": [("session", session, None, None), *names],
            "place": [(at, *one) for at, one in enumerate(places)],
        }
        directories = list(dict.fromkeys(path for paths in found for path in paths))
        in_part = sorted(index[number] for number in self._in_part)
        return Folded(tuple(calls.values()), turns, parts, order, directories, in_part)

    def _places(self, index: dict[int, int], turn_of: dict[int, int]) -> Iterator[Row]:
        """Yield digest, rank, kind, turn and interaction: what turns said, what else requests did, and the rest."""
        of_turns: set[int] = set()
        for turn in self.fold.turns:
            for number in turn.calls:
                for rank, place, digest in self._of_items(number):
                    of_turns.add(digest)
                    yield digest, int(rank), place, turn.ordinal + 1, index[number]
        for digest, number, kind, place in self.places.listed():
            if digest not in of_turns:
                yield digest, kind, place, turn_of.get(number), index[number]
        first_of = {self._calls[number].flow: at for number, at in reversed(index.items())}
        for digest, kind, place, flow in self._unknown:
            yield digest, kind, place, None, first_of.get(flow) if isinstance(flow, str) else None

    def _of_items(self, number: int) -> Iterator[tuple[Rank, str, int]]:
        for item in self.fold.items(self.fold.calls[number]):
            for rank, place, text in texts_of(item):
                if (digest := self.places.digest(text)) is not None:
                    yield rank, place, digest

    def state(self) -> dict[str, Any]:
        """Return all that it knows of what has ended, but for the turns, as a JSON value."""
        return {
            "calls": [(number, cast("KeptCall", call).as_json()) for number, call in self._calls.items()],
            "keys": list(self._keys.items()),
            "rows": list(self._rows.items()),
            "events": self._events,
            "names": [(*name, *where) for name, where in self._names.items()],
            "unknown": self._unknown,
            "in_part": sorted(self._in_part),
            "places": self.places.state(),
        }

    def take_up(self, state: dict[str, Any]) -> None:
        """Go on from a state; the turns are taken up by the caller."""
        self._calls = {number: cast("Interaction", KeptCall.from_json(one)) for number, one in state["calls"]}
        self._keys = {number: tuple(key) for number, key in state["keys"]}
        self._rows = {number: tuple(row) for number, row in state["rows"]}
        self._events = Counter(state["events"])
        self._names = {(kind, lower): (tuple(key), at, name) for kind, lower, key, at, name in state["names"]}
        self._unknown = [tuple(one) for one in state["unknown"]]
        self._in_part = set(state["in_part"])
        self.places.take_up(state["places"])


def fold_of(
    interactions: Iterable[Interaction],
    unknown: Iterable[Mapping[str, Any]],
    *,
    keeps: bool = True,
    repeated: Repeated | None = None,
) -> SessionFold:
    """Return what knows all interactions of a session, by start time, and its records of unknown kinds.

    `repeated`: what was made for other sessions.
    """
    fold = SessionFold(keeps=keeps, repeated=repeated)
    for number, call in enumerate(interactions):
        fold.begin(call, number, (number,))
        fold.end(call, number)
    for record in unknown:
        fold.add_unknown(record)
    return fold


def _numbered(call: Interaction, index: int) -> Interaction:
    return call if call.index == index else replace(call, index=index)
