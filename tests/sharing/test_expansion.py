"""How far compressed traffic expands that is shared."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import zstandard

from pytest_codex_replay.archive.check import restore_manifest
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import EventRecord, RequestRecord, SegmentRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.sharing import expansion, sessions
from pytest_codex_replay.sharing.expansion import Expansion, expanded_bytes, stored_bytes
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan.files import scan_paths
from pytest_codex_replay.sharing.scan.scan import Scan
from pytest_codex_replay.sharing.sessions import read_each
from pytest_codex_replay.wire.payload import Payload


@pytest.fixture
def bomb(tmp_path):
    """A session of 200 bytes whose one line is 16 MB."""

    def make(number=1):
        path = tmp_path / "sessions" / f"01a00000-0000-7000-8000-{number:012}"
        path.mkdir(parents=True)
        (path / "traffic-0001.jsonl.zst").write_bytes(zstandard.compress(bytes(16_000_000)))
        return Session(path)

    return make


def test_what_no_recorder_writes_is_not_shared(bomb, tmp_path):
    """It is refused before any of it is read as records."""
    with pytest.raises(ArchiveError, match=r"expands to more than 8,4\d\d,\d\d\d bytes, 50 times"):
        redact_archive(bomb().path, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_it_is_not_expanded_beyond_that(bomb, monkeypatch):
    """A session may expand to some bytes however small it is; all that are shared together, to a few times that."""
    most, shared = [], Expansion()
    measured = lambda segments, limit: most.append(limit) or expanded_bytes(segments, limit)  # noqa: E731
    monkeypatch.setattr(expansion, "expanded_bytes", measured)

    for number in range(20):
        with pytest.raises(ArchiveError):
            shared.check(bomb(number))

    assert sum(most) < 80 * 1024 * 1024
    assert most[-1] < 1_000_000


def test_who_recorded_it_can_decompress_it(tmp_path, monkeypatch):
    """Then its size is plain to see."""
    monkeypatch.setattr(expansion, "SCANNED_BYTES", 0)
    session = requests(tmp_path / "s", (f"{number}{'a' * 5000}" for number in range(100)))
    with pytest.raises(ArchiveError, match=r"decompress it .*zstd -d traffic-0001\.jsonl\.zst -o DIR/traffic\.jsonl"):
        list(read_each([session]))
    (tmp_path / "own").mkdir()
    lines = zstandard.ZstdDecompressor().stream_reader(session.segments()[0].read_bytes(), read_across_frames=True)
    (tmp_path / "own" / "traffic.jsonl").write_bytes(lines.read())

    ((_, records, damages),) = read_each([Session(tmp_path / "own")])

    assert (list(records), damages) == (list(session.records()), ())


@pytest.mark.parametrize("is_fresh", [True, False])
def test_a_session_too_large_to_be_held_is_refused(tmp_path, monkeypatch, is_fresh):
    """At once where its manifest tells, else while it is read; with what to do."""
    session = requests(tmp_path / "s", (f"exit {number}" for number in range(10)))
    if is_fresh:
        restore_manifest(session)
    read = []
    records = Session.records
    monkeypatch.setattr(Session, "records", lambda *given, **more: read.append(given) or records(*given, **more))
    for module in (expansion, sessions):
        monkeypatch.setattr(module, "SHARED_RECORDS", 11)
    assert len(list(read_each([session]))) == 1
    for module in (expansion, sessions):
        monkeypatch.setattr(module, "SHARED_RECORDS", 9)
    read.clear()

    with pytest.raises(ArchiveError, match=r"s: holds more than 9 records.* Nothing was written\. Redact parts of it"):
        redact_archive(session.path, tmp_path / "out")

    assert bool(read) is not is_fresh
    assert not (tmp_path / "out").exists()


def test_a_large_session_without_a_manifest_is_counted_before_it_is_held(tmp_path, monkeypatch):
    """To count takes no memory."""
    session = requests(tmp_path / "s", (f"exit {number}" for number in range(10)))
    monkeypatch.setattr(expansion, "_LARGE_BYTES", 1000)
    monkeypatch.setattr(expansion, "SHARED_RECORDS", 9)

    with pytest.raises(ArchiveError, match="holds more than 9 records"):
        Expansion().check(session)


def test_a_session_of_too_many_bytes_is_refused(tmp_path, monkeypatch):
    """However few records they are, and compressed or not."""
    session = requests(tmp_path / "s", (str(number) * 3000 for number in range(10)))
    monkeypatch.setattr(expansion, "SHARED_BYTES", expanded_bytes(session.segments(), 10**9))
    Expansion().check(session)
    monkeypatch.setattr(expansion, "SHARED_BYTES", expansion.SHARED_BYTES - 1)

    with pytest.raises(ArchiveError, match=r"holds more than [\d,]+ bytes of traffic"):
        Expansion().check(session)


def test_only_the_beginning_of_it_is_scanned(tmp_path, monkeypatch):
    """The rest is reported."""
    monkeypatch.setattr(expansion, "SCANNED_BYTES", 100_000)
    segment = create_segment(Files(), tmp_path / "s")
    for number in range(1000):
        segment.write(EventRecord(flow="f", at_ms=number, raw=b"data: " + b"a " * 5000 + b"\n\n", cuts=()))
    segment.close()
    looked, said = [], []
    monkeypatch.setattr(Scan, "_spans", lambda _, text: looked.append(len(text)) or [])

    assert list(scan_paths([segment.path], Scan(), said.append)) == []

    assert sum(looked) <= 2 * expansion.SCANNED_BYTES
    assert "expands to more than" in said[0]


def requests(path: Path, texts: Iterable[str]) -> Session:
    """Record requests that each repeat the items of those before."""
    segment = create_segment(Files(), path)
    segment.write(SegmentRecord(at_ms=0, format=1, session=path.name, run="r", recorder="test", ruleset=0))
    items: list[object] = []
    for number, text in enumerate(texts):
        items.append({"type": "message", "role": "user", "content": text})
        payload = Payload.of({"instructions": "You are Codex. " * 20, "input": list(items)})
        segment.write(
            RequestRecord(at_ms=number, flow=f"f{number}", method="POST", url="https://a.test/responses",
                          http_version="HTTP/1.1", headers=(), payload=payload)
        )  # fmt: skip
    segment.close()
    return Session(path)


def test_what_requests_repeat_counts_once(tmp_path, monkeypatch):
    """A conversation of many calls expands by the square of them, as a recorder writes it."""
    monkeypatch.setattr(expansion, "SCANNED_BYTES", 50_000)
    session = requests(tmp_path / "s", (f"exit {number}" for number in range(400)))
    reports = []

    ((_, records, damages),) = read_each([session])

    assert expanded_bytes(session.segments(), 10**9) > 100 * stored_bytes(session.segments())
    assert (len(records), damages) == (401, ())
    assert list(scan_paths([session.path], Scan(), reports.append)) == []
    assert reports == []


def test_a_conversation_that_says_more_than_a_recorder_writes_is_not_shared(tmp_path, monkeypatch):
    """What is not repeated has to be looked at."""
    monkeypatch.setattr(expansion, "SCANNED_BYTES", 50_000)
    session = requests(tmp_path / "s", (f"{number}{'a' * 5000}" for number in range(100)))

    with pytest.raises(ArchiveError, match=r"s: its traffic expands to more than .* bytes, 50 times"):
        list(read_each([session]))


def test_segments_that_no_reader_reads_are_reported_at_once(bomb, monkeypatch):
    """Of a hundred thousand, not each by itself."""
    session = bomb()
    for number in range(2, 12):
        (session.path / f"traffic-{number:04}.jsonl.zst").touch()
    monkeypatch.setattr(expansion, "_MANY", 5)
    monkeypatch.setattr(Session, "segments", lambda self: [self.path / "traffic-0002.jsonl.zst"])
    said = []

    assert list(scan_paths([session.path], Scan(), said.append)) == []

    assert said == [
        f"{session.path}: 10 segments more than a session may have, from traffic-0001.jsonl.zst on",
        f"{session.path}/traffic-0002.jsonl.zst: the segment is empty",
    ]


def test_what_is_damaged_is_counted_as_far_as_it_is_read(tmp_path):
    """Behind a thousand damaged places a reader stops: beginnings of frames would be looked for without end."""
    path = tmp_path / "traffic-0001.jsonl.zst"
    frame = zstandard.compress(b"a" * 1000)
    path.write_bytes(frame + b"\x28\xb5\x2f\xfd" * 2000 + frame)

    assert expanded_bytes([path], 10**9) == 1000
