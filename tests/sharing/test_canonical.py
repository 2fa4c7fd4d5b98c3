"""Volatile values of a recording."""

from dataclasses import replace

import pytest

from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, GapRecord, RequestRecord, SegmentRecord
from pytest_codex_replay.sharing.canonical import (
    EPOCH_MS,
    Canonical,
    CanonicalClock,
    canonical_records,
    has_canonical_times,
)
from pytest_codex_replay.wire.payload import Payload

RAW = b'event: x\ndata: {"type":"x"}\n\n'


def exchange(flow, start_ms, *offsets_ms):
    yield RequestRecord(at_ms=start_ms, flow=flow, method="GET", url="http://h/", http_version="HTTP/1.1", headers=())
    for offset_ms in offsets_ms:
        at_ms = start_ms + offset_ms
        yield EventRecord(at_ms=at_ms, flow=flow, raw=RAW, cuts=((0, at_ms), (5, at_ms + 1)))
    yield EndRecord(at_ms=start_ms + offsets_ms[-1], flow=flow, how=FlowEnd.FINISHED)


def test_pauses_of_the_client_are_volatile_and_the_pace_of_an_answer_is_not():
    """A new question stands on a full second; what answers it keeps its distance to it."""
    clock = CanonicalClock()
    records = [*exchange("a", 5_000.0, 1, 390.5, 4011), *exchange("b", 99_000.0, 12, 211)]

    times = [clock.at_ms(record) - EPOCH_MS for record in records]

    assert times == [0, 0, 400, 4000, 4000, 5000, 5000, 5200, 5200]


def test_flows_that_overlap_keep_their_distance():
    """A sub-agent's question in the middle of an answer does not move that answer."""
    clock = CanonicalClock()
    one, other = list(exchange("a", 0.0, 1000, 3000)), list(exchange("b", 1500.0, 500))

    times = [clock.at_ms(record) - EPOCH_MS for record in (*one[:2], other[0], *one[2:])]

    assert times == [0, 1000, 1600, 3000, 3000]


def test_flows_are_numbered_and_chunks_are_whole_events():
    """The packets of a recording carry no meaning."""
    canonical = Canonical()

    records = [canonical.record(record) for record in [*exchange("a1b2", 0.0, 10), *exchange("c3d4", 5.0, 10)]]

    assert [record.flow for record in records] == ["flow-1"] * 3 + ["flow-2"] * 3
    assert records[1].cuts == ((0, records[1].at_ms),)


@pytest.mark.parametrize(
    ("output", "canonical"),
    [
        ("Chunk ID: b7223c\nWall time: 0.0364 seconds\n", "Chunk ID: 000000\nWall time: 0.0 seconds\n"),
        ('{"chunk_id":"f24d62","wall_time_seconds":0.603939313}', '{"chunk_id":"000000","wall_time_seconds":0.0}'),
        ('{"chunk_id" : "f24d62", "wall_time_seconds" : 6e-05}', '{"chunk_id" : "000000", "wall_time_seconds" : 0.0}'),
        ("Wall time 0.9 seconds", "Wall time 0.0 seconds"),
        ("Duration: 0.9 seconds", "Duration: 0.9 seconds"),
        ("it took 0.9 seconds", "it took 0.9 seconds"),
    ],
)
def test_what_codex_writes_above_an_output_is_volatile(output, canonical):
    """Ids of chunks and durations differ from run to run; the output does not."""
    payload = Payload.of({"input": [{"type": "function_call_output", "output": output}]})
    record = RequestRecord(
        at_ms=0, flow="a", method="POST", url="http://h/v1/responses", http_version="", headers=(), payload=payload
    )

    made = Canonical().record(record)

    assert made.payload.json["input"][0]["output"] == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (
            "<environment_context><current_date>2026-11-21</current_date><timezone>Asia/Tokyo</timezone>",
            "<environment_context><current_date>2000-01-01</current_date><timezone>Etc/UTC</timezone>",
        ),
        (
            "<user_shell_command>Exit code: 0\nDuration: 0.0123 seconds</user_shell_command>",
            "<user_shell_command>Exit code: 0\nDuration: 0.0 seconds</user_shell_command>",
        ),
        ("Duration: 0.0123 seconds on <timezone>Asia/Tokyo</timezone>",) * 2,
    ],
)
def test_what_codex_says_in_the_users_place_is_volatile(text, canonical):
    """Date, timezone and durations; what the user wrote stays."""
    payload = Payload.of({"input": [{"role": "user", "content": [{"type": "input_text", "text": text}]}]})
    record = RequestRecord(
        at_ms=0, flow="a", method="POST", url="http://h/v1/responses", http_version="", headers=(), payload=payload
    )

    made = Canonical().record(record)

    assert made.payload.json["input"][0]["content"][0]["text"] == canonical


