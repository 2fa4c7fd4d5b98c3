"""A session is read as it grows: each record once, whole, in order, wherever the writer stops."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import zstandard

from pytest_codex_replay import limits
from pytest_codex_replay.archive import segment_bytes
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FORMAT, Record, SegmentRecord
from pytest_codex_replay.archive.seal import seal_session
from pytest_codex_replay.archive.segment import SegmentWriter, create_segment
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.tail import SessionTail
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.sessions import START_MS, THREAD


def fail(damage: Damage) -> None:
    raise AssertionError(damage)


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the slices in which files are read."""
    found: list[int] = []
    read = segment_bytes.FrameSource.slice
    monkeypatch.setattr(segment_bytes.FrameSource, "slice", lambda self: found.append(len(one := read(self))) or one)
    return found


@pytest.fixture
def records(talk) -> list[Record]:
    client = talk(tool_loop(2))
    client.turn("run the steps")
    head = SegmentRecord(at_ms=START_MS, format=FORMAT, session=THREAD, run="run-1", recorder="tests", ruleset=1)
    return [head, *client.records]


def written(directory: Path, records: list[Record], *, plain: bool = False) -> bytes:
    writer = create_segment(Files(), directory, plain=plain)
    for record in records:
        writer.write(record)
        writer.flush()
    writer.close()
    return Session(directory).segments()[0].read_bytes()


def numbers(records: Iterable[Record]) -> Iterator[int]:
    """Yield the how manieth of its kind each record is."""
    seen: Counter[type[Record]] = Counter()
    for record in records:
        seen[type(record)] += 1
        yield seen[type(record)]


@pytest.mark.parametrize("plain", [False, True])
def test_at_every_split_each_record_comes_once(records, tmp_path: Path, *, plain: bool) -> None:
    """The writer may stop in the middle of a frame, of a line, of a character: here two records of each kind."""
    records = [one for one, number in zip(records, numbers(records), strict=True) if number <= 2]
    data = written(tmp_path / "whole", records, plain=plain)
    name = Session(tmp_path / "whole").segments()[0].name
    place = tmp_path / "growing"
    place.mkdir()
    for split in range(0, len(data), 7):
        (place / name).write_bytes(data[:split])
        tail = SessionTail(place)
        found = list(tail.records(fail))
        with (place / name).open("ab") as file:
            file.write(data[split:])
        found += tail.records(fail)
        tail.close()
        assert found == records


@pytest.mark.parametrize("plain", [False, True])
def test_it_is_read_in_few_slices(records, tmp_path: Path, slices: list[int], *, plain: bool) -> None:
    """As by any reader: the first are small, for what expands to much."""
    written(tmp_path / "s", records, plain=plain)
    tail = SessionTail(tmp_path / "s")

    assert len(list(tail.records(fail))) == len(records)

    assert slices[:3] == [8, 16, 32]
    assert max(slices) == 1024
    tail.close()


def test_byte_by_byte(records, tmp_path: Path) -> None:
    """Nothing comes twice, and nothing before it is whole."""
    data = written(tmp_path / "whole", records[:6])
    (tmp_path / "growing").mkdir()
    tail = SessionTail(tmp_path / "growing")
    found: list[Record] = []
    with (tmp_path / "growing" / "traffic-0001.jsonl.zst").open("ab", buffering=0) as file:
        for byte in data:
            file.write(bytes([byte]))
            found += tail.records(fail)

    assert found == records[:6]
    tail.close()


def test_a_segment_that_comes_later_is_read_too(records, tmp_path: Path) -> None:
    """A second recorder, or a rotation."""
    tail = SessionTail(tmp_path)
    writers: list[SegmentWriter] = []
    for _ in range(2):
        writers.append(create_segment(Files(), tmp_path))
        for record in records:
            writers[-1].write(record)
        writers[-1].flush()
        assert list(tail.records(fail)) == records
    for writer in writers:
        writer.close()
    assert list(tail.records(fail)) == []
    tail.close()


def test_what_is_there_can_be_passed_over(records, tmp_path: Path) -> None:
    """Only what comes afterwards is new."""
    writer = create_segment(Files(), tmp_path)
    for record in records[:4]:
        writer.write(record)
    writer.flush()
    tail = SessionTail(tmp_path)

    tail.skip()
    for record in records[4:]:
        writer.write(record)
    writer.close()

    assert list(tail.records(fail)) == records[4:]
    tail.close()


def test_a_sealed_segment_is_not_read_again(records, tmp_path: Path) -> None:
    """Another file has its name, with the same lines."""
    written(tmp_path, records)
    tail = SessionTail(tmp_path)
    assert len(list(tail.records(fail))) == len(records)

    seal_session(Session(tmp_path), Files())

    assert list(tail.records(fail)) == []
    tail.close()


def test_no_more_is_read_than_a_reader_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that expands without end, or a line without one, takes neither the memory nor the day."""
    monkeypatch.setattr(limits, "SEGMENT_BYTES", 2_000_000)
    monkeypatch.setattr(segment_bytes, "LINE_BYTES", 100_000)
    for name, content, told in (
        ("bomb", zstandard.compress(b"\n".join([b"x" * 900] * 5_000)), "the checksum does not match"),
        ("expanding", zstandard.compress(b"x" * 20_000_000), "expand to more than 2,000,000"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "traffic-0001.jsonl.zst").write_bytes(content)
        damages: list[Damage] = []
        tail = SessionTail(tmp_path / name)

        assert list(tail.records(damages.append)) == []
        assert [told in damage.reason for damage in damages] == [True]
        tail.close()


def test_damage_is_reported_once(records, tmp_path: Path) -> None:
    """What stands before it is read; the segment is read no further."""
    data = bytearray(written(tmp_path, records))
    data[len(data) // 2] ^= 0xFF
    Session(tmp_path).segments()[0].write_bytes(data)
    tail = SessionTail(tmp_path)
    damages: list[Damage] = []

    found = list(tail.records(damages.append))
    found += tail.records(damages.append)

    assert found == records[: len(found)]
    assert len(damages) == 1
    tail.close()
