"""A session directory, written: private, complete, and never a reason to raise."""

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from pytest_codex_replay import limits
from pytest_codex_replay.archive.files import Files, is_claimed
from pytest_codex_replay.archive.record import (
    EndRecord,
    FlowEnd,
    GapRecord,
    Record,
    RequestRecord,
    SegmentRecord,
)
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.recorder.session_writer import SessionWriter, WriterContext
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import Outcome
from tests.rollout_lines import CHILD, NAME, meta, write

THREAD = "019f0000-0000-7000-8000-000000000001"


def request(flow: str = "f") -> RequestRecord:
    payload = Payload(b'{"client_metadata":{"thread_id":"%b"}}' % THREAD.encode())
    return RequestRecord(
        at_ms=1.0, flow=flow, method="POST", url="u", http_version="HTTP/1.1", headers=(), payload=payload
    )


def end(flow: str = "f") -> EndRecord:
    return EndRecord(at_ms=2.0, flow=flow, how=FlowEnd.FINISHED)


class Disk(Files):
    """A file system on which chosen operations fail."""

    def __init__(self) -> None:
        self.fails: Callable[[str, Path | None], bool] = lambda _, __: False
        self.number = errno.ENOSPC

    def _check(self, operation: str, path: Path | None = None) -> None:
        if self.fails(operation, path):
            raise OSError(self.number, os.strerror(self.number), str(path))

    def make_directory(self, path: Path) -> None:
        self._check("make_directory", path)
        super().make_directory(path)

    def open_new(self, path: Path) -> int:
        self._check("open_new", path)
        return super().open_new(path)

    def open_append(self, path: Path) -> int:
        self._check("open_append", path)
        return super().open_append(path)

    def write(self, descriptor: int, data: bytes) -> None:
        self._check("write")
        super().write(descriptor, data)

    def set_time(self, path: Path, changed_ns: int) -> None:
        self._check("set_time", path)
        super().set_time(path, changed_ns)

    def replace(self, path: Path, data: bytes) -> None:
        self._check("replace", path)
        super().replace(path, data)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def trouble() -> list[str]:
    return []


@pytest.fixture
def context(tmp_path: Path, disk: Disk, trouble: list[str]) -> WriterContext:
    return WriterContext(
        archive=tmp_path / "archive",
        run="run-1",
        recorder="test",
        files=disk,
        codex_home=None,
        pause_ms=1000,
        on_trouble=lambda what, error: trouble.append(f"{what}: {error}"),
    )


@pytest.fixture
def writer(context: WriterContext) -> SessionWriter:
    return SessionWriter(context, "s")


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def kinds_in(context: WriterContext) -> list[str]:
    records = Session(context.archive / "s").records()
    return [type(record).__name__.removesuffix("Record") for record in records]


def gaps_in(context: WriterContext) -> list[GapRecord]:
    return [record for record in Session(context.archive / "s").records() if isinstance(record, GapRecord)]


