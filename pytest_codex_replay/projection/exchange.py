"""One interaction as it went over the wire, as a JSON value: request and answer, with their headers. No I/O."""

from types import MappingProxyType
from typing import Any

from pytest_codex_replay.archive.record import BodyRecord, EventRecord, MessageRecord
from pytest_codex_replay.projection.interactions import Interaction, ResponsePart
from pytest_codex_replay.wire.payload import Payload

_BODIES = frozenset({"request", "answer", "client_messages"})
_KINDS = MappingProxyType({EventRecord: "event", BodyRecord: "body", MessageRecord: "message"})


def exchange_json(interaction: Interaction, *, only_headers: bool = False) -> dict[str, Any]:
    """Return the interaction as JSON; times are milliseconds since the request. `only_headers`: without the bodies."""
    identity = interaction.identity
    value = {
        "index": interaction.index,
        "flow": interaction.flow,
        "role": str(interaction.role),
        "transport": str(interaction.transport),
        "thread_id": identity.thread_id,
        "turn_id": identity.turn_id,
        "method": interaction.method,
        "url": interaction.url,
        "request_headers": interaction.request_headers,
        "request": _value(interaction.request),
        "status": interaction.status,
        "response_headers": interaction.response_headers,
        "answer": [
            {"at_ms": at_ms(part, interaction), "kind": _KINDS[type(part)], "value": _value(part.payload)}
            for part in interaction.parts
        ],
        "client_messages": [
            {"at_ms": at_ms(one.message, interaction), "after": one.after, "value": _value(one.message.payload)}
            for one in interaction.client_messages
        ],
        "outcome": str(interaction.outcome),
    }
    return {name: one for name, one in value.items() if not (only_headers and name in _BODIES)}


def answer_bytes(interaction: Interaction) -> bytes:
    """Return the answer as it came; WebSocket messages are one a line."""
    parts = (part.payload.raw + b"\n" if isinstance(part, MessageRecord) else _raw(part) for part in interaction.parts)
    return b"".join(parts)


def _raw(part: EventRecord | BodyRecord) -> bytes:
    return part.raw if isinstance(part, EventRecord) else part.payload.raw


def at_ms(part: ResponsePart, interaction: Interaction) -> float | None:
    """Return the time since the request; None where it was not measured."""
    return None if interaction.has_canonical_times else round(part.at_ms - interaction.started_at_ms, 3)


def _value(payload: Payload | None) -> Any:
    if payload is None:
        return None
    return payload.raw.decode(errors="replace") if payload.json is None else payload.json
