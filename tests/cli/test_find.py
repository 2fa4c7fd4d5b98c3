"""`codex-replay find`."""

import json

import pytest

from pytest_codex_replay.archive.record import UnknownRecord
from pytest_codex_replay.upstream.scenarios import text, tool_loop
from pytest_codex_replay.wire.payload import Payload


@pytest.fixture
def archive(talk, tmp_path):
    """Two sessions."""
    for name, script, prompt in (("loop", tool_loop(1), "run the step"), ("talk", text(), "good morning")):
        client = talk(script)
        client.turn(prompt)
        client.hang_up()
        client.write(tmp_path / "archive" / name)
    return tmp_path / "archive"


def test_a_hit_is_one_line_and_says_how_to_look_at_it(run, archive):
    """Session, turn, interaction and place; exit code 0."""
    result = run("find", "good morning", archive)

    (line,) = result.stdout.splitlines()
    assert line.startswith("talk  turn 1, interaction 1, request: …")
    assert "good morning" in line
    assert f"codex-replay show {archive / 'talk'} --interaction 1" in result.stderr
    assert result.exit_code == 0


def test_upper_and_lower_case_are_the_same(run, archive):
    """Each place is one line with the count of its hits; stderr has the sums."""
    result = run("find", "STEP", archive)

    lines = result.stdout.splitlines()
    answer = next(line for line in lines if "interaction 1, answer (" in line)
    rows = json.loads(run("find", "step", archive, "--json").stdout)
    assert len(lines) == len(rows) == len({(row["interaction"], row["place"]) for row in rows})
    assert f" ({rows[[row['place'] for row in rows].index('answer')]['count']} times): " in answer
    assert result.stderr.startswith(f"{sum(row['count'] for row in rows)} hits in {len(rows)} places, 1 session.\n")


def test_json_has_all_hits(run, archive):
    """With the path of the session, for programs."""
    found = json.loads(run("find", "echo step-1", archive, "--json").stdout)

    assert {row["path"] for row in found} == {str(archive / "loop")}
    assert {(row["interaction"], row["turn"], row["place"]) for row in found} >= {(1, 1, "answer"), (2, 1, "request")}


def test_nothing_found_is_exit_code_1(run, archive):
    """The exit code is that of grep, and stderr has a line."""
    result = run("find", "good evening", archive)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "'good evening': not found in 2 sessions.\n"
    assert json.loads(run("find", "good evening", archive, "--json").stdout) == []


def test_a_session_that_cannot_be_read_hides_no_other(run, archive):
    """It is named, and the search goes on."""
    broken = archive / "broken"
    broken.mkdir()
    (broken / "traffic.jsonl").write_text('{"seq":0,"at_ms":1,"kind":"segment","format":99}\n', encoding="utf-8")
    result = run("find", "good morning", archive)

    assert result.exit_code == 0
    assert result.stderr.startswith("broken: ")


def test_an_empty_text_is_refused(refusal, archive):
    """Every text contains it."""
    assert "TEXT" in refusal("find", "", archive)


@pytest.mark.parametrize(("flow", "where"), [("a-flow-1", "interaction 1, "), ("lost", ""), (7, "")])
def test_a_record_of_an_unknown_kind_is_searched_too(run, talk, tmp_path, flow, where):
    """A later version wrote it; where its flow is known, so is its interaction."""
    client = talk(text())
    client.turn("hi")
    payload = Payload.of({"flow": flow, "note": ["zebra \x1b[31m"]})
    client.records.append(UnknownRecord(at_ms=client.now_ms, kind="remark", payload=payload))
    client.write(tmp_path / "s")

    result = run("find", "zebra", tmp_path)

    assert result.stdout.startswith(f"s  {where}record remark: ")
    assert result.exit_code == 0
    assert ("--interaction 1" in result.stderr) == bool(where)
