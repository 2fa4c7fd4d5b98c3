"""Conversation archives of codex-lb, `YYYY-MM-DDTHH.jsonl.gz`: exchanges in. No I/O.

A record a line: a request, an event, a frame, or the body of an answer (app/core/conversation_archive, 2026-08). A gzip
member holds one record or a batch of them; a record that is cut short costs its member, and what is behind is read.
"""

import io
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

import orjson

from pytest_codex_replay.archive.record import FlowEnd, GapRecord, Headers
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.exchange import SWITCHING, Exchange, Lost
from pytest_codex_replay.interop.notes import Notes, is_of_codex
from pytest_codex_replay.interop.packed_messages import PackedMessages
from pytest_codex_replay.interop.packed_pieces import PackedPieces, Piece, in_one_file
from pytest_codex_replay.limits import (
    JSON_VALUES,
    LINE_BYTES,
    SPARSE_BYTES,
    is_sparse,
    rollout_lines_of,
    scanned_of,
    values_in,
)
from pytest_codex_replay.recorder.signals import Ended, Message, Requested, Responded
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.responses import ended_by
from pytest_codex_replay.wire.sse import join_event, split_event
from pytest_codex_replay.wire.url import split_url

_MAGIC = b"\x1f\x8b\x08"
_GZIP = 31
"""Window bits by which zlib reads gzip."""
_PIECE_BYTES = 4 * 1024
"""Of gzip: it may expand to a thousand times as many."""
_READ_BYTES = 1024 * 1024
"""Of a file that is not compressed."""
_FEW_BYTES = 256 * 1024
"""Of the records of a WebSocket whose messages are not packed."""
_NOTHING = "Nothing was imported."
_LINE_SHOWS = b'"direction":"'
_SSE: Headers = (("content-type", "text/event-stream"),)
_JSON: Headers = (("content-type", "application/json"),)


