"""The records of a session, held in little room."""

import pytest

from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, MessageRecord, Record, RequestRecord
from pytest_codex_replay.sharing.held_records import HeldRecords
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

KIND = "response.output_text.delta"
URL = "https://h/v1/responses"


def event(at: int, piece: str, index: int = 0) -> EventRecord:
    data = Payload.of({"type": KIND, "sequence_number": at, "output_index": index, "delta": piece}).raw
    return EventRecord(flow="f", at_ms=at, raw=join_event(KIND, data), cuts=((0, at),))


def session(count: int) -> list[Record]:
    """Make an answer of two texts at once, and a keep-alive in it."""
    request = RequestRecord(at_ms=0, flow="f", method="POST", url=URL, http_version="", headers=())
    events = [event(at, f"{at},", at % 2) for at in range(count)]
    ping = EventRecord(flow="f", at_ms=count, raw=b": ping\n\n", cuts=((0, count),))
    return [request, *events, ping, *events[:2], EndRecord(at_ms=count, flow="f", how=FlowEnd.FINISHED)]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 1023, 1024, 1025, 3000])
def test_records_come_back_as_they_were(count: int) -> None:
    """However many are packed together; each is found by its index, too."""
    records = session(count)
    held = HeldRecords.of(records)

    assert list(held) == records
    assert len(held) == len(records)
    assert [held[index] for index in range(0, len(records), 97)] == records[::97]
    assert held[1:3] == records[1:3]
    assert held[-1] == records[-1]
    with pytest.raises(IndexError):
        held[len(records)]


@pytest.mark.parametrize("count", [2, 100, 3000])
def test_texts_are_joined_over_what_is_packed(count: int) -> None:
    """Each piece is known with the record that brings it."""
    held = HeldRecords.of(session(count))
    even = "".join(f"{at}," for at in range(0, count, 2)) + "0,"

    first, second = held.streams()

    assert (first.at, first.text, second.at) == (1, even, 2)
    assert "".join(piece.text for piece in first.pieces) == even
    assert [held[piece.at].payload.fields["delta"] for piece in first.pieces] == [piece.text for piece in first.pieces]
    assert list(held.joined()) == [(1, even), (2, second.text)]


def test_what_changes_in_a_block_leaves_the_texts_of_all() -> None:
    """Whether a block is taken as it is, or event by event."""
    held = HeldRecords.of(session(100))
    other = HeldRecords()
    for start, entry in held.entries():
        if not hasattr(entry, "rows"):
            other.add(entry.record, entry.event)
        elif start % 2:
            other.add_block(entry)
        else:
            for row in entry.rows():
                other.add(row.record, row.event)

    assert list(other.ended()) == list(held)
    assert list(other.joined()) == list(held.joined())
    assert other.urls == held.urls == {"f": URL}


def test_each_request_over_a_websocket_has_texts_of_its_own() -> None:
    """They have the same names in each answer."""
    ask = MessageRecord(flow="f", at_ms=0, from_client=True, payload=Payload(b'{"type":"response.create"}'))
    said = [MessageRecord(flow="f", at_ms=0, from_client=False, payload=event(at, "a").payload) for at in range(20)]

    held = HeldRecords.of([ask, *said, ask, *said])

    assert [text for _, text in held.joined()] == ["a" * 20, "a" * 20]
    assert HeldRecords.of(held) is held
    assert list(held.single()) == [ask, ask]


def test_events_that_are_alike_follow_their_first() -> None:
    """As they are written."""
    records = [event(at, "a") for at in range(30)]

    ((first, others),) = HeldRecords.of(records).alike()

    assert [first, *others] == records
