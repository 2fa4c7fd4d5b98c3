"""One flow's signals become records: decoded, redacted, and told apart from what never came."""

import gzip
import json
import zlib
from itertools import accumulate, pairwise

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    RunRecord,
)
from pytest_codex_replay.recorder.capture import PIECE_BYTES, FlowCapture
from pytest_codex_replay.recorder.signals import Chunk, Chunks, Ended, Lost, Message, Requested, Responded, Texts
from pytest_codex_replay.redaction.capture import CaptureRedactor
from pytest_codex_replay.wire.encoding import MAX_DECODED_BYTES

FLOW = "flow-1"
CREATED = b'event: response.created\ndata: {"type":"response.created"}\n\n'
DELTA = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"hi"}\n\n'
OTHER = b'event: response.reasoning.delta\ndata: {"type":"response.reasoning.delta","delta":"so"}\n\n'
SPACED = DELTA.replace(b'":', b'": ').replace(b',"', b', "')
EVENTS = [
    CREATED,
    DELTA,
    OTHER,
    DELTA.replace(b'"hi"', b'"h\xc3\xa9 \\n\\n"'),
    DELTA.replace(b'"hi"', b'"\\u0068i"'),
    DELTA.replace(b':"hi', b': "hi'),
    SPACED,
    SPACED.replace(b'"hi"', b'"h\\u00e9, {"'),
    SPACED.replace(b'"hi"}', b'"hi", "type": "other"}'),
    SPACED.replace(b'"hi"}', b'"hi" }'),
    SPACED.replace(b'"hi"}', b'1.0}, {"a": 1}'),
    DELTA.replace(b"\n", b"\r\n"),
    DELTA.replace(b'"hi"}', b'"hi",\ndata: "more":1}'),
    DELTA.replace(b'{"type"', b'{"type":1,"type"'),
    DELTA.replace(b'"hi"}', b'"hi"}]'),
    DELTA.replace(b'"hi"}', b'"hi","type":"other"}'),
    DELTA.replace(b'"hi"', b"0.10"),
    b": keep-alive\n\n",
    b"data: [DONE]\n\n",
]
"""Plain deltas, and what is nearly one."""
STREAM = {"content-type": "text/event-stream"}
ENDED = Ended(FLOW, 9.0, FlowEnd.FINISHED)


def requested(body: bytes | None = b"{}", *, is_upgrade: bool = False, url: str = "", **headers: str) -> Requested:
    names = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Requested(FLOW, 1.0, "POST", url or "https://host/v1/responses", "HTTP/1.1", names, body, is_upgrade)


def responded(headers: dict[str, str], status: int = 200) -> Responded:
    return Responded(FLOW, 2.0, status, "HTTP/1.1", tuple(headers.items()))


def opened(headers: dict[str, str], **request: str) -> FlowCapture:
    """Return a capture to which the answer's head has come."""
    capture = FlowCapture(CaptureRedactor())
    capture.feed(requested(**request))
    capture.feed(responded(headers))
    return capture


def expanded(records: list[Record]) -> list[tuple[bytes, float]]:
    """Return the events that records stand for, with the time of each."""
    runs = [record.records() if isinstance(record, RunRecord) else [record] for record in records]
    return [(event.raw, event.at_ms) for run in runs for event in run if isinstance(event, EventRecord)]


def chunk(data: bytes, at_ms: float = 3.0) -> Chunk:
    return Chunk(FLOW, at_ms, data)


class TestRequests:
    def test_a_compressed_body_is_decoded(self) -> None:
        """Length and digest are of the wire, the payload is what it means."""
        packed = zstandard.compress(b'{"model":"m"}')
        (record,) = FlowCapture(CaptureRedactor()).feed(requested(packed, content_encoding="zstd"))

        assert isinstance(record, RequestRecord)
        assert record.payload is not None
        assert record.payload.json == {"model": "m"}
        assert record.body_bytes == len(packed)

    @pytest.mark.parametrize("encoding", ["zstd", "gzip", "from-the-future"])
    def test_a_body_that_cannot_be_decoded_is_kept(self, encoding: str) -> None:
        """As it came; nothing is lost because it is not understood."""
        (record,) = FlowCapture(CaptureRedactor()).feed(requested(b"not packed", content_encoding=encoding))

        assert isinstance(record, RequestRecord)
        assert record.payload is not None
        assert record.payload.raw == b"not packed"

    @pytest.mark.parametrize("body", [None, b""])
    def test_no_body_is_no_payload(self, body: bytes | None) -> None:
        """A body that was not seen and one that is empty are both none."""
        (record,) = FlowCapture(CaptureRedactor()).feed(requested(body))

        assert isinstance(record, RequestRecord)
        assert (record.payload, record.body_bytes, record.body_sha256) == (None, 0, None)

    def test_a_credential_is_learnt_before_the_body_is_written(self) -> None:
        """The key of the header is not in the body either, nor in the answer."""
        body = json.dumps({"input": "my key is secret-0123456789"}).encode()
        capture = FlowCapture(CaptureRedactor())
        (request,) = capture.feed(requested(body, authorization="Bearer secret-0123456789"))
        capture.feed(responded(STREAM))
        (event,) = capture.feed(chunk(b"data: secret-0123456789\n\n"))

        assert "secret-0123456789" not in repr(request)
        assert isinstance(event, EventRecord)
        assert b"secret" not in event.raw


