"""Records: one line each, and every byte comes back."""

import json
import zlib
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_codex_replay.archive.line import decode_line, encode_line, held_value, repeated_payload
from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
    SegmentRecord,
    SharedValueRecord,
    UnknownRecord,
)
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.wire.payload import Payload

AT_MS = 1_700_000_000_000.125
ODD_BYTES = {
    "JSON": b'{"type":"response.created","n":[1,2.5,null]}',
    "empty": b"",
    "duplicate keys": b'{"a":1,"a":2,"json":3,"json":4}',
    "odd numbers": b"[1e2,1E+2,1.0,-0,0.10,123456789012345678901234567890]",
    "lone surrogate": b'{"a":"\\ud800"}',
    "escapes": b'"\\u00e4\\/\\u0000"',
    "NaN": b'{"a":NaN}',
    "infinity": b"1e400",
    "not UTF-8": b'{"a":"\xff"}',
    "half a letter": b"\xf0\x9f\xa6",
    "pretty": b'{\n  "a": 1\n}\n',
    "pretty, CR": b'{\r"a": 1}',
    "spaced": b'{ "a" : 1 , "b" : [ ] }',
    "blanks around": b' \t{"a":1}  ',
    "a blank before": b' {"a":1}',
    "a blank behind": b'{"a":1} ',
    "only blanks": b"   ",
    "BOM": b"\xef\xbb\xbf{}",
    "two values": b"1,2",
    "two members": b'1,"kind":"end"',
    "open list": b"],[",
    "null": b"null",
    "text": b"[DONE]",
    "a member called json": b'{"x":1,"json":{"json":"}"},"text":"y","base64":"","refs":true}',
    "a string like a member": b'",\\"json\\":1"',
    "a reference": b'{"input":[{"$item":"0123"}],"$item":"x"}',
    "line separators": '"\u2028\u2029\x7f\u0085"'.encode(),
    "NUL": b"\0",
    "deepest nesting": b"[" * 1024 + b"]" * 1024,
    "nesting that just fits": b"[" * 1023 + b"]" * 1023,
    "too deep nesting": b"[" * 2000 + b"]" * 2000,
    "emoji": '{"a":"🦀 漢字"}'.encode(),
}
ODD = pytest.mark.parametrize("raw", ODD_BYTES.values(), ids=ODD_BYTES)
CHECKSUM = pytest.mark.parametrize("checksum", [True, False])

TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from([',"json":', '"}', '{"$item":"x"}', "ä\n"])
TIME = st.floats(0, 4e12).map(lambda at_ms: round(at_ms, 3))
CUTS = st.lists(st.tuples(st.integers(0, 2**40), TIME), max_size=4).map(tuple)
HEADERS = st.lists(st.tuples(TEXT, TEXT), max_size=4).map(tuple)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda value: st.lists(value, max_size=3) | st.dictionaries(st.sampled_from(["json", "$item", "a", "text"]), value),
    max_leaves=8,
)
JSON_TEXTS = st.builds(
    lambda value, separators, escaped: json.dumps(value, separators=separators, ensure_ascii=escaped),
    JSON_VALUES,
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")]),
    st.booleans(),
).map(lambda text: text.encode(errors="surrogatepass"))
PIECES = st.lists(
    st.sampled_from([b'{"', b'":', b"}", b"[", b"]", b",", b" ", b"\n", b"\r", b'"', b"1", b',"json":', b"\xff", b"\\"])
).map(b"".join)
RAW = st.binary(max_size=40) | JSON_TEXTS | PIECES | st.sampled_from(list(ODD_BYTES.values()))
EVENT_RAW = st.builds(
    lambda head, raw, tail: head + raw + tail,
    st.sampled_from([b"", b"data: ", b"event: a\ndata: ", b"event: \xff\ndata: ", b"event: \ndata: ", b"data:", b": "]),
    RAW,
    st.sampled_from([b"\n\n", b"\r\n\r\n", b"\n", b"", b"\r\r"]),
)
PAYLOAD = RAW.map(Payload)
FLOW = {"at_ms": TIME, "flow": TEXT}
RUNS = st.builds(
    lambda at_ms, flow, values, is_messages: RunRecord(
        at_ms=at_ms,
        flow=flow,
        text=orjson.dumps([{"type": kind, "delta": delta} for kind, delta, _ in values]),
        times_ms=tuple(round(at_ms + after_ms, 3) for _, _, after_ms in values),
        is_messages=is_messages,
    ),
    TIME,
    TEXT,
    st.lists(st.tuples(st.from_regex(r"[a-z.]+", fullmatch=True), TEXT, st.floats(0, 1e6)), min_size=1, max_size=3),
    st.booleans(),
)
RECORDS = st.one_of(
    RUNS,
    st.builds(
        SegmentRecord,
        at_ms=TIME,
        format=st.just(1),
        session=TEXT,
        run=TEXT,
        recorder=TEXT,
        ruleset=st.integers(0, 9),
    ),
    st.builds(SharedValueRecord, at_ms=TIME, digest=TEXT, payload=PAYLOAD),
    st.builds(
        RequestRecord,
        **FLOW,
        method=TEXT,
        url=TEXT,
        http_version=TEXT,
        headers=HEADERS,
        payload=st.none() | PAYLOAD,
        body_bytes=st.integers(0, 2**60),
        body_sha256=st.none() | TEXT,
    ),
    st.builds(ResponseRecord, **FLOW, status=st.integers(100, 599), http_version=TEXT, headers=HEADERS),
    st.builds(EventRecord, **FLOW, raw=EVENT_RAW, cuts=CUTS),
    st.builds(BodyRecord, **FLOW, payload=PAYLOAD, cuts=CUTS),
    st.builds(MessageRecord, **FLOW, from_client=st.booleans(), payload=PAYLOAD, binary=st.booleans()),
    st.builds(
        EndRecord,
        **FLOW,
        how=st.sampled_from(FlowEnd),
        error=st.none() | TEXT,
        close_code=st.none() | st.integers(0, 65535),
        close_reason=st.none() | TEXT,
        closed_by_client=st.none() | st.booleans(),
    ),
    st.builds(
        GapRecord,
        at_ms=TIME,
        until_ms=TIME,
        reason=TEXT,
        lost_count=st.integers(0, 2**50),
        lost_bytes=st.integers(0, 2**50),
        flows=st.lists(TEXT, max_size=3).map(tuple),
    ),
)


def unresolved(value: Any) -> Any:
    """No line of these tests holds a reference: a payload that looks like one is a payload."""
    pytest.fail(f"looked up {value!r}")


def message(raw: bytes) -> MessageRecord:
    return MessageRecord(at_ms=AT_MS, flow="f", from_client=True, payload=Payload(raw))


@given(record=RECORDS, seq=st.integers(0, 2**40), checksum=st.booleans())
@settings(max_examples=600, deadline=None)
@example(record=EventRecord(at_ms=1.0, flow="f", raw=b"data: 1\n\n", cuts=((0, 1.0),)), seq=0, checksum=True)
def test_every_record_comes_back(record: Record, seq: int, checksum: bool) -> None:  # noqa: FBT001
    """Whatever its bytes and texts are: one line, a JSON object, and the same record out of it."""
    line = encode_line(record, seq, checksum=checksum)

    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert isinstance(orjson.loads(line), dict)
    assert decode_line(line[:-1], unresolved, checksum=checksum) == (seq, record)


@given(run=RUNS)
@settings(max_examples=100, deadline=None)
def test_a_run_stands_for_its_records(run: RunRecord) -> None:
    """Each comes back with its bytes and its time, as if it had been written alone."""
    records = run.records()

    alone = [decode_line(encode_line(record, 0, checksum=False)[:-1], unresolved)[1] for record in records]

    assert alone == records
    assert [record.at_ms for record in records] == [*run.times_ms]
    assert b"[%b]" % b",".join(record.payload.raw for record in records) == run.text


@ODD
@CHECKSUM
def test_odd_payloads_come_back_byte_for_byte(raw: bytes, checksum: bool) -> None:  # noqa: FBT001
    """Bytes are the truth, also where their JSON value would not give them back."""
    line = encode_line(message(raw), 3, checksum=checksum)

    _, record = decode_line(line[:-1], unresolved)

    assert isinstance(record, MessageRecord)
    assert record.payload.raw == raw


