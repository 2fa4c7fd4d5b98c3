"""The end of a conversation, without the conversation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.projection.asked import Asked, digest_of_input
from pytest_codex_replay.projection.item_views import fresh_texts
from pytest_codex_replay.projection.items import UserText
from tests.sessions import user

ABORTED = user("<turn_aborted>\n  The user stopped.\n</turn_aborted>")
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "x"}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]}
CONTEXT = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "<permissions>"}]}
ITEMS = st.lists(st.sampled_from([user("a"), user("b"), ABORTED, OUTPUT, SAID, CONTEXT, "text", 7]), max_size=8)


@settings(max_examples=100, deadline=None)
@given(ITEMS, ITEMS)
def test_a_conversation_in_two_parts_ends_as_in_one(first, second):
    """Whether a request repeats what it continues, or names it, makes no difference."""
    assert Asked().followed_by(first).followed_by(second) == Asked().followed_by([*first, *second])


@settings(max_examples=50, deadline=None)
@given(ITEMS)
def test_it_has_what_was_said_last(items):
    """And can be put away as JSON."""
    asked = Asked().followed_by(items)

    assert (asked.said, asked.count) == (fresh_texts(items), len(items))
    assert Asked.from_json(asked.as_json()) == asked


@pytest.mark.parametrize(
    ("first", "later", "aborted"),
    [
        ([user("a")], [user("a"), OUTPUT], False),
        ([user("a")], [user("a"), OUTPUT, ABORTED, user("b")], True),
        ([ABORTED, user("a")], [ABORTED, user("a"), OUTPUT], False),
        ([ABORTED, user("a")], [ABORTED, user("a"), OUTPUT, ABORTED, user("b")], True),
        ([ABORTED, user("a")], [ABORTED, user("a"), user("b")], False),
        ([ABORTED, user("a")], [ABORTED, user("a"), ABORTED, user("b")], True),
    ],
)
def test_a_later_request_may_say_that_the_user_stopped(first, later, aborted):
    """What it says of an earlier turn does not count."""
    assert Asked().followed_by(first).is_aborted_by(Asked().followed_by(later)) is aborted


def test_the_same_input_has_the_same_digest():
    """And no other has."""
    assert digest_of_input((user("a"),)) == digest_of_input([user("a")]) != digest_of_input([user("b")])
    assert Asked().followed_by([user("a")]).said == (UserText(text="a"),)
