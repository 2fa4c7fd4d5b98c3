"""One flow's signals in, records out: decoding, redaction, and which session it belongs to. No I/O.

Signals are what a proxy sees, in the order in which it sees it.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from pytest_codex_replay.archive.record import (
    BodyRecord,
    Cuts,
    EndRecord,
    EventRecord,
    FlowEnd,
    GapRecord,
    Headers,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
)
from pytest_codex_replay.redaction.capture import CaptureRedactor
from pytest_codex_replay.wire.encoding import decode_body, stream_decoder
from pytest_codex_replay.wire.identity import identify
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import SseDecoder, SseEvent

__all__ = ["Chunk", "Ended", "FlowCapture", "Lost", "Message", "Requested", "Responded", "Signal"]

PIECE_BYTES = 8 * 1024 * 1024
"""A body that is no event stream is kept back until it is whole, or until so much of it has come."""

RUN_LENGTH = 256
"""At most so many events or messages become one record."""
_DELTA = re.compile(rb'event: (response\.[a-z_.]+\.delta)\ndata: (\{"type":"\1",[^\r\n]*\})\n\n')
_DELTA_DATA = re.compile(rb'\{"type":"response\.[a-z_.]+\.delta",')
"""What a stream nearly consists of, as the Responses API writes it: over SSE, and over WebSocket."""


class Requested(NamedTuple):
    """A request came, with its body as it was on the wire (None: it was not seen)."""

    flow: str
    at_ms: float
    method: str
    url: str
    http_version: str
    headers: Headers
    body: bytes | None
    is_upgrade: bool


class Responded(NamedTuple):
    """The head of the answer came."""

    flow: str
    at_ms: float
    status: int
    http_version: str
    headers: Headers


class Chunk(NamedTuple):
    """A piece of the answer's body came."""

    flow: str
    at_ms: float
    data: bytes


class Message(NamedTuple):
    """A WebSocket message came."""

    flow: str
    at_ms: float
    from_client: bool
    data: bytes
    binary: bool


class Ended(NamedTuple):
    """The flow is over."""

    flow: str
    at_ms: float
    how: FlowEnd
    error: str | None = None
    close_code: int | None = None
    close_reason: str | None = None
    closed_by_client: bool | None = None


class Lost(NamedTuple):
    """Signals of the flow were dropped at this place."""

    flow: str
    at_ms: float
    until_ms: float
    reason: str
    lost_count: int
    lost_bytes: int


Signal = Requested | Responded | Chunk | Message | Ended | Lost


