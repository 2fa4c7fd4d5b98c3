"""Model calls: a request in, the recorded interaction that answers it out. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.replay.canonical import Canon, RequestView, items_of, places_of
from pytest_codex_replay.replay.echoes import Echoes
from pytest_codex_replay.replay.matching import Candidate, Candidates, Match, Mismatch, Rung, Strictness, match
from pytest_codex_replay.replay.volatile import Places
from pytest_codex_replay.wire.endpoints import Endpoint
from pytest_codex_replay.wire.responses import Outcome

__all__ = ["Answer", "ModelCalls", "Prewarmed"]

_MAX_REPEATS = 2
"""How often an answer is given again to a client that hung up before its end and asks the same once more."""
_HALF = frozenset({Outcome.UNKNOWN, Outcome.SHUTDOWN})
"""Outcomes that say that the recording, not the exchange, broke off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The interaction to serve."""

    match: Match
    interaction: Interaction
    """The one that was matched, with what the client minted in place of what was minted in the recording."""
    repeats: int = 0
    """How often it was served before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prewarmed:
    """A prewarm: what to serve for it, if one was recorded, else a made-up response."""

    interaction: Interaction | None
    response_id: str


class ModelCalls:
    """What is left to serve, and the chains that the client may continue."""

    def __init__(self, interactions: Iterable[Interaction], strictness: Strictness) -> None:
        calls = [one for one in interactions if one.is_model_call or one.role is Role.PREWARM]
        self._strictness = strictness
        self._canon = Canon(_places(calls))
        self._live = self._canon
        whole = [Candidate(interaction=one, view=self._recorded(one)) for one in calls if one.outcome not in _HALF]
        self._prewarms = Candidates(one for one in whole if one.interaction.role is Role.PREWARM)
        self._candidates = Candidates(one for one in whole if one.interaction.role is not Role.PREWARM)
        self._served: dict[int, Match] = {}
        self._asked: dict[int, bytes] = {}
        self._repeats: dict[int, int] = {}
        self._delivered: set[int] = set()
        self._chain: dict[str, tuple[Any, ...]] = {}
        self._made_up_count = 0
        self.echoes = Echoes()
        """What the client minted, and what stands for it in the recording."""
        self.unfinished = tuple(one for one in calls if one.outcome in _HALF and one.is_model_call)
        """Interactions that are never served, since their recording stopped half-way."""

    @property
    def open(self) -> tuple[Interaction, ...]:
        """Interactions that no request has asked for."""
        return tuple(one.interaction for one in self._candidates)

    @property
    def served_count(self) -> int:
        """How many interactions were served."""
        return len(self._served)

    def ask(self, body: dict[str, Any], *, endpoint: Endpoint, is_stream: bool) -> Answer | Mismatch:
        """Find the interaction that answers a request, and take it out of what is left."""
        view, items = self._view(body, endpoint=endpoint, is_stream=is_stream)
        served = tuple(one.candidate for one in self._served.values())
        found = match(view, self._candidates, self._strictness, served=served)
        if isinstance(found, Mismatch):
            return self._again(view, items) or found
        self._candidates.remove(found.candidate)
        self._served[found.interaction.index] = found
        self._asked[found.interaction.index] = view.exact
        return self._answer(found, view, items)

    def prewarm(self, body: dict[str, Any]) -> Prewarmed:
        """Find the recorded prewarm that fits, or make one up: either way the client may continue it."""
        view, items = self._view(body, endpoint=Endpoint.RESPONSES, is_stream=True)
        found = match(view, self._prewarms, Strictness.LOOSE)
        if isinstance(found, Match) and found.interaction.outcome is Outcome.COMPLETED:
            self._prewarms.remove(found.candidate)
            self._continue(found.interaction, items)
            return Prewarmed(interaction=found.interaction, response_id=found.interaction.response_id or "")
        self._made_up_count += 1
        response_id = f"resp_replay_prewarm_{self._made_up_count}"
        self._chain[response_id] = items
        return Prewarmed(interaction=None, response_id=response_id)

    def delivered(self, interaction: Interaction) -> None:
        """Note that a client got all of an answer: it has no reason to ask the same again."""
        self._delivered.add(interaction.index)

    def _recorded(self, interaction: Interaction) -> RequestView:
        body = interaction.request.fields if interaction.request else {}
        before = interaction.before if interaction.is_chain_known else None
        is_stream = interaction.transport is Transport.WEBSOCKET or body.get("stream") is True
        return self._canon.view(body, items_of(body, before), endpoint=interaction.endpoint, is_stream=is_stream)

    def _view(
        self, body: dict[str, Any], *, endpoint: Endpoint, is_stream: bool
    ) -> tuple[RequestView, tuple[Any, ...]]:
        previous = body.get("previous_response_id")
        items = items_of(body, self._chain.get(previous) if isinstance(previous, str) else ())
        own = body.get("input")
        places = places_of(own if isinstance(own, list) else ())
        if not places <= self._live.places:
            self._live = Canon(self._live.places | places)
        return self._live.view(body, items, endpoint=endpoint, is_stream=is_stream), items

    def _answer(self, found: Match, view: RequestView, items: tuple[Any, ...], *, repeats: int = 0) -> Answer:
        if found.rung is not Rung.EXACT:
            recorded = (item for _, item in found.candidate.view.steady)
            self.echoes.learn(recorded, (item for _, item in view.steady), self._live.rewrite)
        interaction = self.echoes.answer(found.interaction)
        self._continue(interaction, items)
        return Answer(match=found, interaction=interaction, repeats=repeats)

    def _continue(self, interaction: Interaction, items: tuple[Any, ...]) -> None:
        if interaction.response_id is not None:
            self._chain[interaction.response_id] = (*items, *interaction.output)

    def _again(self, view: RequestView, items: tuple[Any, ...]) -> Answer | None:
        for index, served in self._served.items():
            repeats = self._repeats.get(index, 0)
            if self._asked[index] != view.exact or index in self._delivered or repeats >= _MAX_REPEATS:
                continue
            self._repeats[index] = repeats + 1
            return self._answer(served, view, items, repeats=repeats + 1)
        return None


def _places(calls: Iterable[Interaction]) -> Places:
    """Look at each distinct item once: the same items come back in every request."""
    seen: dict[int, Any] = {}
    for call in calls:
        own = call.request.fields.get("input") if call.request else None
        seen.update((id(item), item) for item in (own if isinstance(own, list) else ()))
    return places_of(seen.values())
