"""Work that is done side by side."""

import errno
import os
import threading

import pytest

from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.sharing import apart
from pytest_codex_replay.sharing.apart import done_apart
from pytest_codex_replay.sharing.proof import Deviation, NotProvenError


@pytest.fixture
def alone(monkeypatch):
    """As in a command: this process of tests has threads, too."""
    monkeypatch.setattr(apart, "_thread_count", lambda: 1)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("jobs", [1, 2])
def test_each_piece_begins_with_what_was_known_and_tells_nothing_of_itself(tmp_path, jobs):
    """So that the order, and how many there are at once, changes nothing."""
    known = []

    def work(number):
        known.append(number)
        (tmp_path / str(number)).write_text(str(known))

    assert sorted(done_apart(work, 3, jobs)) == [(0, None), (1, None), (2, None)]
    assert [(tmp_path / str(number)).read_text() for number in range(3)] == ["[0]", "[1]", "[2]"]
    assert known == []


@pytest.mark.usefixtures("alone")
def test_an_error_and_a_death_end_one_piece():
    """The others are done."""
    deviation = Deviation(session="s", request=1, what="name differs")

    def work(number):
        if number == 1:
            raise NotProvenError("not proven", [deviation], exit_code=1)
        if number == 2:
            os._exit(7)
        return number * number

    errors = dict(done_apart(work, 4, 2))

    assert (errors[0], errors[3]) == (0, 9)
    assert isinstance(errors[1], NotProvenError)
    assert (errors[1].deviations, errors[1].exit_code, str(errors[1])) == ((deviation,), 1, "not proven")
    assert type(errors[2]) is CodexReplayError
    assert "exit code 7" in str(errors[2])


def test_where_no_process_can_be_copied_the_work_is_done_here(monkeypatch):
    """As on systems without `fork`."""
    monkeypatch.setattr(apart.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    done = []

    def work(number):
        done.append(number)
        if number:
            raise UsageError("no")

    assert [type(error) for _, error in done_apart(work, 2)] == [type(None), UsageError]
    assert done == [0, 1]


def test_a_single_piece_is_done_here():
    """A copy of the process would cost more than it gains."""
    done = []

    assert list(done_apart(done.append, 1)) == [(0, None)]
    assert done == [0]


@pytest.mark.parametrize("is_told", [True, False], ids=["by the system", "by Python"])
def test_beside_another_thread_the_work_is_done_here(tmp_path, monkeypatch, is_told):
    """A copy would have none of the others, and wait for what they hold."""
    if not is_told:
        monkeypatch.setattr(apart, "_TASKS", tmp_path / "none")
    done, over = [], threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        outcomes = list(done_apart(done.append, 2))
    finally:
        over.set()
        other.join()

    assert (outcomes, done) == ([(0, None), (1, None)], [0, 1])


@pytest.mark.usefixtures("alone")
def test_a_disk_that_is_full_is_one_line():
    """As in the process that it is a copy of; what names no file is a defect, and is not hidden."""

    def work(number):
        raise OSError(errno.ENOSPC, "No space left on device", f"c/{number}")

    ((_, error),) = done_apart(work, 1)

    assert (type(error), str(error)) == (CodexReplayError, "c/0: No space left on device")
