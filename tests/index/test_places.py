"""Where texts first stand."""

from pytest_codex_replay.index.places import Places
from pytest_codex_replay.index.repeated import digest_of
from pytest_codex_replay.projection.search import Rank


def test_a_text_is_where_it_first_stands():
    """In the order of interactions, whichever is looked at first."""
    places = Places()
    places.add((2.0,), 7, [(Rank.WIRE, "url", "b"), (Rank.WIRE, "url", "a"), (Rank.WIRE, "url", "")])
    places.add((1.0,), 9, [(Rank.CONTEXT, "context", "a")])
    again = Places()
    again.take_up(places.state())
    again.add((3.0,), 3, [(Rank.WIRE, "url", "b")])

    assert list(again.listed()) == [(digest_of("a"), 9, 3, "context"), (digest_of("b"), 7, 4, "url")]


def test_a_value_is_new_once():
    """The same object, not one that is equal."""
    places, value = Places(), {"a": 1}

    assert places.new_of([value, 1, value]) == [value, 1]
    assert places.new_of([value, {"a": 1}, 1]) == [{"a": 1}]
