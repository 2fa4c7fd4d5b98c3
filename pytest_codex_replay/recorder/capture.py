"""One flow's signals in, records out: decoding, redaction, and which session it belongs to. No I/O."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import methodcaller
from typing import Any, cast

import orjson

from pytest_codex_replay.archive.event_streams import JSON_STARTS, asks_for_events, cut_up, is_called_stream
from pytest_codex_replay.archive.record import (
    SPACED,
    BodyRecord,
    Cuts,
    EndRecord,
    EventRecord,
    GapRecord,
    Headers,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
)
from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.codex.identity import identify
from pytest_codex_replay.codex.threads import helper_kind
from pytest_codex_replay.limits import LIGHT_BYTES
from pytest_codex_replay.recorder.signals import (
    Chunk,
    Chunks,
    Ended,
    Lost,
    Message,
    Requested,
    Responded,
    Signal,
    Texts,
)
from pytest_codex_replay.redaction.capture import CaptureRedactor
from pytest_codex_replay.wire.encoding import UndecodableError, decode_body, stream_decoder
from pytest_codex_replay.wire.json_values import MAX_DEPTH, elements_of
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import SseDecoder, SseEvent, begins_like_events

PIECE_BYTES = 8 * 1024 * 1024
"""A body that is not an event stream is kept until it is whole, or until this much of it has come."""

RUN_LENGTH = 256
"""How many events or messages become one record, at most."""
_RUN_BYTES = LIGHT_BYTES // 2
"""Of its text, at most: a longer line may hold more values than are read."""
_DELTA = re.compile(rb'(?P<head>event: (response\.[a-z_.]+\.delta)\ndata: )\{"type": ?"\2",')
_DELTA_DATA = re.compile(rb'(?P<head>)\{"type": ?"response\.[a-z_.]+\.delta",')
"""How what a stream nearly consists of begins, as the Responses API writes it: over SSE, and over WebSocket."""
_SHORT_BYTES = 512
"""JSON this short is nested so little, and its numbers are so short, that all programs read the same in it."""


class FlowCapture:
    """Turns the signals of one flow into records."""

    def __init__(self, redactor: CaptureRedactor, began_ms: float = 0) -> None:
        self.began_ms = began_ms
        self.unwritten: list[Record] = []
        """Records that were not given to a session yet; the caller keeps them here."""
        self.session: str | None = None
        """Session id that the flow names; None while it has not named one."""
        self.originator: str | None = None
        """What kind of Codex speaks; None where it does not name itself."""
        self.is_helper = False
        """Whether its session is one that Codex began beside a conversation."""
        self.is_routed = False
        """Whether it is settled to which session the flow belongs. Until then its records have to wait."""
        self.is_over = False
        self._redactor = redactor
        self._url = ""
        self._request_headers: Headers = ()
        self._decode = stream_decoder(None)
        self._is_encoded = False
        self._events: SseDecoder | None = None
        self._stays_encoded = False
        """Whether what comes of the body is as its content-encoding left it."""
        self._asks_for_events = self._is_unsettled = False
        """Whether the request asks for events; whether the answer's first bytes are still to say what it is."""
        self._body = bytearray()
        self._cuts: list[tuple[int, float]] = []
        self._is_login = False
        """Whether credentials are what the flow is about."""
        self._is_torn = False
        """Whether a part of the body was lost, or was written before."""

    def feed_all(self, signals: Iterable[Signal]) -> Iterator[Record]:
        """Yield the records that `signals` complete; plain events or messages in a row become one record."""
        for is_text, group in groupby(signals, _is_servers_text):
            if is_text:
                messages = cast("list[Message]", list(group))
                texts = [(one.at_ms, one.data) for one in messages]
                yield from self._texts(Texts(messages[0].flow, texts))
            else:
                for signal in group:
                    yield from self.feed(signal)

    def feed(self, signal: Signal) -> list[Record]:
        """Return the records that `signal` completes."""
        if isinstance(signal, Chunks | Texts):
            return self._chunks(signal) if isinstance(signal, Chunks) else self._texts(signal)
        if isinstance(signal, Chunk):
            return self._chunk(*signal)
        if isinstance(signal, Message):
            return [self._message(signal)]
        if isinstance(signal, Requested):
            return [self._request(signal)]
        if isinstance(signal, Responded):
            return [self._response(signal)]
        return self._end(signal) if isinstance(signal, Ended) else self._lose(signal)

    def _request(self, signal: Requested) -> RequestRecord:
        self._url, self._request_headers = signal.url, signal.headers
        self._is_login = endpoint_of(signal.url) is Endpoint.AUTH
        encoding = _header(signal.headers, "content-encoding")
        payload = None if not signal.body else Payload(_decoded(signal.body, encoding))
        self._asks_for_events = asks_for_events(signal.headers, payload)
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
        is_stream = is_called_stream(signal.headers)
        is_open = not self._is_login and self._decode is not None  # a login answer is redacted as a whole
        self._events = SseDecoder() if is_stream and is_open else None
        self._is_unsettled = is_open and (is_stream or self._asks_for_events)
        self._is_torn, self._stays_encoded = False, self._decode is None
        return ResponseRecord(**signal._replace(headers=self._redactor.headers(signal.headers))._asdict())

    def _texts(self, signal: Texts) -> list[Record]:
        blocks = range(0, len(signal.chunks), RUN_LENGTH)
        runs = [self._text_run(signal.flow, signal.chunks[at : at + RUN_LENGTH]) for at in blocks]
        return [record for run in runs for record in run]

    def _text_run(self, flow: str, texts: list[tuple[float, bytes]]) -> list[Record]:
        """Return messages as one record if that keeps every byte, else those of the same type, else one by one."""
        is_open = self.is_routed and not self._is_login  # a login answer is redacted message by message
        text = self._run_text(_alike(_DELTA_DATA, [data for _, data in texts])) if is_open else None
        if text is not None:
            times_ms = tuple([at_ms for at_ms, _ in texts])
            return [RunRecord(flow=flow, at_ms=times_ms[0], text=text, times_ms=times_ms, is_messages=True)]
        alike = [list(group) for _, group in groupby(texts, _head_of)] if is_open else []
        if len(alike) > 1:
            return [record for group in alike for record in self._text_run(flow, group)]
        return [self._message(Message(flow, at_ms, False, data, False)) for at_ms, data in texts]

    def _chunks(self, signal: Chunks) -> list[Record]:
        records: list[Record] = []
        if self._is_unsettled and not self._is_encoded:
            records += self._settle(signal.flow, signal.chunks[0][1])
        for chunks in _stretches(signal.chunks):
            run = self._event_run(signal.flow, chunks)
            if run is not None:
                records += run
                continue
            for _, group in groupby(chunks, _first_line):
                alike = list(group)
                run = self._event_run(signal.flow, alike) if len(alike) < len(chunks) else None
                records += self._one_by_one(signal.flow, alike) if run is None else run
        return records

    def _event_run(self, flow: str, chunks: list[tuple[float, bytes]]) -> list[Record] | None:
        """Return a stretch as one record if each chunk is an event, all of the same type; else None."""
        if self._events is None or self._is_encoded or not self._events.is_between_events:
            return None
        whole = chunks if _ends_event(chunks[-1][1]) else chunks[:-1]
        text = self._run_text(_alike(_DELTA, [data for _, data in whole], -2))  # without the blank line
        if text is None:
            return None
        times_ms = tuple([at_ms for at_ms, _ in whole])
        run = RunRecord(flow=flow, at_ms=times_ms[0], text=text, times_ms=times_ms, is_messages=False)
        return [run, *self._one_by_one(flow, chunks[len(whole) :])]

    def _one_by_one(self, flow: str, chunks: list[tuple[float, bytes]]) -> list[Record]:
        return [record for at_ms, data in chunks for record in self._chunk(flow, at_ms, data)]

    def _run_text(self, parts: list[bytes]) -> bytes | None:
        """Return `parts` as a JSON array; None where one is a secret, or is not what would be written."""
        text = b"[%b]" % b",".join(parts)
        if len(parts) < 2 or len(text) > _RUN_BYTES or self._redactor.raw(text) is not text:  # noqa: PLR2004  a run
            return None
        try:
            values = list(map(orjson.loads, parts))  # each by itself: the array alone may be cut elsewhere
            is_kept = _is_as_spelt(text, parts, values) if text.startswith(SPACED) else orjson.dumps(values) == text
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter: nested too deeply
            return None
        return text if is_kept else None

    def _chunk(self, flow: str, at_ms: float, data: bytes) -> list[Record]:
        records: list[Record] = []
        if self._decode is not None:
            try:
                data = self._decode(data)
            except UndecodableError as error:
                data = error.wire
                self._stays_encoded = not (self._is_torn or self._body)  # a beginning that was decoded stays so
                records = self._flush(flow)
                self._decode = self._events = None  # what follows is kept as it was on the wire
                self._is_unsettled = False
        if self._is_unsettled:
            records += self._settle(flow, data)
        if self._events is not None:
            return records + [self._event(flow, event) for event in self._events.feed(data, at_ms=at_ms)]
        self._cuts.append((len(self._body), at_ms))
        self._body += data
        return [*records, self._piece(flow)] if len(self._body) >= PIECE_BYTES else records

    def _settle(self, flow: str, data: bytes) -> list[Record]:
        """Let the first bytes say whether the answer is a stream; return the events of what was taken for a body."""
        if self._events is not None:  # by its content-type
            self._is_unsettled = not data
            self._events = None if data.lstrip().startswith(JSON_STARTS) else self._events
            return []
        is_stream = begins_like_events(bytes(self._body) + data)
        self._is_unsettled = is_stream is None
        if not is_stream:
            return []
        self._events = SseDecoder()
        records: list[Record] = []
        for at_ms, chunk in cut_up(bytes(self._body), self._cuts):
            records += [self._event(flow, event) for event in self._events.feed(chunk, at_ms=at_ms)]
        self._body.clear()
        self._cuts.clear()
        return records

    def _event(self, flow: str, event: SseEvent) -> EventRecord:
        raw = self._redactor.raw(event.raw)
        cuts = event.cuts if raw is event.raw else tuple(cut for cut in event.cuts if cut[0] < len(raw))
        return EventRecord(flow=flow, at_ms=event.at_ms, raw=raw, cuts=cuts)

    def _piece(self, flow: str) -> BodyRecord:
        payload = self._redactor.body(self._url, Payload(bytes(self._body)), is_torn=self._is_torn)
        self._is_torn = True
        cuts: Cuts = tuple(cut for cut in self._cuts if cut[0] < len(payload.raw))
        at_ms = self._cuts[0][1]
        self._body.clear()
        self._cuts.clear()
        return BodyRecord(flow=flow, at_ms=at_ms, payload=payload, cuts=cuts, encoded=self._stays_encoded)

    def _message(self, signal: Message) -> MessageRecord:
        payload = Payload(signal.data)
        if not self.is_routed and signal.from_client:
            self._route(payload)
            self.is_routed = self.session is not None or self.originator is None
        return MessageRecord(
            flow=signal.flow,
            at_ms=signal.at_ms,
            from_client=signal.from_client,
            payload=self._redactor.body(self._url, payload) if self._is_login else self._redactor.payload(payload),
            binary=signal.binary,
        )

    def fail(self, lost: Lost) -> Record:
        """Give up what is under way, which could not be handled; return the gap that stands for it."""
        self._body.clear()
        self._cuts.clear()
        self._events = SseDecoder() if self._events is not None else None
        return self._gap(lost)

    def _lose(self, signal: Lost) -> list[Record]:
        """Keep what came before the hole apart from what comes after it."""
        return [*self._flush(signal.flow), self._gap(signal)]

    def _gap(self, lost: Lost) -> GapRecord:
        self._is_torn, self._is_unsettled = True, False
        if self._is_encoded:
            self._decode = self._events = None  # a compressed stream cannot be decoded behind a hole
        fields = lost._asdict()
        return GapRecord(flows=(fields.pop("flow"),), **fields)

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
        records = self._flush(signal.flow)  # first: it learns what the rest must not show
        error, close_reason = map(self._redactor.text, (signal.error, signal.close_reason))
        return [*records, EndRecord(**signal._replace(error=error, close_reason=close_reason)._asdict())]

    def _route(self, payload: Payload | None) -> None:
        identity = identify(self._request_headers, payload.json if payload else None)
        self.session, self.originator = identity.session_id, identity.originator
        self.is_helper = helper_kind(identity) is not None


