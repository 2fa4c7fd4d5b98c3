"""A conversation with an app-server: requests and their answers, its notifications, and what it asks of us.

All is done in the caller's thread, while it waits for something: what answers a request of the server may itself send
a request.
"""

import re
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from pytest_codex_replay.errors import AppServerError
from pytest_codex_replay.launch.app_process import AppProcess, now_s
from pytest_codex_replay.launch.app_protocol import (
    Answer,
    Json,
    Notification,
    RequestId,
    ServerRequest,
    answer_line,
    foreign,
    member,
    notification_line,
    read_message,
    request_line,
    unknown_line,
)

_CLIENT = {"name": "pytest-codex-replay", "title": "pytest-codex-replay", "version": "1"}
"""Goes into the headers of model calls: the version is not ours, so that an upgrade changes none."""
_VERSION = re.compile(r"/(\d+\.\d+\S*)")
_T = TypeVar("_T")


class AppConnection:
    """Talks to one app-server, which it starts when it is first needed."""

    def __init__(
        self, start: Callable[[], AppProcess], answer: Callable[[ServerRequest], Json | None], *, timeout_s: float
    ) -> None:
        """Prepare to talk to the server that `start` starts.

        Args:
            start: called once, by the first request.
            answer: gives the result that answers a request of the server; None when nothing does.
            timeout_s: how long to wait for an answer.
        """
        self.notifications: list[Notification] = []
        """What the server reported and asked so far, oldest first."""
        self.transcript: list[tuple[str, bytes]] = []
        """Each line so far, with `sent` or `received`."""
        self.capabilities: Json = {}
        """What the server is told at its start that the client can."""
        self.version = ""
        """Of the server's Codex; empty until it is started."""
        self.timeout_s = timeout_s
        self._start = start
        self._answer = answer
        self._process: AppProcess | None = None
        self._answers: dict[RequestId, Answer] = {}
        self._numbers = count(1)

    def request(self, method: str, params: Json, *, timeout_s: float | None = None) -> Json:
        """Send a request and return the result.

        Raises:
            RequestRefusedError: the server answered with an error.
            AppServerError: the server ended, hangs, or speaks another protocol.
        """
        self._open()
        return self._request(method, params, timeout_s or self.timeout_s)

    def wait_for(self, find: Callable[[], _T | None], what: str, *, timeout_s: float) -> _T:
        """Take in messages until `find` returns what is waited for.

        Raises:
            AppServerError: it did not come in time, or the server ended.
        """
        deadline = now_s() + timeout_s
        while (found := find()) is None:
            line = self._running().receive(deadline=deadline)
            if line is None:
                raise self._hangs(what, timeout_s)
            self._take(line)
        return found

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.stop()

    def _open(self) -> None:
        if self._process is not None:
            return
        self._process = self._start()
        params = {"clientInfo": _CLIENT, "capabilities": self.capabilities}
        agent = self._request("initialize", params, self.timeout_s).get("userAgent")
        if not isinstance(agent, str):
            raise foreign("it answered initialize without its userAgent")
        version = _VERSION.search(agent)
        self.version = version[1] if version else agent
        self._send(notification_line("initialized"), self.timeout_s)

    def _request(self, method: str, params: Json, timeout_s: float) -> Json:
        number = next(self._numbers)
        self._send(request_line(number, method, params), timeout_s)
        answer = self.wait_for(lambda: self._answers.pop(number, None), f"no answer to {method}", timeout_s=timeout_s)
        return answer.result_of(method)

    def _send(self, line: bytes, timeout_s: float) -> None:
        self.transcript.append(("sent", line))
        if not self._running().send(line, deadline=now_s() + timeout_s):
            raise self._hangs("it takes no more input", timeout_s)

    def _take(self, line: bytes) -> None:
        self.transcript.append(("received", line))
        message = read_message(line)
        if isinstance(message, Answer):
            self._answers[message.id] = message
            return
        self.notifications.append(message)
        if isinstance(message, ServerRequest):
            result = self._answer(message)
            reply = unknown_line(message) if result is None else answer_line(message.id, result)
            self._send(reply, self.timeout_s)
            if result is None:
                asked = message.method
                raise AppServerError(f"codex app-server asks {asked}: give codex_app.answers[{asked!r}]")

    def _running(self) -> AppProcess:
        assert self._process is not None
        return self._process

    def _hangs(self, what: str, timeout_s: float) -> AppServerError:
        last = f"it reported last: {self.notifications[-1]}" if self.notifications else "it reported nothing"
        complaint = self._running().complaint
        said = f"; its last error: {complaint}" if complaint else ""
        return AppServerError(f"codex app-server: {what} within {timeout_s:g} s; {last}{said}")


def text_at(value: Any, method: str, *path: str) -> str:
    """Return the text at a path in the answer to a method.

    Raises:
        AppServerError: the answer has no such member.
    """
    if (found := member(value, *path)) is None:
        raise foreign(f"its answer to {method} has no {'.'.join(path)}")
    return found
