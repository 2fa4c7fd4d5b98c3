"""Several recorders on one archive at once, restarts that overlap: nothing is lost, nothing gets between."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

from pytest_codex_replay.archive.check import check_session
from pytest_codex_replay.archive.record import FlowEnd, GapRecord, RequestRecord
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.signals import Chunk, Ended, Signal
from tests.torture.harness import by_flow, compare, completed, delta, message, requested, responded, streamed

START_MS = 1_800_000_000_000.0
OPTIONS = RecorderOptions(flush_ms=1, manifest_ms=1)


def traffic(writer: int, turns: int) -> Iterator[Signal]:
    """Yield what one of several proxies sees of one session: flows of its own, at the same time as the others."""
    socket = f"socket-{writer}"
    yield requested(socket, START_MS + writer, is_upgrade=True)
    for turn in range(turns):
        at_ms = START_MS + turn * 1000 + writer
        yield from streamed(f"turn-{writer}-{turn}", at_ms, 20, turn=turn % 20)
        for number in range(20):
            yield message(socket, at_ms + number, delta(number))
    yield Ended(socket, START_MS + turns * 1000, FlowEnd.CLOSED)


def record(archive: Path, writer: int, turns: int, start) -> None:
    """Be a recorder."""
    recorder = Recorder(archive, OPTIONS)
    recorder.start()
    start.wait()
    for signal in traffic(writer, turns):
        recorder.record(signal)
    assert recorder.close(timeout_s=60)
    assert recorder.status.dropped == recorder.status.errors == 0


def test_processes_on_one_session_at_once(tmp_path: Path, torture) -> None:
    """Each record of each of them is there, in the order of its flow; the session is whole."""
    writers, turns = 4, torture.pick(10, 300)
    context = multiprocessing.get_context("fork")
    start = context.Barrier(writers)
    processes = [
        context.Process(target=record, args=(tmp_path / "archive", writer, turns, start)) for writer in range(writers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    alone = Recorder(tmp_path / "alone", RecorderOptions(queue_bytes=1 << 30))
    alone.start()
    for writer in range(writers):
        for signal in traffic(writer, turns):
            alone.record(signal)
    alone.close(timeout_s=60)

    session = Session(tmp_path / "archive" / "s")
    expected = by_flow(Session(tmp_path / "alone" / "s").records())
    missing, wrong = compare(by_flow(session.records()), expected)
    assert [process.exitcode for process in processes] == [0] * writers
    assert (missing, wrong) == (0, [])
    assert check_session(session) == []
    assert len(session.segments()) == len(session.manifest()["runs"]) == writers
    torture.count("processes at once", writers=writers, records=sum(map(len, expected.values())), lost=missing)


def test_a_restart_that_overlaps(tmp_path: Path) -> None:
    """The new recorder starts before the old one has ended: each has its segment, and its flows are whole."""
    old, new = Recorder(tmp_path, OPTIONS), Recorder(tmp_path, OPTIONS)
    old.start()
    old.record(requested("old", START_MS))
    old.record(responded("old", START_MS + 1))
    new.start()
    for signal in streamed("new", START_MS + 2, 3):
        new.record(signal)
    old.record(Chunk("old", START_MS + 3, completed()))
    old.record(Ended("old", START_MS + 4, FlowEnd.FINISHED))
    old.close()
    for signal in streamed("newer", START_MS + 5, 3):
        new.record(signal)
    new.close()

    session = Session(tmp_path / "s")
    assert check_session(session) == []
    assert session.manifest()["counts"] | {"events": 0} == {
        "requests": 3,
        "responses": 3,
        "events": 0,
        "messages": 0,
        "ends": 3,
        "gaps": 0,
        "lost": 0,
    }


def test_a_session_moves_between_connections_and_recorders(tmp_path: Path) -> None:
    """From WebSocket to HTTP, from one proxy to the next: one session, in the order in which it went."""
    recorders = [Recorder(tmp_path, OPTIONS) for _ in range(2)]
    for recorder in recorders:
        recorder.start()
    for number in range(10):
        recorder = recorders[number // 3 % 2]
        at_ms = START_MS + number * 100
        if number % 2:
            signals: list[Signal] = [
                requested(f"flow-{number}", at_ms, is_upgrade=True),
                message(f"flow-{number}", at_ms + 1, b'{"type":"response.create"}', from_client=True),
                message(f"flow-{number}", at_ms + 2, delta(number)),
                Ended(f"flow-{number}", at_ms + 3, FlowEnd.CLOSED),
            ]
        else:
            signals = streamed(f"flow-{number}", at_ms, 2)
        for signal in signals:
            recorder.record(signal)
    for recorder in recorders:
        recorder.close()

    (session,) = open_sessions(tmp_path)
    records = list(session.records())
    flows = [record.flow for record in records if isinstance(record, RequestRecord)]
    assert flows == [f"flow-{number}" for number in range(10)]
    assert not any(isinstance(record, GapRecord) for record in records)
