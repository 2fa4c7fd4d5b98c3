"""The sessions of an archive, page by page."""

from dataclasses import replace

import pytest

from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.index.filters import Filter
from pytest_codex_replay.index.sessions import sessions_in


def pages(database, wanted, limit):
    found, cursor = [], None
    while True:
        page = sessions_in(database, wanted, limit=limit, cursor=cursor)
        found.append([row["id"] for row in page.rows])
        if (cursor := page.next) is None:
            return found


@pytest.mark.parametrize(
    ("limit", "found"),
    [(1, [["failed"], ["loop"], ["two"]]), (2, [["failed", "loop"], ["two"]]), (10**400, [["failed", "loop", "two"]])],
)
def test_pages_follow_each_other(database, limit, found):
    """The newest first, nothing twice, nothing left out."""
    assert pages(database, Filter(), limit) == found


def test_sessions_without_a_time_are_in_order_of_their_names(database):
    """Those of cassettes."""
    database.execute("UPDATE session SET started_ms = 0")

    assert pages(database, Filter(), 2) == [["failed", "loop"], ["two"]]


def test_a_page_that_goes_on_is_not_moved_by_what_came(database):
    """A session that began since then is on the first page."""
    first = sessions_in(database, Filter(), limit=1)
    database.execute("UPDATE session SET started_ms = started_ms + 1e9 WHERE name = 'two'")

    assert [row["id"] for row in sessions_in(database, Filter(), limit=1, cursor=first.next).rows] == ["loop"]


@pytest.mark.parametrize("cursor", ["", "x", "bm9uZQ", "W10"])
def test_what_is_no_cursor_is_refused(database, cursor):
    """With what to do."""
    with pytest.raises(UsageError, match="not a cursor"):
        sessions_in(database, Filter(), cursor=cursor)


def test_a_cursor_of_another_question_is_refused(database):
    """It would skip what it has not seen."""
    cursor = sessions_in(database, Filter(), limit=1).next

    with pytest.raises(UsageError, match="another question"):
        sessions_in(database, Filter(is_failed=True), cursor=cursor)


def test_a_cursor_is_of_one_archive(database, tmp_path):
    """Another one has other sessions. One that was moved, and has got new ones, is the same."""
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        path.mkdir()
    cursor = sessions_in(database, Filter(), archive=one, limit=1).next

    with pytest.raises(UsageError, match="another archive"):
        sessions_in(database, Filter(), archive=other, cursor=cursor)

    moved = one.rename(tmp_path / "moved")
    (moved / "new").mkdir()
    assert len(sessions_in(database, Filter(), archive=moved, cursor=cursor).rows) == 2


def test_words_for_a_time_are_the_same_question_later(database):
    """A week ago is another moment on the next page; another number of days is another question."""
    week = Filter(since_ms=1.0, written=("7d", None))
    cursor = sessions_in(database, week, limit=1).next

    assert len(sessions_in(database, replace(week, since_ms=2.0), cursor=cursor).rows) == 2
    for another in (Filter(since_ms=1.0, written=("8d", None)), Filter(until_ms=1.0, written=(None, "7d")), Filter()):
        with pytest.raises(UsageError, match="another question"):
            sessions_in(database, another, cursor=cursor)


def test_an_archive_of_which_nothing_can_be_read_is_refused(database):
    """Nothing else is to be said; where something can be read, the rest is listed with it."""
    database.execute("UPDATE session SET error = 'broken' WHERE name != 'two'")
    assert sessions_in(database, Filter()).count == 3
    database.execute("UPDATE session SET error = 'broken'")

    with pytest.raises(ArchiveError, match="broken"):
        sessions_in(database, Filter())
