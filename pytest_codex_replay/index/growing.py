"""A session that is being recorded, read on from where reading stopped: only what came since is decoded.

What is not in the order in which it was written (a clock set back, two recorders at once), what is damaged or lost,
and what another program changed meanwhile, has to be read whole: then it is one of many cases, and seldom.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Self

from pytest_codex_replay.archive.files import is_claimed
from pytest_codex_replay.archive.manifest import Summary
from pytest_codex_replay.archive.record import EndRecord, GapRecord, Record, RequestRecord, UnknownRecord
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.tail import Mark, SessionTail
from pytest_codex_replay.index.kept_json import KeptError, packed, unpacked
from pytest_codex_replay.index.session_fold import Folded, SessionFold
from pytest_codex_replay.projection.checkpoint import state_of, take_up
from pytest_codex_replay.projection.flows import Flow, Flows, OpenCall
from pytest_codex_replay.projection.interaction_builder import interaction_of
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.projection.turn_fold import OF_TURNS, TurnFold

_IN_ORDER = frozenset({*OF_TURNS, Role.PREWARM})
"""What an interaction is for that turns are made of: they have to come in the order in which they began."""


class HasToBeReadWholeError(Exception):
    """What came since does not simply follow what was read."""


class GrowingSession:
    """Takes the records of a session as they come."""

    def __init__(self, path: Path) -> None:
        """Begin with the first record of the session at `path`."""
        self.summary = Summary()
        self._path = path
        self._marks: dict[str, Mark] = {}
        self._flows = Flows(packs=True, keeps=False)
        self._rows = SessionFold()
        self._last_segment, self._last_ms = "", 0.0
        self._order: dict[str, int] = {}
        """All flows, in the order in which they began."""
        self._last_key = (0.0, 0, 0)
        """Of the turns' calls, the one that began last."""

    @classmethod
    def known(cls, path: Path, checkpoint: bytes) -> Self:
        """Return a session that goes on where a checkpoint was made.

        Raises:
            HasToBeReadWholeError: a file that was read is another one now, or the checkpoint is damaged.
        """
        found = cls(path)
        try:
            state = unpacked(checkpoint)
        except KeptError as error:
            raise HasToBeReadWholeError from error
        if not state:
            raise HasToBeReadWholeError
        found.summary = Summary.of_state(state["summary"])
        found._marks = {name: Mark(**mark) for name, mark in state["marks"].items()}
        take_up(found._flows, found._rows.fold, state)
        found._rows.take_up(state["rows"])
        found._last_segment, found._last_ms = state["last"]
        found._order, found._last_key = state["order"], tuple(state["last_key"])
        there = {one.name: one.stat().st_ino for one in Session(path).segments()}
        if any(there.get(name) != mark.file for name, mark in found._marks.items()):
            raise HasToBeReadWholeError
        return found

    def read_on(self) -> None:
        """Take the records that are new.

        Raises:
            HasToBeReadWholeError: they do not simply follow the others.
            OSError: a file cannot be read.
        """
        claimed = {path for path in Session(self._path).segments() if is_claimed(path)}
        tail = SessionTail(self._path, keep_runs=True, marks=self._marks)
        try:
            for path, records in tail.segments(_refuse):
                for record in records:
                    if path.name != self._last_segment and record.at_ms < self._last_ms:
                        raise HasToBeReadWholeError
                    self._last_segment = path.name
                    self._add(record)
                    self._last_ms = max(self._last_ms, record.at_ms)
                if path not in claimed and not tail.is_whole(path):
                    raise HasToBeReadWholeError
            self._marks = tail.marks()
        finally:
            tail.close()

    def checkpoint(self) -> bytes:
        """Return all that it knows."""
        state = {
            **state_of(self._flows, self._rows.fold),
            "summary": self.summary.state(),
            "marks": {name: asdict(mark) for name, mark in self._marks.items()},
            "rows": self._rows.state(),
            "last": [self._last_segment, self._last_ms],
            "order": self._order,
            "last_key": self._last_key,
        }
        return packed(state)

    def folded(self, *, is_live: bool) -> Folded:
        """Return what is known; afterwards it takes no more records. `is_live`: a recorder still writes them."""
        for flow in self._flows.by_name.values():
            for call in tuple(flow.calls) or (self._flows.opened(flow),):
                self._begin(flow, call)
                self._end(flow, call, is_live=is_live)
        return self._rows.folded(self._path.name)

    @property
    def fold(self) -> TurnFold:
        """The turns."""
        return self._rows.fold

    @property
    def has_unknown(self) -> bool:
        """Whether there are records of kinds that are not known here."""
        return self._rows.has_unknown

    @property
    def texts(self) -> dict[int, str]:
        """The texts that are new, by digest."""
        return self._rows.places.texts

    def _add(self, record: Record) -> None:
        self.summary.add(record)
        if isinstance(record, UnknownRecord):
            self._rows.add_unknown({"kind": record.kind, **record.payload.fields})
            return
        if isinstance(record, RequestRecord):
            if record.flow in self._order:
                raise HasToBeReadWholeError
            self._order[record.flow] = len(self._order)
        elif isinstance(record, GapRecord):
            raise HasToBeReadWholeError
        for flow, call in self._flows.add(record):
            self._begin(flow, call)
            if call is not flow.calls[-1]:
                self._end(flow, call)
        if isinstance(record, EndRecord) and (found := self._flows.by_name.pop(record.flow, None)) is not None:
            for call in tuple(found.calls) or (self._flows.opened(found),):
                self._begin(found, call)
                self._end(found, call)

    def _begin(self, flow: Flow, call: OpenCall) -> None:
        if self._rows.has_begun(call.number):
            return
        interaction = self._interaction(flow, call)
        key = (call.started_at_ms, self._order[flow.request.flow], call.number)
        if interaction.role in _IN_ORDER:
            if key < self._last_key:
                raise HasToBeReadWholeError
            self._last_key = key
            self._renew()
            self._rows.fold.update(interaction, call.number, is_over=flow.is_over(call))
        self._rows.begin(interaction, call.number, key)

    def _renew(self) -> None:
        """Let the turns know how far answers have come: what begins now may go on from them."""
        for flow in self._flows.by_name.values():
            for call in flow.calls[-1:]:
                if self._rows.has_begun(call.number):
                    is_over = flow.is_over(call)
                    self._rows.fold.update(self._interaction(flow, call), call.number, is_over=is_over)

    def _end(self, flow: Flow, call: OpenCall, *, is_live: bool = False) -> None:
        self._rows.end(self._interaction(flow, call, is_live=is_live), call.number)
        if call is not flow.calls[-1]:
            del flow.calls[:-1]

    def _interaction(self, flow: Flow, call: OpenCall, *, is_live: bool = False) -> Interaction:
        return interaction_of(call.number, flow, call, None, self._flows, is_live=is_live)


def _refuse(damage: object) -> None:
    raise HasToBeReadWholeError(str(damage))