@ODD
@pytest.mark.parametrize(
    "frame", [(b"data: ", b"\n\n"), (b"event: a\ndata: ", b"\n\n"), (b"event: a\r\ndata: ", b"\r\n\r\n")]
)
def test_odd_events_come_back_byte_for_byte(raw: bytes, frame: tuple[bytes, bytes]) -> None:
    """Also where the data breaks the event into lines."""
    event = EventRecord(at_ms=AT_MS, flow="f", raw=frame[0] + raw + frame[1], cuts=((0, AT_MS), (3, AT_MS + 1)))

    _, record = decode_line(encode_line(event, 0, checksum=False)[:-1], unresolved)

    assert record == event


@pytest.mark.parametrize(
    ("raw", "member"),
    [
        (b'{"a":1e2}', b',"json":{"a":1e2}}\n'),
        ("ä".encode(), ',"text":"ä"}\n'.encode()),
        (b"\xff", b',"base64":"/w=="}\n'),
    ],
)
def test_a_payload_stays_as_readable_as_it_can(raw: bytes, member: bytes) -> None:
    """JSON verbatim, else text without escapes, else base64."""
    assert encode_line(message(raw), 0, checksum=False).endswith(member)


def test_a_usual_event_is_json_and_a_name() -> None:
    """So that `jq` reads it; the arrival of a single chunk is written once."""
    event = EventRecord(at_ms=AT_MS, flow="f", raw=b'event: a\ndata: {"b":1}\n\n', cuts=((0, AT_MS),))

    line = encode_line(event, 7, checksum=False)

    assert line == b'{"seq":7,"at_ms":1700000000000.125,"kind":"event","flow":"f","name":"a","json":{"b":1}}\n'


def test_headers_cannot_break_a_line() -> None:
    """Not even when they spell a member."""
    headers = ((',"json":', '"json":'), ("a", ',"json":{"x":1}}'), ("b\n", "c\r"), ("a", "again"))
    request = RequestRecord(
        at_ms=AT_MS, flow="f", method="POST", url="/", http_version="1", headers=headers, payload=Payload(b'{"y":2}')
    )

    _, record = decode_line(encode_line(request, 0, checksum=True)[:-1], unresolved)

    assert record == request


def test_no_body_is_not_an_empty_body() -> None:
    """None comes back as None."""
    for payload in (None, Payload(b"")):
        request = RequestRecord(
            at_ms=AT_MS, flow="f", method="GET", url="/", http_version="1", headers=(), payload=payload
        )

        _, record = decode_line(encode_line(request, 0, checksum=False)[:-1], unresolved)

        assert record == request


def test_a_text_that_is_not_utf8_costs_only_its_letter() -> None:
    """A proxy hands such header bytes over as lone surrogates; the record is written all the same."""
    response = ResponseRecord(at_ms=AT_MS, flow="f", status=200, http_version="1", headers=(("a", "Z\udceb-ö"),))

    _, record = decode_line(encode_line(response, 0, checksum=True)[:-1], unresolved)

    assert record == ResponseRecord(at_ms=AT_MS, flow="f", status=200, http_version="1", headers=(("a", "Z?-ö"),))


def test_times_are_kept_to_the_microsecond() -> None:
    """More would be noise in a diff."""
    end = EndRecord(at_ms=1.000_499_9, flow="f", how=FlowEnd.FINISHED)

    _, record = decode_line(encode_line(end, 0, checksum=False)[:-1], unresolved)

    assert record.at_ms == 1.0


def test_references_are_resolved_where_they_were_put() -> None:
    """A line with `refs` goes through `resolve`; its bytes are the compact JSON of what that returns."""
    line = encode_line(message(b'{"input":["long"]}'), 0, checksum=True, refs={"input": [{"$item": "d"}]})

    _, record = decode_line(line[:-1], lambda value: {"input": [value["input"][0]["$item"] * 2]})

    assert record == message(b'{"input":["dd"]}')


def test_an_event_with_references_comes_back() -> None:
    """Its frame is rebuilt around the resolved data."""
    event = EventRecord(at_ms=AT_MS, flow="f", raw=b'event: a\ndata: {"output":[1]}\n\n', cuts=((0, AT_MS),))
    line = encode_line(event, 0, checksum=True, refs={"output": "ref"})

    _, record = decode_line(line[:-1], lambda _: {"output": [1]})

    assert record == event


