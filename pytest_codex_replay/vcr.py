"""The engine behind vcrpy: clients in this process are answered from a cassette, without a server.

vcrpy patches the clients (httpx, httpx2, aiohttp, requests and all that is built on urllib3 or http.client); what
answers them is the engine, so that a request is matched as it is over a socket. vcrpy's own matchers, its YAML and its
files are not used. Written against vcrpy 9.4; of its API only `Cassette` and the persister's two functions are touched.
"""

import json
import sys
import threading
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from http import HTTPStatus
from types import TracebackType
from typing import Any, NoReturn, Self

from vcr.cassette import Cassette as VcrpyCassette
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrpyRequest

from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.guard import Guard
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.faults import check_in_process
from pytest_codex_replay.replay.framing import Framed, frame
from pytest_codex_replay.replay.playback import recorded_answer
from pytest_codex_replay.replay.reply import Ending, Request, Speed

_BROKEN_OFF = frozenset({Ending.CUT, Ending.LEFT})
_Response = dict[str, Any]
"""A response as vcrpy has it."""


class CodexVcr:
    """`with CodexVcr(engine) as vcr:` answers the clients of this process; nothing leaves it but to this machine.

    Any base URL will do: what counts is how the path ends. Connections to this machine are let through, so a test may
    run servers of its own. What tried to leave is in `blocked`. Streams come in one piece and at once, whatever the
    engine's speed: vcrpy has no other way. So a recorded answer that broke off raises ConnectionResetError before any
    of it came, and faults that only a connection can show are refused.
    """

    def __init__(
        self, engine: Engine, interactions: Sequence[Interaction] = (), *, allow: Collection[str] = ()
    ) -> None:
        """Prepare to answer from `engine`.

        Args:
            engine: decides.
            interactions: what is recorded, shown in the vcrpy cassette's `requests` and `responses`.
            allow: names of hosts that may be reached all the same.

        Raises:
            UsageError: the engine has a fault that cannot be shown here.
        """
        check_in_process(engine.faults)
        self.engine = engine
        self._guard = Guard(allow)
        self._persister = ReadOnlyPersister(interactions)
        self._open = ExitStack()
        self.cassette: VcrpyCassette | None = None
        """vcrpy's own view, while it lasts: `requests`, `responses`, `play_count`, `all_played`."""

    @property
    def blocked(self) -> tuple[str, ...]:
        """What tried to leave, as `connect to api.openai.com:443 by websockets`."""
        return tuple(self._guard.blocked)

    def __enter__(self) -> Self:
        """Patch the clients, and close the way out."""
        with ExitStack() as stack:
            stack.enter_context(self._guard.closed())
            self.cassette = stack.enter_context(
                _PlayedCassette.use(
                    path=self.engine.name,
                    persister=self._persister,
                    record_mode=RecordMode.NONE,
                    engine=self.engine,
                    guard=self._guard,
                )
            )
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Put the clients back as they were."""
        self._open.close()
        self.cassette = None


class ReadOnlyPersister:
    """Gives vcrpy the recorded HTTP exchanges, and writes nothing."""

    def __init__(self, interactions: Sequence[Interaction]) -> None:
        self._interactions = tuple(interactions)

    def load_cassette(self, cassette_path: str, serializer: object) -> tuple[list[VcrpyRequest], list[_Response]]:  # noqa: ARG002
        """Return requests and responses; those of a WebSocket as they would be over HTTP."""
        requests, responses = [], []
        for one in self._interactions:
            body = one.request.raw if one.request else None
            method = "POST" if one.transport is Transport.WEBSOCKET else one.method
            requests.append(VcrpyRequest(method, one.url, body, dict(one.request_headers)))
            responses.append(vcrpy_response(frame(recorded_answer(one, Speed()))))
        return requests, responses

    def save_cassette(self, cassette_path: str, cassette_dict: object, serializer: object) -> NoReturn:  # noqa: ARG002
        """Refuse.

        Raises:
            CodexReplayError: always; a recorder writes cassettes, vcrpy does not.
        """
        raise CodexReplayError(f"{cassette_path} is read only: record it with codex-replay, not with vcrpy")


class _PlayedCassette(VcrpyCassette):  # type: ignore[misc]  # vcrpy has no types
    """Asks the engine, where vcrpy's own would look through its list."""

    def __init__(self, *, engine: Engine, guard: Guard, **options: Any) -> None:
        super().__init__(**options)
        self._engine = engine
        self._guard = guard
        self._lock = threading.Lock()

    def filter_request(self, request: VcrpyRequest) -> VcrpyRequest | None:
        """Return the request; None when vcrpy is to let it through."""
        return None if self._guard.lets_through(request.host or "") else request

    def can_play_response_for(self, request: VcrpyRequest) -> bool:
        """Whether the engine answers; if it cannot, it says so itself."""
        return self.filter_request(request) is not None

    def append(self, request: VcrpyRequest, response: _Response) -> None:
        """Take what the persister loads; what was let through later is not kept."""
        if not self.rewound:
            super().append(request, response)

    def play_response(self, request: VcrpyRequest) -> _Response:
        """Return the engine's answer.

        Raises:
            ConnectionResetError: it breaks off; to httpx and aiohttp an error of theirs, too.
            NetworkBlockedError: a WebSocket was asked for.
        """
        headers = tuple((name, _text(value)) for name, value in request.headers.items())
        if any(name.lower() == "upgrade" for name, _ in headers):
            self._guard.refuse(f"WebSocket to {request.host}")
        body = _body(request)
        with self._lock:  # clients in threads share the engine
            answer = self._engine.answer(Request(method=request.method, url=request.uri, headers=headers, body=body))
            framed = frame(answer)
            if answer.interaction is not None and framed.ends not in _BROKEN_OFF:
                self._engine.delivered(answer.interaction)
                self.play_counts[answer.interaction.index - 1] += 1
        if framed.ends in _BROKEN_OFF:
            raise _broken_off(f"{self._engine.name}: the connection breaks off here", is_begun=bool(framed.pieces))
        return vcrpy_response(framed)


