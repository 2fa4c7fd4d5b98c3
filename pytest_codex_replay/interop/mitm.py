"""Flow files of mitmproxy: exchanges out, and in again. Its own io writes and reads them, where it is installed.

What a flow has no place for stands in its `metadata`, under `codex_replay`, as JSON text: session, times of chunks, how
it ended. So what we exported comes back whole.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from importlib.util import find_spec
from itertools import chain
from typing import Any, BinaryIO
from uuid import UUID

from pytest_codex_replay.archive.event_streams import is_called_stream
from pytest_codex_replay.archive.record import FlowEnd, GapRecord, Headers
from pytest_codex_replay.codex.glance import FINE, asked_by, comment_on, outcome_in, with_outcome
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.carried import chunks_in, end_in, gap_in, gap_members, members_of
from pytest_codex_replay.interop.exchange import (
    SWITCHING,
    Exchange,
    Lost,
    Messages,
    asks_for_upgrade,
    decoded,
    phrase_of,
)
from pytest_codex_replay.interop.flow_file import MessagesOut, flows_in, of_mitmproxy, write_flow
from pytest_codex_replay.interop.notes import Notes, is_of_codex
from pytest_codex_replay.interop.packed_messages import PackedMessages
from pytest_codex_replay.interop.session_exchanges import Exchanges
from pytest_codex_replay.recorder.signals import Ended, Message, Requested, Responded, closed, how_it_broke
from pytest_codex_replay.wire.url import port_of, split_url

_OURS = "codex_replay"
_BEGINS = re.compile(rb"\d{1,12}:")
"""A flow is a tnetstring: its length comes first."""
_PORTS = {"http": 80, "https": 443}
_FAILED_STATUS = 400
_WITHOUT_BODY = frozenset({SWITCHING, 204, 205, 304})
_OF_ENCODING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_VERSION = "flow format version"
"""In mitmproxy's error where a file is of another version than it reads."""


def are_flows(head: bytes) -> bool:
    """Return whether a file that begins like this holds flows."""
    return _BEGINS.match(head) is not None


def check_is_here(what: str) -> None:
    """Make sure that mitmproxy can be imported.

    Raises:
        UsageError: it cannot; the text says where to type the command.
    """
    if find_spec("mitmproxy") is None:
        raise UsageError(
            f"{what}: needs mitmproxy, which is not installed in this environment. Type the same command as the "
            "codex-replay of the recorder's environment (uv tool install 'pytest-codex-replay[record]' makes one)."
        )


def write_flows(sessions: Iterable[Exchanges], file: BinaryIO) -> None:
    """Write sessions as flows, one by one. The first flow of a session carries what its recorder lost."""
    for exchanges in sessions:
        turns: dict[str, int] = {}
        for number, exchange in enumerate(exchanges.all):
            flow = _flow_of(exchange, turns, () if number else exchanges.gaps)
            write_flow(file, flow, MessagesOut(exchange.messages))


def _flow_of(exchange: Exchange, turns: dict[str, int], gaps: Iterable[GapRecord]) -> Any:
    connection, request, end = of_mitmproxy("connection"), exchange.request, exchange.end
    here, began = ("127.0.0.1", 0), request.at_ms / 1000
    client = connection.Client(peername=here, sockname=here, timestamp_start=began)
    scheme, host, port, path = _parts(request.url)
    flow = of_mitmproxy("http").HTTPFlow(client, connection.Server(address=(host, port)))
    flow.id, flow.timestamp_created = _id_of(exchange), began
    flow.request = of_mitmproxy("http").Request(
        host, port, _raw(request.method), _raw(scheme), b"", _raw(path), _raw(request.http_version),
        _fields(request.headers, request.body, is_encoded=False), request.body or b"", None, began, began,
    )  # fmt: skip
    if exchange.response is not None:
        flow.response = _response(exchange, exchange.response)
        flow.websocket = _websocket(exchange) if exchange.response.status == SWITCHING else None
    if end is not None and end.how not in {FlowEnd.FINISHED, FlowEnd.CLOSED}:
        flow.error = of_mitmproxy("flow").Error(_text(end.error or end.how), end.at_ms / 1000)
    flow.metadata[_OURS] = json.dumps(_carried(exchange, flow, gaps))
    flow.comment, flow.marked = _comment(exchange, turns)
    return flow


def _id_of(exchange: Exchange) -> str:
    """Return an id that no flow of another session has: mitmweb shows one flow of an id, and opens hexadecimal ones."""
    name = f"{exchange.session}\0{exchange.request.flow}"
    return str(UUID(bytes=sha256(name.encode(errors="surrogatepass")).digest()[:16]))


def _response(exchange: Exchange, response: Responded) -> Any:
    last_ms = max([response.at_ms, *(at_ms for at_ms, _ in exchange.chunks)])
    fields = _fields(response.headers, exchange.body, is_encoded=exchange.is_encoded)
    return of_mitmproxy("http").Response(
        _raw(response.http_version), response.status, _raw(phrase_of(response.status)), fields, exchange.body, None,
        response.at_ms / 1000, last_ms / 1000,
    )  # fmt: skip


