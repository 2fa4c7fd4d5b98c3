"""A session as `show` prints it."""

import json

from pytest_codex_replay.archive.record import UnknownRecord
from pytest_codex_replay.upstream.scenarios import multi_turn, text, tool_loop
from pytest_codex_replay.wire.payload import Payload
from tests.sessions import THREAD


def test_one_turn_can_be_singled_out(run, talk, tmp_path):
    """By the number that the whole shows."""
    client = talk(multi_turn())
    client.turn("first")
    client.turn("second")

    result = run("show", client.write(tmp_path / "s"), "--turn", 2)

    assert result.stdout.startswith("turn 2\n  user       second\n")
    assert "first" not in result.stdout.replace("first event", "")


def test_a_kind_that_is_not_known_is_named(run, talk, tmp_path):
    """A later version wrote it; the session is complete all the same."""
    client = talk(tool_loop(1))
    client.turn("hi")
    client.records.append(UnknownRecord(at_ms=client.now_ms, kind="new", payload=Payload(b"{}")))
    path = client.write(tmp_path / "s")

    assert "1 record of the kind new, which a later version wrote" in run("show", path).stdout
    assert json.loads(run("show", path, "--json").stdout)["unknown_kinds"] == {"new": 1}
    assert json.loads(run("show", path, "--json").stdout)["state"] == "complete"


def test_turns_of_one_thread(run, talk, tmp_path):
    """By the beginning of its id."""
    client = talk(text())
    client.turn("hi")
    session = client.write(tmp_path / "s")

    assert run("show", session, "--thread", THREAD[:8]).stdout.startswith("turn 1\n")
    (turn,) = json.loads(run("show", session, "--thread", THREAD[:8], "--json").stdout)
    assert turn == json.loads(run("show", session, "--turn", "1", "--json").stdout)
