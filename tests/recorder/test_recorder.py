"""The recorder: signals in on one side, session directories out on the other; nothing is lost without a word."""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

import pytest

from pytest_codex_replay.archive.check import check_session
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, GapRecord, Record, RequestRecord
from pytest_codex_replay.archive.segment import is_segment
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions, directory_name
from pytest_codex_replay.recorder.signals import Chunk, Ended, Message, Requested, Responded
from pytest_codex_replay.redaction.capture import CaptureRedactor
from tests.rollout_lines import NAME, write

OPTIONS = RecorderOptions(flush_ms=1)
EVENT = b'data: {"type":"response.created"}\n\n'


def requested(flow: str = "f", session: str | None = "s", body: bytes = b"{}", **headers: str) -> Requested:
    named = headers | ({"session-id": session} if session else {})
    return Requested(flow, 1.0, "POST", "https://h/v1/responses", "HTTP/1.1", tuple(named.items()), body, False)


def upgraded(flow: str = "w", **headers: str) -> Requested:
    return requested(flow, None, b"", **headers)._replace(is_upgrade=True)


def responded(flow: str = "f") -> Responded:
    return Responded(flow, 2.0, 200, "HTTP/1.1", (("content-type", "text/event-stream"),))


def ended(flow: str = "f") -> Ended:
    return Ended(flow, 9.0, FlowEnd.FINISHED)


@contextmanager
def recording(archive: Path, options: RecorderOptions = OPTIONS, files: Files | None = None) -> Iterator[Recorder]:
    recorder = Recorder(archive, options, files=files)
    recorder.start()
    yield recorder
    assert recorder.close()


def records_of(archive: Path, session: str = "s") -> list[Record]:
    return list(Session(archive / session).records())


def kinds_of(records: list[Record]) -> list[str]:
    return [type(record).__name__.removesuffix("Record") for record in records]


class StuckDisk(Files):
    """A disk that stands still until it is let go."""

    def __init__(self) -> None:
        self.is_stuck = threading.Event()
        self.may_go_on = threading.Event()

    def write(self, descriptor: int, data: bytes) -> None:
        self.is_stuck.set()
        assert self.may_go_on.wait(30)
        super().write(descriptor, data)


class Watched(Files):
    """A file system that says when a file goes."""

    def __init__(self) -> None:
        self.has_removed = threading.Event()

    def remove(self, path: Path) -> None:
        super().remove(path)
        self.has_removed.set()


class Timed(Files):
    """A file system that tells when something was written."""

    def __init__(self) -> None:
        self.times_s: SimpleQueue[float] = SimpleQueue()

    def write(self, descriptor: int, data: bytes) -> None:
        super().write(descriptor, data)
        self.times_s.put(time.monotonic())


class TestPace:
    def test_what_comes_alone_is_soon_written_and_what_streams_together(self, tmp_path: Path) -> None:
        """After a pause, a signal waits for a quarter of the time; what follows, until all of it is over."""
        files = Timed()
        with recording(tmp_path, RecorderOptions(flush_ms=2000), files) as recorder:
            began_s = time.monotonic()
            recorder.record(requested())
            first_s = files.times_s.get(timeout=30)
            recorder.record(responded())
            while files.times_s.get(timeout=30) < first_s + 1:
                pass  # the first one may be written in pieces

        assert first_s - began_s < 2


class TestFlows:
    def test_a_flow_is_written_in_order(self, tmp_path: Path) -> None:
        """Request, head, event, end; behind the line that says who wrote."""
        with recording(tmp_path) as recorder:
            for signal in [requested(), responded(), Chunk("f", 3.0, EVENT), ended()]:
                recorder.record(signal)

        assert kinds_of(records_of(tmp_path)) == ["Segment", "Request", "Response", "Event", "End"]
        assert (recorder.status.recorded, recorder.status.dropped, recorder.status.gaps) == (4, 0, 0)

    def test_close_ends_what_is_open(self, tmp_path: Path) -> None:
        """What stays open when the recorder stops is marked, in every session."""
        with recording(tmp_path) as recorder:
            recorder.record(requested("a", "one"))
            recorder.record(requested("b", "two"))

        ends = [records_of(tmp_path, name)[-1] for name in ("one", "two")]
        assert [end.how for end in ends if isinstance(end, EndRecord)] == [FlowEnd.SHUTDOWN] * 2

    def test_what_comes_after_the_close_is_ignored(self, tmp_path: Path) -> None:
        """The proxy still ends its flows then."""
        with recording(tmp_path) as recorder:
            recorder.record(requested())
        recorder.record(ended())

        assert kinds_of(records_of(tmp_path)).count("End") == 1

    def test_signals_of_a_flow_that_began_before_are_ignored(self, tmp_path: Path) -> None:
        """Without its request nothing of it would make sense."""
        with recording(tmp_path) as recorder:
            recorder.record(Chunk("before", 1.0, EVENT))
            recorder.record(ended("before"))

        assert list(tmp_path.iterdir()) == []


