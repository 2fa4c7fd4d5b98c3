"""Records: what an event says, and what a run stands for."""

import pytest

from pytest_codex_replay.archive.record import (
    EndRecord,
    EventRecord,
    FlowEnd,
    MessageRecord,
    Record,
    RequestRecord,
    RunRecord,
    UnknownRecord,
    requests_in,
)
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.wire.payload import Payload

VALUES = [b'{"type":"a.delta","delta":"1"}', '{"type":"b.delta","delta":"\u00e4"}'.encode()]


def run(text: bytes, *, is_messages: bool = False) -> RunRecord:
    return RunRecord(flow="f", at_ms=1.0, text=text, times_ms=(1.0, 2.5), is_messages=is_messages)


@pytest.mark.parametrize(
    ("raw", "data"),
    [(b"event: a\ndata: {}\n\n", b"{}"), (b": keep-alive\n\n", b""), (b"event: a\n\n", b"")],
)
def test_an_event_has_its_data_as_payload(raw: bytes, data: bytes) -> None:
    """A comment, or a name alone, has none."""
    assert EventRecord(flow="f", at_ms=1.0, raw=raw, cuts=()).payload.raw == data


def test_a_run_of_events_stands_for_events_named_like_their_type() -> None:
    """Byte for byte, each one chunk, each with its time."""
    assert run(b"[%b]" % b",".join(VALUES)).records() == [
        EventRecord(flow="f", at_ms=1.0, raw=b"event: a.delta\ndata: %b\n\n" % VALUES[0], cuts=((0, 1.0),)),
        EventRecord(flow="f", at_ms=2.5, raw=b"event: b.delta\ndata: %b\n\n" % VALUES[1], cuts=((0, 2.5),)),
    ]


def test_a_run_of_messages_stands_for_messages_of_the_server() -> None:
    """Text, byte for byte."""
    assert run(b"[%b]" % b",".join(VALUES), is_messages=True).records() == [
        MessageRecord(flow="f", at_ms=at_ms, from_client=False, payload=Payload(value))
        for at_ms, value in zip((1.0, 2.5), VALUES, strict=True)
    ]


def test_a_run_with_blanks_stands_for_what_is_spelt_there() -> None:
    """Byte for byte: numbers, escapes and blanks included."""
    data = [b'{"type": "a.delta", "delta": "\\u00e4, ]"}', b'{"type": "b.delta",  "n": [1.0, 1e2] }']

    assert [one.payload.raw for one in run(b"[%b]" % b",".join(data), is_messages=True).records()] == data


@pytest.mark.parametrize(
    "text",
    [
        b'[{"type": "a"} ,{"type": "b"}]',
        b'[{"type": "a"},',
        b'[{"type": ' + b"[" * 5000,
        b"[1,2]",
        b"[{},{}]",
        b'[{"type":"a"}]',
        b"{}",
        b"1",
        b"[",
        b'["a","b"]',
    ],
)
def test_what_is_no_run_is_an_error(text: bytes) -> None:
    """A cassette may be edited by hand."""
    with pytest.raises(ArchiveError, match="not a run of records"):
        run(text).records()


def request(payload: Payload | None) -> RequestRecord:
    return RequestRecord(
        at_ms=1.0, flow="f", method="GET", url="/", http_version="HTTP/1.1", headers=(), payload=payload
    )


def message(text: bytes, *, from_client: bool) -> MessageRecord:
    return MessageRecord(at_ms=1.0, flow="f", from_client=from_client, payload=Payload(text))


@pytest.mark.parametrize(
    ("record", "count"),
    [
        (request(Payload(b"{}")), 1),
        (request(None), 0.5),
        (message(b'{"type":"response.create"}', from_client=True), 1),
        (message(b'{"type":"response.create"}', from_client=False), 0),
        (message(b'{"type":"input_audio_buffer.append","audio":"AAAA"}', from_client=True), 0),
        (message(b"1", from_client=True), 0),
        (EndRecord(at_ms=1.0, flow="f", how=FlowEnd.REFUSED), 0),
        (UnknownRecord(at_ms=1.0, kind="x", payload=Payload(b"{}")), 0.5),
    ],
)
def test_health_checks_count_half_and_silence_is_no_request(record: Record, count: float) -> None:
    """One a second, these are many, take few bytes, and cost a reader less."""
    assert requests_in(record) == count
