"""A session is shown as far as it has been read, whatever comes later."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FORMAT, Record, SegmentRecord
from pytest_codex_replay.archive.segment import SegmentWriter, create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.upstream.scenarios import cut_stream, tool_loop
from pytest_codex_replay.viewer.opened import OpenedSession, SessionSoFar
from pytest_codex_replay.viewer.summary import summary_of
from tests.sessions import START_MS, THREAD
from tests.test_cassettes import SHIPPED

HEAD = SegmentRecord(at_ms=START_MS, format=FORMAT, session=THREAD, run="run-1", recorder="tests", ruleset=1)


def shown(session: RecordedSession) -> dict:
    return summary_of(session, *((session.awaited,) if isinstance(session, SessionSoFar) else ()))


@pytest.fixture
def segment(tmp_path: Path) -> Iterator[SegmentWriter]:
    """A segment that is being written, in the session `live`."""
    writer = create_segment(Files(), tmp_path / "live")
    writer.write(HEAD)
    yield writer
    writer.close()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_is_shown_in_the_end_is_the_session(path: Path) -> None:
    """Of each shipped cassette, read record by record."""
    opened = OpenedSession(path)
    versions = set()

    while opened.has_changed():
        opened.read_on(0)
        versions.add(opened.version)

    assert len(versions) == 2
    assert shown(opened.session()) == shown(RecordedSession(path))


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_what_is_under_way_has_not_failed(talk: Callable, tmp_path: Path, segment, transport: str) -> None:
    """At each record of a session that is being recorded, or that is not read to its end; no record is read twice."""
    client = talk(tool_loop(2), transport=transport)
    client.turn("run the steps")
    opened = OpenedSession(tmp_path / "live")
    waits = []

    for record in client.records:
        segment.write(record)
        segment.flush()
        assert opened.has_changed()
        opened.read_on(60)
        value = shown(opened.session())
        assert value["problems"] == []
        assert {turn["outcome"] for turn in value["turns"]} <= {"running", "completed"}
        items = [item for turn in value["turns"] for item in turn["items"]]
        assert "failure" not in {item["kind"] for item in items}
        awaited = [item for item in items if "is_awaited" in item]
        assert awaited == [item for item in items if item["kind"] == "tool_call" and item["output"] is None]
        assert not awaited or [turn["outcome"] for turn in value["turns"]] == ["running"]
        waits.append(len(awaited))
    assert (max(waits), waits[-1]) == (1, 0)
    assert not opened.has_changed()
    assert value["counts"] == shown(RecordedSession(tmp_path / "live"))["counts"]
    opened.close()


def test_what_failed_while_it_is_recorded_is_a_problem(talk, tmp_path: Path, segment) -> None:
    """The turn goes on: Codex asks again."""
    client = talk(cut_stream())
    client.turn("hi")
    for record in client.records[:-2]:
        segment.write(record)
    segment.flush()
    opened = OpenedSession(tmp_path / "live")

    opened.read_on(60)

    assert [one["interaction"] for one in shown(opened.session())["problems"]] == [1]
    opened.close()


def test_a_segment_that_is_damaged_while_it_grows_is_read_with_its_gap(talk, tmp_path: Path, segment) -> None:
    """As a session that is not recorded any more."""
    client = talk(tool_loop(2))
    client.turn("run the steps")
    opened = OpenedSession(tmp_path / "live")
    add(segment, client.records)
    opened.read_on(60)
    (path,) = Session(tmp_path / "live").segments()
    with path.open("ab") as file:
        file.write(b"not a frame" * 50)

    opened.read_on(60)

    assert opened.session().damages
    assert len(opened.session().interactions) == len(client.interactions)
    opened.close()


def test_other_traffic_in_its_place_is_read_anew(talk, tmp_path: Path) -> None:
    """A repair, a seal, or another session of that name."""
    short, long = talk(tool_loop(1)), talk(tool_loop(3))
    short.turn("run the step")
    long.turn("run the steps")
    opened = OpenedSession(short.write(tmp_path / "s"))
    opened.read_on(60)

    long.write(tmp_path / "s")
    opened.read_on(60)

    assert len(opened.session().interactions) == len(long.interactions)


def test_a_newer_format_is_an_error_each_time(talk, tmp_path: Path) -> None:
    """Nothing of it is shown as if that were all."""
    client = talk(tool_loop(1))
    client.turn("run the step")
    path = client.write(tmp_path / "s", plain=True) / "traffic.jsonl"
    path.write_text(path.read_text().replace(f'"format":{FORMAT}', '"format":99', 1))
    opened = OpenedSession(tmp_path / "s")

    for _ in range(2):
        with pytest.raises(ArchiveError, match="newer"):
            opened.read_on(60)
    assert opened.has_changed()


def add(segment: SegmentWriter, records: list[Record]) -> None:
    for record in records:
        segment.write(record)
    segment.flush()
