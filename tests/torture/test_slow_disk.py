"""A disk that stands still for a second, with traffic: the event loop does not, and the queue stays bounded."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
from torture_harness import by_flow, compare, delta, event, message, requested, responded, without_gaps

from pytest_codex_replay.archive.capture import Chunk, Ended
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FlowEnd, GapRecord
from pytest_codex_replay.archive.recorder import Recorder, RecorderOptions
from pytest_codex_replay.archive.session import Session

TICK_S = 0.001


class StallingFiles(Files):
    """A disk whose writes stand still from `stall` until `goes_on`."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.has_stalled = threading.Event()

    def stall(self) -> None:
        self.goes_on.clear()

    def write(self, descriptor: int, data: bytes) -> None:
        if not self.goes_on.is_set():
            self.has_stalled.set()
            assert self.goes_on.wait(30)
        super().write(descriptor, data)


async def busy(recorder: Recorder | None, seconds: float) -> list[float]:
    """Record an event and a message each millisecond, a request now and then; return how late the loop was (ms)."""
    late_ms = []
    at_ms = time.time() * 1000
    for signal in [requested("sse", at_ms), responded("sse", at_ms), requested("ws", at_ms, is_upgrade=True)]:
        if recorder is not None:
            recorder.record(signal)
    until = time.perf_counter() + seconds
    number = 0
    while (began := time.perf_counter()) < until:
        now_ms = time.time() * 1000
        if recorder is not None:
            recorder.record(Chunk("sse", now_ms, event(number)))
            recorder.record(message("ws", now_ms, delta(number)))
            if number % 100 == 0:
                recorder.record(requested(f"turn-{number}", now_ms, turn=60))
                recorder.record(Ended(f"turn-{number}", now_ms, FlowEnd.CLIENT_GONE))
        number += 1
        await asyncio.sleep(TICK_S)
        late_ms.append((time.perf_counter() - began - TICK_S) * 1000)
    if recorder is not None:
        for flow in ("sse", "ws"):
            recorder.record(Ended(flow, time.time() * 1000, FlowEnd.FINISHED))
    return late_ms


def percentile(values: list[float], percent: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


async def with_stalls(recorder: Recorder, disk: StallingFiles, seconds: float, stall_s: float) -> list[float]:
    """The same, while the disk stands still every other moment."""
    task = asyncio.create_task(busy(recorder, seconds))
    while not task.done():
        disk.stall()
        await asyncio.wait([task], timeout=stall_s)
        disk.goes_on.set()
        await asyncio.wait([task], timeout=stall_s)
    disk.goes_on.set()
    return task.result()


def test_the_event_loop_goes_on_while_the_disk_stands_still(tmp_path: Path, torture) -> None:
    """Nothing is lost either, as long as the queue has room; how late the loop gets is printed, not asserted."""
    seconds, stall_s = torture.pick(1, 30), torture.pick(3, 10) / 10
    bare_ms = asyncio.run(busy(None, seconds))
    disk = StallingFiles()
    recorder = Recorder(tmp_path, files=disk)
    recorder.start()
    late_ms = asyncio.run(with_stalls(recorder, disk, seconds, stall_s))
    recorder.close()

    records = list(Session(tmp_path / "s").records())
    assert disk.has_stalled.is_set()
    assert (recorder.status.dropped, recorder.status.gaps, recorder.status.errors) == (0, 0, 0)
    assert not any(isinstance(record, GapRecord) for record in records)
    torture.count(
        "slow disk, ms late at 99.9 %",
        loop_alone=round(percentile(bare_ms, 99.9), 2),
        with_recorder=round(percentile(late_ms, 99.9), 2),
        at_most=round(max(late_ms), 1),
        rounds=len(late_ms),
    )


@pytest.mark.parametrize("queue_bytes", [10_000, 100_000])
def test_a_disk_that_stands_still_too_long_costs_what_has_no_room(tmp_path: Path, torture, queue_bytes: int) -> None:
    """The queue keeps its bound; what is dropped is counted, and a gap stands where it was."""
    whole, lossy = tmp_path / "whole", tmp_path / "lossy"
    disk = StallingFiles()
    recorders = [
        Recorder(whole),
        Recorder(lossy, RecorderOptions(flush_ms=1, queue_bytes=queue_bytes), files=disk),
    ]
    for recorder in recorders:
        recorder.start()
    at_ms = 1_800_000_000_000.0
    disk.stall()
    for recorder in recorders:
        recorder.record(requested("f", at_ms))
        recorder.record(responded("f", at_ms))
    assert disk.has_stalled.wait(30)
    for number in range(2000):
        for recorder in recorders:
            recorder.record(Chunk("f", at_ms + number, event(number)))
    disk.goes_on.set()
    for recorder in recorders:
        recorder.record(Ended("f", at_ms + 2001, FlowEnd.FINISHED))
        assert recorder.close()

    status = recorders[1].status
    got, expected = (by_flow(Session(archive / "s").records()) for archive in (lossy, whole))
    missing, wrong = compare(got, expected)
    gaps = [record for record in got["f"] if isinstance(record, GapRecord)]
    assert wrong == []
    assert 0 < missing == status.dropped == sum(gap.lost_count for gap in gaps)
    assert status.queue_high_water_bytes <= queue_bytes + 2048  # an end and a gap always have room
    assert without_gaps(got["f"])[-1] == expected["f"][-1]
    torture.count(
        f"queue of {queue_bytes} bytes",
        signals=2003,
        high_water=status.queue_high_water_bytes,
        dropped=missing,
        told_in_gaps=sum(gap.lost_count for gap in gaps),
    )
