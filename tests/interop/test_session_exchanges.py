"""What of a session other tools can have."""

from pytest_codex_replay.archive.record import BodyRecord, EventRecord, GapRecord, UnknownRecord
from pytest_codex_replay.interop.session_exchanges import exchanges_of
from pytest_codex_replay.upstream.scenarios import text
from pytest_codex_replay.wire.payload import Payload
from tests.sessions import Talk


def requests():
    client = Talk(text())
    client.turn("hello")
    return client.records


def test_an_answer_keeps_the_chunks_in_which_it_came():
    """An event that came with the one before it begins no chunk."""
    request, response, *_ = requests()
    flow = request.flow
    first = EventRecord(at_ms=10.0, flow=flow, raw=b"data: 1\n\n", cuts=((0, 10.0), (4, 11.0)))
    second = EventRecord(at_ms=11.0, flow=flow, raw=b"data: 2\n\n", cuts=((6, 12.0),))

    (exchange,) = exchanges_of([request, response, first, second]).all

    assert exchange.chunks == [(10.0, b"data"), (11.0, b": 1\n\ndata: "), (12.0, b"2\n\n")]


def test_a_body_that_could_not_be_decoded_says_so():
    """Its content-encoding still holds."""
    request, response, *_ = requests()
    body = BodyRecord(at_ms=1.0, flow=request.flow, payload=Payload(b"\x1f\x8b?"), cuts=((0, 1.0),), encoded=True)

    (exchange,) = exchanges_of([request, response, body]).all

    assert (exchange.is_encoded, exchange.body) == (True, b"\x1f\x8b?")


def test_what_belongs_to_no_flow_is_counted_or_kept():
    """A gap goes along; a record of a later version cannot."""
    gap = GapRecord(at_ms=1.0, until_ms=2.0, reason="disk full", lost_count=1, lost_bytes=0, flows=())
    unknown = UnknownRecord(at_ms=3.0, kind="later", payload=Payload(b"{}"))

    found = exchanges_of([gap, unknown, *requests()])

    assert (found.gaps, found.unknown, len(found.all)) == ([gap], 1, 1)


def test_each_exchange_is_made_when_it_is_asked_for():
    """As often as it is, and the same."""
    found = exchanges_of(requests()).all

    assert list(found) == list(found)
    assert next(iter(found)) is not next(iter(found))
