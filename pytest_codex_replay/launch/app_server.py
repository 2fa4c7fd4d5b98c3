"""The real `codex app-server`, for tests of what goes on between Codex and its user."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

from pytest_codex_replay.codex.approvals import APPROVALS, Approval, approval_result
from pytest_codex_replay.launch.app_connection import AppConnection, text_at
from pytest_codex_replay.launch.app_process import AppProcess
from pytest_codex_replay.launch.app_protocol import Json, Notification, ServerRequest
from pytest_codex_replay.launch.app_turn import AppThread, AppTurn
from pytest_codex_replay.launch.approval_rules import approval_of, decide
from pytest_codex_replay.launch.codex_cli import CodexCli

AnswerOf: TypeAlias = Json | Callable[[Mapping[str, Any]], Json]
"""The result that answers a request of the server, or what makes it of the request's parameters."""
START_S = 30.0


class AppServer:
    """`with AppServer(codex) as app:` drives an app-server, which is started by the first request."""

    def __init__(self, codex: CodexCli, *, timeout_s: float = START_S) -> None:
        """Prepare to drive the app-server of `codex`, with its home, arguments and environment.

        Args:
            codex: what to start, and where.
            timeout_s: how long the server may take to answer a request.
        """
        self.codex = codex
        self.answers: dict[str, AnswerOf] = {}
        """What to answer to other requests of the server than approvals, by method."""
        self.approvals: list[Approval] = []
        """What Codex asked for so far, in all its turns, and what it was answered."""
        self._turns: list[AppTurn] = []
        self._connection = AppConnection(self._start, self._answer, timeout_s=timeout_s)

    @property
    def version(self) -> str:
        """Version of Codex; empty until the server is started."""
        return self._connection.version

    @property
    def capabilities(self) -> Json:
        """What the server is told at its start; e.g. `["experimentalApi"] = True` lets it take experimental fields."""
        return self._connection.capabilities

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """What the server reported and asked so far, as far as it was waited for."""
        return tuple(self._connection.notifications)

    @property
    def transcript(self) -> tuple[tuple[str, bytes], ...]:
        """Each line so far, with `sent` or `received`."""
        return tuple(self._connection.transcript)

    def start_thread(
        self, *, cwd: Path | None = None, approval_policy: str = "untrusted", sandbox: str | None = None, **params: Any
    ) -> AppThread:
        """Start a conversation.

        Args:
            cwd: where Codex works; None: the directory of `codex`.
            approval_policy: when Codex asks. `untrusted`: before each command but the known harmless ones, which does
                not depend on what the machine can sandbox; `on-request`; `never`.
            sandbox: as Codex calls it; None: that of `codex`.
            **params: of `thread/start`, as the protocol has them, e.g. `model="gpt-5.5"`.

        Raises:
            AppServerError: the server did not start, refuses, ended, or hangs.
        """
        where = {"cwd": str(cwd or self.codex.cwd), "sandbox": sandbox or self.codex.sandbox}
        return self._thread("thread/start", {**where, "approvalPolicy": approval_policy, **params})

    def resume_thread(self, thread_id: str, **params: Any) -> AppThread:
        """Go on with a conversation that is in the home of `codex`; errors are those of `start_thread`."""
        return self._thread("thread/resume", {"threadId": thread_id, **params})

    def request(self, method: str, params: Json, *, timeout_s: float | None = None) -> Json:
        """Send any request of the protocol and return its result.

        Raises:
            RequestRefusedError: the server answered with an error.
            AppServerError: the server did not start, ended, hangs, or speaks another protocol.
        """
        return self._connection.request(method, params, timeout_s=timeout_s)

    def stop(self) -> None:
        """End the server, and whatever it had started."""
        self._connection.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the server."""
        self.stop()

    def _start(self) -> AppProcess:
        codex = self.codex
        codex.home.mkdir(parents=True, exist_ok=True)
        return AppProcess([str(codex.binary), "app-server", *codex.args], cwd=codex.cwd, env=codex.environment())

    def _thread(self, method: str, params: Json) -> AppThread:
        answer = self._connection.request(method, params)
        return AppThread(self._connection, text_at(answer, method, "thread", "id"), self._turns.append)

    def _answer(self, request: ServerRequest) -> Json | None:
        if request.method in self.answers:
            answer = self.answers[request.method]
            return answer(request.params) if callable(answer) else answer
        if request.method not in APPROVALS or not self._turns:
            return None
        turn = self._turn_of(request)
        asked = approval_of(request, self._connection.notifications, turn.prompt)
        decision = decide(turn.rules, asked)
        name = decision if isinstance(decision, str) else next(iter(decision), "")
        answered = replace(asked, decision=name)
        turn.approvals.append(answered)
        self.approvals.append(answered)
        return approval_result(request.method, request.params, decision)

    def _turn_of(self, request: ServerRequest) -> AppTurn:
        """Return the turn that a request belongs to; what a sub-agent asks belongs to the turn that started last."""
        return next((turn for turn in self._turns if turn.id == request.turn_id), self._turns[-1])
