"""What went wrong is the same in every view: `ls`, `show`, `stats`, `incident`, the lifecycle, the API."""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FORMAT, SegmentRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index import entry
from pytest_codex_replay.index.entry import entry_of
from pytest_codex_replay.index.stamps import changes
from pytest_codex_replay.projection.incident import incidents_in
from pytest_codex_replay.reading import RecordedSession, open_archive
from pytest_codex_replay.upstream import scenarios
from tests.replay.recording import Recording, answer_events, body_of, said, user
from tests.spoilt import spoilt

CASSETTES = Path(__file__).parents[2] / "cassettes"
SCENARIOS = [
    getattr(scenarios, name)
    for name in "bad_request compaction cut_stream failed multi_turn server_error_then_fine tool_loop".split()
]
FINE = {"completed", "interrupted", "running"}


def failed_turns(run: Any, path: Path) -> set[int]:
    """Return which turns of a session failed, once all views agree on it."""
    session = open_archive(path)[0]
    bad = {turn.index for turn in session.turns if turn.outcome.is_failed}
    (row,) = json.loads(run("ls", path, "--json").stdout)
    shown = json.loads(run("show", path, "--json").stdout)
    stats = json.loads(run("stats", path, "--json").stdout)["groups"].get("", {"failed": 0})
    incident = run("incident", path, "--json")

    assert {turn["index"] for turn in shown["turns"] if turn["outcome"] not in FINE} == bad
    assert {one["turn"] for one in shown["lifecycle"] if one["type"] == "turn.failed"} == bad
    assert {one.turn_index for one in session.lifecycle if one.type == "turn.failed"} == bad
    assert (row["failed_turns"], stats["failed"]) == (len(bad), len(bad))
    assert bool(json.loads(run("ls", path, "--json", "--failed").stdout)) == bool(bad)
    assert [one["turn"] for one in json.loads(incident.stdout or "[]")] == sorted(bad)[-1:]
    assert incident.exit_code == (0 if bad else 1)
    return bad


@pytest.fixture(params=[False, True], ids=["read whole", "read as it grows"])
def _is_large(request, monkeypatch):
    if request.param:
        monkeypatch.setattr(entry, "_LARGE_BYTES", 0)
        monkeypatch.setattr(entry, "LARGE_BYTES", 0)


@pytest.mark.usefixtures("_is_large")
@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_an_answer_that_is_being_recorded_is_running(run, talk, tmp_path, transport):
    """Until its recorder is gone: then the same bytes are a turn that failed."""
    client = talk(scenarios.multi_turn(), transport=transport)
    client.turn("one")
    whole = len(client.records)
    client.turn("two")
    segment = create_segment(Files(), tmp_path / "s")
    segment.write(SegmentRecord(at_ms=0.0, format=FORMAT, session="s", run="r", recorder="x", ruleset=1))
    for record in client.records[: whole + 4]:
        segment.write(record)
    segment.flush()
    live = open_archive(tmp_path)[0]

    assert failed_turns(run, tmp_path) == set()
    assert [(turn.outcome, turn.error) for turn in live.turns] == [("completed", None), ("running", None)]
    assert "running" in run("show", tmp_path).stdout
    assert "stops" not in run("show", tmp_path).stdout
    assert "running" in run("show", tmp_path, "--interaction", live.interactions[-1].index).stdout
    assert "turn.failed" not in {one.type for one in live.lifecycle}

    segment.abandon()
    assert failed_turns(run, tmp_path) == {2}
    assert open_archive(tmp_path)[0].turns[1].outcome == "unknown"


def test_what_a_recorder_left_does_not_run_when_another_goes_on(run, talk, tmp_path):
    """Nothing more comes of what the first had open."""
    for number in (1, 2):
        client = talk(scenarios.text())
        client.now_ms += number * 1000
        client.turn(str(number), turn_id=f"turn-{number}")
        segment = create_segment(Files(), tmp_path / "s")
        head = {"format": FORMAT, "session": "s", "recorder": "x", "ruleset": 1}
        segment.write(SegmentRecord(at_ms=client.records[0].at_ms, run=f"run-{number}", **head))
        for record in client.records[:-2]:
            segment.write(replace(record, flow=f"flow-{number}"))
        segment.flush()
        if number == 1:
            segment.abandon()

    assert failed_turns(run, tmp_path) == {1}
    segment.abandon()
    assert failed_turns(run, tmp_path) == {1, 2}


