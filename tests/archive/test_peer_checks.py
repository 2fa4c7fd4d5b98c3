"""The closest peer's checks of its archive, each by its name, and the cases that its tests do not have (K).

What does not apply, and why:

| check | |
|---|---|
| A5, F8 | `~` in a path is the addon's and the command line's: tests/addon/test_options.py, tests/cli/test_targets.py |
| B1, B2 | recording switched off is the addon's: tests/addon/test_options.py |
| C1, F1 | files by the hour: ours are by session, one segment a recorder run |
| C3 | compressing each record in memory: ours are one stream a segment |
| E2, E3 | files checked before they are appended to: ours are never reopened |
| F2, F3, F5-F7 | look-up by file, hour or request id: a session is a directory, found by its name |
| G1, H9-H13 | HTTP API, request log and guests of a server: there is none |
| H2-H6 | request ids by context variable: a flow has an id of its own |
| I1-I6 | settings by environment: mitmproxy's options |
| J1-J6 | web frontend: there is none |
"""

import io
import json
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import orjson
import pytest
import zstandard

from pytest_codex_replay.archive.check import repair_session
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.archive.segment import SegmentWriter, create_segment
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.archive.session import Session, find_session, open_sessions
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.retention import Limits
from pytest_codex_replay.recorder.signals import Chunk, Ended, Message, Requested, Responded, Signal
from pytest_codex_replay.recorder.trouble import is_disk_pressure
from tests.bytewise import check_altered, flipped

AT_MS = 1_800_000_000_000.0
MAGIC = b"\x28\xb5\x2f\xfd"
Kind = TypeVar("Kind", bound=Record)


def requested(flow: str = "f", body: bytes | None = b"{}", session: str = "s", **headers: str) -> Requested:
    named = {"session-id": session} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Requested(flow, AT_MS, "POST", "https://h/v1/responses", "HTTP/1.1", tuple(named.items()), body, False)


def responded(flow: str = "f", status: int = 200, kind: str = "text/event-stream", **headers: str) -> Responded:
    named = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Responded(flow, AT_MS + 1, status, "HTTP/1.1", tuple(named.items()))


def event(number: int = 0) -> bytes:
    return b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"%d"}\n\n' % number


def chunk(data: bytes, flow: str = "f") -> Chunk:
    return Chunk(flow, AT_MS + 2, data)


def message(data: bytes, *, binary: bool = False, flow: str = "f") -> Message:
    return Message(flow, AT_MS + 2, from_client=False, data=data, binary=binary)


def ended(flow: str = "f", how: FlowEnd = FlowEnd.FINISHED, **more) -> Ended:
    return Ended(flow, AT_MS + 3, how, **more)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at_s = AT_MS / 1000

    def __call__(self) -> float:
        return self.at_s


class Disk(Files):
    """A disk that fails, or stands still, where and as long as the test says."""

    def __init__(self) -> None:
        self.error: OSError | None = None
        self.in_session = ""
        self.writes = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.is_stuck = threading.Event()

    def open_new(self, path: Path) -> int:
        if self.error is not None and self.in_session in str(path):
            raise self.error
        return super().open_new(path)

    def write(self, descriptor: int, data: bytes) -> None:
        self.writes += 1
        if not self.goes_on.is_set():
            self.is_stuck.set()
            assert self.goes_on.wait(30)
        if self.error is not None and not self.in_session:
            raise self.error
        super().write(descriptor, data)


FULL = OSError(28, "No space left on device")


@contextmanager
def recording(archive: Path, **options) -> Iterator[Recorder]:
    recorder = Recorder(archive, RecorderOptions(flush_ms=1, **options))
    recorder.start()
    yield recorder
    assert recorder.close()


def record(archive: Path, *signals: Signal) -> list[Record]:
    """Record, and read what was recorded."""
    with recording(archive) as recorder:
        for signal in signals:
            recorder.record(signal)
    return list(Session(archive / "s").records())


