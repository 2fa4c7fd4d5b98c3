"""The comparable view of a request."""

from dataclasses import replace

import pytest

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.matching import request_view
from pytest_codex_replay.matching.request_view import (
    Comparable,
    DriftKind,
    Input,
    InputPairs,
    RequestPart,
    RequestView,
    digest_of,
)


def comparable(text: str) -> Comparable:
    return Comparable(text, digest_of(text.encode()))


def part(text: str, drift: DriftKind | None = None) -> RequestPart:
    same = comparable(text)
    return RequestPart(
        value=text, exact=same, normalised=same, skeleton=same, drift=drift, is_context=drift is not None
    )


def view(*items: RequestPart, model: str = "m") -> RequestView:
    empty = part("")
    return RequestView(
        model=model,
        endpoint=Endpoint.RESPONSES,
        settings=empty,
        instructions=empty,
        tools=empty,
        input=Input(items),
        is_stream=True,
    )


def test_values_are_equal_when_their_digests_are() -> None:
    """A value is compared once, when it is digested."""
    assert Comparable([1], b"a") == Comparable([2], b"a") != Comparable([1], b"b")


def test_what_codex_says_about_itself_is_apart_from_the_conversation() -> None:
    """Each keeps its position in the input."""
    said, context = part("hi"), part("where", DriftKind.INSTRUCTIONS)

    asked = view(context, said)

    assert asked.conversation == ((1, said),)
    assert asked.context == ((0, context),)


def test_model_and_items_are_in_each_digest() -> None:
    """Two views are equal in a kind of match only if all of it is."""
    one, other, third = view(part("a")), view(part("b")), view(part("a"), model="n")

    for name in ("exact", "normalised", "skeleton"):
        assert len({getattr(asked, name) for asked in (one, other, third)}) == 3
    assert one.exact == view(part("a")).exact


ITEMS = (
    part("hi"),
    part("where", DriftKind.INSTRUCTIONS),
    replace(part("task"), is_nondeterministic=True, agents=("a", "b"), is_task=True),
    replace(part("task"), is_nondeterministic=True, agents=("a", "b"), is_task=True),
    replace(part("told"), is_nondeterministic=True, agents=("b", "a"), is_redacted=True),
    part("bye"),
)


@pytest.mark.parametrize("cut", range(len(ITEMS) + 1))
def test_an_input_is_the_same_wherever_another_one_ends_that_it_continues(cut: int) -> None:
    """Its digests, its items and how they are sorted."""
    whole, continued = Input(ITEMS), Input(ITEMS[cut:], Input(ITEMS[:cut]))

    for name in ("items", "conversation", "context", "unordered", "length", "is_redacted", "conversation_count"):
        assert getattr(continued, name) == getattr(whole, name)
    assert [*continued.digests] == [*whole.digests]
    assert [index for index, _ in whole.unordered] == [3, 4]


@pytest.mark.parametrize("count", range(len(ITEMS) + 1))
def test_an_input_without_its_last_items_is_a_shorter_one(count: int) -> None:
    """However many of its pieces are left."""
    continued = Input(ITEMS[4:], Input(ITEMS[1:4], Input(ITEMS[:1])))

    assert continued.without_last(count).items == ITEMS[: len(ITEMS) - count]


def test_of_two_inputs_only_what_is_new_is_left_to_compare() -> None:
    """A result is that of the pair; a good one is that of what both continue, too."""
    pairs = InputPairs()
    old, new = (Input(ITEMS[1:2], Input(ITEMS[:1])) for _ in range(2))
    next_old, next_new = Input(ITEMS[5:], old), Input(ITEMS[5:], new)

    assert pairs.since(old, new)[0] is None
    pairs.add(next_old, next_new)

    assert pairs.since(next_old, next_new) == (True, [], [])
    assert pairs.since(Input(ITEMS, old), Input(ITEMS[:1], new))[0] is True
    pairs.add(old, new, result=False)
    last_old, last_new = Input(ITEMS[5:], old), Input(ITEMS[5:], new)
    assert pairs.since(last_old, last_new) == (False, [last_old], [last_new])


def test_pairs_are_kept_up_to_a_number(monkeypatch) -> None:
    """Of thousands of inputs that differ, each is compared with each."""
    monkeypatch.setattr(request_view, "_MOST_PAIRS", 2)
    pairs = InputPairs()
    made = [(Input(ITEMS[:1]), Input(ITEMS[:1])) for _ in range(3)]

    for old, new in made:
        pairs.add(old, new)

    assert [pairs.since(old, new)[0] for old, new in made] == [None, None, True]