class TestRouting:
    @pytest.mark.parametrize(
        ("headers", "session"),
        [({"session_id": "s"}, "s"), ({"conversation_id": "c"}, "c"), ({}, None)],
    )
    def test_a_request_is_routed_by_its_headers(self, headers: dict[str, str], session: str | None) -> None:
        """Without any it belongs to no session, and need not wait."""
        capture = FlowCapture(CaptureRedactor())
        capture.feed(requested(**headers))

        assert (capture.session, capture.is_routed) == (session, True)

    def test_a_background_request_of_codex_waits_for_a_session(self) -> None:
        """It says that it is Codex, but not in which session."""
        capture = FlowCapture(CaptureRedactor())
        capture.feed(requested(originator="codex_exec"))

        assert (capture.is_routed, capture.originator) == (False, "codex_exec")

    def test_a_websocket_is_routed_by_its_first_frame_at_the_latest(self) -> None:
        """What the server says before does not tell."""
        capture = FlowCapture(CaptureRedactor())
        capture.feed(requested(None, is_upgrade=True))
        capture.feed(Message(FLOW, 2.0, False, b'{"type":"hello"}', False))
        was_routed = capture.is_routed
        frame = b'{"type":"response.create","client_metadata":{"session_id":"s"}}'
        capture.feed(Message(FLOW, 3.0, True, frame, False))

        assert (was_routed, capture.is_routed, capture.session) == (False, True, "s")