class TestSessions:
    def test_a_session_may_move_between_connections(self, tmp_path: Path) -> None:
        """Its flows are in one directory, whichever connection they came over."""
        with recording(tmp_path) as recorder:
            for flow in ("one", "two"):
                recorder.record(requested(flow))
                recorder.record(ended(flow))

        requests = [record.flow for record in records_of(tmp_path) if isinstance(record, RequestRecord)]
        assert requests == ["one", "two"]

    def test_what_names_no_session_is_unattributed(self, tmp_path: Path) -> None:
        """One directory a run for all of it."""
        with recording(tmp_path) as recorder:
            for flow in ("one", "two"):
                recorder.record(requested(flow, None))
                recorder.record(ended(flow))

        (session,) = open_sessions(tmp_path)
        assert session.name == recorder.unattributed
        assert session.manifest()["counts"]["requests"] == 2

    @pytest.mark.parametrize("first", ["background request", "session"])
    def test_a_background_request_joins_the_session_of_the_same_codex(self, tmp_path: Path, first: str) -> None:
        """It names none itself; it may come before the session says its first word."""
        background_request = [requested("models", None, originator="codex_exec"), ended("models")]
        session = [requested("turn", originator="codex_exec")]
        with recording(tmp_path) as recorder:
            for signal in (
                [*background_request, *session] if first == "background request" else [*session, *background_request]
            ):
                recorder.record(signal)

        requests = {record.flow for record in records_of(tmp_path) if isinstance(record, RequestRecord)}
        assert requests == {"models", "turn"}

    def test_with_two_sessions_a_background_request_belongs_to_neither(self, tmp_path: Path) -> None:
        """Nobody can tell; so nobody guesses."""
        with recording(tmp_path) as recorder:
            recorder.record(requested("a", "one", originator="codex_exec"))
            recorder.record(requested("b", "two", originator="codex_exec"))
            recorder.record(requested("models", None, originator="codex_exec"))

        assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two", recorder.unattributed]

    def test_the_session_of_a_title_takes_no_background_request_from_its_conversation(self, tmp_path: Path) -> None:
        """The TUI opens it beside the conversation; alone, it is a session like any other."""
        title = {"originator": "codex-tui", "x-codex-turn-metadata": '{"thread_source":"thread_title"}'}
        models = requested("models", None, originator="codex-tui")
        with recording(tmp_path / "both") as recorder:
            recorder.record(requested("a", "talk", originator="codex-tui"))
            recorder.record(requested("b", "title", **title))
            recorder.record(models)
        with recording(tmp_path / "alone") as recorder:
            recorder.record(requested("b", "title", **title))
            recorder.record(models)

        assert [len(kinds_of(records_of(tmp_path / "both", name))) for name in ("talk", "title")] == [5, 3]
        assert [path.name for path in (tmp_path / "alone").iterdir()] == ["title"]

    def test_a_background_request_of_another_client_stays_apart(self, tmp_path: Path) -> None:
        """The editor's Codex is not the one of the terminal."""
        with recording(tmp_path) as recorder:
            recorder.record(requested("turn", originator="codex_exec"))
            recorder.record(requested("models", None, originator="codex_vscode"))

        assert sorted(path.name for path in tmp_path.iterdir()) == ["s", recorder.unattributed]

    def test_a_flow_may_come_twice(self, tmp_path: Path) -> None:
        """A proxy that replays one uses its id again, also while the first still waits for a session."""
        with recording(tmp_path) as recorder:
            for _ in range(2):
                recorder.record(requested("models", None, originator="codex_exec"))
                recorder.record(ended("models"))

        assert kinds_of(records_of(tmp_path, recorder.unattributed)) == ["Segment", *["Request", "End"] * 2]

    def test_a_websocket_that_never_names_its_session_does_not_wait_forever(self, tmp_path: Path) -> None:
        """Its records are bounded in memory: after some they are written as unattributed."""
        with recording(tmp_path) as recorder:
            recorder.record(upgraded())
            for number in range(200):
                recorder.record(Message("w", 2.0 + number, False, b"[]", False))

        messages = kinds_of(records_of(tmp_path, recorder.unattributed)).count("Message")
        assert messages == 200

    @pytest.mark.parametrize(
        "name",
        [
            "../..",
            "..",
            ".",
            "",
            "/",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "a\0b",
            "\ud800",
            "ä",
            "-rf",
            ".hidden",
            "x" * 9999,
            "traffic.jsonl",
            "traffic-0001.jsonl.zst",
        ],
    )
    def test_a_directory_name_stays_in_the_archive(self, tmp_path: Path, name: str) -> None:
        """A session id comes from the wire, and may hold anything."""
        found = directory_name(name)

        path = tmp_path / found
        path.mkdir()
        assert path.parent == tmp_path
        assert found.strip(".-")
        assert not is_segment(found)

    def test_two_sessions_never_share_a_directory(self) -> None:
        """What is changed in a name is told apart by a digest; what is not stays readable."""
        names = ["a/b", "a_b", "a\\b", "x" * 200, "x" * 201, "0199a000-0000-7000-8000-000000000001"]

        assert len({directory_name(name) for name in names}) == len(names)
        assert directory_name(names[-1]) == names[-1]


