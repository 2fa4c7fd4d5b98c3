"""Lines of the app-server's protocol: JSON-RPC without its version member, one message a line. No I/O.

Seen with Codex 0.169 and 0.171; `codex app-server generate-json-schema --out DIR` prints the types of all messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from pytest_codex_replay.errors import AppServerError, RequestRefusedError

_SHOWN_CHARS = 160
_NOT_FOUND = -32601
"""JSON-RPC's code for a method that is not known."""

RequestId: TypeAlias = int | str
Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The app-server's answer to a request of ours."""

    id: RequestId
    result: Any = None
    error: Json | None = None

    def result_of(self, method: str) -> Json:
        """Return the result of `method`.

        Raises:
            RequestRefusedError: the answer is an error.
            AppServerError: the result is no JSON object.
        """
        if self.error is not None:
            code = self.error.get("code")
            raise RequestRefusedError(method, code if isinstance(code, int) else 0, str(self.error.get("message")))
        if not isinstance(self.result, dict):
            raise foreign(f"it answered {method} with {_shown(orjson.dumps(self.result))}")
        return self.result


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What the app-server reports by itself."""

    method: str
    """E.g. `item/started`."""
    params: Mapping[str, Any] = field(repr=False)

    @property
    def thread_id(self) -> str | None:
        """The thread that it is about, if it is about one."""
        return member(self.params, "threadId") or member(self.params, "thread", "id")

    @property
    def turn_id(self) -> str | None:
        """The turn that it is about, if it is about one."""
        return member(self.params, "turnId") or member(self.params, "turn", "id")

    @property
    def item_type(self) -> str | None:
        """Type of the item that it is about, e.g. `commandExecution`."""
        return member(self.params, "item", "type")

    def __str__(self) -> str:
        detail = self.item_type or member(self.params, "error", "message")
        return f"{self.method} ({detail})" if detail else self.method


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRequest(Notification):
    """What the app-server asks of us; it waits for the answer."""

    id: RequestId


Message: TypeAlias = Answer | Notification


def read_message(line: bytes) -> Message:
    """Return the message of a line.

    Raises:
        AppServerError: the line is not such a message.
    """
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as damage:
        raise foreign(f"it printed {_shown(line)}") from damage
    value = value if isinstance(value, dict) else {}
    method, error, params = value.get("method"), value.get("error"), value.get("params")
    params = params if isinstance(params, dict) else {}
    match value.get("id"):
        case int() | str() as number if isinstance(method, str):
            return ServerRequest(id=number, method=method, params=params)
        case int() | str() as number if isinstance(error, dict) or "result" in value:
            return Answer(id=number, result=value.get("result"), error=error)
        case None if isinstance(method, str):
            return Notification(method=method, params=params)
    raise foreign(f"it printed {_shown(line)}")


def request_line(number: RequestId, method: str, params: Json) -> bytes:
    """Return the line that asks for `method`."""
    return _line({"id": number, "method": method, "params": params})


def notification_line(method: str) -> bytes:
    """Return the line that reports `method`."""
    return _line({"method": method})


def answer_line(number: RequestId, result: Json) -> bytes:
    """Return the line that answers a request of the app-server."""
    return _line({"id": number, "result": result})


def unknown_line(request: ServerRequest) -> bytes:
    """Return the line that tells the app-server that its request is not answered here."""
    return _line(
        {"id": request.id, "error": {"code": _NOT_FOUND, "message": f"no answer to {request.method} is given"}}
    )


def member(value: Any, *path: str) -> str | None:
    """Return the text at a path of names; None when there is no text."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None


def foreign(what: str) -> AppServerError:
    """Return the error for what no app-server as we know it says."""
    return AppServerError(f"codex app-server speaks another version of its protocol: {what}")


def _line(value: Json) -> bytes:
    return orjson.dumps(value) + b"\n"


def _shown(text: bytes) -> str:
    shown = text.decode(errors="replace").strip()
    return repr(shown if len(shown) <= _SHOWN_CHARS else f"{shown[:_SHOWN_CHARS]}…")
