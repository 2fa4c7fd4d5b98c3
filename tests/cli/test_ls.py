"""`codex-replay ls`."""

import errno
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.cli.page import visible
from pytest_codex_replay.upstream.scenarios import cut_stream, multi_turn, text, tool_loop
from tests.sessions import THREAD

COLUMNS = ["session", "started", "codex", "model", "turns", "interactions", "events", "size", "state"]


@pytest.fixture
def archive(talk, tmp_path):
    """Three sessions, the last of them cut short."""
    for day, (name, script, prompts) in enumerate(
        [("two-turns", multi_turn(), ["one", "two"]), ("loop", tool_loop(2), ["run"]), ("cut", cut_stream(), ["hi"])]
    ):
        client = talk(script)
        client.now_ms += day * 86_400_000
        for prompt in prompts:
            client.turn(prompt)
        client.write(tmp_path / "archive" / name)
    return tmp_path / "archive"


def test_sessions_are_listed_oldest_first(run, archive):
    """One line each: when, with what, how much, and whether it is whole."""
    result = run("ls", archive)

    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0] == COLUMNS
    assert [row[0] for row in rows[1:]] == ["two-turns", "loop", "cut"]
    assert [row[3:7] for row in rows[1:]] == [
        ["0.169.0", "gpt-5.4", "2", "2"],
        ["0.169.0", "gpt-5.4", "1", "3"],
        ["0.169.0", "gpt-5.4", "1", "2"],
    ]
    assert [" ".join(row[10:]) for row in rows[1:]] == ["complete", "complete", "complete, 1 broken off"]


def test_one_session_directory_is_listed_too(run, archive):
    """Whatever takes an archive takes a session."""
    result = run("ls", archive / "loop")

    assert [line.split()[0] for line in result.stdout.splitlines()] == ["session", "loop"]


def test_json_is_for_programs(run, archive):
    """One array, complete, times in UTC."""
    first, *_, last = json.loads(run("ls", archive, "--json").stdout)

    assert first == {
        "id": "two-turns",
        "path": str(archive / "two-turns"),
        "started_at": "2026-09-21T14:13:20.010+00:00",
        "ended_at": first["ended_at"],
        "codex_versions": ["0.169.0"],
        "models": ["gpt-5.4"],
        "turns": 2,
        "interactions": 2,
        "events": first["events"],
        "messages": 0,
        "bytes": first["bytes"],
        "state": "complete",
        "incomplete": [],
        "broken_off": [],
        "damages": [],
        "helper_kind": None,
        "title": None,
        "threads": first["threads"],
        "helpers": [],
    }
    assert (last["state"], last["broken_off"]) == ("complete", ["interaction 1: upstream-gone"])


@pytest.mark.parametrize("how", [FlowEnd.CLIENT_GONE, FlowEnd.UPSTREAM_GONE, FlowEnd.SHUTDOWN, None])
def test_what_is_complete_is_what_check_passes(run, talk, tmp_path, how):
    """An interrupt by the user is recorded as it was; what the recorder did not see to its end is missing."""
    client = talk(text())
    client.turn("hi")
    (*client.records, _, end) = client.records
    client.records += [replace(end, how=how)] if how else []
    client.write(tmp_path / "a" / "s")

    (row,) = json.loads(run("ls", tmp_path / "a", "--json").stdout)

    assert row["state"] == ("complete" if how in {FlowEnd.CLIENT_GONE, FlowEnd.UPSTREAM_GONE} else "1 incomplete")
    assert (row["state"] == "complete") == (run("check", tmp_path / "a").exit_code == 0)


def test_a_session_that_cannot_be_read_does_not_hide_the_others(run, archive):
    """It says why."""
    newer = archive / "newer" / "traffic.jsonl"
    newer.parent.mkdir()
    line = {"seq": 0, "at_ms": 1.0, "kind": "segment", "format": 99, "session": "s"}
    newer.write_text(json.dumps(line | {"run": "r", "recorder": "x", "ruleset": 1}) + "\n")

    result = run("ls", archive)

    assert "unreadable" in next(line for line in result.stdout.splitlines() if line.startswith("newer"))
    assert "complete" in result.stdout
    assert result.exit_code == 0


def test_the_table_fits_a_terminal_of_80_columns(run, archive):
    """It leaves out what matters least."""
    result = run("ls", archive, env={"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"})

    assert max(map(len, visible(result.stdout).splitlines())) <= 80
    assert "interactions" not in result.stdout
    assert result.stderr.startswith("Left out, as the terminal is narrow: interactions. ")


