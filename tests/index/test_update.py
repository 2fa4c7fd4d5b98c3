"""An index brought up to date: what changed is read, and nothing else."""

import shutil

import pytest

from pytest_codex_replay.index import reading
from pytest_codex_replay.index import update as module
from pytest_codex_replay.index.filters import Filter
from pytest_codex_replay.index.find import find_in
from pytest_codex_replay.index.rows import known_stamps
from pytest_codex_replay.index.schema import open_in_memory, open_kept
from pytest_codex_replay.index.update import update
from pytest_codex_replay.upstream.scenarios import text
from tests.index.contents import contents


@pytest.fixture
def told():
    return []


def test_it_becomes_what_a_new_one_is(archive, told, tmp_path):
    """After sessions came, changed and went."""
    kept = open_kept(tmp_path / "index.db")
    shutil.move(archive / "two", tmp_path / "two")
    update(kept, archive, told.append)
    shutil.move(tmp_path / "two", archive / "two")
    shutil.rmtree(archive / "failed")
    (archive / "loop" / "notes.txt").write_text("mine")
    update(kept, archive, told.append)
    new = open_in_memory()
    update(new, archive, told.append)

    assert contents(kept) == contents(new)
    assert told == []


@pytest.mark.parametrize("is_edited", [False, True])
def test_what_a_user_removed_is_not_in_the_file(archive, told, tmp_path, talk, is_edited):
    """Nor are its words: one of them may be a secret. It may be the whole session, or what its traffic says."""
    client = talk(text(), thread="thread-new")
    client.turn("the key is zebraquux")
    client.write(archive / "new")
    kept = open_kept(tmp_path / "index.db")
    update(kept, archive, told.append)
    assert find_in(kept, "braquu", Filter()).place_count == 1
    kept.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"zebraquux" in (tmp_path / "index.db").read_bytes()

    shutil.rmtree(archive / "new")
    if is_edited:
        other = talk(text(), thread="thread-new")
        other.turn("the key is gone")
        other.write(archive / "new")
    update(kept, archive, told.append)
    assert find_in(kept, "gone", Filter()).place_count == is_edited
    kept.close()

    assert b"zebraquux" not in (tmp_path / "index.db").read_bytes()


def test_only_what_changed_is_read(archive, told, monkeypatch):
    """Of some sessions, where only these are asked for."""
    database = open_in_memory()
    update(database, archive, told.append, ["loop"])
    assert list(known_stamps(database)) == ["loop"]
    update(database, archive, told.append)
    monkeypatch.setattr(module, "import_module", None)  # what reads is imported no more

    update(database, archive, told.append)

    assert len(known_stamps(database)) == 3


def test_a_step_that_fails_is_undone(archive, told, monkeypatch):
    """The next one does it again."""
    database = open_in_memory()

    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pytest_codex_replay.index.rows.fold", fail)
        with pytest.raises(KeyboardInterrupt):
            update(database, archive, told.append)
    assert known_stamps(database) == {}
    update(database, archive, told.append)

    assert len(known_stamps(database)) == 3


def test_two_processes_at_once_make_one_index(archive, told, tmp_path, monkeypatch):
    """What the other has put in while this one read is left as it is."""
    one, other = open_kept(tmp_path / "index.db"), open_kept(tmp_path / "index.db")
    put = module.put

    def put_after_the_other(database, entries, **options):
        monkeypatch.setattr(module, "put", put)
        database.execute("ROLLBACK")
        update(other, archive, told.append)
        database.execute("BEGIN IMMEDIATE")
        put(database, entries, **options)

    monkeypatch.setattr(module, "put", put_after_the_other)
    update(one, archive, told.append)
    new = open_in_memory()
    update(new, archive, told.append)

    assert contents(one) == contents(new)


def test_what_is_removed_while_it_is_read_does_not_come_in(archive, told, monkeypatch):
    """Who removed it has made the index forget it already."""
    entries = reading.entries

    def removed_meanwhile(*given):
        yield from entries(*given)
        shutil.rmtree(archive / "loop")

    monkeypatch.setattr(reading, "entries", removed_meanwhile)
    update(database := open_in_memory(), archive, told.append)

    assert known_stamps(database).keys() == {"two", "failed"}


def test_many_sessions_are_told(archive, told, monkeypatch):
    """It takes time, once."""
    monkeypatch.setattr(module, "_WORTH_TELLING", 3)
    update(open_in_memory(), archive, told.append)

    assert told == [f"Indexing 3 sessions of {archive}, once."]
