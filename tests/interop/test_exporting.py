"""What no format carries."""

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.interop.exporting import as_flows, as_vcr, told_of
from pytest_codex_replay.upstream.scenarios import text


def damaged(talk, directory):
    client = talk(text())
    client.turn("hello")
    client.write(directory, plain=True)
    traffic = directory / "traffic.jsonl"
    lines = traffic.read_bytes().splitlines(keepends=True)
    traffic.write_bytes(b"".join([*lines[:3], b"half a line\n", *lines[3:]]))
    return Session(directory)


def test_damage_is_noted_with_flows(talk, tmp_path):
    """A HAR of half a session says that it is."""
    lines, counts = [], {"exchanges": 0, "messages": 0}

    for session, records in told_of(damaged(talk, tmp_path / "s"), lines):
        assert len(as_flows(session, records, lines, counts).gaps) == 1

    assert (lines, counts["exchanges"]) == (["s: 1 damaged places: not exported"], 1)


def test_damage_is_noted_with_interactions(talk, tmp_path):
    """So does a cassette of vcrpy."""
    lines, counts = [], {"exchanges": 0}

    pairs = list(as_vcr(told_of(damaged(talk, tmp_path / "s"), lines), lines, counts))

    assert len(pairs) == counts["exchanges"]
    assert "s: 1 damaged places: not exported" in lines
