"""The file of an index."""

import sqlite3
import stat

import pytest

from pytest_codex_replay.index.schema import VERSION, AnotherIndexError, open_in_memory, open_kept, set_aside
from tests.index.contents import contents, fill


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".index.db"


def test_it_is_its_owners_alone(path):
    """What SQLite keeps beside it is, too."""
    database = open_kept(path)
    database.execute("INSERT INTO text VALUES (1, 1, 'x', 0)")

    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}
    assert len(list(path.parent.iterdir())) == 3
    database.close()


@pytest.mark.parametrize("version", [0, VERSION - 1, VERSION + 1])
def test_another_version_is_refused(path, version):
    """Older or newer: what it says may be something else."""
    database = open_kept(path)
    database.execute(f"PRAGMA user_version = {version}")
    database.close()

    with pytest.raises(AnotherIndexError):
        open_kept(path)


def test_what_is_set_aside_leaves_nothing_behind(path):
    """A log of changes that stayed would be taken for that of the new one."""
    database = open_kept(path)
    database.execute("INSERT INTO text VALUES (1, 1, 'x', 0)")
    set_aside(path)
    database.close()

    assert [one.name for one in path.parent.iterdir()] == [".index.db.set-aside"]
    assert open_kept(path).execute("SELECT count(*) FROM text").fetchone() == (0,)


@pytest.mark.parametrize("is_open", [True, False])
def test_one_in_memory_begins_with_what_is_known(path, archive, is_open):
    """Also while another process writes."""
    kept = open_kept(path)
    fill(kept, archive)
    expected = contents(kept)
    if not is_open:
        kept.close()
    copied = open_in_memory(path)

    assert contents(copied) == expected


@pytest.mark.parametrize("data", [None, b"", b"not a database" * 400])
def test_one_in_memory_needs_no_other(path, data):
    """What cannot be read is not used."""
    if data is not None:
        path.write_bytes(data)

    assert open_in_memory(path).execute("SELECT count(*) FROM session").fetchone() == (0,)


def test_what_is_no_index_is_an_error(path):
    """The caller sets it aside."""
    path.write_bytes(b"not a database" * 400)

    with pytest.raises(sqlite3.DatabaseError):
        open_kept(path)
