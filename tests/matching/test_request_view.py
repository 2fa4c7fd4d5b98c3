"""The comparable view of a request."""

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.matching.request_view import Comparable, DriftKind, RequestPart, RequestView, digest_of


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
        items=items,
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
