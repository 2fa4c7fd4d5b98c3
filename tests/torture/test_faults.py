"""Each file operation fails in turn, as SQLite tests itself: traffic goes on, and what is lost is reported there."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from pytest_codex_replay.archive.record import FlowEnd, GapRecord, Record
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.recorder import recorder as recorder_module
from pytest_codex_replay.recorder import session_writer
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.retention import Limits
from pytest_codex_replay.recorder.signals import Chunk, Ended, Signal
from tests.torture.harness import (
    BROKEN,
    DENIED,
    FULL,
    QUOTA,
    READ_ONLY,
    Clock,
    FailingFiles,
    by_flow,
    compare,
    completed,
    count_in,
    delta,
    event,
    failure,
    finish,
    message,
    only,
    records_in,
    requested,
    responded,
    step,
    streamed,
    without_gaps,
    wrapped,
)

pytestmark = pytest.mark.usefixtures("unmeasured")

THREAD = "019f0000-0000-7000-8000-000000000001"
PAUSE_MS = 10_000
OUTAGE_S = 25.0
ROUND_S = 4.0
"""So that the disk is tried again after a few rounds, and the manifest is written now and then."""


def script() -> Iterator[tuple[float, list[Signal]]]:
    """Rounds of traffic, each with the time until the next: all kinds of flows, one of them open all the time."""
    at_ms = Clock().now_ms
    yield ROUND_S, [requested("socket", at_ms, "moves", is_upgrade=True), responded("socket", at_ms + 1, "", 101)]
    for turn in range(1, 13):
        at_ms += ROUND_S * 1000
        create = b'{"type":"response.create","client_metadata":{"thread_id":"%b"}}' % THREAD.encode()
        yield (
            ROUND_S,
            [
                message("socket", at_ms, create, from_client=True),
                *(message("socket", at_ms + 1 + number, delta(number)) for number in range(3)),
                *streamed(f"turn-{turn}", at_ms + 10, 5, turn=turn),
                requested(f"long-{turn}", at_ms + 50, "moves"),
                responded(f"long-{turn}", at_ms + 51),
                Chunk(f"long-{turn}", at_ms + 52, event(1)[:20]),
            ],
        )
        at_ms += ROUND_S * 1000
        yield (
            ROUND_S * 10 if turn == 6 else ROUND_S,  # once, all of them are idle
            [
                Chunk(f"long-{turn}", at_ms, event(1)[20:] + event(2)),
                Chunk(f"long-{turn}", at_ms + 1, completed()),
                Ended(f"long-{turn}", at_ms + 2, FlowEnd.FINISHED),
                requested(f"side-{turn}", at_ms + 3, None),
                Ended(f"side-{turn}", at_ms + 4, FlowEnd.REFUSED, error="no route"),
            ],
        )
        at_ms += ROUND_S * 9000 if turn == 6 else 0
    last_ms = at_ms + 4 * PAUSE_MS
    yield 4 * PAUSE_MS / 1000, []
    yield ROUND_S, [message("socket", last_ms, b'{"type":"response.done"}'), *streamed("last", last_ms + 1, 3)]


LAST_FLOW = "last"


class Said(logging.Handler):
    """What was said as a warning."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record)


@pytest.fixture
def said() -> Iterator[list[logging.LogRecord]]:
    handler = Said()
    logging.getLogger("pytest_codex_replay").addHandler(handler)
    yield handler.lines
    logging.getLogger("pytest_codex_replay").removeHandler(handler)


