"""Threads and turns of an app-server: started, steered, interrupted, waited for; what came of them as typed values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_codex_replay.codex.approvals import Approval, shell_command
from pytest_codex_replay.errors import AppServerError, RequestRefusedError
from pytest_codex_replay.launch.app_connection import AppConnection, text_at
from pytest_codex_replay.launch.app_protocol import Json, Notification, member
from pytest_codex_replay.launch.approval_rules import Rules, check_rules

TURN_S = 120.0
"""How long a turn may take, unless the test says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppItem:
    """What was done or said in a turn, once it was finished."""

    type: str
    """`commandExecution`, `fileChange`, `agentMessage`, `reasoning`, …"""
    id: str
    status: str | None
    """`completed`, `failed` or `declined`; None for what has no status."""
    text: str
    """Of a message."""
    command: str | None
    """As the model wrote it."""
    output: str | None
    """What the command printed; None when it did not run."""
    exit_code: int | None
    value: Mapping[str, Any] = field(repr=False)
    """All that the server reported of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """A turn that is over."""

    id: str
    thread_id: str
    status: str
    """`completed`, `interrupted` or `failed`."""
    items: tuple[AppItem, ...]
    approvals: tuple[Approval, ...]
    """What Codex asked for, and what it was answered."""
    error: str | None
    """Why it failed."""
    notifications: tuple[Notification, ...] = field(repr=False)

    @property
    def text(self) -> str:
        """Text of the last message; empty without one."""
        return next((item.text for item in reversed(self.items) if item.type == "agentMessage"), "")


class AppTurn:
    """A turn that was started."""

    def __init__(self, connection: AppConnection, *, thread_id: str, prompt: str, rules: Rules) -> None:
        """Prepare a turn; `start` starts it."""
        self.thread_id = thread_id
        self.prompt = prompt
        self.rules = rules
        self.id = ""
        self.approvals: list[Approval] = []
        """What Codex asked for so far, and what it was answered."""
        self._connection = connection
        self._first = self._next = self._checked = len(connection.notifications)
        self._ending: Notification | None = None
        self._has_begun = False
        self._is_interrupted = False

    def start(self, params: Json) -> None:
        """Let Codex begin."""
        answer = self._connection.request("turn/start", params)
        self.id = text_at(answer, "turn/start", "turn", "id")

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """What the server reported and asked of this turn so far."""
        return tuple(one for one in self._connection.notifications[self._first :] if one.turn_id == self.id)

    @property
    def is_over(self) -> bool:
        """Whether the server reported its end, as far as was read."""
        return self._end() is not None

    def wait_for(
        self, method: str, where: Callable[[Notification], bool] = lambda _: True, *, timeout_s: float = TURN_S
    ) -> Notification:
        """Return the next notification of a method, from where the last call of this stopped.

        Args:
            method: e.g. `item/started`.
            where: what else it has to be.
            timeout_s: how long to wait.

        Raises:
            AppServerError: it did not come in time, or the turn or the server ended before.
        """

        def find() -> Notification | None:
            seen = self._connection.notifications
            while self._next < len(seen):
                self._next += 1
                if (one := seen[self._next - 1]).turn_id == self.id and one.method == method and where(one):
                    return one
            if (end := self._end()) is not None:
                raise AppServerError(f"the turn {self.prompt!r} is over ({_status(end)}), and no {method} came")
            return None

        return self._connection.wait_for(find, f"no {method}", timeout_s=timeout_s)

    def steer(self, text: str) -> None:
        """Tell Codex something while it works.

        Raises:
            AppServerError: the turn is over.
        """
        self._ask("turn/steer", "steer", {"expectedTurnId": self.id, "input": _input(text)})

    def interrupt(self) -> None:
        """Let Codex stop. `result` tells what it had done.

        Raises:
            AppServerError: the turn is over, or was interrupted before.
        """
        if self._is_interrupted:
            raise AppServerError(f"the turn {self.prompt!r} was interrupted before: nothing to interrupt")
        self._is_interrupted = True
        self._ask("turn/interrupt", "interrupt", {"turnId": self.id})

    def result(self, *, timeout_s: float = TURN_S) -> TurnResult:
        """Wait for the end of the turn and return what came of it.

        Raises:
            AppServerError: it did not end in time, or the server ended before.
        """
        what = f"the turn {self.prompt!r} did not end"
        end = self._connection.wait_for(self._end, what, timeout_s=timeout_s)
        seen = self.notifications
        done = [one.params["item"] for one in seen if one.method == "item/completed" and one.item_type]
        return TurnResult(
            id=self.id,
            thread_id=self.thread_id,
            status=_status(end),
            items=tuple(map(_item, done)),
            approvals=tuple(self.approvals),
            error=member(end.params, "turn", "error", "message"),
            notifications=seen,
        )

    def _ask(self, method: str, verb: str, params: Json) -> None:
        begins = f"the turn {self.prompt!r} did not begin"  # until it does, the server knows of none
        self._connection.wait_for(self._beginning, begins, timeout_s=self._connection.timeout_s)
        if (end := self._end()) is not None:
            raise AppServerError(f"the turn {self.prompt!r} is over ({_status(end)}): nothing to {verb}")
        try:
            self._connection.request(method, {"threadId": self.thread_id, **params})
        except RequestRefusedError as error:
            raise AppServerError(f"the turn {self.prompt!r} cannot be {verb}ed any more: {error.message}") from error

    def _beginning(self) -> bool | None:
        return self._end() is not None or self._has_begun or None

    def _end(self) -> Notification | None:
        """Look through what came since the last call."""
        for one in self._connection.notifications[self._checked :]:
            if one.turn_id == self.id:
                self._has_begun = True
                self._ending = one if one.method == "turn/completed" else self._ending
        self._checked = len(self._connection.notifications)
        return self._ending


class AppThread:
    """One conversation."""

    def __init__(self, connection: AppConnection, thread_id: str, started: Callable[[AppTurn], None]) -> None:
        """Take the id that the server gave; `started` is told of each turn."""
        self.id = thread_id
        self._connection = connection
        self._started = started

    def start(self, prompt: str, *, approvals: Rules = None, **params: Any) -> AppTurn:
        """Start a turn, and return while Codex works on it.

        Args:
            prompt: the user's input.
            approvals: what to answer when Codex asks; what no rule matches is an error.
            **params: of `turn/start`, as the protocol has them, e.g. `effort="low"`.

        Raises:
            UsageError: a decision is unknown.
            AppServerError: the server refuses, ended or hangs.
        """
        check_rules(approvals)
        turn = AppTurn(self._connection, thread_id=self.id, prompt=prompt, rules=approvals)
        self._started(turn)
        turn.start({"threadId": self.id, "input": _input(prompt), **params})
        return turn

    def run(self, prompt: str, *, approvals: Rules = None, timeout_s: float = TURN_S, **params: Any) -> TurnResult:
        """Run a turn to its end; arguments and errors are those of `start` and `AppTurn.result`."""
        return self.start(prompt, approvals=approvals, **params).result(timeout_s=timeout_s)


def _input(text: str) -> list[Json]:
    return [{"type": "text", "text": text}]


def _status(end: Notification) -> str:
    return member(end.params, "turn", "status") or "unknown"


def _item(value: Mapping[str, Any]) -> AppItem:
    exit_code, command = value.get("exitCode"), member(value, "command")
    return AppItem(
        type=str(value.get("type")),
        id=str(value.get("id")),
        status=member(value, "status"),
        text=member(value, "text") or "",
        command=None if command is None else shell_command(command),
        output=member(value, "aggregatedOutput"),
        exit_code=exit_code if isinstance(exit_code, int) else None,
        value=value,
    )
