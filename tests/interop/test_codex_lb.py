"""Archives of codex-lb: written here as its writer does (keys in order, one gzip member a record or a batch)."""

import gzip
import json
from io import BytesIO

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.codex_lb import are_records, exchanges_in
from pytest_codex_replay.interop.exchange import Exchange
from pytest_codex_replay.interop.notes import Notes

URL = "https://chatgpt.com/backend-api/codex/responses"
BODY = {"input": "Grüße", "model": "m", "stream": True}
CREATED = 'event: response.created\ndata: {"type":"response.created","response":{"id":"r1"}}\n\n'
DONE = 'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r1","output":[]}}\n\n'
FRAME = '{"type":"response.completed","response":{"id":"r1"}}'
HEADERS = {"authorization": "[redacted]", "session_id": "01a00000-0000-7000-8000-00000000000c"}


def record(payload, *, second=0, request_id="q1", sends=False, **more):
    members = {
        "timestamp": f"2026-08-11T10:00:{second:02}.000500+00:00",
        "request_id": request_id,
        "direction": "codex_to_server" if sends else "server_to_codex",
        "kind": "responses",
        "transport": "http",
        "account_id": "acc",
        "method": "POST",
        "url": URL,
        "status_code": None,
        "headers": HEADERS,
        "payload": payload,
        **more,
    }
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def event(text, **more):
    return record({"text": text}, extra={"event_format": "sse"}, **more)


def frame(text, **more):
    extra = {"frame_type": more.pop("frame_type", "text")} | more.pop("extra", {})
    return record({"text": text}, transport="websocket", extra=extra, **more)


def members(*records):
    return b"".join(map(gzip.compress, records))


def read(*files):
    notes = Notes()
    found = list(exchanges_in(map(BytesIO, files), notes))
    exchanges = [one for one in found if isinstance(one, Exchange)]
    return exchanges, [one for one in found if not isinstance(one, Exchange)], notes


STREAM = (record(BODY, sends=True), event(CREATED, second=1), event(DONE, second=2))


@pytest.mark.parametrize("raw", [members(*STREAM), gzip.compress(b"".join(STREAM)), b"".join(STREAM)], ids=len)
def test_a_stream_has_its_events_at_their_times(raw):
    """Whether a member holds a record or a batch, or the file is one of a day, not compressed."""
    assert are_records(raw[:300])
    (found,), lost, notes = read(raw)

    assert json.loads(found.request.body) == BODY
    assert found.body == (CREATED + DONE).encode()
    assert [at_ms - found.request.at_ms for at_ms, _ in found.chunks] == [1000, 2000]
    assert (found.response.status, found.end.how, lost) == (200, FlowEnd.FINISHED, [])
    assert notes.lines() == ["1 answer without the headers that came with it, which codex-lb does not keep"]


def test_an_answer_without_its_end_has_none():
    """codex-lb writes none: only what ends a response says that all of it is there."""
    (found,), _, _ = read(members(*STREAM[:2]))

    assert found.end is None


def test_an_error_has_its_status_and_body():
    """And a request without an answer has neither."""
    error = record({"error": {"code": "rate_limit"}}, status_code=429)

    (refused, silent), _, _ = read(members(STREAM[0], error, record(BODY, sends=True, request_id="q2")))

    assert (refused.response.status, refused.body) == (429, b'{"error":{"code":"rate_limit"}}')
    assert (silent.response, silent.end) == (None, None)


def test_a_websocket_has_its_frames():
    """Each request is one of its own: frames of several came over one connection, in any order."""
    close = frame("", frame_type="close", extra={"close_code": 1000}, second=3)
    asks = [frame(f'{{"type":"response.create","input":"{n}"}}', sends=True, request_id=f"q{n}") for n in (1, 2)]
    answers = [frame(FRAME, second=2, request_id=f"q{n}") for n in (1, 2)]

    (first, second), _, _ = read(members(*asks, *answers, close))

    assert (first.request.is_upgrade, first.response.status) == (True, 101)
    assert [one.from_client for one in first.messages] == [True, False]
    assert (first.end.how, first.end.close_code) == (FlowEnd.CLOSED, 1000)
    assert second.end.how is FlowEnd.CLIENT_GONE


