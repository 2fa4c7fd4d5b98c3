"""Where two JSON values differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.wire.json_differences import MISSING, first_difference, json_differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}]}, (".a[1].b", "x", "y")),
        ({"a": 1}, {}, (".a", 1, MISSING)),
        ([], ["x"], ("[0]", MISSING, "x")),
        (1, "1", ("", 1, "1")),
        ([1], [1], ("", [1], [1])),
    ],
)
def test_the_first_difference_is_the_innermost_value(old, new, found) -> None:
    """Its path leads to it from the outside; it is empty where the values themselves differ, or do not."""
    assert first_difference(old, new) == found


def test_what_is_nested_too_deeply_is_compared_as_a_whole() -> None:
    """The path ends there."""
    old, new = [[["x"]]], [[["y"]]]

    assert first_difference(old, new, depth=2) == ("[0][0]", ["x"], ["y"])


def test_an_element_more_leaves_the_others_alike() -> None:
    """Lists are aligned by what is equal in them."""
    old, new = {"input": ["a", "b", "c"]}, {"input": ["a", "x", "b", "c", "d"]}

    found = [(one.path, one.old, one.new) for one in json_differences(old, new)]

    assert found == [("input[1]", MISSING, "x"), ("input[4]", MISSING, "d")]


@given(JSON, JSON)
def test_only_values_that_differ_have_differences(old, new) -> None:
    """And each side of a difference differs from the other."""
    found = list(json_differences(old, new))

    assert bool(found) == (old != new)
    assert all(one.old != one.new for one in found)