class TestFiles:
    def test_nothing_is_made_before_there_is_something_to_write(
        self, context: WriterContext, writer: SessionWriter
    ) -> None:
        """A session that never speaks leaves no trace."""
        writer.flush(1.0)
        writer.close(2.0)

        assert not context.archive.exists()

    def test_a_full_segment_is_being_recorded_until_the_next_begins(
        self, context: WriterContext, writer: SessionWriter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who follows the session does not take it for ended while the model thinks."""
        monkeypatch.setattr("pytest_codex_replay.recorder.session_writer.SEGMENT_BYTES", 10)
        session = Session(context.archive / "s")
        claims = []
        for record in (request("a"), request("b"), end("b")):
            writer.write(record)
            writer.flush(1.0)
            claims.append([is_claimed(path) for path in session.segments()])
        writer.close(2.0)

        assert claims == [[True], [False, True], [False, False, True]]
        assert not any(map(is_claimed, session.segments()))
        assert kinds_in(context).count("Request") == 2

    @pytest.mark.usefixtures("umask")
    def test_all_of_it_is_private(self, context: WriterContext, writer: SessionWriter) -> None:
        """Directories 0700, files 0600, whatever the umask."""
        writer.write(request())
        writer.close(1.0)

        paths = [context.archive, *context.archive.rglob("*")]
        assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}
        assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}
        assert sorted(path.name for path in paths if path.is_file()) == [
            "recorder.log",
            "session.json",
            "traffic-0001.jsonl.zst",
        ]

    def test_a_flushed_record_is_in_the_file(self, context: WriterContext, writer: SessionWriter) -> None:
        """Without a close: the process may be killed from here on."""
        writer.write(request())
        writer.flush(1.0)

        assert kinds_in(context) == ["Segment", "Request"]

    def test_a_segment_says_who_wrote_it(self, context: WriterContext, writer: SessionWriter) -> None:
        """Session, run and program; first of all lines."""
        writer.write(request())
        writer.flush(7.0)

        first = next(Session(context.archive / "s").records())
        assert isinstance(first, SegmentRecord)
        assert (first.session, first.run, first.recorder, first.at_ms) == ("s", "run-1", "test", 1.0)

    def test_a_turn_that_is_being_recorded_is_running(self, writer: SessionWriter) -> None:
        """Its request came before the segment was made: it is of this run all the same, and has not failed."""
        asked = replace(request(), at_ms=1.0, url="https://a.example/v1/responses")
        writer.write(replace(asked, payload=Payload(b'{"model":"m","input":[]}')))
        writer.flush(56.0)

        (start, *_) = Session(writer.directory).records()
        assert (start.at_ms, RecordedSession(writer.directory).interactions[0].outcome) == (1.0, Outcome.RUNNING)

    @pytest.mark.parametrize(("most", "make"), [("PACKED_LINES", end), ("REQUESTS", request)])
    def test_a_crowd_of_tiny_records_goes_into_several_segments(
        self,
        context: WriterContext,
        writer: SessionWriter,
        monkeypatch: pytest.MonkeyPatch,
        most: str,
        make: Callable[[str], Record],
    ) -> None:
        """Also where all of them came at once: of a small segment with many lines, the rest is not read."""
        monkeypatch.setattr(limits, most, 3000)
        records = [make(f"f{number}") for number in range(5000)]
        for record in records:
            writer.write(record)
        writer.close(1.0)

        session = Session(writer.directory)
        assert len(session.segments()) > 1
        assert sum(type(record) is type(records[0]) for record in session.records()) == 5000
        assert gaps_in(context) == []

    def test_bodies_of_many_values_that_come_at_once_go_into_several_segments(
        self, context: WriterContext, writer: SessionWriter
    ) -> None:
        """Each has as many as a line may have, and compresses to nearly nothing."""
        body = b'{"data":[' + b"0," * 400_000 + b"0]}"
        records = [replace(request(f"f{number}"), payload=Payload(body)) for number in range(4)]
        for record in records:
            writer.write(record)
        writer.close(1.0)

        damages: list[Any] = []
        assert [record for record in Session(writer.directory).records(damages.append) if record in records] == records
        assert damages == []
        assert gaps_in(context) == []

    def test_the_smallest_segment_lets_more_than_itself_be_read(self, context: WriterContext) -> None:
        """So a session has no end: each segment has its bytes, whatever is closed to begin another."""
        writer = SessionWriter(replace(context, run="", recorder=""), "s")
        writer.write(EndRecord(at_ms=0.0, flow="", how=FlowEnd.CLOSED))
        writer.rest(1.0)

        assert writer.directory.joinpath("traffic-0001.jsonl.zst").stat().st_size > 2 * limits.SEGMENT_BYTES_PACKED

    def test_an_idle_session_goes_on_in_the_same_segment(self, context: WriterContext, writer: SessionWriter) -> None:
        """It gave up its compressor, no more; and its manifest is not stale while it is idle."""
        writer.write(request())
        writer.flush(1.0)
        writer.refresh()
        writer.release(is_open=False)
        written = (context.archive / "s" / "session.json").read_bytes()
        rebuilt = Session(context.archive / "s").manifest()
        writer.write(end())
        writer.flush(2.0)

        assert str(rebuilt["segments"][0]["bytes"]).encode() in written
        assert kinds_in(context) == ["Segment", "Request", "End"]
        assert len(Session(context.archive / "s").segments()) == 1

    def test_rollouts_of_all_threads_are_fetched(self, context: WriterContext, tmp_path: Path) -> None:
        """Codex's own transcript lies beside the traffic."""
        home = tmp_path / "home"
        rollout = home / "archived_sessions" / f"rollout-2026-06-25T01-02-03-{THREAD}.jsonl"
        rollout.parent.mkdir(parents=True)
        rollout.write_text("{}\n", encoding="utf-8")
        writer = SessionWriter(replace(context, codex_home=home), "s")
        writer.write(request())
        writer.close(1.0)

        assert [path.name for path in Session(context.archive / "s").rollouts()] == [rollout.name]

    def test_a_session_without_threads_gets_the_rollouts_that_name_it(
        self, context: WriterContext, tmp_path: Path
    ) -> None:
        """A proxy took the headers away, or a release names only the session."""
        home = tmp_path / "home"
        rollout = write(home, meta(id=CHILD, session_id=THREAD), name=NAME.replace(THREAD, CHILD))
        writer = SessionWriter(replace(context, codex_home=home), THREAD)
        writer.write(replace(request(), payload=None))
        writer.close(1.0)

        assert [path.name for path in Session(context.archive / THREAD).rollouts()] == [rollout.name]

    def test_a_rollout_that_does_not_exist_is_logged(self, context: WriterContext, tmp_path: Path) -> None:
        """A person who looks for it finds out why."""
        writer = SessionWriter(replace(context, codex_home=tmp_path), "s")
        writer.write(request())
        writer.release(is_open=True)
        writer.close(1.0)

        log = (context.archive / "s" / "recorder.log").read_text(encoding="utf-8")
        assert log.count(f"no rollout of thread {THREAD} in {tmp_path}") == 1

    def test_the_log_is_a_line_an_entry_whatever_a_thread_is_called(
        self, context: WriterContext, tmp_path: Path
    ) -> None:
        """Nothing in it acts on a terminal."""
        writer = SessionWriter(replace(context, codex_home=tmp_path), "s")
        thread = orjson.dumps({"client_metadata": {"thread_id": "forged\n2026 \x1b[2J\u202e"}})
        writer.write(replace(request(), payload=Payload(thread)))
        writer.release(is_open=True)
        writer.close(1.0)

        lines = (context.archive / "s" / "recorder.log").read_text(encoding="utf-8").splitlines()
        assert [line.partition(" no ")[2] for line in lines if "forged" in line] == [
            f"rollout of thread forged 2026 \ufffd in {tmp_path}"
        ]

    @pytest.mark.parametrize("suffix", ["", ".zst"])
    def test_rollouts_of_a_session_that_went_cold_are_compressed(
        self, context: WriterContext, tmp_path: Path, suffix: str
    ) -> None:
        """Not those of a run that has only just ended: Codex may go on."""
        write(tmp_path / "home")
        writer = SessionWriter(replace(context, codex_home=tmp_path / "home"), "s")
        writer.write(request())
        writer.close(1.0, is_cold=bool(suffix))

        assert [path.name for path in Session(context.archive / "s").rollouts()] == [NAME + suffix]


class TestTrouble:
    @pytest.mark.parametrize("operation", ["make_directory", "open_new", "write"])
    def test_a_full_disk_makes_it_rest_and_then_say_what_is_lost(
        self, context: WriterContext, writer: SessionWriter, disk: Disk, trouble: list[str], operation: str
    ) -> None:
        """It goes on by itself; a gap record stands for what was lost, with the flows that lost it."""
        disk.fails = lambda name, _: name == operation
        writer.write(request("a"))
        writer.flush(1.0)
        disk.fails = lambda _, __: False
        writer.write(request("b"))
        writer.flush(500.0)  # it still rests
        writer.write(request("c"))
        writer.flush(2000.0)

        (gap,) = gaps_in(context)
        assert kinds_in(context) == ["Segment", "Gap", "Request"]
        assert (gap.reason, gap.lost_count, gap.flows) == ("disk full", 2, ("a", "b"))
        assert (gap.at_ms, gap.until_ms) == (1.0, 2000.0)
        assert trouble
        assert (context.status.recorded, context.status.dropped, context.status.gaps) == (2, 2, 1)

    def test_a_disk_that_stays_full_collects_no_empty_files(
        self, context: WriterContext, writer: SessionWriter, disk: Disk
    ) -> None:
        """Every attempt makes a segment, and takes it away again."""
        disk.fails = lambda name, _: name == "write"
        for attempt in range(5):
            writer.write(request())
            writer.flush(attempt * 2000.0)

        assert [path.name for path in (context.archive / "s").iterdir() if path.suffix == ".zst"] == []

    def test_after_a_failed_write_a_new_segment_is_begun(
        self, context: WriterContext, writer: SessionWriter, disk: Disk
    ) -> None:
        """What the old one holds may end anywhere, so nothing is put behind it."""
        writer.write(request("a"))
        writer.flush(1.0)
        disk.fails = lambda name, _: name == "write"
        writer.write(request("b"))
        writer.flush(2.0)
        disk.fails = lambda _, __: False
        writer.write(request("c"))
        writer.close(3.0)

        assert len(Session(context.archive / "s").segments()) == 2
        assert kinds_in(context) == ["Segment", "Request", "Segment", "Gap", "Request"]

    def test_the_last_attempt_does_not_wait(self, context: WriterContext, writer: SessionWriter, disk: Disk) -> None:
        """A session that rests when the recorder stops still tries to write what is left."""
        disk.fails = lambda name, _: name == "write"
        writer.write(request("a"))
        writer.flush(1.0)
        disk.fails = lambda _, __: False
        writer.write(request("b"))
        writer.close(2.0)

        assert kinds_in(context) == ["Segment", "Gap", "Request"]

    def test_a_log_that_cannot_be_written_costs_no_records(
        self, context: WriterContext, writer: SessionWriter, disk: Disk, trouble: list[str]
    ) -> None:
        """It is for people; the records do not depend on it."""
        disk.fails = lambda name, _: name == "open_append"
        writer.write(request())
        writer.flush(1.0)

        assert kinds_in(context) == ["Segment", "Request"]
        assert len(trouble) == 1

    @pytest.mark.parametrize("operation", ["replace", "set_time"])
    def test_what_is_derived_may_fail(self, context: WriterContext, disk: Disk, tmp_path: Path, operation: str) -> None:
        """Neither a manifest nor a rollout that cannot be written costs a record, nor each other."""
        home = tmp_path / "home"
        (home / "archived_sessions").mkdir(parents=True)
        (home / "archived_sessions" / f"rollout-2026-06-25T01-02-03-{THREAD}.jsonl").write_text(
            "{}\n", encoding="utf-8"
        )
        disk.fails = lambda name, _: name == operation
        writer = SessionWriter(replace(context, codex_home=home), "s")
        writer.write(request())
        writer.close(1.0)

        session = Session(context.archive / "s")
        assert session.manifest()["counts"]["requests"] == 1
        assert (session.path / "session.json").exists() == (operation == "set_time")

    def test_a_directory_that_vanishes_is_made_again(self, context: WriterContext, writer: SessionWriter) -> None:
        """What was in it is gone, and a gap says how much."""
        writer.write(request("a"))
        writer.flush(1.0)
        for path in (context.archive / "s").iterdir():
            path.unlink()
        (context.archive / "s").rmdir()
        writer.write(request("b"))
        writer.flush(2.0)
        writer.close(3.0)

        (gap,) = gaps_in(context)
        assert kinds_in(context) == ["Segment", "Gap", "Request"]
        assert gap.reason == "traffic-0001.jsonl.zst is gone"
        assert Session(context.archive / "s").manifest()["counts"]["requests"] == 1

    def test_a_record_that_cannot_be_written_is_no_reason_to_raise(
        self, context: WriterContext, writer: SessionWriter, trouble: list[str]
    ) -> None:
        """A bug costs its batch; the next one is written."""
        writer.write(replace(request("a"), headers=((b"bytes", b"no text"),)))  # type: ignore[arg-type]
        writer.flush(1.0)
        writer.write(request("b"))
        writer.flush(2000.0)

        assert kinds_in(context)[-2:] == ["Gap", "Request"]
        assert len(trouble) == 1


class TestManifests:
    def test_a_closed_session_has_a_manifest_with_digests_and_counters(
        self, context: WriterContext, writer: SessionWriter
    ) -> None:
        """It matches the traffic, so that a list of sessions need not read that."""
        writer.write(request())
        writer.write(end())
        writer.close(3.0)

        manifest = Session(context.archive / "s").manifest()
        assert manifest["recorder"]["recorded"] == 2
        assert len(manifest["segments"][0]["sha256"]) == 64
        assert manifest == {**Session(context.archive / "s").rebuild_manifest(), "recorder": manifest["recorder"]}

    def test_the_last_to_close_counts_what_the_others_wrote(self, context: WriterContext) -> None:
        """Two runs, one session: the manifest is of both."""
        writers = [SessionWriter(replace(context, run=run), "s") for run in ("one", "two")]
        for writer, flow in zip(writers, "ab", strict=True):
            writer.write(request(flow))
            writer.flush(1.0)
        for writer in writers:
            writer.refresh()
            writer.close(2.0)

        manifest = Session(context.archive / "s").manifest()
        assert (manifest["counts"]["requests"], manifest["runs"]) == (2, ["one", "two"])

    def test_a_session_that_goes_on_is_not_read_again(
        self, context: WriterContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else each of a thousand turns would read all before it: the manifest says what there was."""
        monkeypatch.setattr(Session, "records", lambda *_, **__: pytest.fail("read again"))
        for flow in "abc":
            writer = SessionWriter(context, "s")
            for record in (request(flow), request(f"{flow}, without an end"), end(flow)):
                writer.write(record)
            writer.refresh()
            writer.close(2.0)
        monkeypatch.undo()

        session = Session(context.archive / "s")
        written = session.written_manifest()
        assert written == {**session.rebuild_manifest(), "recorder": written["recorder"]}
        assert len(written["incomplete"]) == 3

    def test_a_session_of_a_recorder_that_was_killed_is_read(self, context: WriterContext) -> None:
        """Its manifest is stale: what it does not say is in the traffic."""
        killed = SessionWriter(context, "s")
        killed.write(request("a"))
        killed.refresh()
        killed.flush(1.0)
        writer = SessionWriter(context, "s")
        writer.write(request("b"))
        writer.close(2.0)

        assert Session(context.archive / "s").written_manifest()["counts"]["requests"] == 2

    def test_what_another_writes_while_it_is_made_makes_it_stale(
        self, context: WriterContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A manifest never claims more bytes than it has counted: the last word is in the segments."""
        first = SessionWriter(context, "s")
        other = SessionWriter(replace(context, run="other-run"), "s")
        for writer in (first, other):
            writer.write(request())
            writer.flush(10.0)
        read = Session.records

        def records_then_more(session: Session, *args: Any) -> Iterator[Record]:
            yield from read(session, *args)
            other.write(end())
            other.flush(11.0)

        with monkeypatch.context() as patched:
            patched.setattr(Session, "records", records_then_more)
            first.close(20.0)
        assert Session(context.archive / "s").manifest()["counts"]["ends"] == 1
