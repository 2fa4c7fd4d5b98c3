"""Ids, by their beginnings."""

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.lookup import find_id, ids_like, short_names

EVERYWHERE = ("TRUE", ())
FIRST = "01a00000-0000-7000-8000-000000000001"
SECOND = "01a00000-0001-7000-8000-000000000002"


def test_an_id_is_found_by_its_beginning(database):
    """In upper or lower case; a tool call in the answer that made it."""
    (call,) = database.execute("SELECT name FROM name WHERE kind = 'call'").fetchone()

    found = find_id(database, call[:-1].upper(), ("call",))

    assert (found.name, found.session, found.turn, found.interaction) == (call, "loop", 1, 1)
    assert find_id(database, call, ("request", "call")) == found


def test_one_that_is_equal_is_meant(database):
    """Though others begin with it."""
    assert find_id(database, "turn-1", ("turn",), only=("two",)).turn == 1
    database.execute("INSERT INTO name SELECT id, 'turn', 'turn-12', 2, 2 FROM session WHERE name = 'two'")

    assert find_id(database, "turn-1", ("turn",)).name == "turn-1"


def test_several_are_refused_with_the_nearest(database):
    """Five of them."""
    for number in range(40):
        database.execute(
            "INSERT INTO name SELECT id, 'request', ?, 1, 1 FROM session WHERE name = 'two'", (f"req_{number:03}",)
        )

    with pytest.raises(
        UsageError, match=r"several request ids begin with 'req_0'. Give more of it: .*\(the nearest 5 of 40\)"
    ):
        find_id(database, "req_0", ("request",))
    with pytest.raises(UsageError, match=r"no request id begins with 'req_x'\. There are: .* of 40\)"):
        find_id(database, "req_x", ("request",))
    with pytest.raises(UsageError, match=r"no response id begins with 'x'\.$"):
        find_id(database, "x", ("response",), only=("nosuch",))


def test_ids_come_in_order_of_likeness(database):
    """Equal, then by their beginning, then by what is in them; wildcards mean nothing."""
    for name in ("xx_ab", "ab", "abc", "aXb"):
        database.execute("INSERT INTO name SELECT id, 'item', ?, 1, 1 FROM session WHERE name = 'two'", (name,))

    assert [one.name for one in ids_like(database, "ab", EVERYWHERE)] == ["ab", "abc"]
    assert [one.name for one in ids_like(database, "abc", EVERYWHERE)] == ["abc"]
    assert [one.name for one in ids_like(database, "_ab", EVERYWHERE)] == ["xx_ab"]
    assert list(ids_like(database, "two words", EVERYWHERE)) == []


def test_names_are_as_short_as_they_can_be(database):
    """Ids share their beginning when they were made in the same minute; names of cassettes stay whole."""
    for name, new in (("two", FIRST), ("loop", SECOND)):
        database.execute("UPDATE session SET name = ? WHERE name = ?", (new, name))

    assert short_names(database, [FIRST, SECOND, "failed"]) == {
        FIRST: FIRST[:13],
        SECOND: SECOND[:13],
        "failed": "failed",
    }


def test_an_id_may_have_any_characters(database):
    """But blanks."""
    database.execute("INSERT INTO name SELECT id, 'request', 'ab+c/d==', 1, 1 FROM session WHERE name = 'two'")

    assert [one.name for one in ids_like(database, "b+c/d=", EVERYWHERE)] == ["ab+c/d=="]
