"""The ids in a session: of threads, turns, requests, responses, calls and items, each where it first stands."""

from collections.abc import Iterable, Iterator, Mapping

from pytest_codex_replay.codex.headers import REQUEST_ID_HEADERS
from pytest_codex_replay.projection.interactions import Interaction


def names_of(
    session: str, calls: Iterable[Interaction], turn_of: Mapping[int, int]
) -> Iterator[tuple[str, str, int | None, int | None]]:
    """Yield kind, id, turn and interaction of each id in a session; the id of the session itself once."""
    known: set[tuple[str, str]] = set()
    yield "session", session, None, None
    known.add(("session", session.lower()))
    for call in calls:
        for kind, name in _names_in(call):
            if name and (kind, name.lower()) not in known:
                known.add((kind, name.lower()))
                yield kind, name, turn_of.get(call.index), call.index


def _names_in(call: Interaction) -> Iterator[tuple[str, str]]:
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
