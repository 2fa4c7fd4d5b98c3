"""What goes wrong is counted each time and logged once in a while; a full disk is told from a bug."""

import errno
import logging

import pytest

from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.recorder.trouble import Status, TroubleLog, is_disk_pressure

FULL = OSError(errno.ENOSPC, "No space left on device")


class Trouble:
    """A log on a clock that the test sets."""

    def __init__(self) -> None:
        self.at_s = 1_800_000_000.0
        self.status = Status()
        self.log = TroubleLog(self.status, lambda: self.at_s, every_ms=60_000)


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


def test_a_bug_is_logged_with_its_traceback(trouble: Trouble, caplog: pytest.LogCaptureFixture) -> None:
    """A developer has to find it; the user is told that traffic goes on."""
    trouble.log.bug(ValueError("x"))

    (line,) = caplog.records
    assert (line.getMessage(), line.levelno) == (
        "codex recorder: records were lost; traffic is not affected",
        logging.WARNING,
    )
    assert line.exc_info is not None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EACCES, "Permission denied"), "Permission denied"),
        (OSError("odd"), "odd"),
        (ArchiveError("damaged"), "damaged"),
        (FULL, "the disk is full"),
        (ExceptionGroup("many", [FULL]), "the disk is full"),
    ],
    ids=["denied", "without a number", "archive", "full", "full, in a group"],
)
def test_what_the_disk_refused_is_one_line(
    trouble: Trouble, caplog: pytest.LogCaptureFixture, error: Exception, reason: str
) -> None:
    """What was tried, and why it failed; a traceback would help nobody."""
    trouble.log.failure("session s", error)

    (line,) = caplog.records
    assert line.getMessage() == f"codex recorder: session s: {reason}. Traffic goes on; what is lost is counted."
    assert line.exc_info is None


def test_each_way_in_tells_bugs_from_a_full_disk(trouble: Trouble, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk that looks like a bug, and a bug where the disk was expected to fail."""
    trouble.log.bug(FULL)
    trouble.log.failure("session s", KeyError("k"))

    assert [line.exc_info is None for line in caplog.records] == [True, False]
    assert trouble.status.errors == 2


def test_the_same_reason_is_logged_once_a_minute(trouble: Trouble, caplog: pytest.LogCaptureFixture) -> None:
    """All are counted; another reason does not wait."""
    for _ in range(3):
        trouble.log.failure("a", FULL)
        trouble.log.dropped("the disk is too slow")
    trouble.at_s += 60
    trouble.log.failure("b", FULL)

    lines = [line.getMessage() for line in caplog.records]
    assert [line.split(":")[1].strip(" .") for line in lines] == [
        "a",
        "the disk is too slow, records are dropped; traffic is not affected",
        "b",
    ]
    assert trouble.status.errors == 4


@pytest.mark.parametrize(
    ("count", "lines"),
    [
        (0, []),
        (1, ["codex recorder: 1 record lost in this run"]),
        (7, ["codex recorder: 7 records lost in this run"]),
    ],
)
def test_what_a_run_lost_is_said_at_its_end(
    count: int, lines: list[str], trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the disk stayed full, no gap in the archive can say it."""
    trouble.status.dropped = count

    trouble.log.ended()

    assert [line.getMessage() for line in caplog.records] == lines


class TestDiskPressure:
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
    def test_it_is_found_wherever_it_hides(self, number: int) -> None:
        """As itself, as a cause, as a context, in a group."""
        full = OSError(number, "full")
        caused, nested = RuntimeError(), RuntimeError()
        caused.__cause__, nested.__context__ = full, caused

        assert all(map(is_disk_pressure, [full, caused, nested, ExceptionGroup("many", [ValueError(), nested])]))

    def test_other_errors_are_none(self) -> None:
        """Also when they go round in a circle."""
        error = OSError(errno.EACCES, "no")
        error.__context__ = RuntimeError()
        error.__context__.__context__ = error

        assert not is_disk_pressure(error)


def test_all_counters_are_shown() -> None:
    """By name, in order; those at 0 too."""
    status = Status(recorded=3, errors=1)

    assert str(status) == (
        "recorded 3, dropped 0, gaps 0, bytes_seen 0, queue_high_water_bytes 0, sessions 0, errors 1"
    )