def test_every_byte_of_a_line_is_covered_by_its_checksum() -> None:
    """No byte can change without notice, the checksum's own included."""
    line = encode_line(message(b'{"a":"b"}'), 0, checksum=True)[:-1]

    for at in range(len(line)):
        for byte in {line[at] ^ 1, line[at] ^ 0x20, 0x0A, 0x20} - {line[at]}:
            with pytest.raises(ArchiveError):
                decode_line(line[:at] + bytes([byte]) + line[at + 1 :], unresolved, checksum=True)


def test_a_cut_line_is_refused() -> None:
    """At any length, with a checksum or without."""
    for checksum in (True, False):
        line = encode_line(message(b'{"a":{"b":[1]}}'), 0, checksum=checksum)[:-1]
        for length in range(len(line)):
            with pytest.raises(ArchiveError):
                decode_line(line[:length], unresolved)


def test_a_checksum_is_asked_for_where_one_has_to_be() -> None:
    """Else damage to the member's name would switch the check off."""
    line = encode_line(message(b"1"), 0, checksum=False)[:-1]

    with pytest.raises(ArchiveError, match="checksum"):
        decode_line(line, unresolved, checksum=True)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b'{"a":1}',
        b'{"seq":0,"at_ms":1}',
        b'{"seq":0,"at_ms":1,"kind":""}',
        b'{"seq":0,"at_ms":1,"kind":["end"]}',
        b'{"seq":"x","at_ms":1,"kind":"end","flow":"f","how":"finished"}',
        b'{"seq":0,"at_ms":"x","kind":"end","flow":"f","how":"finished"}',
        b'{"seq":0,"at_ms":1,"kind":"end","flow":"f","how":"unheard-of"}',
        b'{"seq":0,"at_ms":1,"kind":"end","flow":"f","how":"closed","closed_by":"x"}',
        b'{"seq":0,"at_ms":1,"kind":"event","flow":"f"}',
        b'{"seq":0,"at_ms":1,"kind":"message","flow":"f","from":"client"}',
        b'{"seq":0,"at_ms":1,"kind":"message","flow":"f","from":"x","json":1}',
        b'{"seq":0,"at_ms":1,"kind":"message","flow":"f","from":"client","text":1}',
        b'{"seq":0,"at_ms":1,"kind":"message","flow":"f","from":"client","base64":"?"}',
        b'{"seq":0,"at_ms":1,"kind":"message","from":"client","json":1,"flow":"f"}',
        b'{"seq":0,"at_ms":1,"kind":"message","flow":"f","from":"client", "json": 1}',
        b'{"seq":0,"at_ms":1,"kind":"request","flow":"f","method":"GET","url":"/","http_version":"1","headers":[["a"]]}',
        b'{"seq":0,"at_ms":1,"kind":"body","flow":"f","cuts":[[0]],"json":1}',
    ],
)
def test_what_is_no_record_is_refused(line: bytes) -> None:
    """With the one error that readers report and skip."""
    with pytest.raises(ArchiveError):
        decode_line(line, unresolved)


@given(
    value=JSON_VALUES | st.dictionaries(st.sampled_from(["seq", "at_ms", "kind", "flow", "json", "refs"]), JSON_VALUES)
)
@settings(max_examples=150, deadline=None)
def test_foreign_json_is_refused_or_read_but_never_crashes(value: Any) -> None:
    """A cassette may be edited by hand."""
    line = json.dumps(value).encode()

    try:
        seq, record = decode_line(line, lambda found: found)
    except ArchiveError:
        return
    assert isinstance(seq, int)
    assert isinstance(record, Record)


def test_members_that_are_not_known_are_passed_over() -> None:
    """A later version may add some."""
    line = b'{"seq":0,"at_ms":1,"kind":"end","new":{"json":1},"flow":"f","how":"finished"}'

    _, record = decode_line(line, unresolved)

    assert record == EndRecord(at_ms=1.0, flow="f", how=FlowEnd.FINISHED)


def test_a_line_of_a_windows_checkout_is_read() -> None:
    """Git may turn LF into CRLF."""
    line = encode_line(message(b'{"a":1}'), 0, checksum=False)[:-1] + b"\r"

    assert decode_line(line, unresolved) == (0, message(b'{"a":1}'))


