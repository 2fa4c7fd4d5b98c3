"""`codex-replay ls`."""

import errno
import json
import os
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.cli.page import visible
from pytest_codex_replay.upstream.scenarios import cut_stream, multi_turn, text, tool_loop
from tests.documented import documented
from tests.sessions import THREAD

COLUMNS = ["session", "age", "took", "turns", "tokens", "model", "cwd", "state", "prompt"]


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


def test_sessions_are_listed_newest_first(run, archive):
    """One line each: how long ago, how long, how much, where, whether it is whole, and what was asked first."""
    result = run("ls", archive)

    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0] == COLUMNS
    assert [row[0] for row in rows[1:]] == ["cut", "loop", "two-turns"]
    assert [" ".join(row[5:]) for row in rows[1:]] == [
        "1 110 gpt-5.4 /x complete, 1 broken off hi",
        "1 330 gpt-5.4 /x complete run",
        "2 220 gpt-5.4 /x complete one",
    ]


def test_the_page_shows_what_is_printed(run):
    """Of a shipped cassette, on a wide terminal."""
    result = run("ls", "cassettes/three-sub-agents", env={"COLUMNS": "160"})

    shown = documented("sessions.md", "codex-replay ls cassettes/three-sub-agents")
    assert [line.rstrip() for line in result.stdout.splitlines()] == shown


def test_one_session_directory_is_listed_too(run, archive):
    """Whatever takes an archive takes a session."""
    result = run("ls", archive / "loop")

    assert [line.split()[0] for line in result.stdout.splitlines()] == ["session", "loop"]