def _broken_off(text: str, *, is_begun: bool) -> ConnectionResetError:
    """Return an error that each client knows as its own: who asks, vcrpy does not tell, but it was imported.

    What is built on http.client (urllib3, requests) makes its own of the plain one.
    """
    theirs_httpx = "ReadError" if is_begun else "ConnectError"
    names = {"httpx": theirs_httpx, "httpx2": theirs_httpx, "aiohttp": "ClientConnectionError"}
    theirs = [getattr(sys.modules[module], name) for module, name in names.items() if module in sys.modules]
    broken: ConnectionResetError = type("BrokenOffError", (*theirs, ConnectionResetError), {})(text)
    return broken


def vcrpy_response(framed: Framed) -> _Response:
    """Return an answer as vcrpy has it."""
    headers: dict[str, list[str]] = {}
    for name, value in framed.answer.headers:
        headers.setdefault(name, []).append(value)
    try:
        reason = HTTPStatus(framed.answer.status).phrase
    except ValueError:
        reason = ""
    return {
        "status": {"code": framed.answer.status, "message": reason},
        "headers": headers,
        "body": {"string": b"".join(piece.data for piece in framed.pieces)},
    }


def _body(request: VcrpyRequest) -> bytes:
    """Return the body as it would go out. aiohttp hands over what is to become JSON, others bytes, pieces or a file."""
    body = request.body
    if body is None:
        return b""
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if isinstance(body, dict | list):
        return json.dumps(body).encode()  # as aiohttp writes it: NaN and lone surrogates, too
    if hasattr(body, "read"):
        return _bytes(body.read())
    return b"".join(map(_bytes, body)) if isinstance(body, Iterable) else b""


def _bytes(piece: Any) -> bytes:
    return piece.encode() if isinstance(piece, str) else bytes(piece)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
