"""A temporary file."""

import tempfile

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.sharing.apart import done_apart
from pytest_codex_replay.spool import Spool


def test_what_was_put_comes_back_by_its_place():
    """In any order; what is put next goes behind all."""
    spool = Spool()
    first, second = spool.put(b"one"), spool.put(b"three")

    assert (spool.get(second), spool.get(first)) == (b"three", b"one")
    assert spool.get(spool.put(b"")) == b""


@pytest.mark.parametrize("room_bytes", [0, 1, 3, 4, 8, 9])
def test_what_is_short_stays_in_memory(room_bytes: int) -> None:
    """Whatever is behind that is in the file, in the same order."""
    spool = Spool(room_bytes)
    places = [spool.put(data) for data in (b"one", b"", b"three", b"4")]

    assert [spool.get(place) for place in places] == [b"one", b"", b"three", b"4"]


def test_no_file_is_made_for_what_stays_in_memory(monkeypatch) -> None:
    """Most sessions are short."""
    monkeypatch.setattr(tempfile, "TemporaryFile", None)

    spool = Spool(3)

    assert spool.get(spool.put(b"one")) == b"one"


def test_copies_of_a_process_read_side_by_side() -> None:
    """None moves the position of another one."""
    spool = Spool()
    places = [spool.put(b"%d" % number * 1000) for number in range(200)]

    def read(number: int) -> bool:
        return all(spool.get(place) == b"%d" % at * 1000 for at, place in list(enumerate(places))[number::4] * 20)

    assert dict(done_apart(read, 4, 4)) == dict.fromkeys(range(4), True)


def test_it_has_no_name(tmp_path, monkeypatch):
    """So nothing is left, however the process ends."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    Spool().put(b"x")

    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_is_told(monkeypatch):
    """With what to do."""

    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)

    with pytest.raises(UsageError, match=r"\(No space left on device\)\. Set TMPDIR"):
        Spool().put(b"x")