class FlowCapture:
    """Turns the signals of one flow into records."""

    def __init__(self, redactor: CaptureRedactor) -> None:
        self.session: str | None = None
        """Session id that the flow names; None as long as it names none."""
        self.originator: str | None = None
        """What kind of Codex speaks; None when it does not say that it is Codex."""
        self.is_routed = False
        """Whether it is settled to which session the flow belongs. Until then its records have to wait."""
        self.is_over = False
        self._redactor = redactor
        self._url = ""
        self._request_headers: Headers = ()
        self._decode = stream_decoder(None)
        self._is_encoded = False
        self._events: SseDecoder | None = None
        self._body = bytearray()
        self._cuts: list[tuple[int, float]] = []

    def feed_all(self, signals: list[Signal]) -> Iterator[Record]:
        """Yield the records that `signals` complete; runs of plain events or messages become one record each."""
        run: list[tuple[Chunk | Message, bytes]] = []
        for signal in signals:
            plain = self._plain(signal)
            if plain is None or len(run) == RUN_LENGTH:
                yield from self._run(run)
                run = []
            if plain is None:
                yield from self.feed(signal)
            else:
                run.append(plain)
        yield from self._run(run)

    def feed(self, signal: Signal) -> list[Record]:
        """Return the records that `signal` completes."""
        if isinstance(signal, Chunk):
            return self._chunk(signal)
        if isinstance(signal, Message):
            return [self._message(signal)]
        if isinstance(signal, Requested):
            return [self._request(signal)]
        if isinstance(signal, Responded):
            return [self._response(signal)]
        return self._end(signal) if isinstance(signal, Ended) else self._lose(signal)

    def _request(self, signal: Requested) -> RequestRecord:
        self._url, self._request_headers = signal.url, signal.headers
        encoding = _header(signal.headers, "content-encoding")
        payload = None if not signal.body else Payload(_decoded(signal.body, encoding))
        self._route(payload)
        self.is_routed = self.session is not None or not (signal.is_upgrade or self.originator)
        headers = self._redactor.headers(signal.headers)  # first: it learns what the body must not show
        return RequestRecord(
            flow=signal.flow,
            at_ms=signal.at_ms,
            method=signal.method,
            url=self._redactor.url(signal.url),
            http_version=signal.http_version,
            headers=headers,
            payload=payload and self._redactor.body(signal.url, payload),
            body_bytes=len(signal.body or b""),
            body_sha256=hashlib.sha256(signal.body).hexdigest() if signal.body else None,
        )

    def _response(self, signal: Responded) -> ResponseRecord:
        encoding = _header(signal.headers, "content-encoding").lower()
        self._decode, self._is_encoded = stream_decoder(encoding), encoding not in {"", "identity"}
        is_stream = _header(signal.headers, "content-type").lower().startswith("text/event-stream")
        self._events = SseDecoder() if is_stream and self._decode is not None else None
        return ResponseRecord(
            flow=signal.flow,
            at_ms=signal.at_ms,
            status=signal.status,
            http_version=signal.http_version,
            headers=self._redactor.headers(signal.headers),
        )

    def _plain(self, signal: Signal) -> tuple[Chunk | Message, bytes] | None:
        """Return the signal with its data if it may go into a run."""
        if type(signal) is Chunk:
            if self._events is None or self._is_encoded or not self._events.is_between_events:
                return None
            found = _DELTA.fullmatch(signal.data)
            return (signal, found[2]) if found else None
        if type(signal) is Message and self.is_routed and not (signal.from_client or signal.binary):
            return (signal, signal.data) if _DELTA_DATA.match(signal.data) else None
        return None

    def _run(self, run: list[tuple[Chunk | Message, bytes]]) -> list[Record]:
        """Return a run as one record if that keeps every byte, else one by one."""
        text = b"[%b]" % b",".join([data for _, data in run])
        if len(run) < 2 or self._redactor.raw(text) is not text or not _is_compact(text, len(run)):  # noqa: PLR2004  a run
            return [record for signal, _ in run for record in self.feed(signal)]
        first = run[0][0]
        times_ms = tuple([signal.at_ms for signal, _ in run])
        is_messages = type(first) is Message
        return [RunRecord(flow=first.flow, at_ms=first.at_ms, text=text, times_ms=times_ms, is_messages=is_messages)]

    def _chunk(self, signal: Chunk) -> list[Record]:
        data = signal.data
        records: list[Record] = []
        if self._decode is not None:
            try:
                data = self._decode(data)
            except ValueError:
                records = self._flush(signal.flow)
                self._decode = self._events = None  # what follows is kept as it was on the wire
        if self._events is not None:
            return [self._event(signal.flow, event) for event in self._events.feed(data, at_ms=signal.at_ms)]
        self._cuts.append((len(self._body), signal.at_ms))
        self._body += data
        return [*records, self._piece(signal.flow)] if len(self._body) >= PIECE_BYTES else records

    def _event(self, flow: str, event: SseEvent) -> EventRecord:
        raw = self._redactor.raw(event.raw)
        cuts = event.cuts if raw is event.raw else tuple(cut for cut in event.cuts if cut[0] < len(raw))
        return EventRecord(flow=flow, at_ms=event.at_ms, raw=raw, cuts=cuts)

    def _piece(self, flow: str) -> BodyRecord:
        payload = self._redactor.body(self._url, Payload(bytes(self._body)))
        cuts: Cuts = tuple(cut for cut in self._cuts if cut[0] < len(payload.raw))
        at_ms = self._cuts[0][1]
        self._body.clear()
        self._cuts.clear()
        return BodyRecord(flow=flow, at_ms=at_ms, payload=payload, cuts=cuts)

    def _message(self, signal: Message) -> MessageRecord:
        payload = Payload(signal.data)
        if not self.is_routed and signal.from_client:
            self._route(payload)
            self.is_routed = self.session is not None or self.originator is None
        return MessageRecord(
            flow=signal.flow,
            at_ms=signal.at_ms,
            from_client=signal.from_client,
            payload=self._redactor.payload(payload),
            binary=signal.binary,
        )

    def fail(self, lost: Lost) -> Record:
        """Give up what is under way, which could not be handled; return the gap that says so."""
        self._body.clear()
        self._cuts.clear()
        self._events = SseDecoder() if self._events is not None else None
        return self._gap(lost)

    def _lose(self, signal: Lost) -> list[Record]:
        """Keep what came before the hole apart from what comes after it."""
        return [*self._flush(signal.flow), self._gap(signal)]

    def _gap(self, lost: Lost) -> GapRecord:
        if self._is_encoded:
            self._decode = self._events = None  # a compressed stream cannot be decoded behind a hole
        return GapRecord(
            at_ms=lost.at_ms,
            until_ms=lost.until_ms,
            reason=lost.reason,
            lost_count=lost.lost_count,
            lost_bytes=lost.lost_bytes,
            flows=(lost.flow,),
        )

    def _flush(self, flow: str) -> list[Record]:
        """Return what has come of an event or body that is not whole."""
        records: list[Record] = []
        if self._events is not None:
            records += [self._event(flow, event) for event in self._events.flush()]
        if self._body:
            records.append(self._piece(flow))
        return records

    def _end(self, signal: Ended) -> list[Record]:
        self.is_over = True
        records = self._flush(signal.flow)
        end = EndRecord(
            flow=signal.flow,
            at_ms=signal.at_ms,
            how=signal.how,
            error=self._redactor.text(signal.error),
            close_code=signal.close_code,
            close_reason=self._redactor.text(signal.close_reason),
            closed_by_client=signal.closed_by_client,
        )
        return [*records, end]

    def _route(self, payload: Payload | None) -> None:
        identity = identify(self._request_headers, payload.json if payload else None)
        self.session, self.originator = identity.session_id, identity.originator


def _is_compact(text: bytes, count: int) -> bool:
    """Return whether `text` is a JSON array of `count` values, and exactly what would be written for it."""
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return len(values) == count and orjson.dumps(values) == text


def _decoded(raw: bytes, content_encoding: str) -> bytes:
    try:
        return decode_body(raw, content_encoding or None)
    except ValueError:
        return raw  # kept as it was on the wire


def _header(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")
