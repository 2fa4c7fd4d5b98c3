"""What changes in a session."""

import pytest

from pytest_codex_replay.projection.mutations import Lifecycle


@pytest.mark.parametrize(("at_ms", "at"), [(1000.0, "1970-01-01T00:00:01.000+00:00"), (None, None)])
def test_what_happened_has_a_time_where_it_was_measured(at_ms, at):
    """As JSON; with the turn by its index, and all that is known of it."""
    one = Lifecycle(type="turn.failed", at_ms=at_ms, thread_id="t", turn="t/1", data={"error": "no"}, turn_index=3)

    assert one.as_json() == {"type": "turn.failed", "at": at, "thread_id": "t", "turn": 3, "error": "no"}
