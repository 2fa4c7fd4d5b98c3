"""The engine: a request in, one answer out, whatever carries them. No sockets, no clock, no files."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Any

from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.matching.match import Match, MatchLevel, Mismatch
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.projection.interactions import Interaction, Transport, body_of
from pytest_codex_replay.replay.background_requests import BACKGROUND, BackgroundRequests
from pytest_codex_replay.replay.calls import ModelCalls
from pytest_codex_replay.replay.explain import (
    MATCH_OPTION,
    explain_background_miss,
    explain_failure,
    explain_miss,
    explain_unanswerable,
    rerecord_advice,
)
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.playback import (
    asked_again,
    holds_of,
    made_up_answer,
    recorded_answer,
    recorded_upgrade,
)
from pytest_codex_replay.replay.plays import Play, Plays
from pytest_codex_replay.replay.reply import Answer, Ending, FaultedReply, Request, Speed, failure_answer, json_answer
from pytest_codex_replay.replay.report import Logbook, MissKind, Replayed, Report, SeenRequest

HOLD_LIMIT_MS = 60_000.0
HOLD_AFTER_MISS_MS = 5_000.0
"""How long an answer is held for its client to do what it had done, beside the time that it had taken for that."""
_BAD_REQUEST = 400
_UPGRADE_REQUIRED = 426
_ONLY_OVER_WEBSOCKET = (
    " was interrupted over a WebSocket when it was recorded, which is not possible over HTTP: let the client use "
    "WebSockets."
)
_MODEL_ENDPOINTS = frozenset({Endpoint.RESPONSES, Endpoint.COMPACT})


class WebSocketMode(StrEnum):
    """What becomes of WebSocket upgrades."""

    ACCEPT = "accept"
    """Accepted, unless the recorded upstream declined them all."""
    REFUSE = "refuse"
    """Answered 426, upon which Codex uses HTTP at once."""


class Engine:
    """Answers from a recording, by content, never by position. Not thread-safe; `report` may be read anywhere."""

    def __init__(
        self,
        interactions: Iterable[Interaction],
        *,
        name: str = "the recording",
        level: MatchLevel = MatchLevel.NORMAL,
        speed: Speed | None = None,
        websocket: WebSocketMode = WebSocketMode.ACCEPT,
        advice: str | None = None,
        faults: Iterable[Fault] = (),
        recut_seed: int | None = None,
        normalisers: Iterable[Normaliser] = (),
        hold_limit_ms: float = HOLD_LIMIT_MS,
        is_repeated: bool = False,
        match_option: str = MATCH_OPTION,
        again: str = "",
    ) -> None:
        """Prepare to replay `interactions`.

        Args:
            interactions: of one session, or of several.
            name: how to call the recording in what a miss says, e.g. `cassettes/fix_bug`.
            level: what is accepted.
            speed: None is instant.
            websocket: what becomes of upgrades.
            advice: the last line of a miss: what to do; None: how to record `name` anew.
            faults: what is to go wrong.
            recut_seed: by which to cut streams into other chunks, and messages into fragments; None: as recorded.
            normalisers: what else differs without a meaning.
            hold_limit_ms: how long to hold an answer that its client had interrupted or left.
            is_repeated: whether each new conversation is answered from the start, faults included.
            match_option: the option that a miss names where another match level would help.
            again: what a miss says to do to be answered again, where all is served.

        Raises:
            UsageError: a fault names an interaction that does not exist.
        """
        recorded = tuple(interactions)
        self.name = name
        self._level = level
        self._speed = speed or Speed()
        self._advice = advice or rerecord_advice(name)
        self._recut_seed = recut_seed
        self.faults = tuple(faults)
        """What is to go wrong."""
        self._match_option, self._again = match_option, again
        calls = ModelCalls(recorded, level, normalisers)
        self._plays = Plays(recorded, calls, self.faults, is_repeated=is_repeated)
        self._background = BackgroundRequests(recorded, level, normalisers)
        self._asked_again = asked_again(recorded)
        self._hold_limit_ms = hold_limit_ms
        self._upgrade = recorded_upgrade(recorded, self._speed)
        if websocket is WebSocketMode.REFUSE:
            self._upgrade = json_answer(_UPGRADE_REQUIRED, _error("This replay speaks HTTP only."))
        self._log = Logbook()
        self._turns: dict[str, int] = {}

    @property
    def report(self) -> Report:
        """What happened so far."""
        return Report(
            name=self.name,
            requests=tuple(self._log.requests),
            served=tuple(self._log.served),
            drifts=tuple(self._log.drifts),
            misses=tuple(self._log.misses),
            unmatched=tuple(self._log.unmatched),
            errors=tuple(self._log.errors),
            unused=self._plays.open,
            live_values=self._plays.live_values,
            faults=tuple(self._log.faults),
            unmet_faults=self._plays.unmet_faults,
            recut_seed=self._recut_seed,
        )

    @property
    def replayed(self) -> Replayed:
        """What happened so far, and what was asked for."""
        return Replayed(report=self.report, answered=tuple(self._log.answered), missed=tuple(self._log.missed))

    def answer(self, request: Request) -> Answer:
        """Answer an HTTP request, or a message on an accepted WebSocket."""
        return replace(self._answered(request), transport=request.transport)

    def upgrade(self, request: Request) -> Answer:
        """Answer a WebSocket upgrade: 101 accepts it, and its messages are answered one by one."""
        seen = self._log.see(replace(request, transport=Transport.WEBSOCKET), None)
        if endpoint_of(request.url) is not Endpoint.RESPONSES:
            text = f"{self.name}: WebSocket {seen.url} cannot be answered: only those of …/responses are replayed."
            self._log.miss(seen, MissKind.BACKGROUND, text)
            return json_answer(_BAD_REQUEST, _error(text))
        return self._with_fault(seen, self._upgrade, None, self._plays.of(seen.identity)).answer

    def delivered(self, interaction: Interaction) -> None:
        """Note that the last byte of an answer went out: what sends it reports that."""
        self._plays.delivered(interaction)

    def note(self, request: Request) -> None:
        """Note a frame that needs no answer from the recording."""
        self._log.see(request, request.decoded()[0])

    @property
    def hold_limit_ms(self) -> float:
        """How long an answer is held, beside the time that its client had taken: after a miss it may never move."""
        return min(self._hold_limit_ms, HOLD_AFTER_MISS_MS) if self._log.misses else self._hold_limit_ms

    def miss_meanwhile(self, answer: Answer, text: str, request: Request | None = None) -> Answer:
        """Note what a client did, or did not do, while it was answered; return events that end its turn.

        Args:
            answer: the one that was on its way.
            text: what differs from the recording.
            request: by which the client did it; None: the request that `answer` answers.
        """
        seen = self._log.see(request, request.decoded()[0]) if request else self._log.last_of(answer.interaction)
        missed = self._missed(seen, f"{self.name}: {text}\n  {self._advice}", is_stream=True)
        return replace(missed, transport=answer.transport)

    def failed(self, request: Request, error: Exception) -> Answer:
        """Note that something went wrong in the server, and return an answer that ends the client's turn."""
        text = explain_failure(error, name=self.name)
        self._log.errors.append(text)
        return replace(failure_answer(text), transport=request.transport)

    def _answered(self, request: Request) -> Answer:
        payload, problem = request.decoded()
        seen = self._log.see(request, payload)
        is_message = request.transport is Transport.WEBSOCKET
        endpoint = Endpoint.RESPONSES if is_message else endpoint_of(request.url)
        if endpoint not in _MODEL_ENDPOINTS or not (is_message or request.method.upper() == "POST"):
            return self._answer_background(seen, endpoint)
        if payload is None or (problem is not None and isinstance(payload.json, dict)):
            return self._missed(seen, self._unanswerable(seen, problem), is_stream=is_message)
        if payload.fields.get("generate") is False:
            return self._answer_prewarm(seen, payload.fields)
        is_stream = is_message or payload.fields.get("stream") is True
        if self._background.titles.are_asked(seen.identity, payload.fields):
            return self._answer_title(seen, payload.fields, is_stream=is_stream)
        return self._answer_call(seen, body_of(payload), endpoint=endpoint, is_stream=is_stream, problem=problem)

    def _answer_call(
        self, seen: SeenRequest, body: dict[str, Any], *, endpoint: Endpoint, is_stream: bool, problem: str | None
    ) -> Answer:
        client = seen.identity
        asker = f"request {seen.number}"
        if client.turn_id is not None:
            asker = f"turn {self._turns.setdefault(client.turn_id, len(self._turns) + 1)}"
        play, found = self._plays.ask(body, endpoint=endpoint, is_stream=is_stream, client=client)
        if isinstance(found, Mismatch):
            text = self._unanswerable(seen, problem) if problem else self._explain(found, asker, play.calls)
            return self._missed(seen, text, is_stream=is_stream, mismatch=found)
        if seen.transport is not Transport.WEBSOCKET and holds_of(found.interaction):
            text = f"{self.name}: interaction {found.interaction.index}{_ONLY_OVER_WEBSOCKET}"
            return self._missed(seen, text, is_stream=is_stream)
        reply = self._recorded(seen, found.interaction, is_stream=is_stream, play=play)
        if reply.is_whole:
            play.calls.take(found)
            self._log.serve(seen, found)
        if reply.fault is not None:
            play.calls.interrupted(found)
        return reply.answer

    def _answer_prewarm(self, seen: SeenRequest, body: dict[str, Any]) -> Answer:
        play = self._plays.of(seen.identity)
        prewarmed = play.calls.prewarm(body, client=seen.identity)
        if prewarmed.interaction is None:
            return made_up_answer(prewarmed.response_id)
        if prewarmed.match is not None:
            self._log.answer(seen, prewarmed.match, prewarmed.view)
        return self._recorded(seen, prewarmed.interaction, play=play).answer

    def _answer_title(self, seen: SeenRequest, body: dict[str, Any], *, is_stream: bool) -> Answer:
        titles = self._background.titles
        if (interaction := titles.find(body)) is not None:
            return self._recorded(seen, interaction, is_stream=is_stream).answer
        answer = titles.made_up(body, is_stream=is_stream)
        self._log.leave_unmatched(seen, answer.status)
        return answer

    def _answer_background(self, seen: SeenRequest, endpoint: Endpoint) -> Answer:
        found = self._background.find(seen.method, seen.url, seen.payload)
        if isinstance(found, Match):
            self._log.drift(seen, found)
            self._log.answer(seen, found)
            return self._recorded(seen, found.interaction).answer
        if endpoint not in BACKGROUND:
            return self._background_miss(seen, found)
        is_taken = endpoint is Endpoint.ANALYTICS
        answer = json_answer(200, {}) if is_taken else json_answer(_BAD_REQUEST, _error(self._background_text(seen)))
        self._log.leave_unmatched(seen, answer.status)
        return answer

    def _recorded(
        self, seen: SeenRequest, interaction: Interaction, *, is_stream: bool | None = None, play: Play | None = None
    ) -> FaultedReply:
        """Return the recorded answer, with the fault that the request meets."""
        answer = recorded_answer(interaction, self._speed, transport=seen.transport, is_stream=is_stream)
        if answer.ends is Ending.LEFT and interaction.index in self._asked_again:
            answer = replace(answer, ends=Ending.CUT)
        if self._recut_seed is not None:
            answer = replace(answer, recut_seed=f"{self._recut_seed}:{interaction.index}")
        return self._with_fault(seen, answer, interaction, play or self._plays.of(seen.identity))

    def _with_fault(
        self, seen: SeenRequest, answer: Answer, interaction: Interaction | None, play: Play
    ) -> FaultedReply:
        is_continued = seen.payload is not None and seen.payload.fields.get("previous_response_id") is not None
        reply = play.faults.apply(answer, interaction, is_continued=is_continued)
        if reply.fault is not None:
            self._log.meet(seen, reply.fault, interaction)
        return reply

    def _missed(self, seen: SeenRequest, text: str, *, is_stream: bool, mismatch: Mismatch | None = None) -> Answer:
        self._log.miss(seen, MissKind.MODEL, text, mismatch)
        return failure_answer(text) if is_stream else json_answer(_BAD_REQUEST, _error(text))

    def _background_miss(self, seen: SeenRequest, mismatch: Mismatch | None = None) -> Answer:
        text = self._background_text(seen, mismatch)
        self._log.miss(seen, MissKind.BACKGROUND, text, mismatch)
        return json_answer(_BAD_REQUEST, _error(text))

    def _background_text(self, seen: SeenRequest, mismatch: Mismatch | None = None) -> str:
        return explain_background_miss(
            seen.method,
            seen.url,
            name=self.name,
            level=self._level,
            advice=self._advice,
            match_option=self._match_option,
            mismatch=mismatch,
        )

    def _unanswerable(self, seen: SeenRequest, problem: str | None) -> str:
        return explain_unanswerable(seen.method, seen.url, problem, name=self.name)

    def _explain(self, mismatch: Mismatch, asker: str, calls: ModelCalls) -> str:
        return explain_miss(
            mismatch,
            name=self.name,
            asker=asker,
            served_count=calls.served_count,
            open_count=len(calls.open),
            unfinished=calls.unfinished,
            level=self._level,
            advice=self._advice,
            match_option=self._match_option,
            again=self._again,
        )


def _error(text: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request_error", "code": "codex_replay_miss", "message": text, "param": None}}