def test_the_port_of_a_local_upstream_is_volatile():
    """Scripted upstreams take any; a real one keeps its address. So is the length, which the body shows."""
    headers = (("host", "127.0.0.1:35413"), ("content-length", "7"))
    record = RequestRecord(
        at_ms=0, flow="a", method="GET", url="http://127.0.0.1:35413/v1/models", http_version="", headers=headers
    )

    made = Canonical().record(record)

    assert made.url == "http://127.0.0.1:8000/v1/models"
    assert made.headers == (("host", "127.0.0.1:8000"),)


def test_the_run_of_a_recorder_is_volatile():
    """It is in the name of the session that takes what belongs to no session, too."""
    run = "20260102T030405-abcdef"
    head = SegmentRecord(at_ms=1.0, format=1, session=f"unattributed-{run}", run=run, recorder="x", ruleset=1)

    canonical = Canonical().record(head)

    assert canonical.session == "unattributed"
    assert canonical.run == "cassette"


def test_kept_times_are_those_of_chunks_and_gaps_too():
    """A chunk boundary behind the end, since redaction made the event shorter, is at the end."""
    canonical = Canonical(keep_times=True)
    event = EventRecord(at_ms=50.0, flow="a", raw=RAW, cuts=((0, 50.0), (5, 60.0), (500, 70.0)))
    gap = GapRecord(at_ms=80.0, until_ms=95.0, reason="x", lost_count=1, lost_bytes=1, flows=())

    assert canonical.record(event) == replace(event, flow="flow-1", cuts=((0, 50.0), (5, 60.0), (len(RAW), 70.0)))
    assert canonical.record(gap) == gap


@pytest.mark.parametrize(("keep_times", "shown"), [(False, "Wall time: 0.0"), (True, "Wall time: 3.25")])
def test_what_took_how_long_stays_with_the_times(keep_times, shown):
    """Codex measured it; the id of the chunk it drew at random."""
    output = {"type": "function_call_output", "call_id": "c", "output": "Chunk ID: abc123\nWall time: 3.25 seconds\n"}
    request = RequestRecord(
        at_ms=0.0,
        flow="a",
        method="POST",
        url="http://h/",
        http_version="HTTP/1.1",
        headers=(),
        payload=Payload.of({"input": [output]}),
    )

    (clean,) = canonical_records([request], keep_times=keep_times)

    assert clean.payload.json["input"][0]["output"] == f"Chunk ID: 000000\n{shown} seconds\n"


@pytest.mark.parametrize(("keep_times", "run"), [(False, "cassette"), (True, "cassette-with-times")])
def test_the_traffic_says_whether_its_times_are_canonical(keep_times, run):
    """However often it is redacted."""
    head = SegmentRecord(at_ms=5.0, format=1, session="s", run="r", recorder="x", ruleset=1)

    once = canonical_records([head], keep_times=keep_times)
    twice = canonical_records(once, keep_times=keep_times)

    assert once[0].run == twice[0].run == run
    assert has_canonical_times(once) is not keep_times
