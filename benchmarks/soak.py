"""A busy day of the recorder, compressed in time: hundreds of agents, a disk that is full, a clock that jumps.

    python benchmarks/soak.py [--flows 1000000] [--hours 24] [--archive DIR]

Prints a line an hour: flows, memory, descriptors, what was lost, CPU for a flow, and what the archive holds. The
process may open 64 descriptors. In hour 4, 5,000 sessions come; in hour 8 the disk is full for 20 minutes; in hour 12
the clock is set back by an hour; before hour 16 the machine sleeps for six hours. Retention keeps 50 MB and 12 hours.
Exit code 1 when anything was lost while the disk had room, or memory or descriptors are not flat.
"""

import argparse
import errno
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder import session_writer
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.retention import Limits
from pytest_codex_replay.recorder.signals import Chunk, Ended, Requested, Responded, Signal

DESCRIPTORS, GROWTH_MIB = 64, 64
AGENTS, AT_WORK, CROWD = 300, 25, 5_000
CROWDED, FULL, BACK, SLEEP = 4, 8, 12, 16
"""Hours in which something happens."""
HOUR_S, STEPS = 3600, 60
TEXT = b"Be brief, and say what you do. " * 20


class Clock:
    """A day in minutes."""

    def __init__(self) -> None:
        self.at_s = time.time()

    def __call__(self) -> float:
        return self.at_s


class FillingFiles(Files):
    """A disk that is full when it is told so."""

    is_full = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def write(self, descriptor: int, data: bytes) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(descriptor, data)
        os.utime(descriptor, (self._clock(), self._clock()))  # retention goes by the times of files


def flow(number: int, session: str, at_ms: float) -> Iterator[Signal]:
    """A small answer: a request, three events, an end."""
    name = f"f{number}"
    body = b'{"model":"m","instructions":"%b","input":[{"type":"message","role":"user","content":"%d %b"}]}'
    headers = (("session-id", session), ("thread-id", session))
    url = "https://h/v1/responses"
    yield Requested(name, at_ms, "POST", url, "HTTP/1.1", headers, body % (TEXT, number, TEXT), is_upgrade=False)
    yield Responded(name, at_ms + 1, 200, "HTTP/1.1", (("content-type", "text/event-stream"),))
    for piece in range(3):
        data = b'{"type":"response.output_text.delta","delta":"%d"}' % piece
        yield Chunk(name, at_ms + 2 + piece, b"event: response.output_text.delta\ndata: %b\n\n" % data)
    yield Chunk(name, at_ms + 5, b'event: response.completed\ndata: {"type":"response.completed","response":{}}\n\n')
    yield Ended(name, at_ms + 6, FlowEnd.FINISHED)


def session_of(hour: int, step: int, number: int) -> str:
    """Return whose a flow is: of 25 agents at work in a minute, of hundreds in some hours; in one hour of thousands."""
    if hour == CROWDED:
        return f"crowd-{number % CROWD:04}"
    return f"agent-{hour // 3}-{(step * 7 + number % AT_WORK) % AGENTS:03}"


def settled(recorder: Recorder) -> None:
    while recorder.waiting_bytes:
        time.sleep(0.002)  # the writer is a thread: nothing to wait on


def state() -> tuple[float, int]:
    """Return the resident MiB, and how many descriptors are open."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, sum(1 for _ in Path("/proc/self/fd").iterdir())


def held(archive: Path) -> tuple[int, int]:
    """Return how many sessions an archive holds, and their bytes; retention may take some away meanwhile."""
    sessions, stored = 0, 0
    for session in archive.iterdir():
        sessions += 1
        with suppress(FileNotFoundError):
            for name in os.listdir(session):  # noqa: PTH208  paths of thousands would be dear
                stored += (session / name).stat().st_size
    return sessions, stored


def run_hour(hour: int, flows: int, recorder: Recorder, clock: Clock, files: FillingFiles) -> tuple[int, int]:
    """Record an hour; return the most descriptors, and what was lost while the disk had room."""
    most, lost = 0, 0
    for step in range(STEPS):
        files.is_full = hour == FULL and STEPS // 3 <= step < 2 * STEPS // 3
        before = recorder.status.dropped
        for number in range(step * flows // STEPS, (step + 1) * flows // STEPS):
            for signal in flow(hour * flows + number, session_of(hour, step, number), clock() * 1000):
                while recorder.is_crowded:
                    time.sleep(0.001)  # as back-pressure does, which polls
                recorder.record(signal)
        settled(recorder)
        most = max(most, state()[1])
        is_room = not files.is_full
        lost += recorder.status.dropped - before if is_room else 0
        clock.at_s += HOUR_S / STEPS
    return most, lost


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flows", type=int, default=1_000_000)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--archive", type=Path)
    options = parser.parse_args()
    session_writer.SEGMENT_BYTES = 1_000_000  # so that each hour has rotations
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    clock = Clock()
    files = FillingFiles(clock)
    limits = Limits(max_age_days=0.5, max_bytes=50_000_000)
    flows, bad, memory = options.flows // options.hours, False, []
    with tempfile.TemporaryDirectory() as place:
        archive = options.archive or Path(place) / "archive"
        recorder = Recorder(archive, RecorderOptions(limits=limits, flush_ms=20), files=files, clock=clock)
        recorder.start()
        print("hour    flows    MiB  fds   lost  lost*  us/flow  sessions      MB   seconds")
        for hour in range(options.hours):
            clock.at_s += {BACK: -HOUR_S, SLEEP: 6 * HOUR_S}.get(hour, 0)
            before, cpu, began = recorder.status.dropped, time.process_time(), time.monotonic()
            most, lost = run_hour(hour, flows, recorder, clock, files)
            cost = (time.process_time() - cpu) / flows * 1e6
            mib, _ = state()
            memory.append(mib)
            sessions, stored = held(archive)
            dropped = recorder.status.dropped - before
            print(
                f"{hour:4} {flows:8,} {mib:6.1f} {most:4} {dropped:6} {lost:6} {cost:8.0f} {sessions:9,} "
                f"{stored / 1e6:7.1f} {time.monotonic() - began:9.1f}  {'#' * round(mib / 4)}",
                flush=True,
            )
            bad |= bool(lost) or most > DESCRIPTORS - 8
        bad |= not recorder.close(timeout_s=120)
        growth = max(memory[CROWDED + 2 :], default=0) - memory[min(CROWDED, len(memory) - 1)]
        print(f"{recorder.summary}\ngrowth behind the crowd: {growth:+.1f} MiB; lost*: while the disk had room")
    return bad or growth > GROWTH_MIB


if __name__ == "__main__":
    sys.exit(main())
