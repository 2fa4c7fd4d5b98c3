"""Events, and messages of a server, whose bytes are in a spool."""

import pytest

from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, MessageRecord, Record
from pytest_codex_replay.sharing.away import Away, may_be_away
from pytest_codex_replay.spool import Spool
from pytest_codex_replay.wire.payload import Payload

EVENT = EventRecord(flow="f", at_ms=1.5, raw=b"event: a\ndata: {}\n\n", cuts=((0, 1.0), (3, 1.5)))
MESSAGE = MessageRecord(flow="f", at_ms=1, from_client=False, payload=Payload(b'{"a":1,"a":2}'), binary=True)


@pytest.mark.parametrize("room_bytes", [0, 1000])
@pytest.mark.parametrize("record", [EVENT, MESSAGE])
def test_a_record_comes_back_as_it_was(record: EventRecord | MessageRecord, room_bytes: int) -> None:
    """Each time that it is asked for, with the place that it had in the stream."""
    away = Away(record, Spool(room_bytes))

    assert away.record() == away.record() == record


@pytest.mark.parametrize(
    ("record", "may"),
    [
        (EVENT, True),
        (MESSAGE, True),
        (MessageRecord(flow="f", at_ms=1, from_client=True, payload=Payload(b"{}")), False),
        (MessageRecord(flow="f", at_ms=1, from_client=False, payload=Payload.of({})), False),
        (EndRecord(at_ms=1, flow="f", how=FlowEnd.FINISHED), False),
    ],
)
def test_what_a_client_says_is_at_hand(record: Record, may: bool) -> None:  # noqa: FBT001
    """Its requests share the values that they repeat; and so may whatever was made of a value."""
    assert may_be_away(record) is may
