"""One interaction as it went over the wire: request and answer, with their headers."""

from types import MappingProxyType
from typing import Any

from pytest_codex_replay.archive.record import BodyRecord, EventRecord, Headers, MessageRecord
from pytest_codex_replay.cli.page import Page
from pytest_codex_replay.projection.interactions import Interaction, ResponsePart
from pytest_codex_replay.wire.json_values import indented_json
from pytest_codex_replay.wire.payload import Payload

_KINDS = MappingProxyType({EventRecord: "event", BodyRecord: "body", MessageRecord: "message"})


def exchange_json(interaction: Interaction) -> dict[str, Any]:
    """Return the interaction as JSON; times are milliseconds since the request."""
    identity = interaction.identity
    return {
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
            {"at_ms": _at_ms(part, interaction), "kind": _KINDS[type(part)], "value": _value(part.payload)}
            for part in interaction.parts
        ],
        "client_messages": [
            {"at_ms": _at_ms(one.message, interaction), "after": one.after, "value": _value(one.message.payload)}
            for one in interaction.client_messages
        ],
        "outcome": str(interaction.outcome),
    }


def answer_bytes(interaction: Interaction) -> bytes:
    """Return the answer as it came; WebSocket messages are one a line."""
    parts = (part.payload.raw + b"\n" if isinstance(part, MessageRecord) else _raw(part) for part in interaction.parts)
    return b"".join(parts)


def _raw(part: EventRecord | BodyRecord) -> bytes:
    return part.raw if isinstance(part, EventRecord) else part.payload.raw


def print_exchange(page: Page, interaction: Interaction, *, only_headers: bool = False) -> None:
    """Print the request (line, headers, body), then the answer: each event on a line with its time."""
    page.title(f"interaction {interaction.index}", f"{interaction.role}, {interaction.transport}")
    page.plain(f"> {interaction.method} {interaction.url}")
    _print_headers(page, ">", interaction.request_headers)
    if interaction.request is not None and not only_headers:
        page.plain(_indented(interaction.request))
    page.plain()
    page.plain(f"< {interaction.status or 'no answer'}")
    _print_headers(page, "<", interaction.response_headers)
    for position, part in enumerate(() if only_headers else interaction.parts):
        _print_client_messages(page, interaction, position)
        text = _indented(part.payload) if isinstance(part, BodyRecord) else _on_one_line(part)
        at_ms = _at_ms(part, interaction)
        page.plain(text if at_ms is None else f"+{at_ms:.1f} ms  {text}")
    if not only_headers:
        _print_client_messages(page, interaction, len(interaction.parts))
    page.plain(f"= {interaction.outcome}")


def _print_client_messages(page: Page, interaction: Interaction, position: int) -> None:
    """Print what the client sent before a part of the answer."""
    for one in interaction.client_messages:
        if one.after == position:
            page.plain(f"> +{_at_ms(one.message, interaction):.1f} ms  {_on_one_line(one.message)}")


def _print_headers(page: Page, mark: str, headers: Headers) -> None:
    for name, value in headers:
        page.plain(f"{mark} {name}: {value}")


def _value(payload: Payload | None) -> Any:
    if payload is None:
        return None
    return payload.raw.decode(errors="replace") if payload.json is None else payload.json


def _indented(payload: Payload) -> str:
    raw = payload.raw if payload.json is None else indented_json(payload.json)
    return raw.decode(errors="replace")


def _on_one_line(part: EventRecord | MessageRecord) -> str:
    raw = part.payload.raw or getattr(part, "raw", b"")
    return raw.decode(errors="replace").strip().replace("\n", "\\n")


def _at_ms(part: ResponsePart, interaction: Interaction) -> float | None:
    """Return the time since the request; None where it was not measured."""
    return None if interaction.has_canonical_times else round(part.at_ms - interaction.started_at_ms, 3)
