"""The Responses API as Codex uses it: what ends a response, what an item is. No I/O.

Source: codex-rs/codex-api/src/sse/responses.rs and endpoint/responses_websocket.rs (revision of 2026-07).
"""

from enum import StrEnum
from typing import Any

CREATE = "response.create"
"""Type of the frame by which a client asks over the WebSocket."""
INTERRUPT = "response.interrupt"
"""Type of the frame by which it breaks off the answer, to say more."""
DISCARD = "discard_partial_items"
"""The one mode of it that is known: what was finished of the answer stays, the rest is dropped."""
REFUSED_INTERRUPT = "response.interrupt.failed"
"""Type of the event that answers one that came too late, or is not understood."""


class Outcome(StrEnum):
    """How an interaction ended, by what the stream itself said or by how the flow broke off."""

    COMPLETED = "completed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    INTERRUPTED = "interrupted"
    """The client broke the answer off: over the WebSocket, by a frame; of a turn, in whatever way."""
    ERROR = "error"
    """An HTTP status of 400 and above, or a WebSocket `error` frame."""
    CLIENT_GONE = "client-gone"
    UPSTREAM_GONE = "upstream-gone"
    REFUSED = "refused"
    """The upstream could not be reached."""
    TIMEOUT = "timeout"
    SHUTDOWN = "shutdown"
    """The recorder stopped first."""
    UNKNOWN = "unknown"
    """The recording stops here and says no more: a crash, a gap, or damage."""
    RUNNING = "running"
    """More is to come: it is being recorded at this moment."""

    @property
    def is_failed(self) -> bool:
        """Whether it went wrong: it neither completed nor was interrupted, and is not under way."""
        return self not in _FINE


_FINE = frozenset({Outcome.COMPLETED, Outcome.INTERRUPTED, Outcome.RUNNING})
BROKEN_OFF = frozenset({Outcome.CLIENT_GONE, Outcome.UPSTREAM_GONE, Outcome.TIMEOUT, Outcome.SHUTDOWN})
"""Outcomes of an answer whose flow ended first: what was waited for until then did not come."""

HALF = frozenset({Outcome.UNKNOWN, Outcome.SHUTDOWN})
"""Outcomes that say that the recording, not the exchange, broke off."""

_TERMINAL = {
    "response.completed": Outcome.COMPLETED,
    "response.done": Outcome.COMPLETED,
    "response.failed": Outcome.FAILED,
    "response.incomplete": Outcome.INCOMPLETE,
}


def ended_by(event: Any) -> Outcome | None:
    """Return how `event` (an SSE event's data or a WebSocket frame, as JSON) ends its response; None if it goes on.

    An `error` frame without a status is ignored by Codex unless its code is the connection limit.
    """
    if not isinstance(event, dict):
        return None
    kind = event.get("type")
    if kind == "response.incomplete" and _reason(event) == "interrupted":
        return Outcome.INTERRUPTED
    if kind == "error" and ("status" in event or "status_code" in event or isinstance(event.get("error"), dict)):
        return Outcome.ERROR
    return _TERMINAL.get(kind) if isinstance(kind, str) else None


def is_limit(status: int | None, message: str | None) -> bool:
    """Return whether a failure says that there were too many requests, or tokens, or no quota is left."""
    return status == 429 or any(f"({code})" in (message or "") for code in _LIMITS)  # noqa: PLR2004  RFC 6585 §4


_LIMITS = ("rate_limit_exceeded", "usage_limit_reached", "insufficient_quota", "usage_not_included")


def served_model(event: dict[str, Any]) -> str | None:
    """Return the model that answers, where an event has the headers that name it."""
    for holder in (event, event.get("response")):
        headers = holder.get("headers") if isinstance(holder, dict) else None
        if not isinstance(headers, dict):
            continue
        for name in ("openai-model", "x-openai-model"):
            if isinstance(found := headers.get(name), str):
                return found
    return None


def _reason(event: dict[str, Any]) -> Any:
    response = event.get("response")
    details = response.get("incomplete_details") if isinstance(response, dict) else None
    return details.get("reason") if isinstance(details, dict) else None


def output_item(event: Any) -> dict[str, Any] | None:
    """Return the finished item that `event` brings (`response.output_item.done`), if it brings one."""
    if isinstance(event, dict) and event.get("type") == "response.output_item.done":
        item = event.get("item")
        return item if isinstance(item, dict) else None
    return None


def response_id(event: Any) -> str | None:
    """Return the response id that `event` carries, if it carries one."""
    response = event.get("response") if isinstance(event, dict) else None
    found = response.get("id") if isinstance(response, dict) else None
    return found if isinstance(found, str) else None


def failure_events(message: str, *, code: str = "invalid_prompt") -> list[dict[str, Any]]:
    """Events that end a turn at once and show `message` to the user.

    Codex 0.169 tries once on `invalid_prompt` and shows exactly the message, over SSE and WebSocket alike (measured).
    """
    response = {"id": "resp_replay_failed", "object": "response", "status": "in_progress", "output": []}
    error = {"code": code, "message": message}
    failed = {**response, "status": "failed", "error": error}
    return [
        {"type": "response.created", "sequence_number": 0, "response": response},
        {"type": "response.failed", "sequence_number": 1, "response": failed},
    ]
