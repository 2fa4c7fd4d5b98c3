"""Events that bring pieces of texts, packed together."""

from collections.abc import Iterator

import pytest

from pytest_codex_replay.archive.record import EventRecord, MessageRecord
from pytest_codex_replay.sharing.block import Block, may_be_packed
from pytest_codex_replay.sharing.pieces import Frame, PieceReader, raw_of
from pytest_codex_replay.spool import Spool
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

KIND = "response.output_text.delta"
Record = EventRecord | MessageRecord


def event(at: int, piece: str, flow: str = "f", **more: object) -> EventRecord:
    data = Payload.of({"type": KIND, "sequence_number": at, "output_index": 0, **more, "delta": piece}).raw
    return EventRecord(flow=flow, at_ms=at / 4, raw=join_event(KIND, data), cuts=((0, at / 4),))


def message(at: int, piece: str) -> MessageRecord:
    return MessageRecord(flow="w", at_ms=at, from_client=False, payload=event(at, piece).payload)


def block(records: list[Record], spool: Spool | None = None) -> Block:
    reader = PieceReader()
    said = [(one, reader.read(one, raw_of(one))) for one in records]
    assert all(may_be_packed(*one) for one in said)
    return Block([(record, event) for record, event in said if event is not None], spool or Spool())


MIXED: list[Record] = [
    record
    for at in range(20)
    for record in (event(at, f"é{at}\n"), event(at, f"o{at}", "g"), event(at, "", item_id="x"), message(at, f'"{at}'))
]


@pytest.mark.parametrize("records", [MIXED, MIXED[:1]])
def test_events_come_back_as_they_were(records: list[Record]) -> None:
    """Of one kind or of several, over either transport, whatever their pieces are."""
    packed = block(records)

    assert [row.record for row in packed.rows()] == records
    assert [row.event.raw for row in packed.rows(1)] == list(map(raw_of, records[1:]))
    assert [type(row.record.at_ms) for row in packed.rows()] == [type(one.at_ms) for one in records]


def test_the_pieces_of_each_text_are_known() -> None:
    """In their order; two kinds may bring pieces of one."""
    records = [event(0, "a"), event(1, "b", "g"), event(2, "c", note="n"), event(3, "d")]
    packed = block(records)
    (first, *_), (second, *_) = names = list(packed.names)

    assert (first, second) == ("f", "g")
    assert [packed.text(packed.names[name]) for name in names] == ["acd", "b"]
    assert packed.pieces(packed.names[names[0]]) == [(0, "a"), (2, "c"), (3, "d")]


def test_other_times_and_flows_are_all_that_changes() -> None:
    """Also times of several types."""
    times_ms = [at if at % 2 else at / 2 for at in range(len(MIXED))]

    other = block(MIXED).changed(times_ms, lambda flow: f"{flow}-1", Spool())

    assert [row.record.at_ms for row in other.rows()] == list(other.times_ms()) == times_ms
    assert {row.record.flow for row in other.rows()} == {"f-1", "g-1", "w-1"}
    assert [row.record for row in other.firsts] == [row.record for row in other.rows()][:4]
    assert [row.event.raw for row in other.rows()] == list(map(raw_of, MIXED))


def test_one_of_each_kind_is_looked_at_where_that_is_enough() -> None:
    """Where it is not, those behind it are, until one is."""
    packed = block(MIXED)
    known: set[Frame | None] = set()

    def looked_at(is_enough: int) -> Iterator[int]:
        for row in packed.looked_at(known.__contains__):
            yield row.offset
            if row.offset >= is_enough:
                known.add(row.event.frame)

    assert list(looked_at(10)) == [*range(13)]
    assert list(looked_at(0)) == []
    known.clear()
    assert list(looked_at(0)) == [0, 2, 3]


def test_what_becomes_unknown_is_looked_at_again() -> None:
    """As what one event tells may change what was found in those before it."""
    packed = block(MIXED)
    known: set[Frame | None] = set()
    looked_at = []
    for row in packed.looked_at(known.__contains__):
        looked_at.append(row.offset)
        if row.offset == 2:
            known.clear()
        known.add(row.event.frame)

    assert looked_at == [0, 2, 3, 4]


def test_what_came_in_chunks_or_from_a_client_is_not_packed() -> None:
    """Nor what brings several pieces, or none."""
    reader = PieceReader()
    usual = event(1, "a")
    cut = EventRecord(flow="f", at_ms=1, raw=usual.raw, cuts=((0, 1), (5, 2)))
    asked = MessageRecord(flow="w", at_ms=1, from_client=True, payload=usual.payload)
    binary = MessageRecord(flow="w", at_ms=1, from_client=False, binary=True, payload=usual.payload)
    several = EventRecord(flow="f", at_ms=1, raw=b'data: {"choices":[{"delta":{"a":"x","b":"y"}}]}\n\n', cuts=((0, 1),))
    ping = EventRecord(flow="f", at_ms=1, raw=b": ping\n\n", cuts=((0, 1),))

    for one in (cut, asked, binary, several, ping):
        assert not may_be_packed(one, reader.read(one, raw_of(one)))
    assert may_be_packed(usual, reader.read(usual, usual.raw))


def test_it_is_known_what_they_say() -> None:
    """Without a look at each."""
    assert block([event(1, "[[REDACTED:x:1]]")]).has_placeholder
    assert not block(MIXED).has_placeholder


def test_thousands_take_little_room() -> None:
    """Of each, a few bytes."""
    spool = Spool()
    block([event(at, f"word {at % 7}") for at in range(1000)], spool)

    assert spool.put(b"").start < 10_000