UNKNOWN = b'"kind":"new","flow":"f","big":123456789012345678901234567890,"n":1.0,"json":{"a": 1}}'


@pytest.mark.parametrize(
    "rest", [UNKNOWN, b'"kind":"new"}', b'"kind":"new","text":"\xc3\xa4"}', b'"kind":"new","json":[]}']
)
def test_a_kind_that_is_not_known_is_kept_verbatim(rest: bytes) -> None:
    """A later version wrote it: not a byte of its members changes."""
    line = b'{"seq":3,"at_ms":1.5,' + rest

    seq, record = decode_line(line, unresolved)

    assert isinstance(record, UnknownRecord)
    assert (seq, record.at_ms, record.kind) == (3, 1.5, "new")
    assert encode_line(record, 3, checksum=False) == line + b"\n"
    assert decode_line(encode_line(record, 3, checksum=True)[:-1], unresolved, checksum=True) == (3, record)


def test_an_unknown_kind_in_another_order_keeps_its_members() -> None:
    """A person may have put the line in."""
    _, record = decode_line(b'{"a":"x", "kind":"new","at_ms":1,"seq":0,"b":[1]}', unresolved)

    assert encode_line(record, 0, checksum=False) == b'{"seq":0,"at_ms":1.0,"kind":"new","a":"x","b":[1]}\n'


def test_the_references_of_an_unknown_kind_are_resolved() -> None:
    """What they refer to need not be in the segment that it is written to next."""
    line = b'{"seq":0,"at_ms":1,"kind":"new","refs":true,"json":{"input":[{"$item":"d"}]}}'

    _, record = decode_line(line, lambda _: {"input": ["long"]})

    assert encode_line(record, 0, checksum=False) == b'{"seq":0,"at_ms":1.0,"kind":"new","json":{"input":["long"]}}\n'


@pytest.mark.parametrize("later", [b'{"a":1,"json":2}', b'[{"x":[],"json":{}}]', b'"{"', b'{"json":{"b":1,"json":3}}'])
def test_a_later_member_may_hold_json_of_its_own(later: bytes) -> None:
    """The payload is the value of the last member, wherever else the name stands."""
    line = b'{"seq":1,"at_ms":1.0,"kind":"body","flow":"f","later":' + later + b',"json":{"c":1,"json":4}}'

    _, record = decode_line(line, lambda value: value)

    assert record.payload.raw == b'{"c":1,"json":4}'


def test_a_line_with_blanks_is_called_rewritten() -> None:
    """Its payload's own bytes are lost: it is damage, with what happened to it."""
    with pytest.raises(ArchiveError, match="a formatter rewrote the file"):
        decode_line(b'{"seq": 1, "at_ms": 1.0, "kind": "body", "flow": "f", "json": {}}', lambda value: value)


@pytest.mark.parametrize(
    "before", [b'"x":[{"a":0,"json":1}]', b'"x":{"a":0,"json":{"b":0,"json":[2]}}', b'"x":",\\"json\\":{"']
)
def test_the_member_json_is_that_of_the_line(before: bytes) -> None:
    """Members of a later version may hold others; they are told apart in one pass, however many there are."""
    line = b'{"seq":0,"at_ms":1.0,"kind":"event","flow":"f",%b,"json":{"n":1,"json":2}}' % before

    _, record = decode_line(line, lambda value: value)

    assert isinstance(record, EventRecord)
    assert record.raw == b'data: {"n":1,"json":2}\n\n'


