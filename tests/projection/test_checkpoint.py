"""A reducer, put away and taken up again."""

import pytest

from pytest_codex_replay.projection.checkpoint import OtherVersionError, checkpoint_of, reducer_of
from pytest_codex_replay.projection.reducer import Reducer
from pytest_codex_replay.upstream.scenarios import tool_loop


def test_a_checkpoint_is_what_it_was_made_of(talk):
    """Made again of what was taken up, it is the same; the reducer that goes on does not change it."""
    client = talk(tool_loop(1), transport="websocket")
    client.turn("run")
    reducer = Reducer()
    for number, record in enumerate(client.records):
        reducer.feed(record)
        made = checkpoint_of(reducer)
        assert checkpoint_of(reducer_of(made)) == made, number


@pytest.mark.parametrize("text", [b"{}", b'{"version":0}', b"no JSON", b'{"version":"1"}'])
def test_a_checkpoint_of_another_version_is_refused(text):
    """Then the records have to be read again."""
    with pytest.raises(OtherVersionError):
        reducer_of(text)
