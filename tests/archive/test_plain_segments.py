"""The segments of a cassette: one file, or as many as its lines need."""

import shutil
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay import limits
from pytest_codex_replay.archive import segment
from pytest_codex_replay.archive import session as session_module
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.plain_segments import PlainSegments
from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, Record, RequestRecord, SegmentRecord
from pytest_codex_replay.archive.segment import SegmentFullError
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.wire.payload import Payload

HEAD = SegmentRecord(at_ms=1.0, format=1, session="s", run="cassette", recorder="test", ruleset=1)
ITEM = {"type": "message", "role": "user", "content": "long " * 100}


def end(at_ms: float) -> EndRecord:
    return EndRecord(at_ms=at_ms, flow="a", how=FlowEnd.FINISHED)


def asked(at_ms: float) -> RequestRecord:
    payload = Payload.of({"input": [ITEM]})
    return RequestRecord(
        at_ms=at_ms, flow=f"flow-{at_ms}", method="POST", url="u", http_version="HTTP/1.1", headers=(), payload=payload
    )


def event(at_ms: float) -> EventRecord:
    raw = b'event: response.a\ndata: {"type":"response.a","sequence_number":%d,"delta":"b"}\n\n' % at_ms
    return EventRecord(at_ms=at_ms, flow="a", raw=raw, cuts=((0, at_ms),))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write records, so many lines a segment; return the session."""

    def written(lines: int, *records: Record) -> Session:
        monkeypatch.setattr(segment, "SEGMENT_LINES", lines)
        segments = PlainSegments(Files(), tmp_path / "s")
        for record in records:
            segments.write(record)
        segments.close()
        assert segments.paths == Session(tmp_path / "s").segments()
        return Session(tmp_path / "s")

    return written


def kinds(path: Path) -> list[str]:
    return [orjson.loads(line)["kind"] for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize(("lines", "count"), [(6, 1), (5, 2), (3, 3), (2, 5)])
def test_each_segment_begins_as_the_first_did(write, lines: int, count: int) -> None:
    """Readers get the beginning once, and all else as it was."""
    records = [HEAD, *map(end, (1.0, 2.0, 3.0, 4.0, 5.0))]

    session = write(lines, *records)

    assert [kinds(path)[0] for path in session.segments()] == ["segment"] * count
    assert max(len(kinds(path)) for path in session.segments()) <= lines
    damages: list[Damage] = []
    assert (list(session.records(damages.append)), damages) == (records, [])


def test_a_segment_has_the_items_that_it_refers_to(write) -> None:
    """So each can be read by itself."""
    session = write(4, HEAD, asked(1.0), asked(2.0), asked(3.0))

    assert [kinds(path) for path in session.segments()] == [
        ["segment", "item", "request", "request"],
        ["segment", "item", "request"],
    ]
    assert [one.payload.json for one in session.records() if isinstance(one, RequestRecord)] == [{"input": [ITEM]}] * 3


@pytest.mark.parametrize("lines", range(3, 12))
def test_events_that_are_alike_are_written_as_each_by_itself(tmp_path: Path, write, lines: int) -> None:
    """Wherever a segment ends."""
    events = [event(float(at)) for at in range(10)]
    alone = [path.read_bytes() for path in write(lines, HEAD, *events).segments()]
    segments = PlainSegments(Files(), tmp_path / "alike")
    segments.write(HEAD)
    segments.write(events[0], events[1:])
    segments.close()

    assert [path.read_bytes() for path in segments.paths] == alone


def test_without_a_beginning_there_is_no_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be damaged."""
    monkeypatch.setattr(segment, "SEGMENT_LINES", 1)
    segments = PlainSegments(Files(), tmp_path / "s")
    segments.write(end(1.0))

    with pytest.raises(SegmentFullError, match="more than the 1 lines"):
        segments.write(end(2.0))

    segments.close()


def test_what_has_no_room_in_any_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request of more items than a segment has lines."""
    monkeypatch.setattr(segment, "SEGMENT_LINES", 2)
    segments = PlainSegments(Files(), tmp_path / "s")
    segments.write(HEAD)

    with pytest.raises(SegmentFullError):
        segments.write(asked(1.0))

    segments.close()


def test_the_requests_of_a_cassette_count_together(write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a small cassette of many segments would be read for a long time. Its writer counts as its readers do."""
    session = write(4, HEAD, *map(asked, (1.0, 2.0, 3.0, 4.0)))
    length = sum(path.stat().st_size for path in session.segments())
    monkeypatch.setattr(limits, "PLAIN_REQUESTS", 3)
    monkeypatch.setattr(limits, "REQUEST_BYTES_PLAIN", length)
    damages: list[Damage] = []

    found = [record for record in session.records(damages.append) if isinstance(record, RequestRecord)]

    assert [one.at_ms for one in found] == [1.0, 2.0, 3.0]
    assert [str(one) for one in damages] == ["traffic.0002.jsonl: more than 3 requests; the rest is not read"]
    shutil.rmtree(session.path)
    with pytest.raises(ArchiveError, match=r"traffic\.0002\.jsonl: .* at most 3 requests"):
        write(4, HEAD, *map(asked, (1.0, 2.0, 3.0, 4.0)))


@pytest.mark.parametrize("opened", [1, 64])
def test_the_bytes_of_all_segments_before_count(write, monkeypatch: pytest.MonkeyPatch, opened: int) -> None:
    """Also where only some of them are held open."""
    monkeypatch.setattr(limits, "PLAIN_REQUESTS", 2)
    monkeypatch.setattr(limits, "REQUEST_BYTES_PLAIN", 400)
    monkeypatch.setattr(session_module, "_OPEN_SEGMENTS", opened)
    records = [HEAD, *map(asked, map(float, range(1, 9)))]
    damages: list[Damage] = []

    session = write(4, *records)

    assert len(session.segments()) == 4
    assert (list(session.records(damages.append)), damages) == (records, [])


def test_a_segment_that_is_cut_short_is_a_gap(write) -> None:
    """What goes on behind it may lack something."""
    session = write(3, HEAD, *map(end, (1.0, 2.0, 3.0)))
    first = session.segments()[0]
    first.write_bytes(first.read_bytes()[:-5])
    damages: list[Damage] = []

    found = list(session.records(damages.append))

    assert [one.place for one in damages] == ["traffic.jsonl:3"]
    assert [type(one).__name__ for one in found] == ["SegmentRecord", "EndRecord", "GapRecord", "EndRecord"]
