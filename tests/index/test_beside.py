"""Which conversation a helper belongs to: what `Archive.helpers_of` says."""

from itertools import permutations

import pytest

from pytest_codex_replay.index.rows import remove
from pytest_codex_replay.index.schema import open_in_memory
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import text
from tests.index.contents import fill

NAMES = ("first", "second", "title-1", "title-2", "far")
OF = "SELECT one.name, other.name FROM session AS one JOIN session AS other ON other.id = one.beside"


@pytest.fixture
def archive(talk, tmp_path):
    """Two conversations at the same time, with a title each, and one of no conversation."""
    for name, prompt, minutes in (("first", "How is the weather?", 0), ("second", "Fix the bug", 0)):
        client = talk(text(), thread=name)
        client.now_ms += minutes * 60_000
        client.turn(prompt)
        client.write(tmp_path / "a" / name)
    titles = (("title-1", "How is the", 0.001), ("title-2", "Fix the bug", 0.002), ("far", "Fix the bug", 90))
    for name, prompt, minutes in titles:
        client = talk(text(), thread=name)
        client.now_ms += minutes * 60_000
        client.title(prompt)
        client.write(tmp_path / "a" / name)
    return tmp_path / "a"


def test_they_belong_where_the_archive_says(archive):
    """Each title to the conversation with its prompt."""
    database = open_in_memory()
    fill(database, archive)
    expected = {
        one.id: session.id for session in open_archive(archive) for one in open_archive(archive).helpers_of(session)
    }

    assert dict(database.execute(OF).fetchall()) == expected == {"title-1": "first", "title-2": "second"}


@pytest.mark.parametrize("order", list(permutations(("first", "title-1", "second"))))
def test_the_order_in_which_they_come_does_not_matter(archive, order):
    """A helper may be indexed before its conversation, and with another one first."""
    database = open_in_memory()
    for name in order:
        fill(database, archive, [name])

    assert dict(database.execute(OF).fetchall()) == {"title-1": "first"}


def test_a_helper_without_its_conversation_stands_alone(archive):
    """It is listed by itself."""
    database = open_in_memory()
    fill(database, archive)
    remove(database, ["first"])

    assert dict(database.execute(OF).fetchall()) == {"title-2": "second"}
