"""The ids in an interaction: of threads, turns, requests, responses, calls and items."""

from collections.abc import Iterator

from pytest_codex_replay.codex.headers import REQUEST_ID_HEADERS
from pytest_codex_replay.projection.interactions import Interaction


def names_in(call: Interaction) -> Iterator[tuple[str, str]]:
    """Yield kind and id of each id that an interaction has."""
    identity = call.identity
    yield "session", identity.session_id or ""
    yield "thread", identity.thread_id or ""
    yield "turn", identity.turn_id or ""
    yield "flow", call.flow
    for name, value in (*call.request_headers, *call.response_headers):
        if name.lower() in REQUEST_ID_HEADERS:
            yield "request", value
    if (response := call.response_id) is not None:
        yield "response", response
    for item in call.output:
        for kind, member in (("call", "call_id"), ("item", "id")):
            if isinstance(found := item.get(member), str):
                yield kind, found
