"""What can be counted and measured of turns and interactions."""

from pytest_codex_replay.index.entry import entry_of
from pytest_codex_replay.index.stamps import Stamp
from pytest_codex_replay.upstream.scenarios import text

STAMP = Stamp(1, "traffic-0001.jsonl.zst:7:1:1", is_live=False)


def test_turns_have_their_tools_and_retries(archive):
    """The time of tools is from the end of an answer to the next request."""
    (loop,) = entry_of(archive / "loop", STAMP).parts["turn"]
    (failed,) = entry_of(archive / "failed", STAMP).parts["turn"]

    assert (loop[4], loop[5], loop[9] > 0, loop[10:]) == ("completed", "run the Step", True, (0, 0))
    assert (failed[4], failed[10]) == ("failed", 1)


def test_events_are_counted_by_type(archive):
    """Of HTTP and of the WebSocket alike."""
    counts = dict(entry_of(archive / "loop", STAMP).parts["event"])

    assert (counts["response.created"], counts["response.completed"]) == (2, 2)


def test_a_fallback_is_seen(talk, tmp_path):
    """From the WebSocket to HTTP in one turn."""
    client = talk(text(), transport="websocket")
    client.turn("hi", turn_id="one")
    client.is_websocket = False
    client.turn("hi", turn_id="one")
    client.write(tmp_path / "s")

    (turn,) = entry_of(tmp_path / "s", STAMP).parts["turn"]

    assert turn[11] == 1
