"""The ids in an interaction: of threads, turns, requests, responses, calls and items."""

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_codex_replay.codex.headers import REQUEST_ID_HEADERS
from pytest_codex_replay.projection.interactions import Interaction


def names_in(call: Interaction) -> Iterator[tuple[str, str]]:
    """Yield kind and id of each id that an interaction has."""
    identity = call.identity
    yield "session", identity.session_id or ""
    yield "thread", identity.thread_id or ""
    yield "turn", identity.turn_id or ""
    yield "window", identity.window_id or ""
    yield "parent thread", identity.parent_thread_id or ""
    if identity.root_turn_id != identity.turn_id:
        yield "root turn", identity.root_turn_id or ""
    yield "flow", call.flow
    for name, value in (*call.request_headers, *call.response_headers):
        if name.lower() in REQUEST_ID_HEADERS:
            yield "request", value
    if (response := call.response_id) is not None:
        yield "response", response
    if call.request and isinstance(previous := call.request.fields.get("previous_response_id"), str):
        yield "response", previous
    yield from names_of(call.output)
    yield from names_of(call.ids_begun)
    for event in call.told[1]:
        headers = event.get("headers")
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if name.lower() in REQUEST_ID_HEADERS and isinstance(value, str):
                yield "request", value


def names_of(items: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield kind and id of each id that items have."""
    for item in items:
        if not isinstance(item, dict) or _MEMBERS.isdisjoint(item):  # most have none
            continue
        for member, kind in _IDS.items():
            if isinstance(found := item.get(member), str):
                yield kind, found


_IDS = {"call_id": "call", "id": "item", "response_id": "response"}
"""Kinds of ids, by the members that have them."""
_MEMBERS = frozenset(_IDS)
