"""A temporary file."""

import tempfile

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.spool import Spool


def test_what_was_put_comes_back_by_its_place():
    """In any order; what is put next goes behind all."""
    spool = Spool()
    first, second = spool.put(b"one"), spool.put(b"three")

    assert (spool.get(second), spool.get(first)) == (b"three", b"one")
    assert spool.get(spool.put(b"")) == b""


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