def test_json_is_for_programs(run, archive):
    """One array, complete, times in UTC."""
    last, *_, first = json.loads(run("ls", archive, "--json").stdout)

    assert first == {
        "id": "two-turns",
        "path": str(archive / "two-turns"),
        "started_at": "2026-09-21T14:13:20.010+00:00",
        "ended_at": first["ended_at"],
        "duration_ms": 270,
        "codex_versions": ["0.169.0"],
        "originators": ["codex_exec"],
        "models": ["gpt-5.4"],
        "cwd": "/x",
        "prompt": "one",
        "turns": 2,
        "interactions": 2,
        "events": first["events"],
        "messages": 0,
        "tokens": {"input": 200, "cached": 0, "output": 20, "reasoning": 0, "total": 220},
        "bytes": first["bytes"],
        "state": "complete",
        "incomplete": [],
        "broken_off": [],
        "damages": [],
        "threads": first["threads"],
        "failed_turns": 0,
        "helper_kind": None,
        "title": None,
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


def test_the_table_fits_a_narrow_terminal(run, archive):
    """It leaves out what matters least."""
    result = run("ls", archive, env={"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "60"})

    assert max(map(len, visible(result.stdout).splitlines())) <= 60
    assert "tokens" not in result.stdout
    assert result.stderr.startswith("Left out, as the terminal is narrow: tokens. ")


@pytest.mark.parametrize("width", [30, 40, 50, 60, 70, 80, 100, 104, 160])
def test_no_column_is_left_out_without_a_sign(run, archive, width):
    """A column is there as a whole, the state always, or stderr names it."""
    result = run("ls", archive, env={"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": str(width)})

    shown = visible(result.stdout).splitlines()[0].split()
    told = result.stderr.partition("narrow: ")[2].partition(".")[0].split(", ") if result.stderr else []
    assert {*shown, *told} == set(COLUMNS)
    assert not {*shown} & {*told}
    assert {"session", "state"} <= {*shown}
    assert "…" not in result.stdout.replace("hi", "")


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

    def listdir(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "listdir", listdir)

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
    assert kid.split(maxsplit=3)[2:] == ["1", "/root/kid sub-agent (collab_spawn)        "]
    assert title.startswith("└ title-thread ")
    assert title.rstrip().endswith('title "Talk to a script"')


def test_agents_and_titles_are_in_the_json_of_their_conversation(run, agents):
    """They are no rows of their own."""
    (row,) = json.loads(run("ls", agents, "--json").stdout)

    assert [child["agent_path"] for child in row["threads"][0]["children"]] == ["/root/kid"]
    assert [(helper["id"], helper["helper_kind"]) for helper in row["helpers"]] == [("title-thread", "title")]
    assert row["title"] == "Talk to a script"


@pytest.mark.parametrize("width", [45, 80])
def test_agents_fit_a_narrow_terminal(run, agents, width):
    """What they are stays, in the column of the state."""
    stdout = visible(run("ls", agents, env={"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": str(width)}).stdout)

    assert max(map(len, stdout.splitlines())) <= width
    assert "/root/kid" in stdout
    assert 'title "Talk' in stdout


def test_a_title_alone_says_what_it_is(run, agents):
    """It is listed, so that nothing is hidden."""
    shutil.rmtree(agents / THREAD)

    assert 'title "Talk to a script"' in run("ls", agents).stdout


def test_a_page_names_the_next(run, archive):
    """By a cursor, which is for the same question only."""
    first = run("ls", archive, "-n", "2")
    cursor = first.stderr.split()[-1]
    second = run("ls", archive, "-n", "2", "--cursor", cursor)

    assert first.stderr.startswith("2 of 3 sessions. ")
    assert [line.split()[0] for line in second.stdout.splitlines()[1:]] == ["two-turns"]
    assert second.stderr == ""
    since = run("ls", archive, "-n", "2", "--since", "9999d").stderr.split()[-1]
    assert run("ls", archive, "--since", "9999d", "--cursor", since).exit_code == 0
    shutil.copytree(archive, archive.with_name("other"))
    assert "another archive" in run("ls", archive.with_name("other"), "--cursor", cursor).stderr
    assert "another question" in run("ls", archive, "--model", "gpt-5.4", "--cursor", cursor).stderr


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--failed",), []),
        (("--text", "STEP-1"), ["loop"]),
        (("--cwd", "/x"), ["cut", "loop", "two-turns"]),
        (("--cwd", "/"), ["cut", "loop", "two-turns"]),
        (("--cwd", "/x/y"), []),
        (("--model", "gpt-5.4", "--originator", "codex_exec", "--until", "2026-09-22"), ["two-turns"]),
        (("--since", "2026-09-23T00:00"), ["cut"]),
        (("--since", "1m"), []),
    ],
)
def test_options_choose_sessions(run, archive, options, names):
    """Each narrows the list; when nothing is left, stderr says so."""
    result = run("ls", archive, *options, "--jsonl")

    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == names
    assert result.stderr.startswith("No session matches.") == (not names)


def test_what_has_no_time_is_left_out_by_since_and_told(run, archive):
    """A line counts it. Of recordings with times, no line tells of cassettes."""
    cassette = Path(__file__).parents[2] / "cassettes" / "three-sub-agents"

    assert run("ls", archive, "--since", "1m").stderr == "No session matches.\n"
    told = "Left out by --since: 1 session without a time of their own, as those of a cassette.\n"
    assert run("ls", cassette, "--since", "1m").stderr == f"No session matches.\n{told}"


def test_a_parent_chooses_the_session_of_its_sub_agent(run, agents):
    """By the beginning of its id; an ancestor may be further above."""
    for option in ("--parent", "--ancestor"):
        assert len(json.loads(run("ls", agents, option, THREAD[:12], "--json").stdout)) == 1
        assert json.loads(run("ls", agents, option, "kid", "--json").stdout) == []


def test_csv_is_for_spreadsheets(run, archive):
    """A head, and one line for each session."""
    head, *rows = run("ls", archive, "--csv").stdout.splitlines()

    assert head.startswith("id,path,started_at,")
    assert [row.split(",")[0] for row in rows] == ["cut", "loop", "two-turns"]


def test_the_index_is_beside_the_archive_and_private(run, archive):
    """Not in a cassette, which is shared; the second time, nothing is read."""
    run("ls", archive)
    again = run("ls", archive)

    assert stat.filemode((archive / ".index.db").stat().st_mode) == "-rw-------"
    assert again.stdout == run("ls", archive).stdout


def test_an_index_that_cannot_be_used_is_told_once(run, archive):
    """The list is the same."""
    expected = run("ls", archive, "--json").stdout
    (archive / ".index.db").write_bytes(b"not a database" * 1000)
    repaired = run("ls", archive, "--json")

    assert repaired.stdout == expected
    assert repaired.stderr.count("\n") == 1
    assert "set aside" in repaired.stderr


@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", "9e9d"])
def test_a_time_that_is_not_one_is_refused(refusal, archive, when):
    """With examples of what is."""
    assert "24h" in refusal("ls", archive, "--since", when)
