"""Whole sessions, read and written."""

from pathlib import Path

import pytest
import zstandard

from pytest_codex_replay import limits
from pytest_codex_replay.archive import segment
from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, SegmentRecord
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.sharing import order, sessions
from pytest_codex_replay.sharing.expansion import stored_bytes
from pytest_codex_replay.sharing.held_records import HeldRecords
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.sessions import read_held, read_whole, reads_as, rewrite_session, write_session
from pytest_codex_replay.upstream.scenarios import text
from tests.sessions import Talk


def recorded(directory: Path) -> Session:
    talk = Talk(text())
    talk.turn("hi")
    return Session(talk.write(directory))


def test_what_is_written_is_what_was_read(tmp_path: Path) -> None:
    """The same records, in one plain segment that everyone may read, with a manifest."""
    records, damages = read_whole(recorded(tmp_path / "archive"))

    write_session(tmp_path / "cassette", records)

    assert damages == ()
    assert read_whole(Session(tmp_path / "cassette")) == (records, ())
    assert {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "cassette").iterdir()} == {
        "traffic.jsonl": 0o644,
        "session.json": 0o644,
    }


def test_a_session_of_more_lines_than_a_segment_has_is_written_in_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads as the same records. Written anew, it is the same bytes, and a shorter one leaves nothing behind."""
    records, _ = read_whole(recorded(tmp_path / "archive"))
    monkeypatch.setattr(segment, "SEGMENT_LINES", 4)

    write_session(tmp_path / "cassette", HeldRecords.of(records))

    session = Session(tmp_path / "cassette")
    before = {path.name: path.read_bytes() for path in session.path.iterdir()}
    assert [path.name for path in session.segments()][:2] == ["traffic.jsonl", "traffic.0002.jsonl"]
    assert read_whole(session) == (records, ())
    assert session.fresh_manifest() == session.rebuild_manifest()
    assert {path.stat().st_mode & 0o777 for path in session.path.iterdir()} == {0o644}
    rewrite_session(session.path, records)
    assert {path.name: path.read_bytes() for path in session.path.iterdir()} == before
    rewrite_session(session.path, records[:3])
    assert sorted(path.name for path in session.path.iterdir()) == ["session.json", "traffic.jsonl"]


def test_a_session_of_too_many_requests_for_a_cassette_is_refused_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each segment of it may have as many as are read of one."""
    session = recorded(tmp_path / "archive")
    monkeypatch.setattr(sessions, "shared_requests_of", lambda _: 0)

    with pytest.raises(ArchiveError, match=r"more than 0 requests, .* Nothing was changed\. If you"):
        read_whole(session)


def test_a_session_of_which_a_segment_has_more_than_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cassette of its beginning alone is of no use, and takes long."""
    session = recorded(tmp_path / "archive")
    monkeypatch.setattr(limits, "REQUESTS", 0)
    monkeypatch.setattr(limits, "REQUEST_BYTES_PACKED", 1 << 30)

    with pytest.raises(ArchiveError, match=r"more than 0 requests; the rest is not read: .* decompress it"):
        read_whole(session)


def test_a_session_of_too_many_texts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told how many there may be, and what helps: decompressed, its bytes let it have more."""
    session = recorded(tmp_path / "archive")
    monkeypatch.setattr(limits, "DIFFERENT_TEXTS", 1)
    monkeypatch.setattr(limits, "DIFFERENT_TEXT_BYTES", 200)
    most = 1 + stored_bytes(session.segments()) // 200

    with pytest.raises(ArchiveError, match=rf"^more than {most} different texts: .* decompress it"):
        redact_archive(session.path, tmp_path / "cassette")

    plain = tmp_path / "plain"
    plain.mkdir()
    (segment_path,) = session.segments()
    with segment_path.open("rb") as file, (plain / "traffic.jsonl").open("wb") as out:
        zstandard.ZstdDecompressor().copy_stream(file, out, read_size=1 << 20)
    monkeypatch.setattr(limits, "DIFFERENT_TEXTS", 100)
    redact_archive(plain, tmp_path / "cassette")


def test_what_was_written_flow_by_flow_is_read_by_time(tmp_path: Path) -> None:
    """A recorder writes what came within a moment so; a cassette is not to depend on when it wrote."""

    def flow(name: str, *times_ms: float) -> list[EndRecord]:
        return [EndRecord(at_ms=at_ms, flow=name, how=FlowEnd.FINISHED) for at_ms in times_ms]

    head = SegmentRecord(at_ms=5, format=1, session="s", run="r", recorder="test", ruleset=1)
    write_session(tmp_path, [head, *flow("root", 1, 2, 9), *flow("agent", 3, 4, 8)])

    records, damages = read_whole(Session(tmp_path))

    assert [record.at_ms for record in records] == [5, 1, 2, 3, 4, 8, 9]
    assert damages == ()


def test_a_flow_keeps_its_order_when_the_clock_was_put_back(tmp_path: Path) -> None:
    """What came later stands later, whatever time it names."""
    ends = [EndRecord(at_ms=at_ms, flow="a", how=FlowEnd.FINISHED) for at_ms in (5, 3, 4)]
    write_session(tmp_path, ends)

    records, _ = read_whole(Session(tmp_path))

    assert [record for record in records if isinstance(record, EndRecord)] == ends