class TestStreams:
    @pytest.mark.parametrize("cut", range(len(CREATED + DELTA) + 1))
    def test_chunks_become_events(self, cut: int) -> None:
        """Wherever the chunks are cut, the bytes of the events are those of the stream."""
        capture = opened(STREAM)
        whole = CREATED + DELTA
        records = [*capture.feed(chunk(whole[:cut])), *capture.feed(chunk(whole[cut:], 4.0))]

        assert [record.raw for record in records if isinstance(record, EventRecord)] == [CREATED, DELTA]

    @pytest.mark.parametrize("name", ["text/event-stream", "Text/Event-Stream; charset=utf-8"])
    def test_a_stream_is_known_by_its_type(self, name: str) -> None:
        """Media types are written in any case."""
        records = opened({"Content-Type": name}).feed(chunk(CREATED))

        assert [type(record) for record in records] == [EventRecord]

    def test_plain_deltas_that_come_together_are_one_record(self) -> None:
        """It stands for the events, byte for byte and with their times."""
        records = list(opened(STREAM).feed_all([chunk(CREATED), Chunks(FLOW, [(4.0, DELTA), (5.0, DELTA)])]))

        assert [type(record) for record in records] == [EventRecord, RunRecord]
        assert isinstance(records[1], RunRecord)
        assert [event.raw for event in records[1].records() if isinstance(event, EventRecord)] == [DELTA, DELTA]
        assert records[1].times_ms == (4.0, 5.0)

    def test_deltas_with_blanks_are_one_record_too(self) -> None:
        """Gateways written in Python send such: one by one, each would cost four times as much."""
        (run,) = opened(STREAM).feed_all([Chunks(FLOW, [(4.0, SPACED), (5.0, SPACED)])])

        assert isinstance(run, RunRecord)
        assert expanded([run]) == [(SPACED, 4.0), (SPACED, 5.0)]

    def test_a_run_ends_before_an_event_that_is_not_whole(self) -> None:
        """A proxy reads blocks of a fixed size; what is behind the cut makes a run again."""
        chunks = [DELTA, DELTA, DELTA[:30], DELTA[30:], DELTA, DELTA]
        records = list(opened(STREAM).feed_all([Chunks(FLOW, [(4.0 + at, data) for at, data in enumerate(chunks)])]))

        assert [type(record) for record in records] == [RunRecord, EventRecord, RunRecord]
        assert expanded(records) == [(DELTA, 4.0), (DELTA, 5.0), (DELTA, 6.0), (DELTA, 8.0), (DELTA, 9.0)]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"response.output_text.delta",', b'"response.other.delta",'),
            (b'"hi"', b"[" * 300 + b"]" * 300),
            (b'"hi"', b"9" * 5000),
            (b'"hi"', b'[ %b"hi"%b ]' % (b"[" * 1010, b"]" * 1010)),
            (b'"hi"}', b'"%b"} ' % (b"hi" * 500)),
            (b'"hi"}', b'"%b"}\t' % (b"hi" * 500)),
        ],
        ids=["another-type", "deep", "long-number", "deeper", "blank-behind", "tab-behind"],
    )
    @pytest.mark.parametrize("plain", [DELTA, SPACED], ids=["compact", "blanks"])
    def test_what_a_run_would_change_stands_alone(self, plain: bytes, old: bytes, new: bytes) -> None:
        """A type other than the event's name, and what not every program reads, are kept to the byte."""
        odd = plain.replace(old, new)
        records = list(opened(STREAM).feed_all([Chunks(FLOW, [(4.0, plain), (5.0, odd), (6.0, odd)])]))

        assert expanded(records) == [(plain, 4.0), (odd, 5.0), (odd, 6.0)]

    @given(
        events=st.lists(st.sampled_from(EVENTS), min_size=1, max_size=8),
        cuts=st.lists(st.integers(0, 2000), max_size=6),
        between_events=st.sampled_from(["cut", "joined"]),
    )
    def test_runs_stand_for_what_came(self, events: list[bytes], cuts: list[int], between_events: str) -> None:
        """Whatever the chunks: the same events with the same times as one by one."""
        stream = b"".join(events)
        ends = set(accumulate(map(len, events))) if between_events == "cut" else {len(stream)}
        places = sorted({0, *ends, *(cut % len(stream) for cut in cuts)})
        chunks = [(float(at), stream[start:end]) for at, (start, end) in enumerate(pairwise(places))]
        together = list(opened(STREAM).feed_all([Chunks(FLOW, chunks), ENDED]))
        alone = list(opened(STREAM).feed_all([*(chunk(data, at_ms) for at_ms, data in chunks), ENDED]))

        assert expanded(together) == expanded(alone)
        assert b"".join(raw for raw, _ in expanded(together)) == stream

    def test_texts_of_one_type_after_the_other_are_two_runs(self) -> None:
        """Another message between them stands alone, in its place."""
        delta, other = (event.partition(b"data: ")[2][:-2] for event in (DELTA, OTHER))
        data = [delta, delta, b"{}", other, other]
        capture = opened({})
        capture.is_routed = True
        records = list(capture.feed_all([Texts(FLOW, [(4.0 + at, one) for at, one in enumerate(data)])]))

        assert [type(record) for record in records] == [RunRecord, MessageRecord, RunRecord]
        each = [one for record in records for one in (record.records() if isinstance(record, RunRecord) else [record])]
        assert [(one.payload.raw, one.at_ms) for one in each if isinstance(one, MessageRecord)] == [
            (one, 4.0 + at) for at, one in enumerate(data)
        ]

    def test_deltas_with_more_values_than_a_line_may_have_are_no_run(self) -> None:
        """A reader would refuse all of them."""
        data = b'{"type":"response.a.delta","a":[%b0]}' % (b"0," * 2200)
        capture = opened({})
        capture.is_routed = True
        records = list(capture.feed_all([Texts(FLOW, [(4.0, data)] * 250)]))

        assert {type(record) for record in records} == {MessageRecord}

    def test_what_is_whole_only_together_is_no_run(self) -> None:
        """Each message has to be one value, not only all of them as many."""
        broken = [
            b'{"type":"response.a.delta","a":1},{"type":"response.b.delta","b":[1',
            b'{"type":"response.c.delta"}]}',
        ]
        capture = opened({})
        messages = [Message(FLOW, 3.0, False, data, False) for data in broken]
        capture.is_routed = True
        records = list(capture.feed_all(messages))

        assert [record.payload.raw for record in records if isinstance(record, MessageRecord)] == broken

    def test_compressed_events_are_decoded(self) -> None:
        """Chunk by chunk, as they come."""
        capture = opened(STREAM | {"content-encoding": "gzip"})
        packed = gzip.compress(CREATED + DELTA)
        records = [record for at in range(len(packed)) for record in capture.feed(chunk(packed[at : at + 1]))]

        assert [record.raw for record in records if isinstance(record, EventRecord)] == [CREATED, DELTA]

    def test_bytes_that_do_not_fit_their_encoding_are_kept_apart(self) -> None:
        """What was decoded before stays an event; the rest is a body, as it came."""
        capture = opened(STREAM | {"content-encoding": "gzip"})
        packed = gzip.compress(CREATED + b"data: half")
        records = [*capture.feed(chunk(packed[:-8])), *capture.feed(chunk(b"no trailer of gzip"))]
        records += capture.feed(Ended(FLOW, 9.0, FlowEnd.FINISHED))

        raws = [record.raw for record in records if isinstance(record, EventRecord)]
        bodies = [record.payload.raw for record in records if isinstance(record, BodyRecord)]
        assert raws == [CREATED, b"data: half"]
        assert bodies == [b"no trailer of gzip"]

    def test_an_unfinished_event_is_kept_at_the_end(self) -> None:
        """A stream that breaks off loses nothing that came."""
        capture = opened(STREAM)
        capture.feed(chunk(b"data: ha"))
        records = capture.feed(Ended(FLOW, 9.0, FlowEnd.UPSTREAM_GONE))

        assert [type(record) for record in records] == [EventRecord, EndRecord]
        assert capture.is_over


