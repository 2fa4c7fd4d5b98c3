"""A directory that appears at once."""

import pytest

from pytest_codex_replay.sharing.replacing import replacing


def test_it_appears_when_all_went_well(tmp_path):
    """Not before."""
    target = tmp_path / "deep" / "new"

    with replacing(target, force=False) as beside:
        (beside / "file").touch()
        assert not target.exists()

    assert [path.name for path in target.parent.iterdir()] == ["new"]
    assert (target / "file").exists()


def test_what_was_there_stays_when_something_went_wrong(tmp_path):
    """Whole, and with nothing beside it."""
    target = tmp_path / "old"
    target.mkdir()
    (target / "file").touch()

    def fail():
        with replacing(target, force=True) as beside:
            (beside / "other").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["old", "old/file"]
