"""A disk that fails on demand, traffic to record, and what must hold for whatever was recorded."""

import errno
import json
import os
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FlowEnd, FlowRecord, GapRecord, Record, SegmentRecord
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.recorder.recorder import Recorder
from pytest_codex_replay.recorder.signals import Chunk, Ended, Message, Requested, Responded, Signal

FULL, QUOTA, DENIED, BROKEN, READ_ONLY = errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EIO, errno.EROFS
LONG = "Be brief, and say what you do. " * 20
"""Longer than what is written once a segment and referred to afterwards."""


class Clock:
    """A clock that the test sets."""

    def __init__(self, at_s: float = 1_800_000_000.0) -> None:
        self.at_s = at_s

    def __call__(self) -> float:
        return self.at_s

    @property
    def now_ms(self) -> float:
        return self.at_s * 1000


def failure(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def wrapped(number: int) -> Exception:
    """The same, as a library would hand it on."""
    outer = RuntimeError("could not write")
    outer.__cause__ = ExceptionGroup("many", [ValueError(), failure(number)])
    return outer


class FailingFiles(Files):
    """A file system on which some operations fail; they are counted from 1.

    Args:
        fails: told number and name of each operation; the error to raise, None for none.
        is_partial: a write that fails has written half of its data.
    """

    def __init__(
        self, fails: Callable[[int, str], Exception | None] = lambda *_: None, *, is_partial: bool = False
    ) -> None:
        self.fails = fails
        self.is_partial = is_partial
        self.operations: list[str] = []
        self.failed: list[str] = []

    def make_directory(self, path: Path) -> None:
        self._step("make_directory")
        super().make_directory(path)

    def open_new(self, path: Path) -> int:
        self._step("open_new")
        return super().open_new(path)

    def open_append(self, path: Path) -> int:
        self._step("open_append")
        return super().open_append(path)

    def write(self, descriptor: int, data: bytes) -> None:
        try:
            self._step("write")
        except Exception:
            if self.is_partial:
                super().write(descriptor, data[: len(data) // 2])
            raise
        super().write(descriptor, data)

    def close(self, descriptor: int) -> None:
        super().close(descriptor)  # the system frees it also when it reports an error
        self._step("close")

    def replace(self, path: Path, data: bytes) -> None:
        self._step("replace")
        super().replace(path, data)

    def move(self, source: Path, target: Path) -> None:
        self._step("move")
        super().move(source, target)

    def set_time(self, path: Path, changed_ns: int) -> None:
        self._step("set_time")
        super().set_time(path, changed_ns)

    def link(self, source: Path, target: Path) -> None:
        self._step("link")
        super().link(source, target)

    def remove(self, path: Path) -> None:
        self._step("remove")
        super().remove(path)

    def remove_directory(self, path: Path) -> None:
        self._step("remove_directory")
        super().remove_directory(path)

    def names(self, directory: Path) -> Iterable[str]:
        self._step("names")
        return super().names(directory)

    def _step(self, operation: str) -> None:
        self.operations.append(operation)
        error = self.fails(len(self.operations), operation)
        if error is not None:
            self.failed.append(operation)
            raise error


def only(wanted: int, error: Exception) -> Callable[[int, str], Exception | None]:
    """Fail one operation."""
    return lambda number, _: error if number == wanted else None


def requested(
    flow: str, at_ms: float, session: str | None = "s", *, turn: int = 1, is_upgrade: bool = False, **headers: str
) -> Requested:
    names = headers | ({"session-id": session} if session else {})
    body = None if is_upgrade else json.dumps(request_of(turn), separators=(",", ":")).encode()
    return Requested(flow, at_ms, "POST", "https://h/v1/responses", "HTTP/1.1", tuple(names.items()), body, is_upgrade)


def request_of(turn: int) -> dict[str, object]:
    items = [{"type": "message", "role": "user", "content": f"{number} {LONG}"} for number in range(turn)]
    return {"type": "response.create", "model": "m", "instructions": LONG, "input": items}


def responded(flow: str, at_ms: float, kind: str = "text/event-stream", status: int = 200) -> Responded:
    return Responded(flow, at_ms, status, "HTTP/1.1", (("content-type", kind),))


def delta(number: int) -> bytes:
    return b'{"type":"response.output_text.delta","delta":"word %d"}' % number


def event(number: int) -> bytes:
    return b"event: response.output_text.delta\ndata: %b\n\n" % delta(number)


def completed() -> bytes:
    data = json.dumps({"type": "response.completed", "response": {"id": "resp_1", "instructions": LONG}})
    return b"event: response.completed\ndata: %b\n\n" % data.encode()


def streamed(flow: str, at_ms: float, events: int, session: str | None = "s", *, turn: int = 1) -> list[Signal]:
    """A whole answer over SSE."""
    return [
        requested(flow, at_ms, session, turn=turn),
        responded(flow, at_ms + 1),
        *(Chunk(flow, at_ms + 2 + number, event(number)) for number in range(events)),
        Chunk(flow, at_ms + 2 + events, completed()),
        Ended(flow, at_ms + 3 + events, FlowEnd.FINISHED),
    ]


def message(flow: str, at_ms: float, data: bytes, *, from_client: bool = False) -> Message:
    return Message(flow, at_ms, from_client, data, binary=False)


def step(recorder: Recorder) -> None:
    """One round of the writer thread, on this one: so nothing depends on how fast it is."""
    recorder._guard(recorder._drain)
    recorder._guard(recorder._housekeep)
    recorder._guard(recorder._apply_limits)


def finish(recorder: Recorder) -> None:
    """What the writer thread does at its end."""
    recorder._intake.close()
    recorder._work()


def records_in(archive: Path, on_damage: Callable[[Damage], None] | None = None) -> Iterator[Record]:
    for session in sessions_in(archive):
        yield from session.records(on_damage)


def sessions_in(archive: Path) -> list[Session]:
    there = any(path.name.startswith("traffic") for path in archive.glob("*/*"))
    return open_sessions(archive) if there else []


def count_in(archive: Path) -> int:
    """How many records of flows and gaps are in the files."""
    return sum(not isinstance(record, SegmentRecord) for record in records_in(archive))


def without_gaps(records: list[Record]) -> list[Record]:
    return [record for record in records if not isinstance(record, GapRecord)]


def by_flow(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Return each flow's records, and the gaps that hit it, in their order."""
    flows: dict[str, list[Record]] = defaultdict(list)
    gaps: list[GapRecord] = []
    for record in records:
        if isinstance(record, FlowRecord):
            if record.flow not in flows:
                flows[record.flow] += [gap for gap in gaps if not gap.flows or record.flow in gap.flows]
            flows[record.flow].append(record)
        elif isinstance(record, GapRecord):
            gaps.append(record)
            for flow in record.flows or tuple(flows):
                flows[flow].append(record)
    return flows


def compare(got: dict[str, list[Record]], expected: dict[str, list[Record]]) -> tuple[int, list[str]]:
    """Return how many records are missing, and what is wrong: altered, moved, or missing without a gap."""
    missing, wrong = 0, []
    for flow in expected | got:
        rest = list(expected.get(flow, ()))
        is_told = False
        for record in got.get(flow, ()):
            if isinstance(record, GapRecord):
                is_told = True
                continue
            if record not in rest:
                wrong.append(f"{flow}: altered, moved or twice: {record}")
                continue
            lost = rest.index(record)
            if lost and not is_told:
                wrong.append(f"{flow}: {lost} records before {record} are missing without a gap")
            missing += lost
            is_told = False
            del rest[: lost + 1]
        if rest and not is_told:
            wrong.append(f"{flow}: {len(rest)} records at its end are missing without a gap")
        missing += len(rest)
    return missing, wrong


def interrupt(running) -> None:
    """Stop a mitmdump as Ctrl-C does, once its clients have gone, without a look at each line that it wrote."""
    running.settle()
    running.process.send_signal(signal.SIGINT)
    assert running.join() == 0, running.output