@pytest.mark.parametrize("name", [session.id for session in open_archive(CASSETTES)])
def test_all_views_of_a_cassette_agree(run, name):
    """On which turns failed, and on which did so last."""
    failed_turns(run, CASSETTES / name)


@pytest.mark.parametrize("transport", ["sse", "websocket"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_turn_that_completed_after_a_retry_did_not_fail(run, talk, tmp_path, scenario, transport):
    """Its requests did; a turn that failed before it is the one that a bug report is about."""
    client = talk(scenario(), transport=transport)
    for prompt in ("one", "two", "three"):
        client.turn(prompt, retries=2)
    client.write(tmp_path / "s")

    failed_turns(run, tmp_path)


def test_the_turn_that_failed_is_told_and_not_one_that_was_retried(run, talk, tmp_path):
    """Where only requests failed, no turn is; a line says how to see them."""
    client = talk(scenarios.failed())
    client.turn("zero", retries=1)
    client._script = scenarios.server_error_then_fine()
    client.turn("one")
    client.write(tmp_path / "failed")
    client.records = client.records[6:]
    fine = client.write(tmp_path / "fine")

    assert failed_turns(run, tmp_path / "failed") == {1}
    assert failed_turns(run, fine) == set()
    assert "requests did after which Codex went on. To see these turns: --all" in run("incident", fine).stderr
    assert run("incident", fine, "--all").stdout.startswith("Turn 1")
    happened = [one.type for one in open_archive(fine)[0].lifecycle if one.turn]
    assert happened == ["turn.started", "request.failed", "turn.retried", "turn.completed"]


def test_a_declined_upgrade_belongs_to_one_turn_in_every_view(run, tmp_path):
    """To that for which it was tried; it is no background request."""
    recording = Recording()
    recording.http(None, method="GET", status=426, json={}, request_headers=(("upgrade", "websocket"),))
    recording.http(body_of(user("a")), answer_events("resp_1", said("ok")))
    segment = create_segment(Files(), tmp_path / "s")
    for record in recording.records:
        segment.write(record)
    segment.close()
    shown = json.loads(run("show", tmp_path, "--json").stdout)
    (incident,) = json.loads(run("incident", tmp_path, "--all", "--json").stdout)
    (place, *_) = json.loads(run("find", "426", tmp_path, "--json").stdout)

    assert [call.index for call in open_archive(tmp_path)[0].turns[0].connections] == [1]
    assert (shown["turns"][0]["connections"], shown["background_requests"]) == ([1], [])
    assert [attempt["interaction"] for attempt in incident["attempts"]] == [1, 2]
    assert (place["turn"], place["interaction"]) == (1, 1)
    text = run("show", tmp_path).stdout
    assert "interaction 1: upgrade http 426 error" in text
    assert "background requests" not in text


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([session.id for session in open_archive(CASSETTES)]), st.data())
def test_whatever_was_lost_the_views_agree(name, data):
    """Turns, their lifecycle, incidents, and the rows that `ls` and `stats` count."""
    records = data.draw(spoilt(list(Session(CASSETTES / name).records())))
    with TemporaryDirectory() as place:
        segment = create_segment(Files(), Path(place, "s"))
        for record in records:
            segment.write(record)
        segment.close()
        session = RecordedSession(Path(place, "s"))
        bad = {turn.index for turn in session.turns if turn.outcome.is_failed}
        known = entry_of(session.path, changes(Path(place), {}).changed["s"])

        assert {one.turn_index for one in session.lifecycle if one.type == "turn.failed"} == bad
        incidents = incidents_in(session.turns)
        assert {one.turn.index for one in incidents if one.turn.outcome.is_failed} == bad
        assert {row[0] for row in known.parts["turn"] if row[4] not in FINE} == bad
        assert known.session["failed"] == len(bad)
