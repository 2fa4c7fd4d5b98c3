"""The index of an archive, whatever became of its file."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index import schema, store, update
from pytest_codex_replay.index.filters import Filter
from pytest_codex_replay.index.sessions import sessions_in
from pytest_codex_replay.index.store import Place, ask, place_of
from tests.index.contents import contents


@pytest.fixture
def told():
    return []


@pytest.fixture
def expected(archive):
    """What an index that was made in one go says."""
    return ask(Place(archive, is_kept=False), contents, print)


def damaged(path):
    data = bytearray(path.read_bytes())
    data[2000:60_000] = b"\xa5" * 58_000
    path.write_bytes(data)


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def of_another_version(path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 1")
    database.close()


def test_it_is_kept_beside_an_archive(archive, expected, told):
    """And used again."""
    place = place_of(archive)

    assert ask(place, contents, told.append) == ask(place, contents, told.append) == expected
    assert place.index.is_file()
    assert told == []


def test_a_cassette_has_none(write_cassette, tmp_path, told):
    """It is shared, and small."""
    write_cassette(tmp_path / "cassettes" / "one", "hi")
    ask(place_of(tmp_path / "cassettes"), contents, told.append)

    assert [path.name for path in (tmp_path / "cassettes").iterdir()] == ["one"]
    assert told == []


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_session_is_found_in_the_index_of_its_archive(archive, told, is_kept):
    """Where there is one."""
    if is_kept:
        ask(place_of(archive), contents, told.append)
    place = place_of(archive / "loop")

    assert place == Place(archive, ("loop",), is_kept=is_kept)
    assert place.index.exists() == is_kept


def not_utf_8(path):
    database = sqlite3.connect(path)
    database.execute("UPDATE session SET name = name || CAST(x'ff' AS TEXT)")
    database.commit()
    database.close()


def without_a_table(path):
    database = sqlite3.connect(path)
    database.execute("DROP TABLE place")
    database.close()


def without_a_column(path):
    database = sqlite3.connect(path)
    database.execute("ALTER TABLE session DROP COLUMN title")
    database.close()


@pytest.mark.parametrize("spoil", [damaged, half, of_another_version, not_utf_8, without_a_table, without_a_column])
def test_a_spoilt_one_is_set_aside_and_made_anew(archive, expected, told, spoil):
    """In one line; the answer is right."""
    place = place_of(archive)
    ask(place, contents, told.append)
    spoil(place.index)

    assert ask(place, contents, told.append) == expected
    assert len(told) == 1
    assert "set aside" in told[0]
    assert place.index.with_name(".index.db.set-aside").exists()


def test_a_locked_one_is_not_waited_for_for_ever(archive, expected, told, monkeypatch):
    """The answer is right, and a line says that it took longer."""
    place = place_of(archive)
    ask(place, contents, told.append)
    (archive / "more").mkdir()
    shutil.copy(archive / "loop" / "traffic-0001.jsonl.zst", archive / "more")
    monkeypatch.setattr(schema, "_BUSY_MS", 10)
    other = sqlite3.connect(place.index, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    found = ask(place, contents, told.append)
    other.close()

    assert found == ask(Place(archive, is_kept=False), contents, print) != expected
    assert len(told) == 1
    assert "locked" in told[0]


def test_a_full_disk_is_told(archive, expected, told, monkeypatch):
    """The answer is right."""
    connected = schema._connected

    def with_little_room(place, **options):
        database = connected(place, **options)
        if place != ":memory:":
            database.execute("PRAGMA max_page_count = 1")
        return database

    monkeypatch.setattr(schema, "_connected", with_little_room)

    assert ask(place_of(archive), contents, told.append) == expected
    assert len(told) == 1
    assert "full" in told[0]


@pytest.mark.parametrize("is_known", [True, False])
def test_an_archive_that_may_not_be_written_to_is_told(archive, expected, told, monkeypatch, is_known):
    """What is known already is not read again. (The system is made to refuse: it would not refuse root.)"""
    place = place_of(archive)
    if is_known:
        ask(place, contents, told.append)
    monkeypatch.setattr(os, "access", lambda *_: False)

    assert ask(place, contents, told.append) == expected
    assert len(told) == 1
    assert place.index.exists() == is_known


def test_what_cannot_be_a_file_is_told(archive, expected, told):
    """A directory of that name, for example."""
    place = place_of(archive)
    place.index.mkdir()

    assert ask(place, contents, told.append) == expected
    assert len(told) == 1


@pytest.mark.parametrize(
    ("name", "why"), [("nosuch", "no such directory"), ("loop/traffic-0001.jsonl.zst", "is a file")]
)
def test_what_is_no_archive_is_refused(archive, name, why):
    """It says what it is."""
    with pytest.raises(UsageError, match=why):
        place_of(archive / name)


def test_an_sqlite_without_full_text_search_is_refused(archive, told, monkeypatch):
    """In one line, with what is needed."""
    monkeypatch.setattr(schema, "_TABLES", "CREATE VIRTUAL TABLE words USING fts99 (body);")

    with pytest.raises(UsageError, match=r"no such module.*3\.35 with FTS5 is needed"):
        ask(place_of(archive), contents, told.append)


def test_an_archive_without_sessions_is_refused(tmp_path, told):
    """And nothing is written."""
    with pytest.raises(UsageError, match="no session in it"):
        ask(place_of(tmp_path), contents, told.append)

    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from pytest_codex_replay.index import rows, update
from pytest_codex_replay.index.store import ask, place_of

update._STEP = 1
count, put = 0, update.put

def put_and_die(database, entries, **options):
    global count
    count += 1
    if count == int(sys.argv[2]) and sys.argv[3] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    put(database, entries, **options)
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

update.put = put_and_die
ask(place_of(Path(sys.argv[1])), lambda _: None, print)
"""


