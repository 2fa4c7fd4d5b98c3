"""Records in, the exchanges of a session out, each made when it is asked for: till then it is packed. No I/O."""

from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

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
from pytest_codex_replay.interop.exchange import SWITCHING, Exchange, asks_for_upgrade
from pytest_codex_replay.interop.packed_messages import PackedMessages
from pytest_codex_replay.interop.packed_pieces import PackedPieces, Piece
from pytest_codex_replay.recorder.signals import Ended, Requested, Responded


class Made(Sized, Protocol):
    """Exchanges by the time of their request; each may be made when it is asked for."""

    def __iter__(self) -> Iterator[Exchange]: ...


@dataclass(slots=True, kw_only=True)
class Exchanges:
    """The exchanges of a session, and what a file of another tool has no place for."""

    session: str | None = None
    all: Made = field(default_factory=list[Exchange])
    message_count: int = 0
    gaps: list[GapRecord] = field(default_factory=list)
    unknown: int = 0
    """Records of kinds that are not known here."""


def exchanges_of(records: Iterable[Record], session: str | None = None) -> Exchanges:
    """Return what the records of a session tell. A record whose request is lost is left out."""
    packed = _PackedExchanges()
    found, by_flow = Exchanges(session=session, all=packed), packed.by_flow
    for record in records:
        if isinstance(record, RequestRecord) and record.flow not in by_flow:
            by_flow[record.flow] = _PackedExchange(record, session)
        elif isinstance(record, GapRecord):
            found.gaps.append(record)
        elif isinstance(record, UnknownRecord):
            found.unknown += 1
        elif isinstance(record, FlowRecord) and record.flow in by_flow:
            by_flow[record.flow].add(record)
    found.message_count = sum(len(one.messages) for one in by_flow.values())
    return found


class _PackedExchanges:
    """The exchanges of a session."""

    def __init__(self) -> None:
        self.by_flow: dict[str, _PackedExchange] = {}

    def __len__(self) -> int:
        return len(self.by_flow)

    def __iter__(self) -> Iterator[Exchange]:
        return (one.made() for one in self.by_flow.values())


class _PackedExchange:
    """A request, and what came of it: its bodies are packed."""

    def __init__(self, record: RequestRecord, session: str | None) -> None:
        self._request, self._session = replace(record, payload=None), session
        self._body = None if record.payload is None else PackedPieces()
        if self._body is not None and record.payload is not None:
            self._body.add(record.at_ms, record.payload)
            self._body.pack()
        self._response: ResponseRecord | None = None
        self._end: EndRecord | None = None
        self._is_encoded = False
        self._chunks = PackedPieces()
        self.messages = PackedMessages(record.flow)

    def add(self, record: FlowRecord) -> None:
        """Take the next record of the flow."""
        if isinstance(record, RunRecord) and record.is_messages:
            self.messages.extend(cast("list[MessageRecord]", record.records()))
        elif isinstance(record, RunRecord):
            events = cast("list[EventRecord]", record.records())  # each came as a whole
            self._chunks.extend([Piece(one.at_ms, one.raw) for one in events])
        elif isinstance(record, EventRecord):
            self._add(record.raw, record.cuts, record.at_ms)
        elif isinstance(record, BodyRecord):
            self._is_encoded |= record.encoded
            self._add(record.payload.raw, record.cuts, record.at_ms)
        elif isinstance(record, MessageRecord):
            self.messages.extend([record])
        elif isinstance(record, ResponseRecord):
            self._response = record
        elif isinstance(record, EndRecord):
            self._end = record
            self._chunks.pack()
            self.messages.pack()

    def _add(self, raw: bytes, cuts: tuple[tuple[int, float], ...], at_ms: float) -> None:
        """Add bytes as the chunks in which they came; those before the first cut belong to the chunk before them."""
        first = cuts[0][0] if cuts else len(raw)
        if first and not self._chunks.lengthen(raw[:first]):
            self._chunks.extend([Piece(at_ms, raw[:first])])
        behind = ((offset - first, when) for offset, when in cuts)
        self._chunks.extend(Piece(when, data) for when, data in cut_up(raw[first:], behind, at_ms))

    def made(self) -> Exchange:
        """Return the exchange."""
        request, response, end = self._request, self._response, self._end
        is_upgrade = asks_for_upgrade(request.headers) or (response is not None and response.status == SWITCHING)
        return Exchange(
            request=Requested(
                request.flow,
                request.at_ms,
                request.method,
                request.url,
                request.http_version,
                request.headers,
                None if self._body is None else b"".join(piece.data for piece in self._body),
                is_upgrade=is_upgrade,
            ),
            body_bytes=request.body_bytes,
            response=None if response is None else _responded(response),
            chunks=[(piece.at_ms, piece.data) for piece in self._chunks],
            is_encoded=self._is_encoded,
            messages=self.messages,
            end=None if end is None else _ended(end),
            session=self._session,
        )


def _responded(record: ResponseRecord) -> Responded:
    return Responded(record.flow, record.at_ms, record.status, record.http_version, record.headers)


def _ended(record: EndRecord) -> Ended:
    return Ended(
        record.flow,
        record.at_ms,
        record.how,
        record.error,
        record.close_code,
        record.close_reason,
        record.closed_by_client,
    )