@pytest.mark.parametrize("width", [30, 40, 50, 60, 70, 80, 100, 104, 160])
def test_no_column_is_left_out_without_a_sign(run, archive, width):
    """A column is there as a whole, the state always, or stderr names it."""
    result = run("ls", archive, env={"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": str(width)})

    shown = visible(result.stdout).splitlines()[0].split()
    told = result.stderr.partition("narrow: ")[2].partition(".")[0].split(", ") if result.stderr else []
    assert {*shown, *told} == set(COLUMNS)
    assert not {*shown} & {*told}
    assert {"session", "state"} <= {*shown}
    assert "…" not in result.stdout


def test_a_file_is_no_archive(refusal, tmp_path):
    """And stays as it was."""
    path = tmp_path / "notes.txt"
    path.write_text("mine")

    assert "is a file" in refusal("ls", path)
    assert path.read_text() == "mine"


def test_a_directory_without_sessions_is_no_archive(refusal, tmp_path):
    """It names what it looked for."""
    assert "traffic.jsonl" in refusal("ls", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cassette_that_is_not_there_names_those_that_are(refusal, archive):
    """A typing error is found at once."""
    assert "There are: cut, loop, two-turns" in refusal("ls", archive / "lop")


def test_a_newer_format_is_refused(refusal, tmp_path):
    """One line with what to do, though the error of the library has two."""
    line = {"seq": 0, "at_ms": 1.0, "kind": "segment", "format": 99, "session": "s"}
    (tmp_path / "traffic.jsonl").write_text(json.dumps(line | {"run": "r", "recorder": "x", "ruleset": 1}) + "\n")

    assert "pip install -U pytest-codex-replay" in refusal("ls", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["traffic.jsonl"]


def test_an_archive_that_may_not_be_read_is_refused(refusal, archive, monkeypatch):
    """It names the directory. (The system is made to refuse: it would not refuse root.)"""

    def iterdir(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "iterdir", iterdir)

    assert str(archive) in refusal("ls", archive)


def test_a_reader_that_has_seen_enough_is_not_bothered(program, archive):
    """`codex-replay ls | head -1` reports no broken pipe."""
    with subprocess.Popen(
        [*program, "ls", archive, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()

    assert errors == b""


@pytest.fixture
def agents(tmp_path, talk):
    """A conversation with a sub-agent, and its title."""
    conversation, kid = talk(text()), talk(text(), thread="kid", parent=THREAD, agent_name="/root/kid")
    for one in (conversation, kid):
        one.turn("hi")
    conversation.records += kid.records
    conversation.write(tmp_path / "a" / THREAD)
    title = talk(text(), thread="title")
    title.title("hi")
    title.write(tmp_path / "a" / "title-thread")
    return tmp_path / "a"


def test_agents_and_titles_are_listed_below_their_conversation(run, agents):
    """As a tree, with names and paths."""
    _, conversation, kid, title = run("ls", agents).stdout.splitlines()

    assert conversation.startswith(THREAD[:8])
    assert kid.startswith("├ kid ")
    assert kid.split(maxsplit=3)[2:] == ["1", "/root/kid sub-agent (collab_spawn)"]
    assert title.startswith("└ title-thread ")
    assert title.rstrip().endswith('title "Talk to a script"')


def test_agents_and_titles_are_in_the_json_of_their_conversation(run, agents):
    """They are no rows of their own."""
    (row,) = json.loads(run("ls", agents, "--json").stdout)

    assert [child["agent_path"] for child in row["threads"][0]["children"]] == ["/root/kid"]
    assert [(helper["id"], helper["helper_kind"]) for helper in row["helpers"]] == [("title-thread", "title")]
    assert row["title"] == "Talk to a script"


def test_agents_fit_a_narrow_terminal(run, agents):
    """What they are takes the place of the time, which they do not have."""
    stdout = visible(run("ls", agents, env={"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"}).stdout)

    assert max(map(len, stdout.splitlines())) <= 80
    assert "/root/kid sub-a…" in stdout
    assert 'title "Talk to …' in stdout


def test_agents_fit_a_terminal_without_room_for_the_time(run, agents):
    """What they are stays, in the column of the state."""
    stdout = visible(run("ls", agents, env={"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "45"}).stdout)

    assert "started" not in stdout
    assert "/root/kid" in stdout


def test_a_title_alone_says_what_it_is(run, agents):
    """It is listed, so that nothing is hidden."""
    shutil.rmtree(agents / THREAD)

    assert 'title "Talk to a script"' in run("ls", agents).stdout
