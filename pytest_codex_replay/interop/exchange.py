"""Records in, exchanges out: a flow with all that came of it, as every format of another tool has it. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson

from pytest_codex_replay.archive.event_streams import cut_up
from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowRecord,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
    UnknownRecord,
)
from pytest_codex_replay.recorder.signals import Ended, Message, Requested, Responded
from pytest_codex_replay.wire.encoding import MAX_DECODED_BYTES, TooLongError, decode_body

SWITCHING = 101
"""The status of a WebSocket that was accepted (RFC 6455 §1.3)."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request, and what came of it. Bodies are decoded; the headers are those of the wire."""

    request: Requested
    body_bytes: int = 0
    """Length of the request's body on the wire."""
    response: Responded | None = None
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    """The answer's body: arrival in Unix milliseconds, and the bytes."""
    is_encoded: bool = False
    """The answer's body could not be decoded: its `content-encoding` still holds."""
    messages: list[Message] = field(default_factory=list)
    end: Ended | None = None
    session: str | None = None
    """Name of the session that it was exported from; None: it says itself to which one it belongs."""

    @property
    def body(self) -> bytes:
        """The answer's body."""
        return b"".join(data for _, data in self.chunks)

    @property
    def is_broken(self) -> bool:
        """Whether the answer's body is not the JSON that its header claims: cut off, most often."""
        headers = self.response.headers if self.response is not None and self.chunks and not self.is_encoded else ()
        if not any(name.lower() == "content-type" and "json" in value.lower() for name, value in headers):
            return False
        try:
            orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return True
        return False


@dataclass(frozen=True, slots=True)
class Lost:
    """What a file should tell and does not, so that half a recording is not taken for a whole one."""

    gap: GapRecord
    session: str | None = None
    """None: of any session in the file."""


@dataclass(slots=True, kw_only=True)
class Exchanges:
    """The exchanges of a session, and what a file of another tool has no place for."""

    session: str | None = None
    all: list[Exchange] = field(default_factory=list)
    gaps: list[GapRecord] = field(default_factory=list)
    unknown: int = 0
    """Records of kinds that are not known here."""


def exchanges_of(records: Iterable[Record], session: str | None = None) -> Exchanges:
    """Return what the records of a session tell. A record whose request is lost is left out."""
    found, by_flow = Exchanges(session=session), dict[str, Exchange]()
    for record in records:
        if isinstance(record, RequestRecord) and record.flow not in by_flow:
            by_flow[record.flow] = exchange = Exchange(
                request=_requested(record), body_bytes=record.body_bytes, session=session
            )
            found.all.append(exchange)
        elif isinstance(record, GapRecord):
            found.gaps.append(record)
        elif isinstance(record, UnknownRecord):
            found.unknown += 1
        elif isinstance(record, FlowRecord) and record.flow in by_flow:
            _continue(by_flow[record.flow], record)
    for exchange in found.all:
        _settle_upgrade(exchange)
    return found


def _requested(record: RequestRecord) -> Requested:
    body = record.payload.raw if record.payload else None
    return Requested(
        record.flow,
        record.at_ms,
        record.method,
        record.url,
        record.http_version,
        record.headers,
        body,
        is_upgrade=asks_for_upgrade(record.headers),
    )


def asks_for_upgrade(headers: Iterable[tuple[str, str]]) -> bool:
    """Return whether a request asks for a WebSocket."""
    return any(name.lower() == "upgrade" and value.lower() == "websocket" for name, value in headers)


def phrase_of(status: int) -> str:
    """Return the reason phrase of a status; empty where it has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def decoded(raw: bytes, headers: Iterable[tuple[str, str]], most: int = MAX_DECODED_BYTES) -> tuple[bytes, bool]:
    """Return a body without its encoding, and whether that could not be done: then it is as it was.

    Raises:
        TooLongError: it decodes to more than `most` bytes.
    """
    encoding = next((value for name, value in headers if name.lower() == "content-encoding"), None)
    try:
        plain = decode_body(raw, encoding, max_bytes=most) if raw else raw
    except TooLongError:
        raise
    except ValueError:
        return raw, True
    return (plain, False) if plain else (raw, bool(raw))  # its beginning alone says nothing


def _settle_upgrade(exchange: Exchange) -> None:
    if exchange.response is not None and exchange.response.status == SWITCHING:
        exchange.request = exchange.request._replace(is_upgrade=True)


def _continue(exchange: Exchange, record: FlowRecord) -> None:
    if isinstance(record, RunRecord):
        for one in record.records():
            _continue(exchange, one)
    elif isinstance(record, EventRecord):
        _add(exchange, record.raw, record.cuts, record.at_ms)
    elif isinstance(record, BodyRecord):
        exchange.is_encoded |= record.encoded
        _add(exchange, record.payload.raw, record.cuts, record.at_ms)
    elif isinstance(record, MessageRecord):
        message = Message(record.flow, record.at_ms, record.from_client, record.payload.raw, record.binary)
        exchange.messages.append(message)
    elif isinstance(record, ResponseRecord):
        exchange.response = Responded(record.flow, record.at_ms, record.status, record.http_version, record.headers)
    elif isinstance(record, EndRecord):
        exchange.end = Ended(
            record.flow,
            record.at_ms,
            record.how,
            record.error,
            record.close_code,
            record.close_reason,
            record.closed_by_client,
        )


def _add(exchange: Exchange, raw: bytes, cuts: tuple[tuple[int, float], ...], at_ms: float) -> None:
    """Add bytes as the chunks in which they came; those before the first cut belong to the chunk before them."""
    first = cuts[0][0] if cuts else len(raw)
    if first and exchange.chunks:
        before_ms, before = exchange.chunks[-1]
        exchange.chunks[-1] = (before_ms, before + raw[:first])
    elif first:
        exchange.chunks.append((at_ms, raw[:first]))
    exchange.chunks += [
        (when, data) for when, data in cut_up(raw[first:], ((offset - first, when) for offset, when in cuts), at_ms)
    ]
