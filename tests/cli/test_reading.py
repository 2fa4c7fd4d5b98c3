"""A session as the verbs look at it."""

import pytest

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.reading import read_session
from pytest_codex_replay.upstream.scenarios import cut_stream, text, tool_loop


def test_everything_is_counted(talk, tmp_path):
    """Turns and interactions beside what the manifest counts."""
    client = talk(tool_loop(1), transport="websocket")
    client.side()
    client.turn("run")

    reading = read_session(Session(client.write(tmp_path / "s")))

    assert (reading.counts["turns"], reading.counts["interactions"], reading.counts["requests"]) == (1, 3, 2)
    assert len(reading.background_requests) == 1
    assert reading.bytes_count == next((tmp_path / "s").glob("traffic*")).stat().st_size


def test_what_is_whole_is_complete(talk, tmp_path):
    """One word for the usual."""
    client = talk(text())
    client.turn("hi")

    assert read_session(Session(client.write(tmp_path / "s"))).state == "complete"


def test_where_nothing_is_there_is_nothing_complete(tmp_path):
    """The recorder was killed before it wrote anything."""
    (tmp_path / "traffic-0001.jsonl.zst").touch()

    assert read_session(Session(tmp_path)).state == "empty"


def test_what_broke_off_is_named(talk, tmp_path):
    """By the number of the interaction, which `show` prints too."""
    client = talk(cut_stream())
    client.turn("hi")

    reading = read_session(Session(client.write(tmp_path / "s")))

    assert (reading.state, reading.incomplete) == ("1 incomplete", ("interaction 1: upstream-gone",))


def test_a_session_that_is_still_written_is_incomplete(talk, tmp_path):
    """Its last flow has no end yet."""
    client = talk(text())
    client.turn("hi")
    client.records = client.records[:3]

    reading = read_session(Session(client.write(tmp_path / "s")))

    (line,) = reading.incomplete
    assert line.startswith("interaction 1: no ")


@pytest.mark.parametrize("damage", [b"garbage\n", b'{"kind":"x"}\n'])
def test_damage_is_said(talk, tmp_path, damage):
    """The rest is read all the same."""
    client = talk(text())
    client.turn("hi")
    directory = client.write(tmp_path / "s", plain=True)
    path = directory / "traffic.jsonl"
    path.write_bytes(path.read_bytes() + damage)

    reading = read_session(Session(directory))

    assert reading.state == "damaged"
    assert [damage.line for damage in reading.damages] == [path.read_bytes().count(b"\n")]
    assert reading.turns[0].prompt == "hi"