class TestBodies:
    def test_a_body_is_one_record(self) -> None:
        """Written when it is whole, with where its chunks began and when they came."""
        capture = opened({})
        records = [*capture.feed(chunk(b'{"a"', 3.0)), *capture.feed(chunk(b":1}", 4.0))]
        records += capture.feed(Ended(FLOW, 9.0, FlowEnd.FINISHED))

        (body, _) = records
        assert isinstance(body, BodyRecord)
        assert (body.payload.json, body.at_ms, body.cuts) == ({"a": 1}, 3.0, ((0, 3.0), (4, 4.0)))

    def test_a_long_body_is_written_in_pieces(self) -> None:
        """So that memory has a bound."""
        capture = opened({})
        records = capture.feed(chunk(b"x" * PIECE_BYTES)) + capture.feed(chunk(b"rest"))
        records += capture.feed(Ended(FLOW, 9.0, FlowEnd.FINISHED))

        pieces = [len(record.payload.raw) for record in records if isinstance(record, BodyRecord)]
        assert pieces == [PIECE_BYTES, 4]


class TestMessages:
    def test_a_message_keeps_its_side_and_kind(self) -> None:
        """Text and binary, client and server."""
        capture = opened({}, session_id="s")
        records = [
            *capture.feed(Message(FLOW, 3.0, True, b"{}", False)),
            *capture.feed(Message(FLOW, 4.0, False, b"\xff", True)),
        ]

        found = [(r.from_client, r.payload.raw, r.binary) for r in records if isinstance(r, MessageRecord)]
        assert found == [(True, b"{}", False), (False, b"\xff", True)]

    def test_the_end_has_all_that_is_known_of_the_close(self) -> None:
        """Code, reason and side."""
        (end,) = opened({}).feed(Ended(FLOW, 9.0, FlowEnd.CLOSED, None, 4001, "busy", closed_by_client=False))

        assert isinstance(end, EndRecord)
        assert (end.close_code, end.close_reason, end.closed_by_client) == (4001, "busy", False)


class TestHoles:
    def test_a_gap_stands_where_the_hole_is(self) -> None:
        """The halves of two events are not joined into one that never was."""
        capture = opened(STREAM)
        records = [
            *capture.feed(chunk(DELTA[:20])),
            *capture.feed(Lost(FLOW, 4.0, 5.0, "queue full", 2, 99)),
            *capture.feed(chunk(DELTA[20:])),
        ]

        assert [type(record) for record in records] == [EventRecord, GapRecord, EventRecord]
        assert isinstance(records[1], GapRecord)
        assert (records[1].flows, records[1].lost_count, records[1].lost_bytes) == ((FLOW,), 2, 99)
        assert [record.raw for record in records if isinstance(record, EventRecord)] == [DELTA[:20], DELTA[20:]]

    def test_a_compressed_stream_is_not_decoded_behind_a_hole(self) -> None:
        """What follows cannot be understood, so it is kept as it came."""
        capture = opened(STREAM | {"content-encoding": "gzip"})
        capture.feed(Lost(FLOW, 4.0, 5.0, "queue full", 1, 10))
        capture.feed(chunk(b"\x1f\x8b half a stream"))
        records = capture.feed(Ended(FLOW, 9.0, FlowEnd.FINISHED))

        assert [record.payload.raw for record in records if isinstance(record, BodyRecord)] == [
            b"\x1f\x8b half a stream"
        ]

    def test_a_capture_that_failed_goes_on(self) -> None:
        """What was under way is given up, and a gap stands for it; the next event is whole."""
        capture = opened(STREAM)
        capture.feed(chunk(b"data: ha"))
        gap = capture.fail(Lost(FLOW, 4.0, 4.0, "recorder error: TypeError", 1, 8))
        records = capture.feed(chunk(CREATED))

        assert isinstance(gap, GapRecord)
        assert [record.raw for record in records if isinstance(record, EventRecord)] == [CREATED]