@dataclass(slots=True)
class _Call:
    """A request, and the records of its answer."""

    request_id: Any
    transport: str
    records: PackedPieces
    """The request, and what came behind it from either side, as JSON."""
    size: int = 0
    """Bytes of the records."""

    def add(self, at_ms: float, record: dict[str, Any]) -> None:
        """Take the next record."""
        text = compact_json(record)
        self.size += len(text)
        self.records.extend([Piece(at_ms, text)])

    def timed(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """Yield the records with their times."""
        return ((piece.at_ms, orjson.loads(piece.data)) for piece in self.records)


def are_records(head: bytes) -> bool:
    """Return whether a file that begins like this is an archive of codex-lb, compressed or not."""
    if head.startswith(_MAGIC):
        head = b"".join(text or b"" for text in _texts(io.BytesIO(head), len(head)))
    return _LINE_SHOWS in head


def exchanges_in(files: Iterable[BinaryIO], notes: Notes) -> Iterator[Exchange | Lost]:
    """Yield what files that follow each other tell: a call may begin in one hour and end in the next.

    Raises:
        UsageError: a record is not as codex-lb writes it, or a file holds more than is read of one.
    """
    last_ms, new_pieces, calls, open_calls = 0.0, in_one_file(), list[_Call](), dict[str, _Call]()
    call: _Call | None = None
    for record in (record for file in files for record in _records(file)):
        if record is None:
            notes.others["place", "where the file is damaged: what was there is not imported"] += 1
            yield _lost("damage", last_ms)
            continue
        last_ms = at_ms = _unix_ms(record["timestamp"])
        number, before = record.get("request_id"), call
        if _begins_call(record, open_calls.get(number or "")):
            call = open_calls[number or ""] = _Call(number, record["transport"], new_pieces())
            calls.append(call)
        elif (call := None if number is None else open_calls.get(number)) is None:
            notes.others["record", "whose request is not in the files: not imported"] += 1
            yield _lost("the request is not in the files", at_ms)
        if call is not None:
            call.add(at_ms, record)
        if before is not None and before is not call:
            before.records.pack()
    for count, one in enumerate(calls, start=1):
        try:
            exchange = _exchange(one, f"codex-lb-{count}", notes)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            what = f"{type(error).__name__}: {error}"
            raise UsageError(f"request {one.request_id} is not as codex-lb writes it ({what}). {_NOTHING}") from error
        if exchange is not None:
            yield exchange


def _lost(why: str, at_ms: float) -> Lost:
    return Lost(GapRecord(at_ms=at_ms, until_ms=at_ms, reason=why, lost_count=1, lost_bytes=0, flows=()))


def _begins_call(record: dict[str, Any], call: _Call | None) -> bool:
    """Return whether a request begins. A frame may go on with a WebSocket; a request over HTTP is one of its own."""
    if record["direction"] != "codex_to_server":
        return False
    return call is None or not record["transport"] == call.transport == "websocket"


def _exchange(call: _Call, flow: str, notes: Notes) -> Exchange | None:
    at_ms, asked = next(call.timed())
    is_socket = asked["transport"] == "websocket"
    url = str(asked.get("url") or "").replace("wss://", "https://", 1).replace("ws://", "http://", 1)
    headers = tuple((str(name), str(value)) for name, value in (asked.get("headers") or {}).items())
    data = _data(asked)
    if not is_of_codex(url, headers, data):
        notes.foreign[split_url(url).netloc or url] += 1
        return None
    method = "GET" if is_socket else str(asked.get("method") or "POST")
    body = None if is_socket else data
    exchange = Exchange(
        request=Requested(flow, at_ms, method, url, "HTTP/1.1", headers, body, is_upgrade=is_socket),
        body_bytes=len(body or b""),
    )
    (_take_frames if is_socket else _take_answer)(exchange, call)
    if exchange.response is not None:
        notes.others["answer", "without the headers that came with it, which codex-lb does not keep"] += 1
    return exchange


def _take_frames(exchange: Exchange, call: _Call) -> None:
    flow, at_ms = exchange.request.flow, exchange.request.at_ms
    exchange.response = Responded(flow, at_ms, SWITCHING, "HTTP/1.1", ())
    found = _frames(exchange, call)
    if call.size < _FEW_BYTES:
        exchange.messages = list(found)
    else:
        exchange.messages = packed = PackedMessages(flow, in_file=True)
        packed.take(found)
    last = next(reversed(exchange.messages), None)
    if exchange.end is None and last is not None and _is_terminal(last.data):
        exchange.end = Ended(flow, last.at_ms, FlowEnd.CLIENT_GONE)


def _frames(exchange: Exchange, call: _Call) -> Iterator[Message]:
    """Yield the messages of a WebSocket; the exchange is told how it ended."""
    flow = exchange.request.flow
    for at_ms, record in call.timed():
        extra = record.get("extra") or {}
        from_client, kind = record["direction"] == "codex_to_server", extra.get("frame_type")
        if kind == "close":
            exchange.end = Ended(flow, at_ms, FlowEnd.CLOSED, None, int(extra["close_code"]), None, from_client)
        elif kind == "error":
            exchange.end = Ended(flow, at_ms, FlowEnd.UPSTREAM_GONE)
        else:
            yield Message(flow, at_ms, from_client, _data(record), kind == "binary")


def _take_answer(exchange: Exchange, call: _Call) -> None:
    _, *sent = call.timed()
    if not sent:
        return
    flow, first_ms = exchange.request.flow, sent[0][0]
    is_stream = [(one.get("extra") or {}).get("event_format") == "sse" for _, one in sent]
    status = next((int(one["status_code"]) for _, one in sent if one.get("status_code")), 200)
    exchange.response = Responded(flow, first_ms, status, "HTTP/1.1", _SSE if is_stream[0] else _JSON)
    exchange.chunks = [
        (at_ms, _event(one) if is_event else _data(one)) for (at_ms, one), is_event in zip(sent, is_stream, strict=True)
    ]
    last = split_event(exchange.chunks[-1][1])[1] or b""
    if not is_stream[-1] or _is_terminal(last):
        exchange.end = Ended(flow, exchange.chunks[-1][0], FlowEnd.FINISHED)


def _is_terminal(data: bytes) -> bool:
    try:
        return ended_by(orjson.loads(data)) is not None
    except orjson.JSONDecodeError:
        return False


def _event(record: dict[str, Any]) -> bytes:
    payload, data = record.get("payload"), _data(record)
    if isinstance(payload, dict) and "type" in payload:
        return join_event(str(payload["type"]), data)
    return data if data.endswith((b"\n\n", b"\r\n\r\n")) else data.rstrip(b"\r\n") + b"\n\n"


def _data(record: dict[str, Any]) -> bytes:
    """Return the bytes that a payload stands for: a text, base64, or else a value of JSON."""
    payload = record.get("payload")
    if isinstance(payload, dict) and set(payload) == {"text"}:
        return str(payload["text"]).encode(errors="surrogatepass")
    if isinstance(payload, dict) and payload.get("encoding") == "base64":
        return b64decode(payload["data"])
    return b"" if payload is None else compact_json(payload)


def _records(file: BinaryIO) -> Iterator[dict[str, Any] | None]:
    """Yield the records of a file; None for each place where some are lost."""
    is_lost, count, size, values = False, 0, 0, 0
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    is_packed = file.read(len(_MAGIC)) == _MAGIC
    file.seek(0)
    most = rollout_lines_of(length) if is_packed else length
    for line in _lines(_texts(file, length) if is_packed else iter(partial(file.read, _READ_BYTES), b"")):
        record = None if line is None or not is_sparse(line) else _record(line)
        if (count := count + 1) > most:
            raise UsageError(f"an archive of codex-lb with more than {most:,} records. {_NOTHING}")
        if line is not None:
            size, values = size + len(line), values + values_in(line)
            if values > max(JSON_VALUES, size // SPARSE_BYTES):
                raise UsageError(f"an archive of codex-lb with more than {JSON_VALUES:,} JSON values. {_NOTHING}")
        if record is not None:
            yield record
        elif not is_lost:
            yield None
        is_lost = record is None


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
        _unix_ms(value["timestamp"])
    except (ValueError, KeyError, TypeError):
        return None
    texts = (value.get("transport"), value.get("direction"), value.get("request_id") or "")
    return value if all(isinstance(text, str) for text in texts) else None


def _lines(texts: Iterable[bytes | None]) -> Iterator[bytes | None]:
    """Yield whole lines; None where one is cut."""
    pending = b""
    for text in texts:
        if text is None or len(pending) + len(text) > LINE_BYTES:
            pending = b""
            yield None
            continue
        *whole, pending = (pending + text).split(b"\n")
        yield from filter(None, whole)
    if pending:
        yield pending


def _texts(file: BinaryIO, length: int) -> Iterator[bytes | None]:
    """Yield what the members of a gzip file hold; None where one is damaged. The next one is looked for then."""
    at, left = 0, scanned_of(length)
    while at < length:
        start = _find_member(file, at)
        if start != at:
            yield None
        if start < 0:
            return
        member, at = zlib.decompressobj(_GZIP), start
        try:
            while not member.eof and at < length:
                file.seek(at)
                text = member.decompress(file.read(_PIECE_BYTES))
                at += _PIECE_BYTES
                if (left := left - len(text)) < 0:
                    most = scanned_of(length)
                    raise UsageError(f"an archive of codex-lb that expands to more than {most:,} bytes. {_NOTHING}")
                yield text
        except zlib.error:
            yield None
            at = start + 1
            continue
        if not member.eof:
            yield None
        at = min(at, length) - len(member.unused_data)


def _find_member(file: BinaryIO, at: int) -> int:
    """Return where a member begins, from a place on; -1 without one."""
    file.seek(at)
    raw = b""
    while piece := file.read(_READ_BYTES if raw else _PIECE_BYTES):
        raw += piece
        if (found := raw.find(_MAGIC)) >= 0:
            return at + found
        at, raw = at + len(raw) - len(_MAGIC) + 1, raw[1 - len(_MAGIC) :]
    return -1


def _unix_ms(text: str) -> float:
    when = datetime.fromisoformat(text)
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000, 3)
