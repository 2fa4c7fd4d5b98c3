"""Where a text stands."""

import pytest

from pytest_codex_replay.index.filters import Filter
from pytest_codex_replay.index.find import RANKS, find_in
from pytest_codex_replay.projection.search import Rank


def test_ranks_are_those_of_the_projection():
    """They have names here, and numbers there."""
    assert [int(one) for one in Rank] == list(range(len(RANKS)))


def test_prompts_come_first(database):
    """Then texts of the model, then what tools did."""
    found = find_in(database, "step", Filter())

    assert next(one.place for one in found.places) == "prompt"
    assert (found.session_count, found.searched_count) == (1, 3)
    assert found.place_count == len(found.places)


def test_of_one_rank_the_newest_session_is_first(database):
    """What Codex tells the model is the same in all of them."""
    found = find_in(database, "be helpful", Filter())

    assert [(one.session, one.place) for one in found.places] == [
        (name, "instructions") for name in ("failed", "loop", "two")
    ]


@pytest.mark.parametrize(("limit", "count"), [(0, 0), (1, 1), (2, 2), (10**400, 3)])
def test_a_limit_changes_no_count(database, limit, count):
    """Of places and sessions."""
    found = find_in(database, "be helpful", Filter(), limit=limit)

    assert (len(found.places), found.place_count, found.session_count) == (count, 3, 3)


def test_a_filter_holds_for_ids_too(database):
    """Each turn has an id."""
    assert {one.session for one in find_in(database, "turn-1", Filter(is_failed=True)).places} == {"failed"}


@pytest.mark.parametrize(("name", "wanted"), [("req_100%_x", "EQ_100%_"), ("Q" * 60_000, "q" * 59_999)])
def test_any_part_of_an_id_is_found_in_any_case(database, name, wanted):
    """Characters that mean something to SQL, and more of them than it takes at once."""
    number = "(SELECT id FROM session WHERE name = 'two')"
    for kind, one in (("request", name), ("call", "req-100_%x")):
        database.execute(f"INSERT INTO name VALUES ({number}, ?, ?, 1, 1)", (kind, one))

    for wanted_in in (Filter(), Filter(text=wanted)):
        assert [(one.session, one.excerpt) for one in find_in(database, wanted, wanted_in).places] == [("two", name)]


def test_a_session_that_could_not_be_read_is_named(database):
    """With the reason."""
    database.execute("UPDATE session SET error = 'broken' WHERE name = 'two'")

    assert find_in(database, "step", Filter()).unreadable == [("two", "broken")]
