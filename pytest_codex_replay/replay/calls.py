"""Model calls: a request in, the recorded interaction that answers it out. No I/O."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.matching.live_values import LiveValues
from pytest_codex_replay.matching.match import Candidate, Candidates, Match, MatchKind, MatchLevel, Mismatch, match
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.matching.normalizer import RequestNormalizer, items_of
from pytest_codex_replay.matching.request_view import Input, RequestView
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.replay.inputs import NamedPlaces, RecordedInputs, made_anew, places_named
from pytest_codex_replay.replay.resumed import Interrupted, interrupted_at, rest_of
from pytest_codex_replay.replay.threads import Threads
from pytest_codex_replay.wire.responses import HALF, Outcome

_MAX_REPEATS = 2
"""How often an answer is given again to a client that hung up before its end and asks the same once more."""
_NOBODY = Identity()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The interaction that answers a request. It is left to be served again until it is taken."""

    match: Match
    interaction: Interaction
    """The one that was matched, with what the client minted in place of what was minted in the recording."""
    view: RequestView
    """What the request asks for."""
    client: Identity
    repeats: int = 0
    """How often it was served before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prewarmed:
    """A prewarm: what to serve for it, if one was recorded, else a made-up response."""

    interaction: Interaction | None
    response_id: str
    match: Match | None = None
    """Of the recorded one."""
    view: RequestView | None = None
    """What the request asks for."""


class ModelCalls:
    """What is left to serve, and the chains that the client may continue."""

    def __init__(
        self, interactions: Iterable[Interaction], level: MatchLevel, normalisers: Iterable[Normaliser] = ()
    ) -> None:
        calls = [one for one in interactions if one.is_model_call or one.role is Role.PREWARM]
        self._level = level
        self._normalisers = tuple(normalisers)
        self._normalizer = RequestNormalizer(
            places_named(calls), self._normalisers, is_strict=level is MatchLevel.STRICT
        )
        self._live = self._normalizer
        recorded = RecordedInputs(self._normalizer)
        self._whole = [Candidate(interaction=one, view=recorded.view(one)) for one in calls if one.outcome not in HALF]
        self.unfinished = tuple(one for one in calls if one.outcome in HALF and one.is_model_call)
        """Interactions that are never served, since their recording stopped half-way."""
        self.begin()

    def again(self) -> Self:
        """Return the same calls with none served. What they ask for is not worked out anew."""
        other = copy(self)
        other.begin()
        return other

    def begin(self) -> None:
        """Leave all of them to be served."""
        self._prewarms = Candidates(one for one in self._whole if one.interaction.role is Role.PREWARM)
        self._candidates = Candidates(one for one in self._whole if one.interaction.role is not Role.PREWARM)
        self._served: dict[int, Match] = {}
        self._asked: dict[int, bytes] = {}
        self._repeats: dict[int, int] = {}
        self._delivered: set[int] = set()
        self._interrupted: dict[int, Interrupted] = {}
        self._chain: dict[tuple[str | None, str], tuple[Input, RequestNormalizer, Interaction | None]] = {}
        """By client and response id: sessions that were recorded apart may have the same ids."""
        self._anew: dict[int, tuple[Input, Input]] = {}
        """Inputs of earlier normalizers, and what the live one makes of them."""
        self._places = NamedPlaces()
        self._made_up_count = 0
        self._live_values: dict[str | None, LiveValues] = {}
        self._threads = Threads()

    @property
    def open(self) -> tuple[Interaction, ...]:
        """Interactions that no request has asked for."""
        left = (one.interaction for one in self._candidates)
        return tuple(one for one in left if one.index not in self._interrupted)

    @property
    def served_count(self) -> int:
        """How many interactions were served."""
        return len(self._served)

    @property
    def live_values(self) -> tuple[tuple[str, str], ...]:
        """What clients minted: the recorded value, and the live one that stands for it."""
        return tuple(pair for live_values in self._live_values.values() for pair in live_values.pairs)

    def ask(
        self, body: dict[str, Any], *, endpoint: Endpoint, is_stream: bool, client: Identity = _NOBODY
    ) -> Selection | Mismatch:
        """Find the interaction that answers a request."""
        view = self._view(body, client, endpoint=endpoint, is_stream=is_stream)
        found = self._find(view, client)
        return (self._resumed(body, view, client) or found) if isinstance(found, Mismatch) else found

    def take(self, selected: Selection) -> None:
        """Take what is served out of what is left."""
        index = selected.match.interaction.index
        if selected.repeats:
            self._repeats[index] = selected.repeats
            return
        self._candidates.remove(selected.match.candidate)
        self._served[index] = selected.match
        self._asked[index] = selected.view.exact
        self._threads.learn(selected.client, selected.match.interaction)

    def interrupted(self, selected: Selection) -> None:
        """Note that a fault was applied to an answer: what comes next may already repeat some of its items."""
        output = selected.interaction.output
        view = self._live.view({}, output, endpoint=selected.match.candidate.view.endpoint, is_stream=True)
        self._interrupted[selected.match.interaction.index] = Interrupted(
            candidate=selected.match.candidate, items=view.items
        )

    def prewarm(self, body: dict[str, Any], *, client: Identity = _NOBODY) -> Prewarmed:
        """Find the recorded prewarm that matches, or make one up: either way the client may continue it."""
        view = self._view(body, client, endpoint=Endpoint.RESPONSES, is_stream=True)
        found = match(view, self._prewarms, MatchLevel.LOOSE)
        if isinstance(found, Match) and found.interaction.outcome is Outcome.COMPLETED:
            self._prewarms.remove(found.candidate)
            self._continue(found.interaction, view.input, client)
            response_id = found.interaction.response_id or ""
            return Prewarmed(interaction=found.interaction, response_id=response_id, match=found, view=view)
        self._made_up_count += 1
        response_id = f"resp_replay_prewarm_{self._made_up_count}"
        self._chain[client.session_id, response_id] = view.input, self._live, None
        return Prewarmed(interaction=None, response_id=response_id)

    def delivered(self, interaction: Interaction) -> None:
        """Note that a client got all of an answer: it has no reason to ask the same again."""
        self._delivered.add(interaction.index)

    def ended(self, response_id: str, client: Identity = _NOBODY) -> None:
        """Note that a client does not continue a response."""
        self._chain.pop((client.session_id, response_id), None)

    def _view(self, body: dict[str, Any], client: Identity, *, endpoint: Endpoint, is_stream: bool) -> RequestView:
        previous, own = body.get("previous_response_id"), body.get("input")
        places = self._places.of(own)
        if not places <= self._live.places:
            self._live, self._anew = self._live.knowing(places), {}
        before = self._before(previous, client) if isinstance(previous, str) else None
        items = items_of(body, None if before is None and isinstance(previous, str) else ())
        return self._live.view(body, items, endpoint=endpoint, is_stream=is_stream, behind=before)

    def _find(self, view: RequestView, client: Identity) -> Selection | Mismatch:
        served = (one.candidate for one in self._served.values())  # looked at where nothing is left
        rank = self._threads.rank_for(client)
        found = match(view, self._candidates, self._level, served=served, rank=rank)
        if isinstance(found, Mismatch):
            return self._again(view, client) or self._hinted(found, view)
        return self._answer(found, view, client)

    def _hinted(self, found: Mismatch, view: RequestView) -> Mismatch:
        """Say which level accepts what strict, which rewrites less, does not."""
        nearest = found.nearest
        if self._level is not MatchLevel.STRICT or nearest is None or not self._candidates:
            return found
        normalizer = RequestNormalizer(self._live.places, self._normalisers)
        pool = Candidates([replace(nearest, view=normalizer.anew(nearest.view))])
        for level in (MatchLevel.NORMAL, MatchLevel.LOOSE):
            fitting = match(normalizer.anew(view), pool, level)
            if isinstance(fitting, Match):
                return replace(found, nearest_kind=fitting.match_kind, tolerated_by=level)
        return replace(found, nearest_kind=None, tolerated_by=None)

    def _resumed(self, body: dict[str, Any], view: RequestView, client: Identity) -> Selection | None:
        """Find the answer to a request that repeats items of an interrupted one: what is left of that."""
        for interrupted in self._interrupted.values():
            for count in interrupted_at(view, interrupted):
                shorter = view.input.without_last(count)
                cut = self._live.view_of(body, shorter, endpoint=view.endpoint, is_stream=view.is_stream)
                found = self._find(cut, client)
                if isinstance(found, Selection) and found.match.candidate is interrupted.candidate:
                    return self._rest(found, view, count)
        return None

    def _rest(self, selected: Selection, view: RequestView, count: int) -> Selection:
        interaction = rest_of(selected.interaction, count)
        self._continue(interaction, view.input, selected.client)
        return replace(selected, interaction=interaction)

    def _answer(self, found: Match, view: RequestView, client: Identity, *, repeats: int = 0) -> Selection:
        live_values = self._live_values.setdefault(client.session_id, LiveValues())
        if found.match_kind is not MatchKind.EXACT:
            live_values.learn(found.candidate.view.input, view.input, self._live.rewrite)
        interaction = live_values.answer(found.interaction)
        self._continue(interaction, view.input, client)
        return Selection(match=found, interaction=interaction, view=view, client=client, repeats=repeats)

    def _continue(self, interaction: Interaction, asked: Input, client: Identity) -> None:
        if interaction.response_id is not None:
            self._chain[client.session_id, interaction.response_id] = asked, self._live, interaction

    def _before(self, response_id: str, client: Identity) -> Input | None:
        """Return the input behind a response, with its output; None when it was not served to this client."""
        key = (client.session_id, response_id)
        key = key if key in self._chain else (None, response_id)
        if key not in self._chain:
            return None
        asked, made_by, interaction = self._chain[key]
        if made_by is not self._live:
            asked = made_anew(asked, self._live, self._anew)
        if interaction is not None:
            asked = self._live.input(interaction.output, asked)
        self._chain[key] = asked, self._live, None
        return asked

    def _again(self, view: RequestView, client: Identity) -> Selection | None:
        for index, served in self._served.items():
            repeats = self._repeats.get(index, 0)
            if self._asked[index] != view.exact or index in self._delivered or repeats >= _MAX_REPEATS:
                continue
            return self._answer(served, view, client, repeats=repeats + 1)
        return None
