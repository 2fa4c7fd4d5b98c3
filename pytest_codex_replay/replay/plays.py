"""A recording that is played once, or once for each conversation. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.matching.match import Mismatch
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.calls import ModelCalls, Selection
from pytest_codex_replay.replay.fault_plan import FaultPlan
from pytest_codex_replay.replay.faults import Fault


@dataclass(slots=True, kw_only=True, eq=False)
class Play:
    """The model calls of a recording, and its faults, from the start on."""

    calls: ModelCalls
    faults: FaultPlan
    is_used: bool = False
    """Whether a client asked."""
    asked_by: set[str] = field(default_factory=set)
    """Ids of the sessions and threads that did."""


class Plays:
    """What is left to serve to each conversation."""

    def __init__(
        self, recorded: Sequence[Interaction], calls: ModelCalls, faults: Sequence[Fault], *, is_repeated: bool
    ) -> None:
        """Begin the first play.

        Args:
            recorded: all interactions.
            calls: those that are model calls, with none served.
            faults: what is to go wrong in each play.
            is_repeated: whether a conversation that no play can answer gets a play of its own.

        Raises:
            UsageError: a fault names an interaction that does not exist.
        """
        self._recorded, self._calls, self._faults, self._is_repeated = recorded, calls, faults, is_repeated
        self._plays = [self._fresh()]

    @property
    def open(self) -> tuple[Interaction, ...]:
        """Interactions that no request has asked for, in any play."""
        first, *others = (play.calls.open for play in self._plays)
        left = set.intersection(*({one.index for one in each} for each in (first, *others)))
        return tuple(one for one in first if one.index in left)

    @property
    def unmet_faults(self) -> tuple[Fault, ...]:
        """Faults that no request has met, in any play."""
        first, *others = (play.faults.unmet for play in self._plays)
        return tuple(fault for fault in first if all(fault in each for each in others))

    @property
    def live_values(self) -> tuple[tuple[str, str], ...]:
        """What clients minted."""
        return tuple(pair for play in self._plays for pair in play.calls.live_values)

    def of(self, client: Identity) -> Play:
        """Return the play that a client takes part in; for one that says who it is and is new, one from the start."""
        ids = _ids(client)
        known = next((play for play in self._newest_first() if ids & play.asked_by), None)
        if known is None and ids and self._is_repeated and self._plays[-1].is_used:
            self._plays.append(self._fresh())
        play = known or self._plays[-1]
        return _joined(play, ids)

    def ask(
        self, body: dict[str, Any], *, endpoint: Endpoint, is_stream: bool, client: Identity
    ) -> tuple[Play, Selection | Mismatch]:
        """Find what answers a request: in the client's own play, else in any, else in a new one."""
        own = self.of(client)
        first = own.calls.ask(body, endpoint=endpoint, is_stream=is_stream, client=client)
        if not self._is_repeated or isinstance(first, Selection):
            return own, first
        others = [play for play in self._newest_first() if play is not own and not _ids(client)]
        for play in (*others, fresh := self._fresh()):
            found = play.calls.ask(body, endpoint=endpoint, is_stream=is_stream, client=client)
            if isinstance(found, Selection):
                if play is fresh:
                    self._plays.append(fresh)
                return _joined(play, _ids(client)), found
        return (own, first) if own.calls.open else (fresh, found)

    def delivered(self, interaction: Interaction) -> None:
        """Note that a client got all of an answer."""
        for play in self._plays:
            play.calls.delivered(interaction)

    def _newest_first(self) -> Iterable[Play]:
        return reversed(self._plays)

    def _fresh(self) -> Play:
        return Play(calls=self._calls.again(), faults=FaultPlan(self._faults, self._recorded))


def _ids(client: Identity) -> set[str]:
    """Return what ties the requests of a conversation, and of its sub-agents, together."""
    return {one for one in (client.session_id, client.thread_id, client.parent_thread_id) if one is not None}


def _joined(play: Play, ids: set[str]) -> Play:
    play.asked_by |= ids
    play.is_used = True
    return play