def _is_as_spelt(text: bytes, parts: list[bytes], values: list[Any]) -> bool:
    """Return whether a run of JSON with blanks would be read as the parts that it is made of, named as they are.

    Of a name that comes twice, the last counts.
    """
    kind = text.split(b'"', 4)[3].decode()
    if b"\n" in text or b"\r" in text or any(value["type"] != kind for value in values):
        return False
    if not all(map(methodcaller("endswith", b"}"), parts)):
        return False
    if max(map(len, parts)) <= _SHORT_BYTES:  # any reader cuts the text where each of them begins
        return True
    depth = max(part.count(b"[") + part.count(b"{") for part in parts)  # at most
    return depth <= MAX_DEPTH and elements_of(text) == parts


def _head_of(text: tuple[float, bytes]) -> bytes | None:
    head = _DELTA_DATA.match(text[1])
    return head and head[0]


def _is_servers_text(signal: Signal) -> bool:
    return type(signal) is Message and not signal.from_client and not signal.binary


def _first_line(chunk: tuple[float, bytes]) -> bytes:
    data = chunk[1]
    return data[: data.find(b"\n") + 1]


_ends_event = methodcaller("endswith", b"\n\n")


def _stretches(chunks: list[tuple[float, bytes]]) -> Iterator[list[tuple[float, bytes]]]:
    """Yield chunks in lists of `RUN_LENGTH` at most, in which each, but for the last, ends where an event ends.

    A proxy reads blocks of a fixed size: now and then a chunk is the first part of an event. What follows stands alone.
    """
    data = [data for _, data in chunks]
    torn = [] if all(map(_ends_event, data)) else [at for at, one in enumerate(data) if not _ends_event(one)]
    ends = sorted({*torn, *(at + 1 for at in torn), len(chunks) - 1})
    start = 0
    for end in ends:
        for first in range(start, min(end + 1, len(chunks)), RUN_LENGTH):
            yield chunks[first : min(first + RUN_LENGTH, end + 1)]
        start = end + 1


def _alike(delta: re.Pattern[bytes], pieces: list[bytes], end: int | None = None) -> list[bytes]:
    """Return the data of deltas that all begin alike, up to their type; nothing if they do not.

    A piece may be more than one event: then its data are not one JSON value, which the caller finds out.
    """
    first = delta.match(pieces[0]) if len(pieces) > 1 else None
    if first is None or not all(map(methodcaller("startswith", first[0]), pieces)):
        return []
    start = first.end("head")
    return [piece[start:end] for piece in pieces]


def _decoded(raw: bytes, content_encoding: str) -> bytes:
    try:
        return decode_body(raw, content_encoding or None)
    except ValueError:
        return raw  # kept as it was on the wire


def _header(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")