def _websocket(exchange: Exchange) -> Any:
    end = exchange.end
    return of_mitmproxy("websocket").WebSocketData(
        closed_by_client=end and end.closed_by_client,
        close_code=end and end.close_code,
        close_reason=None if end is None or end.close_reason is None else _text(end.close_reason),
        timestamp_end=end and end.at_ms / 1000,
    )


def _carried(exchange: Exchange, flow: Any, gaps: Iterable[GapRecord]) -> dict[str, Any]:
    """Return what goes into the metadata: what a flow has no place for, and what it cannot have as it was."""
    members = {**members_of(exchange), "url": exchange.request.url, "body_bytes": exchange.body_bytes}
    members.pop("body_base64", None)
    for name, there, message in (
        ("request_headers", exchange.request, flow.request),
        ("response_headers", exchange.response, flow.response),
    ):
        if there is not None and _headers(message) != there.headers:
            members[name] = there.headers
    if listed := [gap_members(exchange.session, gap) for gap in gaps]:
        members["gaps"] = listed
    return members


def _comment(exchange: Exchange, turns: dict[str, int]) -> tuple[str, str]:
    """Return the comment and the marker that `codex-replay record --web` gives the flow while it happens."""
    frames = (one.data for one in exchange.messages if one.from_client)
    asked = chain([first], frames) if (first := next(frames, None)) is not None else [exchange.request.body or b""]
    who = [found for data in asked if (found := asked_by(data, exchange.request.headers)) is not None]
    comments = [comment_on(one, turns) for one in who]
    outcome = _outcome(exchange)
    if not comments or outcome is None:
        return "".join(comments[-1:]), ""
    return with_outcome(comments[-1], outcome), "" if outcome in FINE else ":red_circle:"


def _outcome(exchange: Exchange) -> str | None:
    if exchange.response is not None and exchange.response.status >= _FAILED_STATUS:
        return str(exchange.response.status)
    told_by = (one.data for one in reversed(exchange.messages) if not one.from_client)
    answers = (data for data in told_by if b'"delta"' not in data[:200])
    found = (outcome_in(data) for data in chain(answers, [exchange.body]))
    told = next((outcome for outcome in found if outcome is not None), None)
    is_broken = exchange.end is not None and exchange.end.how not in {FlowEnd.FINISHED, FlowEnd.CLOSED}
    return told or ("broken off" if is_broken else None)


def exchanges_in(file: BinaryIO, name: str, notes: Notes) -> Iterator[Exchange | Lost]:
    """Yield the exchanges of Codex and of the Responses API; `notes` takes what else there is to know.

    Raises:
        UsageError: a newer mitmproxy wrote it, it is not a file of flows, or what we wrote into it was changed.
    """
    at_ms = 0.0
    for number, flow in enumerate(_flows(file, name, notes), start=1):
        if flow is None:
            yield _lost("the file is cut off", at_ms)
            return
        if flow.type != "http":
            notes.foreign[f"{(flow.server_conn.address or ('unknown',))[0]} by {flow.type}"] += 1
            continue
        try:
            ours = json.loads(flow.metadata.get(_OURS, "{}"))
            exchange = _exchange(flow, ours, notes)
            yield from (Lost(gap, session) for session, gap in (gap_in(one, name) for one in ours.get("gaps", ())))
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            what = f"{type(error).__name__}: {error}"
            raise UsageError(f"{name}: flow {number} was changed ({what}). Nothing was imported.") from error
        if exchange is None:
            notes.foreign[flow.request.pretty_host] += 1
            continue
        at_ms = exchange.request.at_ms
        yield exchange
        first = next(iter(exchange.messages), None)
        if not ours and first is not None and not first.from_client:
            notes.others["WebSocket", "without its beginning, which mitmproxy did not keep"] += 1
            yield _lost("messages that mitmproxy did not keep", at_ms, flow.id)


def _flows(file: BinaryIO, name: str, notes: Notes) -> Iterator[Any]:
    """Yield the flows; None where the rest cannot be read."""
    count, broken = 0, of_mitmproxy("exceptions").FlowReadException
    try:
        for flow in flows_in(file):
            count += 1
            yield flow
    except (broken, LookupError, AttributeError, AssertionError, RecursionError, TypeError, ValueError) as error:
        if _VERSION in str(error):
            raise UsageError(f"{name}: of another mitmproxy: {error} Nothing was imported.") from error
        if not count:
            raise UsageError(f"{name}: not a whole file of mitmproxy's flows ({error}). Save it again.") from error
        notes.others["place", f"where the file is cut off, behind flow {count}: what follows is not imported"] += 1
        yield None


def _lost(why: str, at_ms: float, *flows: str) -> Lost:
    return Lost(GapRecord(at_ms=at_ms, until_ms=at_ms, reason=why, lost_count=1, lost_bytes=0, flows=flows))