class TestDecoding:
    def test_a_body_without_end_is_kept_as_it_was_on_the_wire(self) -> None:
        """A megabyte may hold a gibibyte; the recorder has to live on."""
        packed = gzip.compress(bytes(MAX_DECODED_BYTES + 1), 1)
        capture = FlowCapture(CaptureRedactor())
        (request,) = capture.feed(requested(packed, content_encoding="gzip"))
        capture.feed(responded({"content-encoding": "gzip"}))
        records = [*capture.feed(chunk(packed)), *capture.feed(ENDED)]

        assert isinstance(request, RequestRecord)
        assert request.payload is not None
        assert request.payload.raw == packed
        assert [record.payload.raw for record in records if isinstance(record, BodyRecord)] == [packed]

    @pytest.mark.parametrize("headers", [{}, STREAM], ids=["body", "stream"])
    @pytest.mark.parametrize("step", [1, 2, 50])
    def test_raw_deflate_is_kept_to_the_last_byte(self, headers: dict[str, str], step: int) -> None:
        """It calls itself `deflate`; a decoder needs two bytes to see that it is not."""
        raw = zlib.compress(CREATED + DELTA, wbits=-15)
        capture = opened(headers | {"content-encoding": "deflate"})
        records = [record for at in range(0, len(raw), step) for record in capture.feed(chunk(raw[at : at + step]))]
        records += capture.feed(ENDED)

        assert [record.payload.raw for record in records if isinstance(record, BodyRecord)] == [raw]


