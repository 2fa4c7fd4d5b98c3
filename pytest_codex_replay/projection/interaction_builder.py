"""Interactions made of the records of a session, one after the other. No I/O."""

from collections.abc import Container, Iterable
from typing import Any, cast

from pytest_codex_replay.archive.event_streams import is_called_stream, settled
from pytest_codex_replay.archive.record import EventRecord, Headers, MessageRecord, Record
from pytest_codex_replay.projection.flows import Flow, Flows, OpenCall
from pytest_codex_replay.projection.interactions import ClientMessage, Interaction, ResponsePart, Transport
from pytest_codex_replay.spool import Spool


def interactions_of(
    records: Iterable[Record],
    *,
    packs: bool = False,
    keeps: bool = True,
    unkept: Container[str] = (),
    is_live: bool = False,
    spool: Spool | None = None,
) -> tuple[Interaction, ...]:
    """Return the interactions of a session, by start time; `packs` where there may be too many events to hold.

    `unkept`: flows of whose answers no parts are kept, where they are packed; not `keeps`: of none are. `is_live`: they
    are being recorded. `spool`: keeps the items of answers, where parts are packed; else they are kept in memory.
    """
    builder = InteractionBuilder(packs=packs, keeps=keeps, unkept=unkept, spool=spool)
    for record in records:
        builder.add(record)
    return builder.interactions(is_live=is_live)


def merged(sessions: Iterable[tuple[Interaction, ...]]) -> tuple[Interaction, ...]:
    """Return the interactions of several sessions by start time, numbered anew."""
    first, *others = [*sessions] or [()]
    if not others:
        return first
    by_start = sorted((one for session in (first, *others) for one in session), key=lambda one: one.started_at_ms)
    return tuple(one.changed(index=index) for index, one in enumerate(by_start, start=1))


class InteractionBuilder:
    """Takes records as they come, also of a session that is still being written."""

    def __init__(
        self, *, packs: bool = False, keeps: bool = True, unkept: Container[str] = (), spool: Spool | None = None
    ) -> None:
        """`packs`: take runs of events as they are; `keeps`: keep the events, packed, but of the flows `unkept`.

        `spool`: keeps the items of answers.
        """
        self._flows = Flows(packs=packs, keeps=keeps, unkept=unkept, spool=spool)

    def add(self, record: Record) -> None:
        """Take the next record. What belongs to no known flow (its request is lost) is left out."""
        self._flows.add(record)

    def interactions(self, *, is_live: bool = False) -> tuple[Interaction, ...]:
        """Return the interactions so far, by start time, each with what it continues; `is_live`: more may come."""
        flows = self._flows.by_name.values()
        opened = [(flow, one) for flow in flows for one in (flow.calls or [OpenCall(-1, flow.request)])]
        opened.sort(key=lambda pair: pair[1].started_at_ms)
        chain = _Chain()
        result = []
        for index, (flow, one) in enumerate(opened, start=1):
            interaction = interaction_of(index, flow, one, chain, self._flows, is_live=is_live)
            chain.add(interaction)
            result.append(interaction)
        return tuple(result)


class _Chain:
    """What came before, by response id. An answer is looked into for its id once a request continues any."""

    def __init__(self) -> None:
        self._known: dict[str, Interaction] = {}
        self._unread: list[Interaction] = []

    def add(self, interaction: Interaction) -> None:
        self._unread.append(interaction)

    def get(self, response_id: str) -> Interaction | None:
        self._known |= {one.response_id: one for one in self._unread if one.response_id is not None}
        self._unread.clear()
        return self._known.get(response_id)


class _Behind:
    """What a request continues: shared by all that continue it, not copied."""

    __slots__ = ("known",)

    def __init__(self, known: Interaction) -> None:
        self.known = known

    def unpacked(self) -> tuple[Any, ...]:
        pieces: list[Iterable[Any]] = []
        held: Any = self
        while isinstance(held, _Behind):
            pieces += [held.known.output, held.known.own_input]
            held = held.known.__dict__["_before"]
        return tuple(item for piece in [held, *reversed(pieces)] for item in piece)


def interaction_of(
    index: int, flow: Flow, one: OpenCall, chain: _Chain | None, flows: Flows, *, is_live: bool = False
) -> Interaction:
    """Return a call of a flow, as far as it has come; `chain` is what came before, where it is known.

    `flows`: of its session; `is_live`: which is being recorded.
    """
    request = one.frame.payload if one.frame else flow.request.payload
    previous = request.fields.get("previous_response_id") if request else None
    known = chain.get(previous) if chain is not None and isinstance(previous, str) else None
    is_last = not flow.calls or one is flow.calls[-1]
    transport, parts = _answer(flow, one)
    interaction = Interaction(
        index=index,
        flow=flow.request.flow,
        transport=transport,
        method=flow.request.method,
        url=flow.request.url,
        request_headers=flow.request.headers,
        request=request,
        started_at_ms=one.started_at_ms,
        status=flow.response.status if flow.response else None,
        response_headers=_headers(flow),
        parts=parts,
        end=flow.end if is_last else None,
        before=cast("tuple[Any, ...]", _Behind(known)) if known else (),
        has_gap=one.has_gap,
        has_canonical_times=flows.has_canonical_times,
        client_messages=tuple(ClientMessage(after=after, message=sent) for after, sent in one.client_messages),
        is_chain_known=previous is None or known is not None,
        is_recorded_now=is_live and is_last and flows.may_go_on(flow),
    )
    if one.packed is not None and not one.packed.is_body:
        interaction.__dict__["_answer"] = one.answer
    return interaction


def _answer(flow: Flow, one: OpenCall) -> tuple[Transport, tuple[ResponsePart, ...]]:
    """Return what carried the answer, and its parts as what they are."""
    carried = Transport.WEBSOCKET if flow.is_websocket or one.frame else Transport.SSE
    if one.packed is not None:
        carried = Transport.HTTP if one.packed.is_body and carried is Transport.SSE else carried
        return carried, cast("tuple[ResponsePart, ...]", one.packed)
    if carried is Transport.WEBSOCKET:
        return carried, tuple(one.parts)
    http = [part for part in one.parts if not isinstance(part, MessageRecord)]
    parts = settled(flow.request, flow.response, http)
    is_stream = isinstance(parts[0], EventRecord) if parts else is_called_stream(_headers(flow))
    return Transport.SSE if is_stream else Transport.HTTP, tuple(parts)


def _headers(flow: Flow) -> Headers:
    return flow.response.headers if flow.response else ()