def first(kind: type[Kind], records: list[Record]) -> Kind:
    return next(each for each in records if isinstance(each, kind))


def text_of(archive: Path) -> str:
    """What a standard reader sees: `zstdcat traffic-*.jsonl.zst`."""
    text = b""
    for path in Session(archive / "s").segments():
        with zstandard.ZstdDecompressor().stream_reader(path.open("rb"), read_across_frames=True) as reader:
            text += reader.read()
    return text.decode()


class TestRecordAndPrivacy:
    def test_a1_a_request_is_recorded_without_its_secrets(self, tmp_path: Path) -> None:
        """All of it but the values of headers that may be secret; the session's id is kept."""
        secrets = {"authorization": "Bearer one", "api-key": "two", "x-api-key": "three", "x-session-token": "four"}
        body = b'{"model":"m","input":"hi"}'
        request = first(RequestRecord, record(tmp_path, requested(body=body, **secrets), ended()))

        headers = dict(request.headers)
        assert (request.flow, request.method, request.url) == ("f", "POST", "https://h/v1/responses")
        assert request.payload is not None
        assert request.payload.raw == body
        assert headers["session-id"] == "s"
        assert not any(secret in value for secret in ("one", "two", "three", "four") for value in headers.values())
        assert secrets.keys() <= headers.keys()

    def test_a2_text_is_stored_as_utf8(self, tmp_path: Path) -> None:
        """No escapes where the client wrote none."""
        body = '{"input":"Привет, мир"}'.encode()
        record(tmp_path, requested(body=body), ended())

        assert "Привет, мир" in text_of(tmp_path)
        assert "\\u" not in text_of(tmp_path)

    def test_a3_a_binary_frame_keeps_its_bytes(self, tmp_path: Path) -> None:
        """Whatever they are."""
        frame = b"\x00\x01binary\xff"
        stored = first(MessageRecord, record(tmp_path, requested(), message(frame, binary=True), ended()))

        assert (stored.payload.raw, stored.binary) == (frame, True)

    def test_a4_all_of_it_is_private(self, tmp_path: Path) -> None:
        """Directories 0700, files 0600, whatever the umask."""
        before = os.umask(0o022)
        record(tmp_path / "archive", requested(), ended())
        os.umask(before)

        paths = [tmp_path / "archive", *(tmp_path / "archive").rglob("*")]
        assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}
        assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}


class TestFiles:
    def test_c2_each_append_is_readable_by_standard_tools(self, tmp_path: Path) -> None:
        """Line by line, in order, before the file is closed."""
        recorder = Recorder(tmp_path)
        seen = []
        for signal in (requested(), responded()):
            recorder.record(signal)
            recorder._drain()
            (path,) = Session(tmp_path / "s").segments()
            lines = io.BytesIO()
            zstandard.ZstdDecompressor().copy_stream(path.open("rb"), lines)
            seen.append([json.loads(line)["kind"] for line in lines.getvalue().splitlines()])

        assert seen == [["segment", "request"], ["segment", "request", "response"]]

    def test_c4_what_is_queued_at_the_stop_is_written(self, tmp_path: Path) -> None:
        """In order; nothing is outstanding afterwards."""
        recorder = Recorder(tmp_path)
        for signal in (requested(), responded(), ended()):
            recorder.record(signal)
        recorder.start()
        recorder.close()

        kinds = [type(each).__name__ for each in Session(tmp_path / "s").records()]
        assert kinds == ["SegmentRecord", "RequestRecord", "ResponseRecord", "EndRecord"]
        assert recorder.waiting_bytes == 0


