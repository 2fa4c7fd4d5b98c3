"""`codex-replay tail`."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FORMAT, EventRecord, RequestRecord, SegmentRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.cli.tail import _Arrivals
from pytest_codex_replay.upstream.scenarios import cut_stream, multi_turn, rate_limit, text, tool_loop
from tests.sessions import START_MS, THREAD

HEAD = SegmentRecord(at_ms=START_MS, format=FORMAT, session=THREAD, run="run-1", recorder="tests", ruleset=1)


@pytest.fixture
def session(talk, tmp_path):
    client = talk(text())
    client.turn("hi")
    return client.write(tmp_path / "s")


LOOP = """\
loop · run the step
  user       run the step
  reasoning  Step 1 of 1 comes next.
  tool       exec_command: echo step-1
  output     step-1
             (exit 0, 123 ms)
  assistant  All 1 steps are done.
             turn completed
"""


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_what_was_said_and_done_stands_in_order(run, talk, tmp_path, transport) -> None:
    """A tool is named when it is called; its output follows when it is there."""
    client = talk(tool_loop(1), transport=transport)
    client.turn("run the step")
    session = client.write(tmp_path / "loop")

    assert run("tail", session, "--all", "--until-end").stdout == LOOP


def test_a_failure_is_told(run, talk, tmp_path) -> None:
    """With what the upstream said, and that Codex asked again."""
    client = talk(cut_stream())
    client.turn("hi")

    shown = run("tail", client.write(tmp_path / "s"), "--all", "--until-end").stdout

    assert "turn failed: upstream-gone" in shown
    assert shown.splitlines()[-1].split() == ["turn", "completed"]


def test_a_limit_is_told_in_words(run, talk, tmp_path) -> None:
    """The status of a WebSocket says nothing about its answers."""
    client = talk(rate_limit(), transport="websocket")
    client.turn("hi")

    result = run("tail", client.write(tmp_path / "s"), "--all", "--until-end")

    assert "rate limit: The usage limit has been reached" in result.stdout


def test_for_programs_each_change_is_a_line(run, talk, tmp_path) -> None:
    """With its session, its key and whether it is still open."""
    client = talk(text("Hello."))
    client.turn("hi")

    lines = run("tail", client.write(tmp_path / "s"), "--all", "--until-end", "--json").stdout.splitlines()
    changes = [json.loads(line) for line in lines]

    assert {change["session"] for change in changes} == {"s"}
    assert [one["type"] for one in changes if one["mutation"] == "lifecycle"] == [
        "session.started",
        "thread.started",
        "turn.started",
        "turn.completed",
    ]
    assert changes[-2]["value"]["outcome"] == "completed"
    assert all("turn_index" not in change for change in changes), "it is of a whole session"


def test_a_session_is_followed_while_it_is_recorded(program, talk, tmp_path) -> None:
    """What was there before is not printed; a session that begins is followed, too; Ctrl-C ends it."""
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    writer = create_segment(Files(), tmp_path / "live")
    known = [HEAD, *client.records]
    for record in known:
        writer.write(record)
    writer.flush()
    command = [*program, "tail", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Following 1 session at ")
        client.turn("Who am I?")
        other = talk(text("Hello."))
        other.turn("hi")
        second = create_segment(Files(), tmp_path / "other")
        for record in (HEAD, *other.records):
            second.write(record)
        second.flush()
        for line in process.stdout:
            if line.split() == ["turn", "completed"]:
                break
        for record in client.records[len(known) - 1 :]:
            writer.write(record)
        writer.flush()
        printed = []
        for line in process.stdout:
            printed.append(line)
            if line.split() == ["turn", "completed"]:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    writer.close()
    second.close()

    shown = "".join(printed)
    assert "Who am I?" in shown
    assert "My name is Ada." not in shown


def begun(client) -> tuple[list, list]:
    """The records of a talk, parted in the middle of the text that the model says."""
    records = [HEAD, *client.records]
    deltas = [at for at, one in enumerate(records) if isinstance(one, EventRecord) and b"output_text.delta" in one.raw]
    middle = deltas[len(deltas) // 2]
    return records[:middle], records[middle:]


def test_a_text_is_printed_as_it_comes(program, talk, tmp_path) -> None:
    """Without waiting for its end; as one text, in its line."""
    client = talk(text("This comes in several pieces."))
    client.turn("hi")
    first, rest = begun(client)
    writer = create_segment(Files(), tmp_path / "s")
    for record in first:
        writer.write(record)
    writer.flush()
    command = [*program, "tail", str(tmp_path), "--all", "--until-end"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        shown = ""
        while "  assistant  This" not in shown:
            shown += process.stdout.read(1)
        for record in rest:
            writer.write(record)
        writer.close()
        shown += process.stdout.read()

    assert shown.endswith("  assistant  This comes in several pieces.\n             turn completed\n")


@pytest.mark.parametrize("words", [("tail", "--all", "--until-end"), ("show", "--follow")])
def test_what_never_ends_is_told_with_what_it_has(run, talk, tmp_path, words) -> None:
    """As the recorder was killed: the text that had come, and the failure, as `show` prints them."""
    client = talk(text("This comes in several pieces."))
    client.turn("hi")
    client.records[:] = begun(client)[0][1:]
    session = client.write(tmp_path / "s")

    verb, *options = words
    told = run(verb, session, *options).stdout.splitlines()
    whole = run("show", session).stdout.splitlines()

    said = next(line for line in whole if line.startswith("  assistant  This"))
    failed = next(line for line in whole if line.startswith("  failed"))
    assert said.endswith("… (cut short)")
    assert told[-3:-1] == [said, failed]
    assert told[-1].split()[:2] == ["turn", "failed:"]


def test_a_tool_that_never_ends_is_told(run, talk, tmp_path) -> None:
    """No request followed its call."""
    client = talk(tool_loop(1))
    client.turn("run the step")
    output = next(at for at, one in enumerate(client.records) if at and isinstance(one, RequestRecord))
    client.records[:] = client.records[:output]

    told = run("tail", client.write(tmp_path / "s"), "--all", "--until-end").stdout

    assert told.endswith(
        "  tool       exec_command: echo step-1\n  output     (not recorded: no request followed the call)\n"
    )


def test_for_programs_a_text_that_grows_is_an_open_item(run, talk, tmp_path) -> None:
    """At the end of the recording it is closed, and so is its turn."""
    client = talk(text("This comes in several pieces."))
    client.turn("hi")
    client.records[:] = begun(client)[0][1:]

    lines = run("tail", client.write(tmp_path / "s"), "--all", "--until-end", "--json").stdout.splitlines()
    changes = [json.loads(line) for line in lines]
    texts = [one for one in changes if one["mutation"] == "upsert" and one["value"].get("kind") == "assistant"]

    assert [one["is_open"] for one in texts] == [True, False]
    assert len({(one["key"], one["value"]["text"]) for one in texts}) == 1
    assert changes[-1]["type"] == "turn.failed"


def test_it_ends_when_nothing_is_recorded_any_more(run, tmp_path) -> None:
    """An archive may be empty still."""
    result = run("tail", tmp_path, "--until-end")

    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(("words", "told"), [(["nowhere"], "nowhere"), ([".", "nobody"], "nobody")])
def test_what_does_not_exist_is_one_line(refusal, session, monkeypatch, words, told) -> None:
    """It names what was looked for."""
    monkeypatch.chdir(session.parent)

    assert told in refusal("tail", *words)


def test_damage_is_told_and_the_rest_goes_on(run, talk, tmp_path) -> None:
    """Of one session, on stderr; another is followed all the same."""
    client = talk(tool_loop(2))
    client.turn("run the steps")
    (damaged,) = client.write(tmp_path / "archive" / "bad").iterdir()
    client.write(tmp_path / "archive" / "good")
    raw = bytearray(damaged.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    damaged.write_bytes(raw)

    result = run("tail", tmp_path / "archive", "--all", "--until-end")

    assert "it is followed no further" in result.stderr
    assert "good · run the steps" in result.stdout


def test_a_session_that_may_not_be_read_stops_no_other(run, session, monkeypatch) -> None:
    """It is told, once, and the others are followed."""
    shut = session.parent / "shut"
    shut.mkdir()
    (shut / "traffic.jsonl").touch()
    real = os.listdir

    def listdir(path="."):
        if Path(path) == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "listdir", listdir)

    result = run("tail", session.parent, "--all", "--until-end")

    assert result.exit_code == 0
    assert result.stderr == f"{shut}: cannot be read (Permission denied); it is followed no further\n"
    assert "turn completed" in result.stdout


def test_sessions_are_seen_as_they_come(tmp_path) -> None:
    """Each once: also one whose directory had no segment at first; nothing is looked at again as long as none comes."""
    arrivals = _Arrivals(tmp_path / "archive")
    assert arrivals.look() == []
    for name in ("a", "b"):
        (tmp_path / "archive" / name).mkdir(parents=True)
    (tmp_path / "archive" / "a" / "traffic.jsonl").touch()
    (tmp_path / "archive" / ".a.7.new").mkdir()
    (tmp_path / "archive" / ".a.7.new" / "traffic.jsonl").touch()

    first, second = arrivals.look(), arrivals.look()
    (tmp_path / "archive" / "b" / "traffic.jsonl").touch()

    assert ([path.name for path in first], second) == (["a"], [])
    assert [path.name for path in arrivals.look()] == ["b"]