def test_a_process_that_is_killed_leaves_an_index_that_goes_on(archive, expected, told):
    """Wherever it was; nothing is set aside. The script benchmarks/index.py does it two hundred times."""
    for number, when in ((1, "before"), (1, "after"), (2, "after"), (2, "before")):
        done = subprocess.run([sys.executable, "-c", KILLED, archive, str(number), when], check=False)
        assert done.returncode in {0, -signal.SIGKILL}

    assert ask(place_of(archive), contents, told.append) == expected
    assert told == []


def test_on_a_full_disk_an_index_without_sessions_is_given_back(archive, told, monkeypatch):
    """What it takes is needed for recordings. One that holds sessions stays."""
    place, error = place_of(archive), sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL

    def once(module, name):
        whole = getattr(module, name)

        def fail(*_):
            monkeypatch.setattr(module, name, whole)
            raise error

        monkeypatch.setattr(module, name, fail)

    once(update, "known_growth")
    assert ask(place, lambda _: 1, told.append) == 1
    assert not place.index.exists()
    ask(place, lambda _: 1, told.append)
    once(store, "update")

    assert ask(place, lambda _: 1, told.append) == 1
    assert place.index.exists()
    assert ["disk is full" in line for line in told] == [True, True]


def test_a_summary_that_was_altered_is_not_believed(archive, expected, told):
    """What `ls` prints is what was read; the index is made anew."""
    place = Place(archive)
    ask(place, contents, told.append)
    database = sqlite3.connect(place.index)
    database.execute("UPDATE session SET summary = replace(summary, 'duration_ms', 'duration_mz')")
    database.commit()
    database.close()

    found = ask(place, lambda one: (sessions_in(one, Filter()).rows, contents(one)), told.append)

    assert found[1] == expected
    assert all("duration_ms" in row for row in found[0])
    assert "the checksum of a summary does not match. It is set aside, and made anew." in told[-1]


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("../elsewhere"), os.mkdir])
def test_an_index_that_is_no_file_is_not_opened(archive, expected, told, make, suffix) -> None:
    """A pipe would be waited for, and through a link one writes outside the archive."""
    make(archive / f".index.db{suffix}")

    assert ask(Place(archive), contents, told.append) == expected
    assert "The answer is made without it" in "".join(told)
    assert not (archive.parent / "elsewhere").exists()
    assert store.ask_known(Place(archive), contents) is None