class TestPressure:
    OPTIONS = RecorderOptions(flush_ms=1, queue_bytes=8192)

    @contextmanager
    def stuck(self, archive: Path) -> Iterator[Recorder]:
        """A recorder whose disk stands still with one flow in it, until the block ends."""
        disk = StuckDisk()
        with recording(archive, self.OPTIONS, disk) as recorder:
            recorder.record(requested())
            recorder.record(responded())
            assert disk.is_stuck.wait(30)
            yield recorder
            disk.may_go_on.set()

    def test_a_full_queue_is_a_gap_in_the_session_that_lost(self, tmp_path: Path) -> None:
        """How much, in which flow, and that it ended all the same."""
        with self.stuck(tmp_path) as recorder:
            for number in range(100):
                recorder.record(Chunk("f", 3.0 + number, EVENT))
            recorder.record(ended())

        records = records_of(tmp_path)
        (gap,) = [record for record in records if isinstance(record, GapRecord)]
        kept = sum(isinstance(record, EventRecord) for record in records)
        assert (gap.reason, gap.flows) == ("queue full", ("f",))
        assert 0 < gap.lost_count == 100 - kept
        assert gap.lost_bytes == gap.lost_count * len(EVENT)
        assert isinstance(records[-1], EndRecord)
        assert (recorder.status.dropped, recorder.status.gaps) == (gap.lost_count, 1)
        assert Session(tmp_path / "s").manifest()["incomplete"] == [{"flow": "f", "why": "gap"}]

    def test_a_request_for_which_there_is_no_room_loses_only_its_body(self, tmp_path: Path) -> None:
        """So the rest of the flow still makes sense."""
        with self.stuck(tmp_path) as recorder:
            recorder.record(Chunk("f", 3.0, b"x" * 7000))
            recorder.record(requested("g", "other", b"y" * 5000))
            recorder.record(ended("g"))

        records = records_of(tmp_path, "other")
        assert kinds_of(records) == ["Segment", "Request", "Gap", "End"]

    def test_each_session_hears_of_its_own_loss(self, tmp_path: Path) -> None:
        """Two flows, two sessions, two gaps."""
        with self.stuck(tmp_path) as recorder:
            recorder.record(requested("g", "other"))
            recorder.record(Chunk("f", 3.0, b"x" * 6000))
            for flow in ("f", "g", "f"):
                recorder.record(Chunk(flow, 4.0, b"y" * 5000))

        lost = {
            name: [record.lost_count for record in records_of(tmp_path, name) if isinstance(record, GapRecord)]
            for name in ("s", "other")
        }
        assert lost == {"s": [2], "other": [1]}

    def test_small_signals_fill_the_queue_too(self, tmp_path: Path) -> None:
        """Each takes memory of its own, however little it brings."""
        with self.stuck(tmp_path) as recorder:
            for number in range(1000):
                recorder.record(Message("f", 3.0 + number, False, b"", False))

        assert recorder.status.dropped > 900
        assert recorder.status.queue_high_water_bytes < 3 * 8192

    def test_a_sender_that_can_wait_is_told_to(self, tmp_path: Path) -> None:
        """From half full on."""
        with self.stuck(tmp_path) as recorder:
            before = recorder.is_crowded
            recorder.record(Chunk("f", 3.0, b"x" * 5000))

            assert (before, recorder.is_crowded) == (False, True)

    def test_it_says_so_once(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """One line, without a traceback, however much is lost, and at the end how much it was."""
        with caplog.at_level(logging.WARNING), self.stuck(tmp_path) as recorder:
            for number in range(100):
                recorder.record(Chunk("f", 3.0 + number, EVENT))

        assert [record.getMessage() for record in caplog.records] == [
            "codex recorder: the disk is too slow, records are dropped; traffic is not affected",
            f"codex recorder: {recorder.status.dropped} records lost in this run",
        ]


class TestTrouble:
    def test_a_bug_costs_what_it_hit_and_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A gap in the session, a traceback in the log; the flow goes on, and so do the others."""

        def fail(_: CaptureRedactor, raw: bytes) -> bytes:
            if b"boom" in raw:
                raise RuntimeError
            return raw

        monkeypatch.setattr(CaptureRedactor, "raw", fail)
        with recording(tmp_path) as recorder:
            for signal in [requested(), responded(), Chunk("f", 3.0, b"data: boom\n\n"), ended()]:
                recorder.record(signal)
            for signal in [requested("g", "other"), responded("g"), Chunk("g", 3.0, EVENT), ended("g")]:
                recorder.record(signal)

        assert kinds_of(records_of(tmp_path)) == ["Segment", "Request", "Response", "Gap", "End"]
        assert kinds_of(records_of(tmp_path, "other")) == ["Segment", "Request", "Response", "Event", "End"]
        assert recorder.status.errors == 1
        assert [record.exc_info is not None for record in caplog.records] == [True, False]
        assert caplog.records[1].getMessage() == "codex recorder: 4 records lost in this run"

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS])
    def test_an_archive_that_cannot_be_made_is_told_at_the_start(self, tmp_path: Path, number: int) -> None:
        """To its caller; no thread is left."""

        class NoDirectory(Files):
            def make_directory(self, path: Path) -> None:
                raise OSError(number, "no", str(path))

        before = threading.active_count()
        with pytest.raises(OSError, match="no"):
            Recorder(tmp_path / "a", files=NoDirectory()).start()

        assert threading.active_count() == before

    def test_an_archive_that_is_a_file(self, tmp_path: Path) -> None:
        """Nothing is overwritten."""
        path = tmp_path / "file"
        path.write_text("mine", encoding="utf-8")

        with pytest.raises(NotADirectoryError):
            Recorder(path / "below").start()

        assert path.read_text(encoding="utf-8") == "mine"


class TestManyWriters:
    def test_two_recorders_on_one_archive(self, tmp_path: Path) -> None:
        """Each has its own segment; the session has the flows of both, and the manifest counts them all."""
        with recording(tmp_path) as one, recording(tmp_path) as two:
            for flow, recorder in {"a": one, "b": two, "c": one}.items():
                recorder.record(requested(flow))
                recorder.record(ended(flow))

        session = Session(tmp_path / "s")
        flows = {record.flow for record in session.records() if isinstance(record, RequestRecord)}
        assert len(session.segments()) == 2
        assert flows == {"a", "b", "c"}
        assert session.manifest()["counts"]["requests"] == 3
        assert sorted(session.manifest()["runs"]) == sorted([one.run, two.run])

    def test_a_restart_goes_on_in_a_new_segment(self, tmp_path: Path) -> None:
        """What was there before is not touched."""
        with recording(tmp_path) as recorder:
            recorder.record(requested("a"))
        first = (tmp_path / "s" / "traffic-0001.jsonl.zst").read_bytes()
        with recording(tmp_path) as recorder:
            recorder.record(requested("b"))

        session = Session(tmp_path / "s")
        assert [path.name for path in session.segments()] == ["traffic-0001.jsonl.zst", "traffic-0002.jsonl.zst"]
        assert session.segments()[0].read_bytes() == first
        assert session.manifest()["counts"]["requests"] == 2

    def test_cold_rollouts_of_the_archive_are_compressed(self, tmp_path: Path) -> None:
        """Those of cold sessions; the run has other things to do first."""
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "traffic-0001.jsonl.zst").touch()
        rollout = write(tmp_path, folder="old")
        os.utime(rollout, (0, 0))
        files = Watched()
        with recording(tmp_path, files=files) as recorder:
            recorder.record(requested())
            assert files.has_removed.wait(30)

        assert [path.name for path in Session(tmp_path / "old").rollouts()] == [f"{NAME}.zst"]

    def test_idle_sessions_are_forgotten_and_begin_anew(self, tmp_path: Path) -> None:
        """They hold no file open; more traffic goes into a new segment."""
        now = Clock()
        recorder = Recorder(tmp_path, RecorderOptions(flush_ms=1, manifest_ms=0, forget_ms=1000), clock=now)
        recorder.start()
        recorder.record(requested("a"))
        recorder.record(ended("a"))
        now.wait_until((tmp_path / "s" / "session.json").exists)
        now.at_s += 10
        now.wait_until(lambda: "recorder" in Session(tmp_path / "s").manifest())
        recorder.record(requested("b"))
        recorder.close()

        session = Session(tmp_path / "s")
        assert len(session.segments()) == 2
        assert session.manifest()["counts"]["requests"] == 2


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at_s

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the writer thread does."""
        for _ in range(3000):
            if condition():
                return
            threading.Event().wait(0.01)
        pytest.fail("the writer did not get there")


class TestOpenSegments:
    OPTIONS = RecorderOptions(flush_ms=1, open_segments=3)

    def test_a_bounded_number_is_open(self, tmp_path: Path) -> None:
        """However many sessions there are; each has all that came, in as many segments as it takes."""
        sessions = [f"s{number}" for number in range(40)]
        most = 0

        with recording(tmp_path, self.OPTIONS) as recorder:
            for signals in zip(
                *([requested(name, name), responded(name), ended(name)] for name in sessions), strict=True
            ):
                for signal in signals:
                    recorder.record(signal)
                while recorder.waiting_bytes:
                    most = max(most, open_segments_of(tmp_path))

        assert most <= 3 + 1  # one more, between its opening and the closing of the oldest
        for name in sessions:
            assert [one for one in kinds_of(records_of(tmp_path, name)) if one != "Segment"] == [
                "Request",
                "Response",
                "End",
            ]
        assert (recorder.status.dropped, recorder.status.gaps) == (0, 0)
        assert not any(check_session(session) for session in open_sessions(tmp_path))

    def test_one_that_speaks_stays_open(self, tmp_path: Path) -> None:
        """The least recently written goes first."""
        with recording(tmp_path, self.OPTIONS) as recorder:
            recorder.record(requested("busy", "busy"))
            recorder.record(responded("busy"))
            for number in range(20):
                recorder.record(requested(f"f{number}", f"s{number}"))
                recorder.record(Chunk("busy", 3.0, EVENT))
                while recorder.status.recorded < 2 * number + 4:
                    pass

        assert len(Session(tmp_path / "busy").segments()) == 1


def open_segments_of(archive: Path) -> int:
    """Return how many segments this process has open."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the list's own, or closed meanwhile
            found += descriptor.readlink().is_relative_to(archive) and descriptor.readlink().suffix == ".zst"
    return found


class TestForeignPlaces:
    def test_a_session_that_is_a_link_is_not_written_through(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Another who can write to the archive would choose where the traffic goes."""
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "archive").mkdir()
        (tmp_path / "archive" / "s").symlink_to(tmp_path / "elsewhere")

        with recording(tmp_path / "archive") as recorder:
            recorder.record(requested())
            recorder.record(ended())

        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert recorder.status.dropped == 2
        assert "is a link" in caplog.text

    def test_an_archive_that_others_write_to_is_told(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Once, with the command that changes it."""
        (tmp_path / "archive").mkdir()
        (tmp_path / "archive").chmod(0o777)

        with recording(tmp_path / "archive"):
            pass

        (told,) = (record.getMessage() for record in caplog.records)
        assert told.endswith(f"Take that back: chmod go-w {tmp_path / 'archive'}")
