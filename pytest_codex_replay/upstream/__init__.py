"""The scripted upstream: plays the model API for the real `codex` and for OpenAI SDKs, without account or network."""

import threading
from types import TracebackType
from typing import Self

from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.upstream.scenarios import SCENARIOS, Scenario
from pytest_codex_replay.upstream.script import Cue, ErrorReply, ModelRequest, Reply, Script, StreamReply
from pytest_codex_replay.upstream.server import ReceivedRequest, create_app

__all__ = [
    "SCENARIOS",
    "Cue",
    "ErrorReply",
    "ModelRequest",
    "ReceivedRequest",
    "Reply",
    "Scenario",
    "Script",
    "ScriptedUpstream",
    "StreamReply",
    "create_app",
]


class ScriptedUpstream:
    """`with ScriptedUpstream(script) as upstream:` plays `script` at `upstream.base_url` until the block ends."""

    def __init__(self, script: Script, port: int = 0, *, pause_ms: int = 0) -> None:
        """Prepare to play `script` on `port` (0: a free one), with `pause_ms` between any two events."""
        self.requests: list[ReceivedRequest] = []
        """What was received so far, oldest first."""
        self.holding = threading.Event()
        """Set once an answer is held: the client has got all that it will get before it interrupts or leaves."""
        app = create_app(script, self.requests, pause_ms=pause_ms, holding=self.holding)
        self._server = LoopbackServer(app, port=port)

    @property
    def base_url(self) -> str:
        """E.g. `http://127.0.0.1:8123/v1`."""
        return f"{self._server.base_url}/v1"

    def __enter__(self) -> Self:
        """Start.

        Raises:
            OSError: the port is taken.
        """
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hang up on every client and stop."""
        self._server.__exit__(kind, error, traceback)
