"""The engine: a request in, a decision and timed bytes out. No sockets, no clock, no files."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.codex.identity import Identity, identify
from pytest_codex_replay.matching.match import MatchKind, MatchLevel, Mismatch
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.replay.apply_faults import FaultedReply, lay_on_http, lay_on_socket, refuse_upgrade
from pytest_codex_replay.replay.background_requests import BACKGROUND, BackgroundRequests
from pytest_codex_replay.replay.calls import Answer, ModelCalls, Prewarmed
from pytest_codex_replay.replay.explain import explain_background_miss, explain_miss, rerecord_advice
from pytest_codex_replay.replay.fault_plan import FaultPlan
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.playback import (
    events_of_response,
    failure_reply,
    failure_socket_reply,
    frames_reply,
    http_reply,
    json_reply,
    replayed_headers,
    socket_reply,
    stream_reply,
)
from pytest_codex_replay.replay.recut import fragmented, recut
from pytest_codex_replay.replay.reply import HttpReply, HttpRequest, SocketReply, Speed
from pytest_codex_replay.replay.report import (
    AppliedFault,
    BackgroundRequest,
    Drift,
    Logbook,
    Miss,
    MissKind,
    Report,
    SeenRequest,
    Served,
)
from pytest_codex_replay.wire.encoding import decode_body
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import CREATE

Reply = TypeVar("Reply", HttpReply, SocketReply)

_BAD_REQUEST = 400
_UPGRADE_REQUIRED = 426
_SWITCHING_PROTOCOLS = 101
_MODEL_ENDPOINTS = frozenset({Endpoint.RESPONSES, Endpoint.COMPACT})


class WebSocketMode(StrEnum):
    """What becomes of WebSocket upgrades."""

    ACCEPT = "accept"
    """Accepted, unless the recorded upstream declined them all."""
    REFUSE = "refuse"
    """Answered 426, upon which Codex uses HTTP at once."""


class WebSocketSession:
    """One accepted WebSocket: a message in, frames out."""

    def __init__(self, engine: "Engine", request: HttpRequest, headers: Headers) -> None:
        self.headers = headers
        """Headers for the 101 answer."""
        self._engine = engine
        self._request = request

    def receive(self, message: bytes) -> SocketReply:
        """Answer one message of the client."""
        return self._engine.frame(self._request, message)


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

        Raises:
            UsageError: a fault names an interaction that is not there.
        """
        recorded = tuple(interactions)
        self.name = name
        self._level = level
        self._speed = speed or Speed()
        self._websocket = websocket
        self._advice = advice or rerecord_advice(name)
        self._recut_seed = recut_seed
        self.faults = tuple(faults)
        """What is to go wrong."""
        self._faults = FaultPlan(self.faults, recorded)
        self._calls = ModelCalls(recorded, level, normalisers)
        self._background = BackgroundRequests(recorded)
        self._declined = _declined(recorded)
        self._socket_headers = _socket_headers(recorded)
        self._log = Logbook()
        self._turns: dict[str, int] = {}
        self._drifts: set[tuple[str, str, str]] = set()

    @property
    def report(self) -> Report:
        """What happened so far."""
        return self._log.report(
            self.name,
            unused=self._calls.open,
            live_values=self._calls.live_values,
            unmet_faults=self._faults.unmet,
            recut_seed=self._recut_seed,
        )

    def answer(self, request: HttpRequest) -> HttpReply:
        """Answer an HTTP request."""
        payload, error = _decoded(request)
        seen = self._see(request.method, request, payload, Transport.HTTP)
        endpoint = endpoint_of(request.url)
        if endpoint not in _MODEL_ENDPOINTS or request.method.upper() != "POST":
            return self._answer_background(seen, endpoint)
        body = payload.json if payload else None
        if not isinstance(body, dict):
            return self._bad_request(seen, error or "the body is no JSON object")
        is_stream = body.get("stream") is True
        if body.get("generate") is False:
            return self._answer_prewarm(seen, self._calls.prewarm(body, client=identify(seen.headers, body)))
        found = self._ask(seen, body, endpoint=endpoint, is_stream=is_stream)
        if isinstance(found, str):
            return failure_reply(found) if is_stream else json_reply(_BAD_REQUEST, _error(found))
        reply = http_reply(found.interaction, self._speed, is_stream=is_stream)
        fault = self._fault(seen, found.interaction, body)
        laid = lay_on_http(fault.effect, reply) if fault else FaultedReply(reply=reply, is_whole=True)
        return self._recut(self._settled(seen, found, laid, fault=fault), found.interaction)

    def upgrade(self, request: HttpRequest) -> HttpReply | WebSocketSession:
        """Answer a WebSocket upgrade: with a session, or with why there is none."""
        seen = self._see(request.method, request, None, Transport.WEBSOCKET)
        if endpoint_of(request.url) is not Endpoint.RESPONSES:
            return self._background_miss(seen)
        if fault := self._faults.for_upgrade():
            self._log.faults.append(AppliedFault(request=seen.number, interaction=None, fault=fault))
            return refuse_upgrade(fault.effect)
        if self._websocket is WebSocketMode.REFUSE:
            return json_reply(_UPGRADE_REQUIRED, _error("This replay speaks HTTP only."))
        if self._declined is not None:
            return http_reply(self._declined, self._speed)
        return WebSocketSession(self, request, self._socket_headers)

    def frame(self, upgrade: HttpRequest, message: bytes) -> SocketReply:
        """Answer one message on an accepted WebSocket."""
        payload = Payload(message)
        seen = self._see("FRAME", upgrade, payload, Transport.WEBSOCKET)
        body = payload.fields
        if body.get("type") != CREATE:
            text = f"{self.name}: a frame of type {body.get('type')!r} cannot be replayed."
            self._miss(seen, MissKind.MODEL, text)
            return failure_socket_reply(text)
        if body.get("generate") is False:
            return self._frame_prewarm(seen, self._calls.prewarm(body, client=identify(seen.headers, body)))
        found = self._ask(seen, body, endpoint=Endpoint.RESPONSES, is_stream=True)
        if isinstance(found, str):
            return failure_socket_reply(found)
        reply = socket_reply(found.interaction, self._speed)
        fault = self._fault(seen, found.interaction, body)
        laid = lay_on_socket(fault.effect, reply) if fault else FaultedReply(reply=reply, is_whole=True)
        return self._fragmented(self._settled(seen, found, laid, fault=fault), found.interaction)

    def delivered(self, interaction: Interaction) -> None:
        """Note that the last byte of an answer went out. The shell says so."""
        self._calls.delivered(interaction)

    def failed(self, error: Exception) -> HttpReply:
        """Note that something went wrong in the server, and return an answer that ends the client's turn."""
        return failure_reply(self._error_text(error))

    def frame_failed(self, error: Exception) -> SocketReply:
        """Do the same for a WebSocket."""
        return failure_socket_reply(self._error_text(error))

    def _error_text(self, error: Exception) -> str:
        text = f"{self.name}: the replay server failed: {type(error).__name__}: {error}"
        self._log.errors.append(text)
        return text

    def _see(self, method: str, request: HttpRequest, payload: Payload | None, transport: Transport) -> SeenRequest:
        return self._log.see(method, request.url, request.headers, payload, transport)

    def _ask(self, seen: SeenRequest, body: dict[str, Any], *, endpoint: Endpoint, is_stream: bool) -> Answer | str:
        """Return the interaction that answers, or the text of the miss."""
        client = identify(seen.headers, body)
        asker = self._asker(seen, client)
        found = self._calls.ask(body, endpoint=endpoint, is_stream=is_stream, client=client)
        if isinstance(found, Mismatch):
            text = self._explain(found, asker)
            self._miss(seen, MissKind.MODEL, text)
            return text
        return found

    def _asker(self, seen: SeenRequest, client: Identity) -> str:
        if client.turn_id is None:
            return f"request {seen.number}"
        return f"turn {self._turns.setdefault(client.turn_id, len(self._turns) + 1)}"

    def _fault(self, seen: SeenRequest, interaction: Interaction, body: Mapping[str, Any]) -> Fault | None:
        """Return the fault that a request meets, and write it down."""
        fault = self._faults.for_call(
            interaction.index,
            is_model_call=interaction.is_model_call,
            is_continued=body.get("previous_response_id") is not None,
        )
        if fault is not None:
            self._log.faults.append(AppliedFault(request=seen.number, interaction=interaction.index, fault=fault))
        return fault

    def _settled(self, seen: SeenRequest, answer: Answer, laid: FaultedReply[Reply], *, fault: Fault | None) -> Reply:
        """Take what is served; what a fault has spoilt is left for the next attempt."""
        if laid.is_whole:
            self._calls.take(answer)
            self._note(seen, answer)
        if fault is None:
            return laid.reply
        self._calls.interrupted(answer)
        return replace(laid.reply, interaction=None)  # never delivered: whether the client got it all, it must show

    def _recut(self, reply: HttpReply, interaction: Interaction) -> HttpReply:
        if self._recut_seed is None:
            return reply
        return replace(reply, parts=recut(reply.parts, f"{self._recut_seed}:{interaction.index}"))

    def _fragmented(self, reply: SocketReply, interaction: Interaction) -> SocketReply:
        if self._recut_seed is None:
            return reply
        return replace(reply, frames=fragmented(reply.frames, f"{self._recut_seed}:{interaction.index}"))

    def _explain(self, mismatch: Mismatch, asker: str) -> str:
        return explain_miss(
            mismatch,
            name=self.name,
            asker=asker,
            served_count=self._calls.served_count,
            open_count=len(self._calls.open),
            unfinished=self._calls.unfinished,
            level=self._level,
            advice=self._advice,
        )

    def _note(self, seen: SeenRequest, answer: Answer) -> None:
        index = answer.match.interaction.index
        self._log.served.append(
            Served(request=seen.number, interaction=index, match=answer.match.match_kind, repeats=answer.repeats)
        )
        if answer.match.match_kind is not MatchKind.DRIFTED:
            return
        for one in answer.match.drifts:
            key = (one.path, one.recorded, one.live)
            if key in self._drifts or one.drift is None:
                continue
            self._drifts.add(key)
            self._log.drifts.append(
                Drift(
                    request=seen.number,
                    interaction=index,
                    kind=one.drift,
                    path=one.path,
                    recorded=one.recorded,
                    live=one.live,
                )
            )

    def _answer_prewarm(self, seen: SeenRequest, prewarmed: Prewarmed) -> HttpReply:
        if prewarmed.interaction is not None:
            return self._recorded(seen, prewarmed.interaction)
        return stream_reply(events_of_response(_empty_response(prewarmed.response_id)))

    def _recorded(self, seen: SeenRequest, interaction: Interaction) -> HttpReply:
        """Return the answer to what is no model call, with the fault that it meets."""
        reply = http_reply(interaction, self._speed)
        fault = self._fault(seen, interaction, {})
        reply = lay_on_http(fault.effect, reply).reply if fault else reply
        return self._recut(reply, interaction)

    def _frame_prewarm(self, seen: SeenRequest, prewarmed: Prewarmed) -> SocketReply:
        if prewarmed.interaction is not None:
            reply = socket_reply(prewarmed.interaction, self._speed)
            fault = self._fault(seen, prewarmed.interaction, {})
            reply = lay_on_socket(fault.effect, reply).reply if fault else reply
            return self._fragmented(reply, prewarmed.interaction)
        return frames_reply(events_of_response(_empty_response(prewarmed.response_id)))

    def _answer_background(self, seen: SeenRequest, endpoint: Endpoint) -> HttpReply:
        found = self._background.find(seen.method, seen.url)
        if found is not None:
            return self._recorded(seen, found)
        if endpoint not in BACKGROUND:
            return self._background_miss(seen)
        is_taken = endpoint is Endpoint.ANALYTICS
        reply = json_reply(200, {}) if is_taken else json_reply(_BAD_REQUEST, _error(self._background_text(seen)))
        self._log.unmatched.append(
            BackgroundRequest(request=seen.number, method=seen.method, url=seen.url, status=reply.status)
        )
        return reply

    def _background_miss(self, seen: SeenRequest) -> HttpReply:
        text = self._background_text(seen)
        self._miss(seen, MissKind.BACKGROUND, text)
        return json_reply(_BAD_REQUEST, _error(text))

    def _background_text(self, seen: SeenRequest) -> str:
        return explain_background_miss(seen.method, seen.url, name=self.name, advice=self._advice)

    def _bad_request(self, seen: SeenRequest, reason: str) -> HttpReply:
        text = f"{self.name}: {seen.method} {seen.url} cannot be answered: {reason}."
        self._miss(seen, MissKind.MODEL, text)
        return json_reply(_BAD_REQUEST, _error(text))

    def _miss(self, seen: SeenRequest, kind: MissKind, text: str) -> None:
        self._log.misses.append(Miss(request=seen.number, kind=kind, method=seen.method, url=seen.url, text=text))


