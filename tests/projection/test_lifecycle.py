"""What happened in a session."""

from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.upstream.scenarios import failed, multi_turn


def test_it_names_turns_by_their_index(talk, tmp_path):
    """As `turns` has them; with times, where they were measured."""
    client = talk(multi_turn())
    client.turn("one")
    client.turn("two")
    session = RecordedSession(client.write(tmp_path / "s"))

    happened = [(one.type, one.turn_index) for one in session.lifecycle if one.type.startswith("turn.")]

    assert happened == [("turn.started", 1), ("turn.completed", 1), ("turn.started", 2), ("turn.completed", 2)]
    assert session.lifecycle[0].type == "session.started"
    assert all(one.as_json()["at"] for one in session.lifecycle)


def test_a_failure_is_told_as_the_turn_has_it(talk, tmp_path):
    """With the outcome and the error."""
    client = talk(failed())
    client.turn("hello", retries=1)
    session = RecordedSession(client.write(tmp_path / "s"))

    last = [one for one in session.lifecycle if one.type == "turn.failed"][-1]

    (turn,) = session.turns
    assert (last.data["outcome"], last.data["error"]) == (str(turn.outcome), turn.error)
