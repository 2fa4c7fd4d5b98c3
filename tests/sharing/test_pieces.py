"""The pieces of texts that events bring."""

from dataclasses import replace
from itertools import product

import pytest

from pytest_codex_replay.archive.record import EventRecord, MessageRecord
from pytest_codex_replay.sharing.records import Streams
from pytest_codex_replay.wire.payload import Payload

USUAL = b'{"type":"t.delta","sequence_number":%b,"item_id":"m","delta":"%b"}'
RAW = [
    USUAL % (b"1", b"one"),
    USUAL % (b"2", b"two \\n \xc3\xa9"),
    USUAL % (b"0", b""),
    USUAL % (b"007", b"a number that is none"),
    USUAL % (b"-1", b"below"),
    USUAL % (b"", b"without"),
    USUAL % (b"12", b"half a pair \\ud83d"),
    USUAL % (b"12", b"a control \x01 character"),
    USUAL % (b"12", b"no text \xff"),
    USUAL % (b"12", b'","delta":"twice'),
    USUAL % (b"12", b"x") + b" ",
    USUAL.replace(b'%b"}', b"}") % b"12",
    USUAL.replace(b'"m"', b'"n"') % (b"13", b"of another"),
    b'{"type":"t.delta","item_id":"m","delta":"behind","sequence_number":14}',
    b'{"type":"t.delta","sequence_number":15,"item_id":"m","delta":"padded","obfuscation":"zzz"}',
    b'{"type":"t.delta","sequence_number":15,"item_id":"m","delta":{"text":"within"}}',
]


def event(raw: bytes) -> EventRecord:
    return EventRecord(at_ms=0, flow="a", raw=b"event: t.delta\ndata: " + raw + b"\n\n", cuts=((0, 0),))


def message(raw: bytes) -> MessageRecord:
    return MessageRecord(at_ms=0, flow="a", from_client=False, payload=Payload(raw))


@pytest.mark.parametrize("make", [event, message])
def test_an_event_says_the_same_whatever_came_before_it(make) -> None:
    """Those that say what the last one said but for number and piece are not parsed: they are as if they were."""
    alone = [Streams([make(raw)]) for raw in RAW]

    for first, second in product(range(len(RAW)), repeat=2):
        known = [RAW[0], RAW[0], RAW[first], RAW[first], RAW[second]]
        streams = Streams([make(raw) for raw in known])
        assert streams.texts(4) == alone[second].texts(0)
        assert streams.frames[4] == alone[second].frames[0]


@pytest.mark.parametrize(
    "raw",
    [
        USUAL % (b"2", b"another piece"),
        USUAL % (b"2", b""),
        USUAL.replace(b'"m"', b'"n"') % (b"2", b"of another text"),
        b'{"type":"t.done"}',
    ],
)
def test_streams_of_what_changed_are_those_of_the_records(raw: bytes) -> None:
    """Whether a piece is another one, or of another text, or none."""
    records = [event(USUAL % (b"%d" % number, b"piece %d" % number)) for number in range(4)]
    changed = [*records[:2], replace(records[2], raw=event(raw).raw), records[3]]
    before = Streams(records)

    after, anew = before.after(changed), Streams(changed)

    assert after.pieces == anew.pieces
    assert after.frames == anew.frames
    assert [after.texts(at) for at in range(4)] == [anew.texts(at) for at in range(4)]
    assert before.pieces == Streams(records).pieces
    assert before.after(records) is before
