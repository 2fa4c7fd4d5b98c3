"""The words that stand in the texts of an index."""

import pytest

from pytest_codex_replay.index.filters import Filter
from pytest_codex_replay.index.find import find_in
from pytest_codex_replay.index.rows import remove
from pytest_codex_replay.index.terms import refresh
from pytest_codex_replay.upstream.scenarios import text
from tests.index.contents import fill


def words(database, table):
    return {term for (term,) in database.execute(f"SELECT term FROM {table}")}


@pytest.mark.parametrize("many", [0, 10**6])
def test_they_are_those_of_the_full_text(database, monkeypatch, many):
    """Of all texts at once, or of the new ones alone."""
    monkeypatch.setattr("pytest_codex_replay.index.terms._MANY", many)

    refresh(database)

    assert words(database, "term") == words(database, "vocabulary") != set()


def test_a_text_that_comes_later_is_found(database, archive, talk):
    """Also one that takes the number of a text that is gone."""
    find_in(database, "hello", Filter())
    remove(database, ["failed", "loop", "two"])
    client = talk(text(), thread="thread-new")
    client.turn("a quagmire\N{LATIN SMALL LETTER E WITH ACUTE}s word")
    client.write(archive / "new")
    fill(database, archive, ["new"])

    assert [one.session for one in find_in(database, "agmire", Filter()).places][:1] == ["new"]


@pytest.mark.parametrize("many", [0, 10**6])
def test_words_of_what_is_removed_go(database, monkeypatch, many):
    """Those that stand in no other text: a user may have removed a secret."""
    monkeypatch.setattr("pytest_codex_replay.index.terms._MANY", many)
    refresh(database)
    assert "hello" in words(database, "term")

    remove(database, ["failed"])

    assert "hello" not in words(database, "term")
    refresh(database)
    assert words(database, "term") == words(database, "vocabulary") != set()
