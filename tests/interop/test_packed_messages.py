"""The messages of a WebSocket, packed."""

import pytest

from pytest_codex_replay.interop.packed_messages import PackedMessages
from pytest_codex_replay.recorder.signals import Message


@pytest.mark.parametrize("in_file", [False, True])
def test_messages_come_back_as_they_were(in_file):
    """From either end, as often as one asks."""
    there = [Message("f", float(at), at % 2 == 0, b"%d" % at * 99, at % 3 == 0) for at in range(5000)]
    found = PackedMessages("f", in_file=in_file)

    found.take(there)

    assert (len(found), list(found), list(found)) == (5000, there, there)
    assert list(reversed(found)) == there[::-1]