def _exchange(flow: Any, ours: Mapping[str, Any], notes: Notes) -> Exchange | None:
    asked, answered, number = flow.request, flow.response, ours.get("flow", flow.id)
    headers, raw = _headers(asked, ours.get("request_headers")), asked.raw_content
    url, at_ms = ours.get("url", asked.pretty_url), ours.get("at_ms", asked.timestamp_start * 1000)
    body = raw if ours or not raw else decoded(raw, headers)[0]
    if not ours and not is_of_codex(url, headers, body):
        return None
    is_upgrade = flow.websocket is not None or asks_for_upgrade(headers)
    method = asked.data.method.decode(errors="surrogateescape")
    kept_body = (body or b"") if ours.get("has_body", body) else None
    exchange = Exchange(
        request=Requested(number, at_ms, method, url, asked.http_version, headers, kept_body, is_upgrade),
        body_bytes=ours.get("body_bytes", len(raw or b"")),
        session=ours.get("session"),
    )
    if raw is None:
        notes.others["request", "without its body, which the file does not have"] += 1
    if answered is not None:
        _take_answer(exchange, answered, ours, notes)
    if flow.websocket:
        exchange.messages = _messages(number, flow.websocket.messages)
    exchange.end = end_in(ours, number) if ours else _end(flow)
    if not ours and (flow.comment or flow.marked):
        notes.others["comment or marker", "of mitmproxy: not imported"] += 1
    return exchange


def _take_answer(exchange: Exchange, answered: Any, ours: Mapping[str, Any], notes: Notes) -> None:
    headers, raw = _headers(answered, ours.get("response_headers")), answered.raw_content
    at_ms = ours.get("answered_at_ms", answered.timestamp_start * 1000)
    flow, status = exchange.request.flow, answered.status_code
    exchange.response = Responded(flow, at_ms, status, answered.http_version, headers)
    if "chunks" in ours:
        exchange.chunks, exchange.is_encoded = chunks_in(ours, raw), bool(ours.get("is_encoded"))
    elif raw and not ours:
        body, exchange.is_encoded = decoded(raw, headers)
        exchange.chunks = [(at_ms, body)]
        notes.without_pace += is_called_stream(headers)
    notes.without_body += raw is None and status not in _WITHOUT_BODY


def _messages(flow: str, listed: Iterable[Any]) -> Messages:
    """Return messages; those that mitmproxy does not hold are packed."""
    made = (_message(flow, one) for one in listed if not one.dropped)
    if isinstance(listed, list):
        return list(made)
    packed = PackedMessages(flow, in_file=True)
    packed.take(made)
    return packed


def _message(flow: str, message: Any) -> Message:
    at_ms = round(message.timestamp * 1000, 3)
    return Message(flow, at_ms, message.from_client, message.content, not message.is_text)


def _end(flow: Any) -> Ended | None:
    """Return how a flow that mitmproxy saw ended, as the recorder sees it; None: it was still open."""
    socket, error, answered = flow.websocket, flow.error, flow.response
    broken = how_it_broke(
        error.msg if error else "",
        client_closed=flow.client_conn.timestamp_end,
        request_ended=flow.request.timestamp_end,
        connected=flow.server_conn.timestamp_tcp_setup,
        is_answered=answered is not None,
    )
    if socket is not None and socket.timestamp_end is not None:
        how = FlowEnd.CLIENT_GONE if socket.closed_by_client else broken
        close = (socket.close_code, socket.close_reason or None, socket.closed_by_client)
        return closed(Ended(flow.id, socket.timestamp_end * 1000, how, None, *close))
    if error is not None:
        return Ended(flow.id, error.timestamp * 1000, broken, error.msg)
    if socket is not None or answered is None or answered.timestamp_end is None:
        return None
    return Ended(flow.id, answered.timestamp_end * 1000, FlowEnd.FINISHED)


def _headers(message: Any, carried: Iterable[Iterable[str]] | None = None) -> Headers:
    """Return the headers in their order and spelling."""
    if carried is not None:
        return tuple((name, value) for name, value in carried)
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in message.headers.fields)


def _fields(headers: Headers, body: bytes | None, *, is_encoded: bool) -> Any:
    """Return headers for a body that is decoded already."""
    names = {name.lower() for name, _ in headers}
    if "content-encoding" in names and not is_encoded:
        headers = tuple(one for one in headers if one[0].lower() not in _OF_ENCODING)
        headers += (("content-length", str(len(body or b""))),)
    return of_mitmproxy("http").Headers([(_raw(name), _raw(value)) for name, value in headers])


def _parts(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path, as far as an address has them."""
    parts = split_url(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, _text(parts.hostname or ""), port_of(parts) or _PORTS.get(parts.scheme, 443), path or "/"


def _raw(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass")  # as it was, it is carried


def _text(text: str) -> str:
    return text.encode(errors="replace").decode()