def _decoded(request: HttpRequest) -> tuple[Payload | None, str | None]:
    """Return the decoded body, and what is wrong with it."""
    if not request.body:
        return None, None
    encoding = next((value for name, value in request.headers if name.lower() == "content-encoding"), None)
    try:
        return Payload(decode_body(request.body, encoding)), None
    except ValueError as error:
        return Payload(request.body), str(error)


def _declined(recorded: Iterable[Interaction]) -> Interaction | None:
    """Return the recorded refusal to upgrade, if no upgrade was ever accepted."""
    declined = None
    for one in recorded:
        if one.status == _SWITCHING_PROTOCOLS:
            return None
        if declined is None and one.role is Role.UPGRADE and one.status is not None:
            declined = one
    return declined


def _socket_headers(recorded: tuple[Interaction, ...]) -> Headers:
    """Return the headers of the first accepted upgrade.

    A catalogue tag would make Codex ask for the catalogue (codex-rs/models-manager/src/manager.rs): it is left out
    when that was not recorded.
    """
    accepted = next((one for one in recorded if one.status == _SWITCHING_PROTOCOLS), None)
    if accepted is None:
        return ()
    headers = replayed_headers(accepted.response_headers)
    if any(one.endpoint is Endpoint.MODELS for one in recorded):
        return headers
    return tuple((name, value) for name, value in headers if name.lower() != "x-models-etag")


def _empty_response(response_id: str) -> dict[str, Any]:
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    return {"id": response_id, "object": "response", "status": "completed", "output": [], "usage": usage}


def _error(text: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request_error", "code": "codex_replay_miss", "message": text, "param": None}}
