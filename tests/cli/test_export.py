"""`codex-replay export`."""

import json
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import RequestRecord, SegmentRecord
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.projection.interactions import interactions_of
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.upstream.scenarios import text

CASSETTES = Path(__file__).parents[2] / "cassettes"


def facts(directory):
    """All that a session says: what its turns were, and each record but for who wrote it."""
    records = [one for one in Session(directory).records() if not isinstance(one, SegmentRecord)]
    order = sorted(str(one) for one in records)
    asked = [one for one in records if isinstance(one, RequestRecord)]
    return [turn.summary() for turn in turns_of(interactions_of(records))], order, asked


@pytest.mark.parametrize("session", open_sessions(CASSETTES), ids=lambda session: session.name)
def test_each_shipped_cassette_comes_back_from_a_har(run, session, tmp_path):
    """Turns, bytes, times and frames."""
    assert run("export", "--format", "har", session.path, tmp_path / "x.har").exit_code == 0
    assert run("import", tmp_path / "x.har", "--into", tmp_path / "in").exit_code == 0

    assert facts(tmp_path / "in" / session.name) == facts(session.path)


def test_it_says_what_it_wrote_and_what_it_could_not(run, talk, tmp_path):
    """The file is as private as the session."""
    client = talk(text())
    client.turn("hello")
    client.write(tmp_path / "s")
    (tmp_path / "s" / "rollout-x.jsonl").write_text("{}\n")

    result = run("export", "--format", "har", tmp_path / "s", tmp_path / "x.har")
    as_json = json.loads(run("export", "--format", "har", tmp_path / "s", tmp_path / "y.har", "--json").stdout)

    assert result.stderr == "s: 1 rollouts of Codex: not exported\n"
    assert result.stdout == f"{tmp_path / 'x.har'}: 1 session, 1 exchange\n"
    assert (tmp_path / "x.har").stat().st_mode & 0o777 == 0o600
    assert (as_json["exchanges"], as_json["not_carried"]) == (1, ["s: 1 rollouts of Codex: not exported"])


def test_a_file_that_is_there_is_kept(refusal, tmp_path):
    """It may be anything."""
    (tmp_path / "x.har").write_text("mine")

    said = refusal("export", "--format", "har", CASSETTES, tmp_path / "x.har")

    assert "is there already" in said
    assert (tmp_path / "x.har").read_text() == "mine"


def test_a_place_that_cannot_be_written_to_is_named(refusal, tmp_path):
    """Before anything is read."""
    assert "cannot be written" in refusal("export", "--format", "har", CASSETTES, tmp_path / "no" / "x.har")


def test_an_export_that_fails_leaves_no_file(refusal, tmp_path):
    """Half a HAR would be taken for one."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')

    refusal("export", "--format", "har", tmp_path / "s", tmp_path / "x.har")

    assert not (tmp_path / "x.har").exists()


def test_a_cassette_of_vcrpy_tells_what_it_lacks(run, tmp_path):
    """Of each session."""
    result = run("export", "--format", "vcr", CASSETTES / "websocket-tool-loop", tmp_path / "x.yaml")

    assert result.stdout == f"{tmp_path / 'x.yaml'}: 1 session, 4 exchanges\n"
    assert result.stderr.splitlines() == [
        "websocket-tool-loop: 1 prewarms: not exported",
        "websocket-tool-loop: 4 WebSocket calls: exported as HTTP",
    ]


def test_the_name_says_in_which_form(refusal, tmp_path):
    """Before a file is made."""
    assert "vcrpy reads .yaml" in refusal("export", "--format", "vcr", CASSETTES, tmp_path / "x.har")
    assert list(tmp_path.iterdir()) == []


def test_sessions_further_down_are_named(run, talk, tmp_path):
    """Cassettes are named by module and test; one directory of them is exported."""
    for name in ("a", "test_chat/test_a"):
        client = talk(text())
        client.turn("hello")
        client.write(tmp_path / "c" / name)

    done = run("export", "--format", "har", tmp_path / "c", tmp_path / "x.har")

    assert done.exit_code == 0
    assert f"1 session further down: left out. Name {tmp_path / 'c' / 'test_chat'}.\n" in done.stderr
    assert "further down" not in run("export", "--format", "har", tmp_path / "c" / "a", tmp_path / "y.har").stderr


@pytest.mark.parametrize("form", ["har", "vcr"])
def test_a_session_of_a_newer_format_does_not_hide_the_others(run, refusal, talk, tmp_path, form):
    """It is left out by name, with exit code 3; alone, it is an error."""
    for name in ("a", "new", "z"):
        client = talk(text("hi"))
        client.turn("hello")
        client.write(tmp_path / "archive" / name)
    for path in (tmp_path / "archive" / "new").iterdir():
        path.unlink()
    newer = '{"seq":0,"at_ms":1,"kind":"segment","format":99}\n'
    (tmp_path / "archive" / "new" / "traffic.jsonl").write_text(newer)

    result = run("export", "--format", form, tmp_path / "archive", tmp_path / "out.json")

    assert (result.exit_code, result.stdout) == (3, f"{tmp_path}/out.json: 2 sessions, 2 exchanges\n")
    assert "new: left out: " in result.stderr
    assert "99" in refusal("export", "--format", form, tmp_path / "archive" / "new", tmp_path / "alone.json")
    assert not (tmp_path / "alone.json").exists()
