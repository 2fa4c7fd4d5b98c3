"""A disk that stands still for a second, with traffic: the event loop does not, and the queue stays bounded."""

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FlowEnd, GapRecord
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.signals import Chunk, Ended, Signal
from tests.torture.harness import by_flow, compare, delta, event, message, requested, responded, without_gaps

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


class RunQueue:
    """How long this thread has waited for a processor, which other programs take from it and no recorder."""

    PATH = Path("/proc/thread-self/schedstat")

    def __init__(self) -> None:
        self._descriptor = os.open(self.PATH, os.O_RDONLY) if self.PATH.exists() else None

    def waited_ms(self) -> float:
        return 0.0 if self._descriptor is None else int(os.pread(self._descriptor, 100, 0).split()[1]) / 1e6

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


class Proxy:
    """An event loop that does what a proxy would: each millisecond an event and a message, a request now and then."""

    def __init__(self, recorder: Recorder | None) -> None:
        self.late_ms: list[float] = []
        """How much later than it asked for it was woken."""
        self.own_late_ms: list[float] = []
        """The same without the wait for a processor."""
        self._recorder = recorder
        self._number = 0
        for signal in [requested("sse", now_ms()), responded("sse", now_ms()), requested("ws", now_ms())]:
            self._record(signal)

    async def work(self, seconds: float) -> None:
        queue = RunQueue()
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            before_ms = queue.waited_ms()
            self._traffic()
            await asyncio.sleep(TICK_S)
            late_ms = (time.perf_counter() - began - TICK_S) * 1000
            self.late_ms.append(late_ms)
            self.own_late_ms.append(max(0.0, late_ms - (queue.waited_ms() - before_ms)))
        queue.close()

    async def work_with_stalls(self, disk: StallingFiles, stall_s: float) -> None:
        """The same, while the disk stands still, and then a little longer."""
        disk.stall()
        await self.work(stall_s)
        disk.goes_on.set()
        await self.work(stall_s / 3)

    def _traffic(self) -> None:
        self._record(Chunk("sse", now_ms(), event(self._number)))
        self._record(message("ws", now_ms(), delta(self._number)))
        if self._number % 100 == 0:
            self._record(requested(f"turn-{self._number}", now_ms(), turn=60))
            self._record(Ended(f"turn-{self._number}", now_ms(), FlowEnd.CLIENT_GONE))
        self._number += 1

    def _record(self, signal: Signal) -> None:
        if self._recorder is not None:
            self._recorder.record(signal)


def now_ms() -> float:
    return time.time() * 1000


def percentile(values: list[float], percent: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))], 2)


def test_the_event_loop_goes_on_while_the_disk_stands_still(tmp_path: Path, torture) -> None:
    """Nothing is lost either, as long as the queue has room; how late the loop gets is printed, not asserted."""
    disk = StallingFiles()
    recorder = Recorder(tmp_path, files=disk)
    recorder.start()
    bare, recorded = Proxy(None), Proxy(recorder)
    stall_s = torture.pick(3, 10) / 10

    async def work() -> None:
        for _ in range(torture.pick(1, 20)):  # in turns, so that both have the same machine
            await bare.work(stall_s)
            await recorded.work_with_stalls(disk, stall_s)

    asyncio.run(work())
    recorder.close()

    records = list(Session(tmp_path / "s").records())
    assert disk.has_stalled.is_set()
    assert (recorder.status.dropped, recorder.status.gaps, recorder.status.errors) == (0, 0, 0)
    assert not any(isinstance(record, GapRecord) for record in records)
    for what, proxy in (("a loop alone", bare), ("with a recorder, stalled", recorded)):
        torture.count(
            f"ms late at 99.9 %: {what}",
            all_in_all=percentile(proxy.late_ms, 99.9),
            without_wait_for_a_processor=percentile(proxy.own_late_ms, 99.9),
            rounds=len(proxy.late_ms),
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