def test_binary_frames_and_broken_connections():
    """base64 is decoded."""
    binary = record({"encoding": "base64", "data": "/wA="}, transport="websocket", extra={"frame_type": "binary"})
    error = frame("", frame_type="error")

    (found,), _, _ = read(members(frame("{}", sends=True), binary, error))

    assert (found.messages[1].data, found.messages[1].binary) == (b"\xff\x00", True)
    assert found.end.how is FlowEnd.UPSTREAM_GONE


def test_where_a_websocket_is_refused_http_follows():
    """Under the same request id."""
    (refused, answered), _, _ = read(members(frame("{}", sends=True), *STREAM))

    assert (refused.request.method, answered.request.method) == ("GET", "POST")
    assert answered.body == (CREATED + DONE).encode()


def test_a_call_may_go_on_in_the_next_hour():
    """The files of a day are read as one."""
    (found,), lost, _ = read(members(*STREAM[:2]), members(STREAM[2]))

    assert (found.end.how, lost) == (FlowEnd.FINISHED, [])


@pytest.mark.parametrize("damage", ["tail", "middle", "junk", "line"])
def test_damage_costs_its_member(damage):
    """And is counted; what is behind it is read."""
    first, second, third = map(gzip.compress, STREAM)
    flipped = second[:40] + bytes([second[40] ^ 0xFF]) + second[41:]
    raw = {
        "tail": first + second + third[:-20],
        "middle": first + flipped + third,
        "junk": first + second + b"junk" + third,
        "line": first + gzip.compress(b"half a li\n") + second + third,
    }[damage]

    (found,), lost, notes = read(raw)

    assert len(lost) == 1
    assert [data.decode() for _, data in found.chunks] == {
        "tail": [CREATED],
        "middle": [DONE],
    }.get(damage, [CREATED, DONE])
    assert "1 place where the file is damaged: what was there is not imported" in notes.lines()


def test_what_no_request_belongs_to_is_counted():
    """Frames that codex-lb could not attribute have no request id."""
    found, lost, notes = read(members(event(DONE), frame("{}", request_id=None)))

    assert (found, len(lost)) == ([], 2)
    assert notes.lines() == ["2 records whose request is not in the files: not imported"]


def test_other_apis_are_named():
    """They are not ours."""
    found, _, notes = read(members(record({}, sends=True, url="https://a.example/v1/messages", headers={})))

    assert (found, dict(notes.foreign)) == ([], {"a.example": 1})


def test_a_request_may_be_nested_as_deeply_as_it_is_read():
    """What writes JSON fastest takes no more than 254 levels."""
    deep = "[" * 300 + "]" * 300
    ((exchange,), _, _) = read(record(BODY | {"input": "@"}, sends=True).replace(b'"@"', deep.encode()))

    assert deep in exchange.request.body.decode()


@pytest.mark.parametrize("odd", [{"headers": ["a"]}, {"extra": {"event_format": "sse"}, "status_code": "x"}])
def test_a_record_that_codex_lb_would_not_write_is_refused(odd):
    """With its request."""
    with pytest.raises(UsageError, match="request q1 is not as codex-lb writes it"):
        read(members(record(BODY, sends=True, **odd), record({}, **odd)))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ([b" " * 1024 * 1024] * 9, "expands to more than 8,388,608 bytes"),
        ([b"{}\n" * 20_000], "more than 10,0.. records"),
        ([b'{"a":[' + b"0," * 1024 * 1024 + b"0]}\n"], "more than 500,000 JSON values"),
    ],
    ids=["expands", "records", "values"],
)
def test_an_archive_of_a_stranger_is_read_within_limits(more, why):
    """A small one may hold any number of records, or of values."""
    with pytest.raises(UsageError, match=why):
        read(gzip.compress(b"".join([record(BODY, sends=True), *more])))