class TestLogin:
    URL = "https://auth.openai.com/oauth/token"
    ANSWER = b'{"access_token":"made-up-token-1","refresh_token":"made-up-token-2"}'

    @pytest.mark.parametrize(
        ("headers", "chunks"),
        [
            ({}, [ANSWER[:30]]),
            ({}, [ANSWER[:30], None, ANSWER[30:]]),
            ({}, [None, ANSWER[20:]]),
            ({}, [None, b"123456789"]),
            ({}, [None, b"a=made-up-token-1"]),
            ({}, [ANSWER[:-2] + b"x" * PIECE_BYTES, b"made-up-token-3=made-up-token-4", b"5"]),
            ({}, [b"code=" + b"x" * PIECE_BYTES, b"token=made-up-token-1"]),
            ({"content-encoding": "snappy"}, [ANSWER]),
            ({"content-encoding": "gzip"}, [ANSWER]),
            ({"content-encoding": "gzip"}, [gzip.compress(ANSWER)[:-20], b"not gzip made-up-token"]),
            (STREAM, [b"data: " + ANSWER + b"\n\n"]),
            (STREAM, [b"data: " + ANSWER[:40], None, ANSWER[40:] + b"\n\n"]),
        ],
    )
    def test_no_token_of_an_answer_is_written(self, headers: dict[str, str], chunks: list[bytes | None]) -> None:
        """However little of it came, and in whatever form."""
        capture = FlowCapture(CaptureRedactor())
        capture.feed(requested(url=self.URL))
        capture.feed(responded(headers))
        lost = Lost(FLOW, 4.0, 5.0, "queue full", 1, 10)
        signals = [*(lost if data is None else chunk(data) for data in chunks), ENDED]
        records = [record for signal in signals for record in capture.feed(signal)]

        raws = [record.payload.raw for record in records if isinstance(record, BodyRecord)]
        assert raws
        assert b"made-up" not in b"".join(raws)
        assert b"12345" not in b"".join(raws)
        assert all(b"[[REDACTED:" in raw for raw in raws)
        assert not any(isinstance(record, EventRecord | RunRecord) for record in records)

    @pytest.mark.parametrize("body", [ANSWER[:30], gzip.compress(ANSWER, mtime=0)])
    @pytest.mark.parametrize("encoding", ["", "snappy", "br"])
    def test_no_token_of_a_request_is_written(self, body: bytes, encoding: str) -> None:
        """Whatever is not understood is not written."""
        (record,) = FlowCapture(CaptureRedactor()).feed(requested(body, url=self.URL, content_encoding=encoding))

        assert isinstance(record, RequestRecord)
        assert record.payload is not None
        assert record.payload.raw == b"[[REDACTED:body:1]]"

    def test_no_token_behind_a_byte_order_mark_is_written(self) -> None:
        """It is JSON all the same."""
        (record,) = FlowCapture(CaptureRedactor()).feed(requested(b"\xef\xbb\xbf" + self.ANSWER, url=self.URL))

        assert isinstance(record, RequestRecord)
        assert record.payload is not None
        assert b"made-up" not in record.payload.raw
        assert b"[[REDACTED:oauth:1]]" in record.payload.raw

    def test_no_token_of_a_message_is_written(self) -> None:
        """Though no login is known to speak WebSocket."""
        capture = FlowCapture(CaptureRedactor())
        capture.feed(requested(None, url=self.URL))
        delta = b'{"type":"response.x.delta","access_token":"made-up-token-1"}'
        messages = [Message(FLOW, 3.0, False, data, False) for data in (delta, delta, self.ANSWER[:-1])]
        records = list(capture.feed_all(messages))

        assert [type(record) for record in records] == [MessageRecord] * 3
        assert b"made-up" not in b"".join(record.payload.raw for record in records if isinstance(record, MessageRecord))

    def test_an_odd_host_loses_no_flow(self) -> None:
        """A client may send any Host."""
        (record,) = FlowCapture(CaptureRedactor()).feed(requested(url="http://[abc/v1/responses?token=made-up"))

        assert isinstance(record, RequestRecord)
        assert record.url == "http://[abc/v1/responses?[[REDACTED:query:1]]"


class TestWhatIsAStream:
    """Bytes and request say it; a content-type may be missing, or wrong."""

    @pytest.mark.parametrize("content_type", [None, "application/octet-stream", "text/plain", "application/json"])
    @pytest.mark.parametrize("size", [1, 3, 7, 1000])
    def test_events_are_events_by_whatever_name(self, content_type: str | None, size: int) -> None:
        """However they are cut; nothing waits for more than its first bytes."""
        capture = FlowCapture(CaptureRedactor())
        capture.feed(requested(b'{"model":"m","stream":true}'))
        capture.feed(responded({"content-type": content_type} if content_type else {}))
        raw = CREATED + DELTA

        chunks = [(3.0, raw[at : at + size]) for at in range(0, len(raw), size)]
        records = [one for chunk in chunks for one in capture.feed(Chunks(FLOW, [chunk]))]

        assert [event for event, _ in expanded(records)] == [CREATED, DELTA]
        assert capture.feed(ENDED)[:-1] == []

    @pytest.mark.parametrize("raw", [b'{"error":{"message":"no"}}', b"\n [1]"])
    def test_json_is_a_body_by_whatever_name(self, raw: bytes) -> None:
        capture = opened(STREAM)

        records = [*capture.feed(Chunk(FLOW, 3.0, raw)), *capture.feed(ENDED)]

        assert [one.payload.raw for one in records if isinstance(one, BodyRecord)] == [raw]

    def test_who_asks_for_no_events_gets_a_body(self) -> None:
        """A file may begin like one."""
        capture = opened({"content-type": "text/plain"})

        records = [*capture.feed(Chunk(FLOW, 3.0, CREATED)), *capture.feed(ENDED)]

        assert [one.payload.raw for one in records if isinstance(one, BodyRecord)] == [CREATED]

    @pytest.mark.parametrize(
        ("encoding", "raw"), [("compress", b"\x1f\x9d"), ("gzip", b"plain"), ("deflate", b"K\x04")]
    )
    def test_what_cannot_be_decoded_says_so(self, encoding: str, raw: bytes) -> None:
        """Its content-encoding still holds."""
        capture = opened({"content-encoding": encoding})

        records = [*capture.feed(Chunk(FLOW, 3.0, raw)), *capture.feed(ENDED)]

        assert [(one.payload.raw, one.encoded) for one in records if isinstance(one, BodyRecord)] == [(raw, True)]
