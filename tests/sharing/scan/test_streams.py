"""The texts of a segment that come in deltas."""

import pytest

from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, MessageRecord, Record
from pytest_codex_replay.sharing.held_records import HeldRecords
from pytest_codex_replay.sharing.scan.streams import Streams
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

KIND = "response.output_text.delta"


def event(piece: str, index: int = 0) -> EventRecord:
    data = Payload.of({"type": KIND, "output_index": index, "delta": piece}).raw
    return EventRecord(at_ms=0, flow="a", raw=join_event(KIND, data), cuts=((0, 0),))


def message(value: dict[str, object], *, from_client: bool = False) -> MessageRecord:
    return MessageRecord(at_ms=0, flow="a", from_client=from_client, payload=Payload.of(value))


def test_a_piece_is_known_by_its_record() -> None:
    """Though the events are not held."""
    pieces = ["see ", "the ", "sea"]
    records = [event(piece) for piece in pieces]
    streams = Streams(records)

    pairs = list(zip(records, pieces, strict=True))
    assert [streams.brings(at, record, piece) for at, (record, piece) in enumerate(pairs)] == [True] * 3
    assert not streams.brings(0, records[0], pieces[1])


def test_events_that_differ_in_their_piece_alone_have_one_frame() -> None:
    """Another kind of record has none, and brings nothing."""
    end = EndRecord(at_ms=0, flow="a", how=FlowEnd.FINISHED)
    streams = Streams([event("a"), end, event("b"), event("c", 1)])

    first, none, second, other = streams.frames
    assert (first == second, first == other, none) == (True, False, None)
    assert not streams.brings(1, end, "a")


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 2500])
def test_a_text_of_many_pieces_is_joined(count: int) -> None:
    """Whether the events are held or not; it is known where it begins."""
    records = [event(f"{at},", at % 2) for at in range(2 * count)]

    joined = list(Streams(records).joined())

    assert joined == list(HeldRecords.of(records).joined())
    assert joined == [(first, "".join(f"{at}," for at in range(first, 2 * count, 2))) for first in (0, 1)]


def test_each_answer_of_a_connection_has_texts_of_its_own() -> None:
    """They stand at the same places."""
    ask = message({"type": "response.create"}, from_client=True)
    deltas = [message({"type": KIND, "output_index": 0, "item_id": "m", "delta": piece}) for piece in "ab"]
    records: list[Record] = [ask, *deltas, ask, *deltas]

    assert list(Streams(records).joined()) == [(1, "ab"), (4, "ab")]
