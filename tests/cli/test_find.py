"""`codex-replay find`."""

import json
import os
import shutil

import pytest

from pytest_codex_replay.archive.record import UnknownRecord
from pytest_codex_replay.upstream.scenarios import cut_stream, text, tool_loop
from pytest_codex_replay.wire.payload import Payload
from tests.documented import documented
from tests.rollout_lines import TODAY, write


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
    assert line == "talk  turn 1, interaction 1, prompt: good morning"
    assert f"codex-replay show {archive / 'talk'} --interaction 1" in result.stderr
    assert result.exit_code == 0


def test_upper_and_lower_case_are_the_same(run, archive):
    """Each place is one line with the count of its hits; stderr has the sums."""
    result = run("find", "STEP", archive)

    lines = result.stdout.splitlines()
    rows = json.loads(run("find", "step", archive, "--json").stdout)
    assert len(lines) == len(rows) == len({(row["interaction"], row["place"]) for row in rows})
    assert result.stderr.startswith(f"{len(rows)} places in 1 session.\n")


def test_prompts_come_before_what_tools_did(run, archive):
    """And texts of the model between them; the hit is marked for programs, too."""
    rows = json.loads(run("find", "step", archive, "--json").stdout)

    assert next(row["place"] for row in rows) == "prompt"
    assert {row["excerpt"][slice(*row["hit"])].lower() for row in rows} == {"step"}
    assert {row["path"] for row in rows} == {str(archive / "loop")}


def test_a_later_request_that_repeats_it_is_not_a_place(run, archive):
    """The call stands in the answer to the first request, and in the second request again."""
    rows = json.loads(run("find", "echo step-1", archive, "--json").stdout)

    assert [(row["interaction"], row["place"]) for row in rows] == [(1, "tool call exec_command")]


def test_an_id_comes_first(run, archive):
    """By its beginning, or any part of it."""
    call = json.loads(run("find", "call_", archive, "--json").stdout)[0]
    (whole, *_) = json.loads(run("find", call["excerpt"], archive, "--json").stdout)

    assert (call["place"], call["interaction"]) == ("call id", 1)
    assert whole == call | {"hit": [0, len(call["excerpt"])]}


def test_a_limit_says_how_many_there_are(run, archive):
    """Of places and sessions."""
    result = run("find", "e", archive, "-n", "2")

    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.startswith("The first 2 of ")


def test_the_page_shows_what_is_printed(run):
    """Of shipped cassettes."""
    words = ["find", "step-1", "cassettes/", "-n", "3"]

    assert run(*words).output.rstrip().splitlines() == documented(
        "sessions.md", "codex-replay find step-1 cassettes/ -n 3"
    )


def test_only_some_places_are_searched(run, archive):
    """By what they are."""
    rows = json.loads(run("find", "step", archive, "--in", "prompts", "--json").stdout)

    assert [row["place"] for row in rows] == ["prompt"]


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


def test_what_only_a_rollout_has_is_found(run, talk, tmp_path):
    """The traffic ended before the output of a tool was sent; Codex's own transcript has it."""
    client = talk(text())
    client.turn("hello")
    path = client.write(tmp_path / "archive" / "s")
    write(path, *TODAY, folder=".")

    found = run("find", "Grüße", tmp_path / "archive")

    assert found.exit_code == 0
    assert "rollout: prompt: Grüße" in found.stdout


def test_what_is_not_utf8_is_refused_and_hides_nothing(run, archive):
    """A session directory that has such a name is named, and can be shown; such a word is an error in one line."""
    odd = os.fsdecode(b"caf\xe9")
    shutil.copytree(archive / "talk", archive / odd)

    result = run("find", "good morning", archive)
    refused = run("find", odd, archive)

    assert [line.split()[0] for line in result.stdout.splitlines()] == ["talk"]
    assert "the name of caf\\xe9 is not UTF-8: it is left out. Give the directory another name." in result.stderr
    assert "good morning" in run("show", archive, odd).stdout
    assert refused.exit_code == 2
    assert "caf\\xe9: is not UTF-8; what is recorded is. Give it in UTF-8." in refused.stderr


@pytest.mark.parametrize("words", [("find", "time"), ("ls", "--text", "time")])
def test_what_is_not_searched_is_told(run, talk, tmp_path, monkeypatch, words):
    """Of an answer that was cut, no more than 4 MiB are: a user who finds nothing is to know."""
    monkeypatch.setattr("pytest_codex_replay.projection.answer.OPEN_TEXT_CHARS", 5)
    client = talk(cut_stream(after=8))
    client.turn("hi")
    path = client.write(tmp_path / "archive" / "long")

    verb, *rest = words
    told = run(*((verb, *rest, path.parent) if verb == "find" else (verb, path.parent, *rest))).stderr

    assert "long: only 4 MiB are searched of each answer; interaction 1 has more." in told
    assert f"codex-replay show {path} --interaction 1 --raw" in told
