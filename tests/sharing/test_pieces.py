"""The pieces of texts that events bring."""

from itertools import product

import pytest

from pytest_codex_replay.archive.record import EventRecord, MessageRecord
from pytest_codex_replay.sharing.pieces import PieceReader, raw_of
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
    alone = [read(make(raw)) for raw in RAW]

    for first, second in product(range(len(RAW)), repeat=2):
        known = [RAW[0], RAW[0], RAW[first], RAW[first], RAW[second]]
        assert read(*map(make, known)) == alone[second]


def read(*records: EventRecord | MessageRecord) -> tuple[object, object] | None:
    """Return what the last of some events says."""
    reader = PieceReader()
    *_, said = [reader.read(record, raw_of(record)) for record in records]
    return None if said is None else (said.deltas, said.frame)