class TestQueueLimits:
    def test_d1_the_caller_neither_waits_nor_writes(self, tmp_path: Path) -> None:
        """The peer's caller waits; ours is a proxy, so it drops, and says so. What is queued keeps its text."""
        disk = Disk()
        recorder = Recorder(tmp_path, RecorderOptions(flush_ms=1, queue_bytes=2000), files=disk)
        disk.goes_on.clear()
        recorder.start()
        recorder.record(requested(body='{"input":"Привет"}'.encode()))
        assert disk.is_stuck.wait(30)
        for number in range(100):
            recorder.record(chunk(event(number)))
        disk.goes_on.set()
        recorder.close()

        records = list(Session(tmp_path / "s").records())
        assert "Привет" in text_of(tmp_path)
        assert first(GapRecord, records).reason == "queue full"

    def test_d2_a_record_larger_than_the_queue_is_stored(self, tmp_path: Path) -> None:
        """As long as it is alone in it."""
        with recording(tmp_path, queue_bytes=64) as recorder:
            recorder.record(requested(body=b'"%b"' % (b"x" * 256)))

        assert recorder.status.dropped == 0
        assert recorder.waiting_bytes == 0
        assert "x" * 256 in text_of(tmp_path)

    def test_d3_a_second_one_is_not(self, tmp_path: Path) -> None:
        """It finds no room; the loss is counted."""
        recorder = Recorder(tmp_path, RecorderOptions(queue_bytes=64))
        recorder.record(requested(body=b'"%b"' % (b"x" * 256)))
        recorder.record(chunk(b"y" * 256))
        recorder._drain()

        assert recorder.status.dropped == 1
        assert first(GapRecord, list(Session(tmp_path / "s").records())).lost_bytes == 256

    def test_d4_the_warning_is_rate_limited(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """At 100, 101, 102 and 161 seconds: two of four; what each lost is in its gap."""
        clock = Clock()
        recorder = Recorder(tmp_path, RecorderOptions(queue_bytes=64), clock=clock)
        for wait_s in (100, 1, 1, 59):
            clock.at_s += wait_s
            recorder.record(requested(body=b"x" * 256))
            recorder.record(chunk(b"y" * 256))
            recorder._drain()

        assert len(caplog.records) == 2
        assert recorder.status.dropped == 4

    def test_d5_a_thread_that_cannot_start_is_an_error_of_the_start(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The addon then says that recording is off, as for any other reason; no file is left."""

        def refuse(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(OSError, match="can't start new thread"):
            Recorder(tmp_path).start()

        assert list(tmp_path.iterdir()) == []

    def test_d6_a_stop_waits_until_all_is_written(self, tmp_path: Path) -> None:
        """But not for ever: a disk that stands still is told apart."""
        disk = Disk()
        recorder = Recorder(tmp_path, RecorderOptions(flush_ms=1), files=disk)
        disk.goes_on.clear()
        recorder.start()
        recorder.record(requested())
        assert disk.is_stuck.wait(30)
        is_written = [recorder.close(timeout_s=0.01)]
        disk.goes_on.set()
        is_written.append(recorder.close())

        assert is_written == [False, True]


class TestRecoveryAndFailures:
    def test_e1_behind_a_bad_tail_recording_goes_on(self, tmp_path: Path) -> None:
        """In a new segment: the old one keeps its bytes, and both are read."""
        record(tmp_path, requested("old"), ended("old"))
        (path,) = Session(tmp_path / "s").segments()
        path.write_bytes(path.read_bytes() + b"junk")
        before = path.read_bytes()
        records = record(tmp_path, requested("new"), ended("new"))

        assert [each.flow for each in records if isinstance(each, RequestRecord)] == ["old", "new"]
        assert path.read_bytes() == before

    def test_e4_one_session_that_fails_does_not_stop_the_others(self, tmp_path: Path) -> None:
        """The good one is written, the bad one has no segment."""
        disk = Disk()
        disk.error, disk.in_session = PermissionError(13, "Permission denied"), "/bad/"
        recorder = Recorder(tmp_path, files=disk)
        recorder.record(requested("a", session="bad"))
        recorder.record(requested("b", session="good"))
        recorder._drain()

        assert [session.name for session in open_sessions(tmp_path)] == ["good"]

    def test_e5_a_full_disk_pauses_recording(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """One line, no traceback, no attempt during the pause; afterwards it goes on."""
        disk, clock = Disk(), Clock()
        recorder = Recorder(tmp_path, RecorderOptions(pause_ms=10_000), files=disk, clock=clock)
        disk.error = FULL
        recorder.record(requested())
        recorder._drain()
        attempts = [disk.writes]
        disk.error = None
        recorder.record(responded())
        recorder._drain()
        attempts.append(disk.writes)
        clock.at_s += 11
        recorder.record(ended())
        recorder._drain()

        kinds = [type(each).__name__ for each in Session(tmp_path / "s").records()]
        assert attempts[0] == attempts[1]
        assert kinds == ["SegmentRecord", "GapRecord", "EndRecord"]
        assert [(line.exc_info, "the disk is full" in line.getMessage()) for line in caplog.records] == [(None, True)]

    def test_e6_during_the_pause_nothing_is_left_behind(self, tmp_path: Path) -> None:
        """No empty files."""
        disk = Disk()
        disk.error = FULL
        recorder = Recorder(tmp_path, files=disk, clock=Clock())
        for flow in "abc":
            recorder.record(requested(flow))
            recorder._drain()

        assert list(tmp_path.rglob("traffic*")) == []

    def test_e7_disk_pressure_is_found_in_a_cause(self) -> None:
        """By its number, never by a text: an ordinary failure is none. (The peer's text is of its database.)"""
        wrapped = RuntimeError("could not write")
        wrapped.__cause__ = OSError(122, "Disk quota exceeded")

        assert is_disk_pressure(wrapped)
        assert not is_disk_pressure(RuntimeError("regular archive failure"))


class TestReading:
    def test_f4_a_session_is_found_among_others(self, tmp_path: Path) -> None:
        """By its name or the beginning of it; the others' records are not in it."""
        for name in ("0199a", "0199b"):
            with recording(tmp_path) as recorder:
                recorder.record(requested(name, session=name))

        records = find_session(tmp_path, "0199b").records()
        assert {each.flow for each in records if isinstance(each, RequestRecord)} == {"0199b"}

    def test_f9_a_bad_tail_does_not_hide_what_is_before_it(self, tmp_path: Path) -> None:
        """The good records are returned, without an error."""
        whole = record(tmp_path, requested(), ended())
        (path,) = Session(tmp_path / "s").segments()
        path.write_bytes(path.read_bytes() + b"\x00corrupt")

        records = list(Session(tmp_path / "s").records())
        assert records[: len(whole)] == whole
        assert [type(each) for each in records[len(whole) :]] == [GapRecord]

    @pytest.mark.parametrize("name", ["../x", "../../etc", "/etc/passwd", ".."])
    def test_f10_a_name_never_leaves_the_archive(self, tmp_path: Path, name: str) -> None:
        """It is compared, not opened."""
        record(tmp_path / "archive", requested(), ended())
        record(tmp_path / "x", requested(), ended())

        with pytest.raises(UsageError, match="no session begins with"):
            find_session(tmp_path / "archive", name)


class TestProxying:
    def test_h1_an_error_is_recorded_with_its_body(self, tmp_path: Path) -> None:
        """Request, status, the full error object."""
        error = b'{"error":{"code":"rate_limit_exceeded","message":"slow down","type":"requests"}}'
        records = record(tmp_path, requested(), responded(status=429, kind="application/json"), chunk(error), ended())

        assert first(ResponseRecord, records).status == 429
        assert first(BodyRecord, records).payload.raw == error

    def test_h7_an_event_is_recorded_once_and_verbatim(self, tmp_path: Path) -> None:
        """With all its bytes, also those that mean nothing."""
        raw = b": a comment\r\nevent:x\r\ndata:  two  \r\ndata: lines\r\n\r\n"
        records = record(tmp_path, requested(), responded(), chunk(raw), ended())

        assert [each.raw for each in records if isinstance(each, EventRecord)] == [raw]

    def test_h8_a_close_frame_is_recorded(self, tmp_path: Path) -> None:
        """With its code, its reason and whose it was."""
        close = ended(how=FlowEnd.CLOSED, close_code=1000, close_reason="bye", closed_by_client=True)
        end = first(EndRecord, record(tmp_path, requested(), message(b"{}"), close))

        assert (end.how, end.close_code, end.close_reason, end.closed_by_client) == ("closed", 1000, "bye", True)


def frames(archive: Path) -> Path:
    """Record ten flows, each in a frame of its own; return the segment."""
    recorder = Recorder(archive)
    for number in range(10):
        recorder.record(requested(f"flow-{number}", body=b'{"input":"%b"}' % (str(number).encode() * 400)))
        recorder._drain()
        for session in recorder._sessions.values():
            session.release(is_open=False)
    return archive / "s" / "traffic-0001.jsonl.zst"


def flip(path: Path, at: int, bit: int = 0) -> None:
    path.write_bytes(flipped(path.read_bytes(), at, 1 << bit))


def read_bytes(path: Path, raw: bytes) -> tuple[list[Record], list[Damage]]:
    """Read a segment that holds these bytes."""
    path.write_bytes(raw)
    damages: list[Damage] = []
    return list(read_segment(path, damages.append)), damages


def flows_in(archive: Path) -> list[str]:
    return [each.flow for each in Session(archive / "s").records() if isinstance(each, RequestRecord)]


class TestWhatThePeerDoesNotHave:
    @pytest.mark.parametrize(
        "body", [b'{"input":"\\ud800"}', b'{"input":"\xed\xa0\x80"}', b"\xff\xfe", b'{"n":NaN}', b'{"a":1,"a":2}']
    )
    def test_k1_no_body_reaches_the_caller_as_an_error(self, tmp_path: Path, body: bytes) -> None:
        """A lone surrogate, no UTF-8, no JSON: kept as it is."""
        request = first(RequestRecord, record(tmp_path, requested(body=body, x_name="\udce9"), ended()))

        assert request.payload is not None
        assert request.payload.raw == body

    def test_k2_what_was_handed_over_cannot_change(self, tmp_path: Path) -> None:
        """A signal is bytes and tuples all through: it can be hashed, so nobody can change it."""
        signals = [requested(), responded(), chunk(b"data: x\n\n"), message(b"{}"), ended()]

        assert all(isinstance(hash(signal), int) for signal in signals)
        assert record(tmp_path, *signals)

    def test_k3_two_processes_on_one_session_lose_nothing(self, tmp_path: Path) -> None:
        """Each has its own segment."""

        def work(writer: int) -> None:
            with recording(tmp_path) as recorder:
                for number in range(300):
                    recorder.record(requested(f"{writer}-{number}", body=b'"%b"' % (b"x" * 2000)))
                    recorder.record(ended(f"{writer}-{number}"))

        processes = [multiprocessing.get_context("fork").Process(target=work, args=(writer,)) for writer in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)

        expected = {f"{writer}-{number}" for writer in range(2) for number in range(300)}
        assert [process.exitcode for process in processes] == [0, 0]
        assert sorted(flows_in(tmp_path)) == sorted(expected)

    def test_k4_damage_in_the_middle_loses_only_that_unit(self, tmp_path: Path) -> None:
        """Here: the frame that it hit."""
        path = frames(tmp_path)
        raw = path.read_bytes()
        flip(path, raw.index(MAGIC, len(raw) // 2) + 20)

        left = flows_in(tmp_path)
        assert len(left) == 9
        assert {"flow-0", "flow-9"} <= set(left)

    def test_k5_a_repair_on_a_full_disk_changes_nothing(self, tmp_path: Path) -> None:
        """Nor does it lose what could be read before."""
        path = frames(tmp_path)
        flip(path, path.stat().st_size // 2)
        before, left = path.read_bytes(), flows_in(tmp_path)
        disk = Disk()
        disk.error = FULL
        with pytest.raises(OSError, match="No space left"):
            repair_session(Session(tmp_path / "s"), disk)

        assert (path.read_bytes(), flows_in(tmp_path)) == (before, left)
        assert not list(path.parent.glob("*repaired*"))

    def test_k6_no_altered_record_is_returned(self, tmp_path: Path) -> None:
        """Of 384 flipped bits, as many as the peer was tried with, none gets through."""
        path = frames(tmp_path)
        raw = path.read_bytes()
        whole, _ = read_bytes(path, raw)
        places = [(number * len(raw) // 384, number % 8) for number in range(384)]
        altered = ((at, flipped(raw, at, 1 << bit)) for at, bit in places)

        assert len(list(check_altered(altered, partial(read_bytes, path), whole))) == 384

    @pytest.mark.parametrize("body", [b'{"z":1,"a":1.0,"a":2,"n":1e2}', b'{ "spaced" : [ 1 ,2 ] }\n', b'{"n":NaN}'])
    def test_k7_key_order_and_exact_bytes_are_kept(self, tmp_path: Path, body: bytes) -> None:
        """Of requests, events and messages."""
        records = record(
            tmp_path, requested(body=body), responded(), chunk(b"data: %b\n\n" % body.strip()), message(body), ended()
        )

        request = first(RequestRecord, records)
        assert request.payload is not None
        assert request.payload.raw == first(MessageRecord, records).payload.raw == body
        assert first(EventRecord, records).raw == b"data: %b\n\n" % body.strip()

    def test_k8_a_kill_at_any_byte_keeps_what_was_flushed(self, tmp_path: Path) -> None:
        """Wherever the file ends behind a flush, the records before it are all there."""
        writer: SegmentWriter = create_segment(Files(), tmp_path / "s")
        flushed: list[tuple[int, int]] = []
        for number in range(20):
            writer.write(EndRecord(at_ms=AT_MS, flow=f"f{number}", how=FlowEnd.FINISHED))
            writer.flush()
            flushed.append((writer.path.stat().st_size, number + 1))
        writer.abandon()
        raw = writer.path.read_bytes()
        for size in range(flushed[0][0], len(raw) + 1):
            writer.path.write_bytes(raw[:size])
            there = len(list(read_segment(writer.path, lambda _: None)))

            assert there >= max(count for at, count in flushed if at <= size), size

    def test_k9_a_directory_that_is_there_keeps_its_mode(self, tmp_path: Path) -> None:
        """It may be shared on purpose."""
        (tmp_path / "archive").mkdir(mode=0o755)
        (tmp_path / "archive").chmod(0o755)
        record(tmp_path / "archive", requested(), ended())

        assert (tmp_path / "archive").stat().st_mode & 0o777 == 0o755

    def test_k10_a_stalled_disk_does_not_hold_up_the_caller(self, tmp_path: Path) -> None:
        """Ten thousand signals are taken while one write stands still: the caller never waits for it."""
        disk = Disk()
        recorder = Recorder(tmp_path, RecorderOptions(flush_ms=1), files=disk)
        disk.goes_on.clear()
        recorder.start()
        recorder.record(requested())
        assert disk.is_stuck.wait(30)
        for number in range(10_000):
            recorder.record(message(b'{"n":%d}' % number))
        is_still_stuck = not disk.goes_on.is_set()
        disk.goes_on.set()
        recorder.close()

        messages = sum(isinstance(each, MessageRecord) for each in Session(tmp_path / "s").records())
        assert is_still_stuck
        assert messages == 10_000

    @pytest.mark.parametrize(
        "how", [FlowEnd.CLIENT_GONE, FlowEnd.UPSTREAM_GONE, FlowEnd.TIMEOUT, FlowEnd.REFUSED, FlowEnd.SHUTDOWN]
    )
    def test_k11_a_stream_that_broke_off_has_an_end(self, tmp_path: Path, how: FlowEnd) -> None:
        """With what came of it, and how it ended."""
        over = [] if how is FlowEnd.SHUTDOWN else [ended(how=how, error="it broke")]
        records = record(tmp_path, requested(), responded(), chunk(event() + event()[:20]), *over)

        assert first(EndRecord, records).how is how
        assert b"".join(each.raw for each in records if isinstance(each, EventRecord)) == event() + event()[:20]

    def test_k12_after_a_pause_there_is_a_gap(self, tmp_path: Path) -> None:
        """Also when nothing comes any more: how much, from when to when, which flows."""
        disk, clock = Disk(), Clock()
        recorder = Recorder(tmp_path, files=disk, clock=clock)
        disk.error = FULL
        for signal in (requested(), responded(), ended()):
            recorder.record(signal)
        recorder._drain()
        disk.error = None
        clock.at_s += 20
        recorder._drain()

        gap = first(GapRecord, list(Session(tmp_path / "s").records()))
        assert (gap.reason, gap.lost_count, gap.flows) == ("disk full", 3, ("f",))
        assert gap.until_ms - gap.at_ms == 20_000

    def test_k13_response_headers_are_stored(self, tmp_path: Path) -> None:
        """As they came, and those of the answer."""
        told = {"x_request_id": "req_1", "x_ratelimit_remaining_requests": "41"}
        response = first(ResponseRecord, record(tmp_path, requested(), responded(**told), ended()))

        assert {"content-type", "x-request-id", "x-ratelimit-remaining-requests"} <= dict(response.headers).keys()

    def test_k14_a_look_up_reads_no_other_session(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """However many there are."""
        for name in ("one", "two", "three"):
            with recording(tmp_path) as recorder:
                recorder.record(requested(session=name))
        read: set[str] = set()

        def noting(method: Callable) -> Callable:
            def note(path: Path, *args, **options):
                read.add(Path(path).parent.name)
                return method(path, *args, **options)

            return note

        monkeypatch.setattr(Path, "read_bytes", noting(Path.read_bytes))
        monkeypatch.setattr(os, "open", noting(os.open))
        list(find_session(tmp_path, "two").records())

        assert read == {"two"}

    def test_k15_the_last_event_of_a_long_reply_is_there(self, tmp_path: Path) -> None:
        """All 400, the last one too."""
        events = [event(number) for number in range(400)]
        records = record(tmp_path, requested(), responded(), *map(chunk, events), ended())

        assert [each.raw for each in records if isinstance(each, EventRecord)] == events

    def test_k16_the_archive_has_a_limit(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """The oldest session goes, and that is logged."""
        for age_days, name in enumerate(("new", "old")):
            with recording(tmp_path) as recorder:
                recorder.record(requested(session=name))
            for path in (tmp_path / name).iterdir():
                os.utime(path, (AT_MS / 1000 - (age_days + 1) * 86_400,) * 2)
        size = sum(path.stat().st_size for path in (tmp_path / "new").iterdir())
        with caplog.at_level(logging.INFO):
            Recorder(tmp_path, RecorderOptions(limits=Limits(max_bytes=size)), clock=Clock())._apply_limits()

        assert [session.name for session in open_sessions(tmp_path)] == ["new"]
        assert "removed session old" in caplog.text

    def test_k17_an_unreadable_byte_does_not_fail_the_others(self, tmp_path: Path) -> None:
        """Not even a file of nothing but such bytes."""
        for name in ("bad", "good"):
            with recording(tmp_path) as recorder:
                recorder.record(requested(session=name))
        (tmp_path / "bad" / "traffic-0001.jsonl.zst").write_bytes(b"\xff" * 100)
        (tmp_path / "bad" / "traffic-0002.jsonl.zst").write_bytes(MAGIC + b"\xff" * 100)

        counts = {session.name: session.manifest()["counts"]["requests"] for session in open_sessions(tmp_path)}
        assert counts == {"bad": 0, "good": 1}
        assert orjson.loads((tmp_path / "good" / "session.json").read_bytes())["counts"]["requests"] == 1
