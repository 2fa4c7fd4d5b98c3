"""Proof that a cassette replays as its archive did, before it is written. No I/O."""

from array import array
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
from typing import Any, NamedTuple

from pytest_codex_replay.archive.record import EventRecord, Record, RequestRecord
from pytest_codex_replay.codex.item_types import AGENT_MESSAGE
from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.limits import REHEARSED_ITEMS
from pytest_codex_replay.matching.normalizer import places_of
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.sharing.held_records import Held, HeldRecords, asked_by
from pytest_codex_replay.sharing.rehearsal import Rehearsal
from pytest_codex_replay.spool import Spool
from pytest_codex_replay.wire.continued_lists import ContinuedLists

_ENOUGH = 50
"""Deviations of a session: each is compared with all that is left to serve."""
_MANY = 2000
"""Requests: fewer are put together once, with the proof."""
_LONG = 100_000
"""Records: the items that answers of fewer finish are in memory."""


class NotProvenError(CodexReplayError):
    """A cassette would not replay as its archive does. Nothing is written."""

    def __init__(self, message: str, deviations: Sequence["Deviation"], *, exit_code: int) -> None:
        """Take what differs; the exit code tells what redaction did (1) from what was recorded (2)."""
        super().__init__(message)
        self.deviations = tuple(deviations)
        """The requests that are not answered as they were."""
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[Any, ...]:
        """Go from one process to another."""
        return partial(NotProvenError, exit_code=self.exit_code), (str(self), self.deviations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A request that is not answered as it was recorded."""

    session: str
    request: int
    """Number of the interaction."""
    what: str
    """What differs; no value is in it."""
    is_recorded: bool = False
    """Whether it is so before redaction, too."""

    def __str__(self) -> str:
        return f"{self.session}: interaction {self.request}: {self.what}"


def deviations_of(
    session: str, recorded: Iterable[Record], shared: Iterable[Record], *, most_items: int = REHEARSED_ITEMS
) -> list[Deviation]:
    """Return the requests of a session that the redacted records do not answer as the recorded ones do.

    Each difference once: every later request repeats the conversation. An event that only brings a piece of a text,
    which another one brings whole, says nothing about the replay. Requests that bring more than `most_items` are not
    replayed, and that is a deviation.
    """
    held, clean = HeldRecords.of(recorded), HeldRecords.of(shared)
    told = array("Q", (index for index, _ in _telling(clean)))
    spool = Spool() if len(held) > _LONG else None
    before = interactions_of((held[index] for index in told), packs=True, keeps=False, spool=spool)
    if (too_long := _too_long(session, before, most_items)) is not None:
        return [too_long]
    flows: dict[str, str] = {}
    after = interactions_of(_paired(clean, held, flows), packs=True, keeps=False, spool=spool)
    found = dict(islice(Rehearsal(before, after, _origins(flows, before, after)).deviations(), _ENOUGH))
    last = max(found, default=0)
    own = dict(takewhile(lambda one: one[0] <= last, Rehearsal(before, before).deviations())) if found else {}
    firsts = {what: index for index, what in reversed(found.items())}
    return [
        Deviation(session=session, request=index, what=what, is_recorded=index in own)
        for index, what in sorted((index, what) for what, index in firsts.items())
    ]


def check_length(session: str, recorded: Iterable[Record], most_items: int, *, option: str) -> None:
    """Look whether the many requests of a session bring more than is replayed, before they cost anything else.

    Raises:
        NotProvenError: they do; `option` is how to write the cassette all the same.
    """
    held = HeldRecords.of(recorded)
    if sum(asked_by(one) is not None for one in held.single()) > _MANY:
        records, spool = (record for _, record in _telling(held)), Spool() if len(held) > _LONG else None
        interactions = interactions_of(records, packs=True, keeps=False, spool=spool)
        too_long = _too_long(session, interactions, most_items)
        check_proven([] if too_long is None else [too_long], option=option)


def _too_long(session: str, interactions: Iterable[Interaction], most_items: int) -> Deviation | None:
    """Return where there is more to look at than that, as far as it is known."""
    work = _Work()
    count = 0
    for one in interactions:
        count += work.items(one)
        if count > most_items:
            what = f"this and those before it bring more than {most_items:,} items, which are not replayed"
            return Deviation(session=session, request=one.index, what=what, is_recorded=True)
    return None


class _Said(NamedTuple):
    """What was said up to some place of a conversation."""

    item_count: int = 0
    is_shared: bool = False
    """Whether several agents speak, whose messages have no order."""
    place_count: int = 0
    """How many sets of directories clients had named by then."""


class _Work:
    """Counts the items that have to be looked at to replay requests.

    What a request continues, or repeats, was looked at before. It is again where a client has named another directory
    since, in which all texts are then read, and where several agents speak.
    """

    def __init__(self) -> None:
        self._behind: dict[str, _Said] = {}
        """What was said up to a response."""
        self._inputs = ContinuedLists[_Said]()
        self._places = Places()
        self._place_count = 0
        self._new = 0

    def items(self, one: Interaction) -> int:
        self._new = 0
        own = self._inputs.made(one.own_input, self._looked_at)
        previous = one.request.fields.get("previous_response_id") if one.request else None
        behind = self._behind.get(previous, _Said()) if isinstance(previous, str) else _Said()
        is_shared = behind.is_shared or own.is_shared
        if (response_id := one.response_id) is not None:
            count = behind.item_count + own.item_count + len(one.output)
            self._behind[response_id] = _Said(count, is_shared, self._place_count)
        is_anew = is_shared or (behind.item_count > 0 and behind.place_count != self._place_count)
        return max(self._new, own.item_count if is_shared else 0) + (behind.item_count if is_anew else 0)

    def _looked_at(self, before: _Said | None, new: Sequence[Any]) -> _Said:
        """Look at the items of a request that it does not repeat."""
        if not (places := places_of(new)) <= self._places:
            self._places |= places
            self._place_count += 1
        said = before or _Said(place_count=self._place_count)
        count = said.item_count + len(new)
        self._new = len(new) if said.place_count == self._place_count else count
        is_shared = any(isinstance(item, dict) and item.get("type") == AGENT_MESSAGE for item in new)
        return _Said(count, said.is_shared or is_shared, self._place_count)


def _telling(records: HeldRecords) -> Iterator[tuple[int, Record]]:
    """Yield the records without the pieces of texts, each with its index.

    Of each answer the first event stays, which tells its form.
    """
    begun: set[str] = set()
    for start, entry in records.entries():
        for index, record, event in [(0, *entry)] if isinstance(entry, Held) else entry.firsts:
            is_piece = event is not None and event.frame is not None and bool(event.deltas)
            if isinstance(record, EventRecord):
                if is_piece and record.flow in begun:
                    continue
                begun.add(record.flow)
            elif is_piece:
                continue
            yield start + index, record


def _paired(clean: HeldRecords, held: HeldRecords, flows: dict[str, str]) -> Iterator[Record]:
    """Yield the shared records that tell something; note in `flows` what the flow of each request was."""
    for index, record in _telling(clean):
        if isinstance(record, RequestRecord) and isinstance(old := held[index], RequestRecord):
            flows[record.flow] = old.flow
        yield record


def _origins(
    flows: Mapping[str, str], before: Sequence[Interaction], after: Sequence[Interaction]
) -> dict[int, Interaction] | None:
    """Return by the number of each shared interaction what it was; None: the one of its number, as far as is known.

    Two within one tick of a cassette's clock may change places; each flow keeps the order of its own.
    """
    if len(before) != len(after):
        return None
    of_flow: dict[str, deque[Interaction]] = defaultdict(deque)
    for one in before:
        of_flow[one.flow].append(one)
    return {one.index: of_flow[flows[one.flow]].popleft() for one in after}


def check_proven(deviations: Sequence[Deviation], *, option: str) -> None:
    """Refuse to go on when a cassette does not replay; `option` is how to write it all the same.

    Raises:
        NotProvenError: there are deviations.
    """
    broken = [one for one in deviations if not one.is_recorded]
    if broken:
        advice = f"Please report the place, never the secret; {option} writes the cassette all the same."
        text = f"Nothing is written: redaction would change the replay: {_shown(broken)}. {advice}"
        raise NotProvenError(text, broken, exit_code=1)
    if deviations:
        advice = f"Record it anew, or a shorter session; {option} writes the cassette all the same."
        why = f"the recording does not replay before redaction, either: {_shown(deviations)}"
        raise NotProvenError(f"Nothing is written: {why}. {advice}", deviations, exit_code=2)


def _shown(deviations: Sequence[Deviation]) -> str:
    more = len(deviations) - 1
    return f"{deviations[0]}{f' (and {more} more)' if more else ''}"
