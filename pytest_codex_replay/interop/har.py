"""HAR 1.2 with the extensions of Chromium: exchanges out, and in again. No I/O.

Members that begin with `_` are free (HAR 1.2 §"Custom fields"). `_codexReplay` is ours: it has what HAR has no place
for, so that what we exported comes back whole. `_webSocketMessages` is Chromium's (front_end/models/har/Log.ts).
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson

from pytest_codex_replay.archive.event_streams import is_called_stream
from pytest_codex_replay.archive.record import FlowEnd, GapRecord, Headers
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.carried import chunks_in, end_in, gap_in, gap_members, members_of
from pytest_codex_replay.interop.exchange import SWITCHING, Exchange, Messages, asks_for_upgrade, phrase_of
from pytest_codex_replay.interop.notes import Notes, is_of_codex
from pytest_codex_replay.interop.packed_messages import PackedMessages
from pytest_codex_replay.interop.session_exchanges import Exchanges
from pytest_codex_replay.recorder.signals import Ended, Message, Requested, Responded
from pytest_codex_replay.wire.sse import SseDecoder, split_event, usual_event
from pytest_codex_replay.wire.url import split_url

OURS = "_codexReplay"
MESSAGES = "_webSocketMessages"
_TEXT, _BINARY, _CLOSE = 1, 2, 8
_SECONDS_END = 1e11
"""Chromium writes the time of a WebSocket message in seconds, Playwright in milliseconds."""


def entry_of(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as an entry of a HAR; the messages of a WebSocket are an iterator: they may be many."""
    request, response = exchange.request, exchange.response
    is_socket = response is not None and response.status == SWITCHING
    answered_ms = response.at_ms if response else None
    last_ms = max(request.at_ms, answered_ms or 0, *(at for at, _ in exchange.chunks), *_end_times(exchange))
    wait = -1 if answered_ms is None else round(answered_ms - request.at_ms, 3)
    receive = -1 if answered_ms is None else round(last_ms - answered_ms, 3)
    entry = {
        "startedDateTime": _iso(request.at_ms),
        "time": round(last_ms - request.at_ms, 3),
        "request": _request_entry(exchange),
        "response": _response_entry(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": wait, "receive": receive},
        "_resourceType": "websocket" if is_socket else "fetch",
    }
    if is_socket:
        entry[MESSAGES] = map(_message_entry, exchange.messages)
    elif response is not None and is_called_stream(response.headers):
        entry["_eventSourceMessages"] = list(_events_of(exchange))
    return entry | {OURS: members_of(exchange)}


def _end_times(exchange: Exchange) -> Iterator[float]:
    yield from (one.at_ms for one in islice(reversed(exchange.messages), 1))
    if exchange.end is not None:
        yield exchange.end.at_ms


def _request_entry(exchange: Exchange) -> dict[str, Any]:
    request = exchange.request
    post = {}
    if request.body is not None:
        text = _text(request.body)
        post = {"postData": {"mimeType": _header(request.headers, "content-type"), "text": text or ""}}
    return {
        "method": request.method,
        "url": request.url,
        "httpVersion": request.http_version,
        "cookies": [],
        "headers": _header_entries(request.headers),
        "queryString": [],
        "headersSize": -1,
        "bodySize": exchange.body_bytes,
        **post,
    }


def _response_entry(exchange: Exchange) -> dict[str, Any]:
    response = exchange.response
    headers = response.headers if response else ()
    status = response.status if response else 0
    body, content = exchange.body, {}
    if body:
        text = _text(body)
        content = {"text": text} if text is not None else {"text": _base64(body), "encoding": "base64"}
    return {
        "status": status,
        "statusText": phrase_of(status),
        "httpVersion": response.http_version if response else "",
        "cookies": [],
        "headers": _header_entries(headers),
        "content": {"size": len(body), "mimeType": _header(headers, "content-type") or "x-unknown", **content},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }


def _message_entry(message: Message) -> dict[str, Any]:
    text = None if message.binary else _text(message.data)
    return {
        "type": "send" if message.from_client else "receive",
        "time": message.at_ms / 1000,
        "opcode": _BINARY if message.binary else _TEXT,
        "data": _base64(message.data) if text is None else text,
        **({"_encoding": "base64"} if text is None else {}),
    }


def _events_of(exchange: Exchange) -> Iterator[dict[str, Any]]:
    decoder = SseDecoder()
    for at_ms, chunk in exchange.chunks:
        if decoder.is_between_events and chunk.endswith(b"\n\n") and (usual := usual_event(chunk)) is not None:
            yield _event_entry(usual[0].decode(errors="replace"), usual[1], at_ms)  # nearly all
            continue
        for event in decoder.feed(chunk, at_ms=at_ms):
            name, data = split_event(event.raw)
            if data is not None:
                yield _event_entry(name, data, event.at_ms)


def _event_entry(name: str | None, data: bytes, at_ms: float) -> dict[str, Any]:
    text = data.decode(errors="replace")
    return {"eventName": name or "message", "eventId": "", "data": text, "time": at_ms / 1000}


def write_har(sessions: Iterable[Exchanges], write: Callable[[bytes], object], version: str) -> None:
    """Write sessions as one HAR, entry by entry: none but the session at hand is in memory."""
    creator = {"name": "codex-replay", "version": version}
    write(b'{"log":{"version":"1.2","creator":%b,"pages":[],"entries":[' % _json(creator))
    gaps, lead = [], b"\n"
    for exchanges in sessions:
        gaps += [gap_members(exchanges.session, gap) for gap in exchanges.gaps]
        for exchange in exchanges.all:
            write(lead)
            _write_entry(entry_of(exchange), write)
            lead = b",\n"
    write(b'\n],"%b":%b}}\n' % (OURS.encode(), _json({"gaps": gaps})))


def _write_entry(entry: dict[str, Any], write: Callable[[bytes], object]) -> None:
    """Write an entry; the messages of a WebSocket one by one."""
    messages = entry.pop(MESSAGES, None)
    if messages is None:
        write(_json(entry))
        return
    dumps = _dumps_for(entry)
    ours = {OURS: entry.pop(OURS)}
    write(dumps(entry)[:-1] + b',"%b":[' % MESSAGES.encode())
    lead = b""
    for message in messages:
        write(lead + dumps(message))
        lead = b","
    write(b"]," + dumps(ours)[1:])


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a header of other bytes than UTF-8 is a text with surrogates
        return _escaped(value)


def _dumps_for(value: Any) -> Callable[[Any], bytes]:
    """Return what writes a value, and others as it writes this one."""
    try:
        orjson.dumps(value)
    except TypeError:
        return _escaped
    return orjson.dumps


def _escaped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def gaps_in(ours: Mapping[str, Any] | None, name: str) -> Iterator[tuple[str | None, GapRecord]]:
    """Yield what the recorder of an exported session had lost, each with the name of its session.

    Raises:
        UsageError: it is not as it was written.
    """
    for gap in (ours or {}).get("gaps", ()):
        yield gap_in(gap, name)


def exchanges_in(entries: Iterable[dict[str, Any]], name: str, notes: Notes) -> Iterator[Exchange]:
    """Yield the exchanges of Codex and of the Responses API; `notes` takes what else there is to know.

    Raises:
        UsageError: an entry is not as HAR 1.2 has it.
    """
    for number, entry in enumerate(entries, start=1):
        try:
            exchange = _exchange(entry, f"{name}-{number}", notes)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            what = f"{type(error).__name__}: {error}"
            raise UsageError(
                f"{name}: entry {number} is not as HAR 1.2 has it ({what}). Nothing was imported."
            ) from error
        if exchange is not None:
            yield exchange


def _exchange(entry: dict[str, Any], flow: str, notes: Notes) -> Exchange | None:
    asked, answered, ours = entry["request"], entry["response"], entry.get(OURS) or {}
    headers, body = _headers(asked), _request_body(asked, ours)
    url = str(asked["url"]).replace("wss://", "https://", 1).replace("ws://", "http://", 1)
    if not ours and not is_of_codex(url, headers, body):
        notes.foreign[split_url(url).netloc or url] += 1
        return None
    notes.others["request", "without its body, which the file does not have"] += (
        body is None and not ours and int(asked.get("bodySize") or 0) > 0
    )
    flow = ours.get("flow", flow)
    at_ms = ours["at_ms"] if "at_ms" in ours else _unix_ms(entry["startedDateTime"])
    version = asked.get("httpVersion", "")
    status = int(answered.get("status") or 0)
    is_upgrade = status == SWITCHING or asks_for_upgrade(headers)
    exchange = Exchange(
        request=Requested(flow, at_ms, asked["method"], url, version, headers, body, is_upgrade),
        body_bytes=int(asked["bodySize"]) if ours else max(int(asked.get("bodySize", -1)), len(body or b"")),
        is_encoded=bool(ours.get("is_encoded")),
        session=ours.get("session"),
    )
    if status > 0:
        answered_ms = ours.get("answered_at_ms", at_ms + max(float(entry["timings"].get("wait") or 0), 0))
        exchange.response = Responded(flow, answered_ms, status, answered.get("httpVersion", ""), _headers(answered))
        exchange.chunks = _chunks(entry, answered_ms, ours, notes)
    notes.others["WebSocket", "without its messages, which the file does not have"] += (
        status == SWITCHING and not ours and not entry.get(MESSAGES)
    )
    exchange.messages = _messages(flow, entry.get(MESSAGES, []))
    exchange.end = _end(exchange, entry, ours)
    return exchange


def _request_body(asked: dict[str, Any], ours: dict[str, Any]) -> bytes | None:
    if "body_base64" in ours:
        return base64.b64decode(ours["body_base64"])
    post = asked.get("postData")
    return None if post is None else _encoded(post.get("text") or "") or None


def _chunks(entry: dict[str, Any], at_ms: float, ours: dict[str, Any], notes: Notes) -> list[tuple[float, bytes]]:
    content, headers = entry["response"].get("content") or {}, _headers(entry["response"])
    text, listed = content.get("text"), entry.get("_eventSourceMessages")
    if text:
        body = base64.b64decode(text) if content.get("encoding") == "base64" else _encoded(text)
        if "chunks" in ours:
            return chunks_in(ours, body)
        notes.without_pace += is_called_stream(headers)
        plain = body if content.get("encoding") == "base64" else _as_utf8(text, body, headers)
        notes.re_encoded += plain is not body
        return [(at_ms, plain)]
    if listed:
        return [(_message_ms(one), _event_bytes(one)) for one in listed]
    notes.without_body += int(content.get("size") or 0) > 0 or is_called_stream(headers)
    return []


def _as_utf8(text: str, body: bytes, headers: Headers) -> bytes:
    """Return a body as it was where its writer took UTF-8 for Latin-1, else the same object.

    mitmproxy and Playwright do, where the content-type names no charset. Events and JSON are UTF-8 always (WHATWG HTML
    §9.2.4, RFC 8259 §8.1). What is UTF-8 again only by accident would have to consist of such pairs throughout.
    """
    kind = _header(headers, "content-type").lower()
    if text.isascii() or "charset" in kind or not ("json" in kind or "event-stream" in kind):
        return body
    try:
        undone = b"".join(map(_latin_byte, text))
        undone.decode()
    except UnicodeError:
        return body
    return undone


def _latin_byte(character: str) -> bytes:
    try:
        return character.encode("latin-1")
    except UnicodeEncodeError:
        return character.encode("cp1252")  # what browsers mean by Latin-1 (WHATWG Encoding §4.2)


def _messages(flow: str, listed: Iterable[dict[str, Any]]) -> Messages:
    """Return messages; those that the file keeps elsewhere are packed."""
    made = (_message(flow, one) for one in listed if _is_data(one))
    if isinstance(listed, list):
        return list(made)
    packed = PackedMessages(flow, in_file=True)
    packed.take(made)
    return packed


def _is_data(message: dict[str, Any]) -> bool:
    return message["opcode"] in {_TEXT, _BINARY}


def _message(flow: str, message: dict[str, Any]) -> Message:
    is_binary = message["opcode"] == _BINARY
    is_encoded = is_binary or message.get("_encoding") == "base64"
    data = base64.b64decode(message["data"]) if is_encoded else _encoded(message["data"])
    return Message(flow, _message_ms(message), message["type"] == "send", data, is_binary)


def _message_ms(message: dict[str, Any]) -> float:
    time = float(message["time"])
    return round(time * 1000 if time < _SECONDS_END else time, 3)


def _event_bytes(event: dict[str, Any]) -> bytes:
    name = event.get("eventName") or "message"
    head = [] if name == "message" else [f"event: {name}"]
    number = [f"id: {event['eventId']}"] if event.get("eventId") else []
    lines = [*head, *number, *(f"data: {line}" for line in event["data"].split("\n"))]
    return _encoded("\n".join(lines) + "\n\n")


def _end(exchange: Exchange, entry: dict[str, Any], ours: dict[str, Any]) -> Ended | None:
    flow, at_ms = exchange.request.flow, exchange.request.at_ms
    if ours:
        return end_in(ours, flow)
    if exchange.response is None:
        return Ended(flow, at_ms, FlowEnd.REFUSED, str(entry["response"].get("_failureText") or "") or None)
    last_ms = max(at_ms + max(float(entry.get("time") or 0), 0), *(one.at_ms for one in exchange.messages), 0.0)
    if exchange.response.status != SWITCHING:
        return Ended(flow, last_ms, FlowEnd.FINISHED)
    is_closed = any(one["opcode"] == _CLOSE for one in entry.get(MESSAGES, ()))
    return Ended(flow, last_ms, FlowEnd.CLOSED if is_closed else FlowEnd.CLIENT_GONE)


def _headers(side: dict[str, Any]) -> Headers:
    """Return headers; pseudo-headers of HTTP/2 say nothing more than the request line."""
    found = ((str(one["name"]), str(one["value"])) for one in side["headers"])
    return tuple((name, value) for name, value in found if not name.startswith(":"))


def _header_entries(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _header(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _iso(at_ms: float) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unix_ms(text: str) -> float:
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000
