"""Entries into an index, and out of it."""

import shutil

import pytest

from pytest_codex_replay.index import rows
from pytest_codex_replay.index.entry import entry_of
from pytest_codex_replay.index.rows import known_stamps, lacking_texts, put, remove, touch
from pytest_codex_replay.index.schema import open_in_memory
from pytest_codex_replay.index.stamps import Stamp, changes
from tests.index.contents import contents, fill


def test_sessions_put_in_one_by_one_are_as_in_one_go(archive, database):
    """In any order, and twice."""
    other = open_in_memory()
    for name in ("two", "failed", "loop", "failed"):
        fill(other, archive, [name])

    assert contents(other) == contents(database)


def test_what_is_removed_leaves_nothing(archive, database):
    """No text that stands nowhere else; what others have stays."""
    remove(database, ["two", "loop", "failed"])

    assert contents(database) == []


@pytest.mark.parametrize("name", ["two", "loop", "failed"])
def test_the_others_stay(archive, database, name):
    """As if it had never been."""
    other = open_in_memory()
    fill(other, archive, [one for one in ("failed", "loop", "two") if one != name])

    remove(database, [name])

    assert contents(database) == contents(other)


@pytest.mark.parametrize("left", [["failed"], []])
def test_a_text_of_many_sessions_is_dropped_once(archive, database, monkeypatch, left):
    """Also where these are looked at in parts: to drop its words twice would damage the full text."""
    monkeypatch.setattr(rows, "_MANY", 1)
    fill(other := open_in_memory(), archive, left)

    remove(database, sorted({"two", "loop", "failed"}.difference(left)))

    assert contents(database) == contents(other)


def test_what_changed_takes_the_place_of_what_was(archive, database):
    """All of it."""
    shutil.copy(archive / "two" / "traffic-0001.jsonl.zst", archive / "loop" / "traffic-0001.jsonl.zst")
    fill(database, archive, ["loop"])
    other = open_in_memory()
    fill(other, archive)

    assert contents(database) == contents(other)


def test_the_look_of_a_directory_can_change_alone(database):
    """Nothing is read for it."""
    before = known_stamps(database)
    touch(database, {"loop": Stamp(7, "", is_live=False)})

    assert known_stamps(database) == before | {"loop": (7, *before["loop"][1:])}
    assert known_stamps(database, ["loop", "nosuch"]) == {"loop": (7, *before["loop"][1:])}


def test_nothing_is_no_change(database):
    """An empty step."""
    before = contents(database)
    put(database, [])

    assert contents(database) == before


def test_texts_that_are_gone_are_noticed(archive, database):
    """An entry that was read on from a checkpoint names texts that another process may have removed."""
    stamp = changes(archive, {}).changed["two"]
    entry = entry_of(archive / "two", stamp)
    entry.texts.clear()
    is_there = not lacking_texts(database, [entry])
    remove(database, ["two"])

    assert is_there
    assert lacking_texts(database, [entry]) == {"two"}