def test_headers_are_counted_before_a_long_line_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand of them take longer to parse than all else."""
    line = encode_line(
        ResponseRecord(at_ms=AT_MS, flow="f", status=200, http_version="HTTP/1.1", headers=(("a", "b"),) * 20_000),
        3,
        checksum=True,
    )
    monkeypatch.setattr(orjson, "loads", None)

    with pytest.raises(ArchiveError, match="more than 1,000 headers"):
        decode_line(line.rstrip(), lambda value: value, checksum=True)


VALUE = SharedValueRecord(at_ms=AT_MS, digest="0a", payload=Payload(b'{"a":[1]}'))


def test_a_value_that_is_held_is_not_parsed_again() -> None:
    """The line says the same as when it is decoded, and the payload is the object that is held."""
    line = encode_line(VALUE, 7, checksum=True).rstrip(b"\n")

    found = held_value(line, {"0a": VALUE.payload}.get)

    assert found == decode_line(line, lambda value: value, checksum=True)
    assert found is not None
    assert isinstance(found[1], SharedValueRecord)
    assert found[1].payload is VALUE.payload


@pytest.mark.parametrize("held", [b'{"a":[2]}', b'{"a":[1]', b'{"a":[1]}}', b""])
def test_a_line_with_another_value_of_the_digest_is_decoded(held: bytes) -> None:
    """Anyone may write a digest: what the line itself has counts."""
    line = encode_line(VALUE, 7, checksum=True).rstrip(b"\n")

    assert held_value(line, {"0a": Payload(held)}.get) is None


@pytest.mark.parametrize("change", [(b"a", b"b"), (b'"seq":7', b'"seq":8'), (b"]}}", b"]}} ")])
def test_a_damaged_line_is_not_taken_for_a_value_that_is_held(change: tuple[bytes, bytes]) -> None:
    """Its checksum has to be right, too; then it is decoded, which says what is wrong."""
    line = encode_line(VALUE, 7, checksum=True).rstrip(b"\n")

    assert held_value(line.replace(*change), lambda _: VALUE.payload) is None
    assert held_value(encode_line(VALUE, 7, checksum=False).rstrip(b"\n"), lambda _: VALUE.payload) is None


def test_a_payload_that_was_parsed_with_its_line_says_the_same() -> None:
    """Its bytes are those of the line, and its value is what they say."""
    record = MessageRecord(at_ms=AT_MS, flow="f", from_client=True, payload=Payload(b'{"b":1,"a":[2.5,null]}'))

    _, found = decode_line(encode_line(record, 0, checksum=True).rstrip(b"\n"), lambda value: value, checksum=True)

    assert isinstance(found, MessageRecord)
    assert (found.payload.raw, found.payload.json) == (record.payload.raw, record.payload.json)


REQUEST = RequestRecord(
    at_ms=AT_MS,
    flow="f",
    method="POST",
    url="http://127.0.0.1/v1/responses",
    http_version="HTTP/1.1",
    headers=(("a", ',"json":'),),
    payload=Payload(b'{"json":{"a":1},"tools":[{"b":2}]}'),
)


@pytest.mark.parametrize(
    "record",
    [REQUEST, MessageRecord(at_ms=AT_MS, flow="g", from_client=True, payload=Payload(REQUEST.payload.raw))],
)
def test_a_line_that_repeats_a_payload_is_not_parsed_again(record: Record) -> None:
    """It says the same as when it is decoded, and the payload is that from before."""
    line = encode_line(record, 7, checksum=True).rstrip(b"\n")

    found = repeated_payload(line, REQUEST.payload)

    assert found == decode_line(line, lambda value: value, checksum=True)
    assert found[1].payload is REQUEST.payload


@pytest.mark.parametrize("before", [b'{"a":1}', b'[{"b":2}]', b'{"json":{"a":1},"tools":[{"b":3}]}', b"", b"}"])
def test_a_line_with_another_payload_is_decoded(before: bytes) -> None:
    """All of the payload has to be the same, not its end."""
    line = encode_line(REQUEST, 7, checksum=True).rstrip(b"\n")

    assert repeated_payload(line, Payload(before)) is None


@pytest.mark.parametrize("change", [(b'"b":2', b'"b":3'), (b'"seq":7', b'"seq":8'), (b'"kind"', b'"refs":true,"kind"')])
def test_a_damaged_line_does_not_repeat_a_payload(change: tuple[bytes, bytes]) -> None:
    """Its checksum has to be right, too."""
    line = encode_line(REQUEST, 7, checksum=True).rstrip(b"\n")

    assert repeated_payload(line.replace(*change), REQUEST.payload) is None
    assert repeated_payload(encode_line(REQUEST, 7, checksum=False).rstrip(b"\n"), REQUEST.payload) is None


def test_a_payload_of_references_is_never_one_that_is_repeated() -> None:
    """What it says depends on the values before it."""
    rest = encode_line(REQUEST, 7, checksum=False).rstrip(b"\n")[1:].replace(b',"json"', b',"refs":true,"json"')
    line = b'{"sum":"%08x",' % zlib.crc32(rest) + rest

    assert repeated_payload(line, REQUEST.payload) is None