@pytest.mark.parametrize("times_ms", [(1, 2, 9), (9, 1, 2)], ids=["in order", "flow by flow"])
def test_a_session_reads_as_its_own_records_alone(tmp_path: Path, times_ms: tuple[float, ...]) -> None:
    """Neither as fewer nor as more of them, nor as others; and not once it is damaged."""
    head = SegmentRecord(at_ms=5, format=1, session="s", run="r", recorder="test", ruleset=1)
    ends = [EndRecord(at_ms=at_ms, flow=f"flow-{at_ms}", how=FlowEnd.FINISHED) for at_ms in times_ms]
    write_session(tmp_path, [head, *ends])
    session = Session(tmp_path)
    held, _ = read_held(session)
    records = list(held)
    altered = [*records[:-1], EndRecord(at_ms=9, flow="flow-9", how=FlowEnd.TIMEOUT)]

    found = [reads_as(session, one) for one in (held, records, records[:-1], [*records, ends[0]], altered)]
    with (tmp_path / "traffic.jsonl").open("a") as file:
        file.write("no record\n")

    assert found == [True, True, False, False, False]
    assert not reads_as(session, records)


def test_a_session_far_out_of_order_is_compared_by_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it has to be held then."""
    monkeypatch.setattr(order, "_WINDOW", 1)
    head = SegmentRecord(at_ms=0, format=1, session="s", run="r", recorder="test", ruleset=1)
    ends = [EndRecord(at_ms=at_ms, flow=f"flow-{at_ms}", how=FlowEnd.FINISHED) for at_ms in (7, 8, 9, 1)]
    write_session(tmp_path, [head, *ends])
    session = Session(tmp_path)
    records, _ = read_whole(session)

    assert [record.at_ms for record in records] == [0, 1, 7, 8, 9]
    assert reads_as(session, records)
    assert not reads_as(session, records[:-1])


def test_a_session_far_out_of_order_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before that was seen is put in order with the rest, and so is the damage."""
    monkeypatch.setattr(order, "_WINDOW", 10)
    head = SegmentRecord(at_ms=0, format=1, session="s", run="r", recorder="test", ruleset=1)
    event = b'event: a\ndata: {"type":"response.a","sequence_number":%d,"delta":"b"}\n\n'
    write_session(
        tmp_path,
        [head]
        + [
            EventRecord(at_ms=at_ms, flow=flow, raw=event % at_ms, cuts=((0, at_ms),))
            for flow in "ab"
            for at_ms in range(1, 40)
        ],
    )
    with (tmp_path / "traffic.jsonl").open("a") as file:
        file.write("no record\n")
    session = Session(tmp_path)
    whole = read_whole(session)
    read: list[Session] = []
    records = Session.records
    monkeypatch.setattr(Session, "records", lambda self, *given: read.append(self) or records(self, *given))

    held, damages = read_held(session)

    assert (list(held), damages) == whole
    assert read == [session]


def test_a_session_without_a_flow_is_refused(tmp_path: Path) -> None:
    """With the reason, and what to do."""
    (tmp_path / "traffic.jsonl").write_text("no record\n")

    with pytest.raises(ArchiveError, match=r"cannot be read \(.*\)\. Move it out of the archive"):
        read_whole(Session(tmp_path))


@pytest.mark.parametrize(
    "odd",
    [
        b'event: a\ndata: {"type":"response.a","n":1e999,"delta":"b"}\n\n',
        b'event: a\ndata: {"type":"response.a","sequence_number":07,"delta":"b"}\n\n',
        b'event: a\ndata: {"type":"response.a","sequence_number":7,"delta":"b"}\r\n\r\n',
        b'event: a\ndata: {"type":"response.a","sequence_number":7,"delta":"b","obfuscation":"\xff"}\n\n',
        b'event: a\ndata: {"type":"response.a","sequence_number":7,"delta":"%b"}\n\n' % (b"b" * 300),
        b'event: a\ndata: {"type":"t","sequence_number":7,"delta":"\\"response.completed"}\n\n',
        b'data: {"type":"response.a","sequence_number":7,"delta":"b"}\n\n',
    ],
)
@pytest.mark.parametrize("flow", ["a", "b"])
@pytest.mark.parametrize("late_ms", [0, 0.5])
def test_events_that_are_alike_are_written_as_each_by_itself(tmp_path: Path, odd: bytes, flow: str, late_ms: float):
    """Also beside one that only looks so."""
    usual = b'event: a\ndata: {"type":"response.a","sequence_number":%d,"delta":"\\nb"}\n\n'
    raws = [*(usual % at for at in range(3)), odd, odd, *(usual % at for at in range(7, 9)), odd]
    records = [
        EventRecord(at_ms=at + late_ms, flow=flow if at % 4 == 1 else "a", raw=raw, cuts=((0, at + late_ms),))
        for at, raw in enumerate(raws)
    ]

    write_session(tmp_path / "alike", HeldRecords.of(records))

    write_session(tmp_path / "alone", records)
    assert (tmp_path / "alike/traffic.jsonl").read_bytes() == (tmp_path / "alone/traffic.jsonl").read_bytes()
    assert (tmp_path / "alike/session.json").read_bytes() == (tmp_path / "alone/session.json").read_bytes()