@pytest.fixture(autouse=True)
def _same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment is full after a few rounds; and each run has the same id, since sizes depend on it."""
    monkeypatch.setattr(session_writer, "SEGMENT_BYTES", 3000)
    monkeypatch.setattr(recorder_module, "uuid4", lambda: UUID(int=0))


class Run:
    """The script, recorded on some disk."""

    def __init__(self, directory: Path, files: FailingFiles) -> None:
        self.files = files
        self.archive = directory / "archive"
        codex_home = directory / "home"
        rollout = codex_home / "archived_sessions" / f"rollout-2026-06-25T01-02-03-{THREAD}.jsonl"
        rollout.parent.mkdir(parents=True)
        rollout.write_text("{}\n", encoding="utf-8")
        self.clock = files.clock if isinstance(files, Outage) else Clock()
        self._old_session()
        options = RecorderOptions(codex_home=codex_home, pause_ms=PAUSE_MS, limits=Limits(max_age_days=10_000))
        self.recorder = Recorder(self.archive, options, files=files, clock=self.clock)
        self.status = self.recorder.status
        self.before_last = 0
        """So many operations came before the last round."""

    def play(self, before_round: Callable[["Run", int], None] = lambda *_: None) -> "Run":
        for number, (pause_s, signals) in enumerate(script()):
            before_round(self, number)
            self.before_last = len(self.files.operations)
            for signal in signals:
                self.recorder.record(signal)
            step(self.recorder)
            self.clock.at_s += pause_s
        finish(self.recorder)
        return self

    def flows(self) -> dict[str, list[Record]]:
        return by_flow(records_in(self.archive))

    def gaps(self) -> list[GapRecord]:
        return [record for record in records_in(self.archive) if isinstance(record, GapRecord)]

    def _old_session(self) -> None:
        """Which the limits will remove."""
        old = self.archive / "old"
        old.mkdir(parents=True)
        (old / "session.json").write_text("{}", encoding="utf-8")
        (old / "traffic-0001.jsonl.zst").touch()
        for path in old.iterdir():
            os.utime(path, (0, 0))


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[[FailingFiles], Run]]:
    """Record the script on a disk, in a directory that is gone afterwards."""
    number = 0

    def run(files: FailingFiles, **options) -> Run:
        nonlocal number
        shutil.rmtree(tmp_path / str(number), ignore_errors=True)
        number += 1
        directory = tmp_path / str(number)
        directory.mkdir()
        return Run(directory, files).play(**options)

    return run


@pytest.fixture
def whole(play) -> Run:
    """The script on a disk without failures."""
    return play(FailingFiles())


def test_the_script_reaches_every_operation(whole: Run) -> None:
    """Else there would be nothing to fail."""
    operations = (
        "make_directory open_new open_append write close replace set_time move names remove remove_directory".split()
    )

    assert set(operations) == set(whole.files.operations)
    assert (whole.status.dropped, whole.status.gaps, whole.status.errors) == (0, 0, 0)
    assert whole.status.recorded == count_in(whole.archive)
    assert not (whole.archive / "old").exists()


KINDS = {
    "disk full": (lambda: failure(FULL), False),
    "disk full, half written": (lambda: failure(FULL), True),
    "quota, wrapped": (lambda: wrapped(QUOTA), False),
    "permission denied": (lambda: failure(DENIED), False),
    "input/output error, half written": (lambda: failure(BROKEN), True),
}


def of_the_disk(said: list[logging.LogRecord], run: Run) -> list[str]:
    """Return what was logged about the disk; behind it, the last line has how much was lost, if anything was."""
    lines = [line.getMessage() for line in said]
    if run.status.dropped:
        assert lines.pop() == f"codex recorder: {count_text(run.status.dropped, 'record')} lost in this run"
    return lines


@pytest.mark.parametrize("kind", KINDS)
def test_each_operation_fails_once(kind: str, play, whole: Run, said, torture) -> None:
    """Nothing raises; what was acknowledged is readable, what is lost has a gap in its place; recording goes on."""
    error, is_partial = KINDS[kind]
    expected = by_flow(records_in(whole.archive))
    total = len(whole.files.operations)
    chosen = range(1, total + 1) if torture.is_full else range(1 + 2 * list(KINDS).index(kind), total + 1, 10)
    lost = injected = 0
    for number in chosen:
        said.clear()
        run = play(FailingFiles(only(number, error()), is_partial=is_partial))

        got = run.flows()
        missing, wrong = compare(got, expected)
        place = f"operation {number} ({run.files.failed})"
        assert wrong == [], place
        assert len(run.files.failed) == 1, place
        assert len(of_the_disk(said, run)) == 1, (place, said)
        assert all(line.exc_info is None for line in said), place
        assert missing <= run.status.dropped, place
        assert run.status.recorded <= count_in(run.archive), place
        assert sum(gap.lost_count for gap in run.gaps()) == run.status.dropped or number > whole.before_last, place
        assert without_gaps(got[LAST_FLOW]) == expected[LAST_FLOW] or number > whole.before_last, place
        lost += missing
        injected += 1
    records = sum(map(len, expected.values()))
    torture.count(f"faults: {kind}", injected=injected, of=total, records_each=records, lost=lost, altered=0)


@pytest.mark.parametrize("kind", ["disk full, half written", "permission denied"])
def test_the_disk_fails_for_a_while_from_each_operation_on(kind: str, play, whole: Run, said, torture) -> None:
    """Half a minute of it: one line in the log, and afterwards recording goes on by itself, with a gap."""
    error, is_partial = KINDS[kind]
    expected = by_flow(records_in(whole.archive))
    lost = injected = 0
    for first in range(1, whole.before_last + 1, torture.pick(25, 1)):
        said.clear()
        run = play(Outage(first, error(), is_partial=is_partial))

        got = run.flows()
        missing, wrong = compare(got, expected)
        assert wrong == [], first
        lines = of_the_disk(said, run)
        assert len({line.rpartition(": ")[2] for line in lines}) == 1, said
        assert all(line.exc_info is None for line in said)
        assert len(lines) <= 2, said
        assert missing <= run.status.dropped
        assert sum(gap.lost_count for gap in run.gaps()) == run.status.dropped
        assert without_gaps(got[LAST_FLOW]) == expected[LAST_FLOW]
        lost += missing
        injected += len(run.files.failed)
    torture.count(f"outages: {kind}", injected=injected, lost=lost, altered=0)


class Outage(FailingFiles):
    """Everything fails from the n-th operation on, for a while."""

    def __init__(self, first: int, error: Exception, *, is_partial: bool) -> None:
        super().__init__(self._fail, is_partial=is_partial)
        self.clock = Clock()
        self._first = first
        self._error = error
        self._until_s: float | None = None

    def _fail(self, number: int, _: str) -> Exception | None:
        if number < self._first:
            return None
        if self._until_s is None:
            self._until_s = self.clock.at_s + OUTAGE_S
        return self._error if self.clock.at_s < self._until_s else None


@pytest.mark.parametrize("number", [FULL, QUOTA, DENIED, READ_ONLY])
def test_a_disk_that_never_works_costs_the_recording_only(play, said, number: int) -> None:
    """One line a minute, without a traceback; nothing is left behind."""
    run = play(FailingFiles(lambda _, operation: failure(number) if operation != "remove" else None))

    minutes = sum(pause_s for pause_s, _ in script()) / 60
    assert (run.status.recorded, run.status.gaps) == (0, 0)
    assert run.status.dropped > 100
    assert 1 <= len(of_the_disk(said, run)) <= minutes + 2
    assert all(line.exc_info is None for line in said)
    assert [path.name for path in run.archive.iterdir()] == ["old"]


@pytest.mark.parametrize("what", ["vanishes", "becomes a file"])
def test_the_archive_goes_away_and_comes_back(what: str, play, said, whole: Run) -> None:
    """What is recorded afterwards is all there, behind a gap."""
    expected = by_flow(records_in(whole.archive))

    def before_round(run: Run, number: int) -> None:
        if number == 6:
            shutil.rmtree(run.archive)
            if what == "becomes a file":
                run.archive.touch()
        elif number == 12 and what == "becomes a file":
            run.archive.unlink()

    run = play(FailingFiles(), before_round=before_round)

    got = run.flows()
    _, wrong = compare(got, {flow: expected[flow] for flow in got})  # of others, nothing is left that could tell
    assert wrong == []
    assert run.gaps()
    assert without_gaps(got[LAST_FLOW]) == expected[LAST_FLOW]
    assert said
    assert all(line.exc_info is None for line in said)
