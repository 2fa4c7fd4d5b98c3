"""Sessions as cassettes of vcrpy: each interaction as it is over HTTP. No I/O."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from vcr.request import Request as VcrpyRequest

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.replay.framing import frame
from pytest_codex_replay.replay.playback import recorded_answer
from pytest_codex_replay.replay.reply import Ending, Speed
from pytest_codex_replay.vcr import vcrpy_response
from pytest_codex_replay.wire.json_values import compact_json

_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "connection", "upgrade", "transfer-encoding"})
_OF_FRAMES = ("type", "previous_response_id", "generate")
"""Members of a `response.create` frame that a request over HTTP does not have."""


Pair = tuple[VcrpyRequest, dict[str, Any]]
"""A request and its response, as vcrpy has them."""


def vcr_pairs(interactions: Iterable[Interaction], left_out: Counter[str]) -> Iterator[Pair]:
    """Yield the interactions of a session; `left_out` counts what of them is left out or changed."""
    for one in interactions:
        if why := _not_over_http(one):
            left_out[why] += 1
            continue
        framed = frame(recorded_answer(one, Speed()))
        if framed.ends in {Ending.CUT, Ending.LEFT}:
            left_out["answers that broke off: not exported"] += 1
            continue
        is_socket = one.transport is Transport.WEBSOCKET
        if is_socket:
            left_out["WebSocket calls: exported as HTTP"] += 1
        method = "POST" if is_socket else one.method
        headers = _headers(one.request_headers, is_socket=is_socket)
        yield VcrpyRequest(method, one.url, _body(one), headers), vcrpy_response(framed)


def _not_over_http(one: Interaction) -> str | None:
    if one.status is None:
        return "requests without an answer: not exported"
    if one.transport is not Transport.WEBSOCKET:
        return None
    if one.request is not None and one.request.fields.get("generate") is False:
        return "prewarms: not exported"
    return None if one.is_chain_known else "requests that continue an unknown one: not exported"


def _body(one: Interaction) -> bytes | None:
    """Return the body; a frame says only what is new since the request before, a body says all of it."""
    if one.request is None or one.transport is not Transport.WEBSOCKET:
        return one.request.passing if one.request else None
    members = {name: value for name, value in one.request.fields.items() if name not in _OF_FRAMES}
    return compact_json({**members, "input": list(one.input)})


def _headers(headers: Headers, *, is_socket: bool) -> dict[str, str]:
    kept = {
        name: value
        for name, value in headers
        if name.lower() not in _OF_THE_WIRE and not name.lower().startswith("sec-websocket-")
    }
    return {**kept, **({"accept": "text/event-stream", "content-type": "application/json"} if is_socket else {})}
