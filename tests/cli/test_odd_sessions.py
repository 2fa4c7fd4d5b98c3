"""Sessions whose requests and answers have any JSON shape."""

import json
import os

import pytest
import zstandard

from pytest_codex_replay.archive.check import restore_manifest
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.upstream.scenarios import text, tool_loop

DEEP = json.loads("[" * 300 + "]" * 300)
ODD_INPUTS = {
    "a plain string": ["plain string"],
    "numbers and nothing": [1, None, True, 2.5],
    "lists": [[], [["x"]]],
    "no type": [{}, {"content": "x"}],
    "a type that is not a text": [{"type": 1}, {"type": ["message"]}, {"type": {"a": 1}}],
    "a role that is not a text": [{"type": "message", "role": ["user"], "content": "x"}],
    "odd content": [{"type": "message", "role": "user", "content": value} for value in (7, [7, None], {"a": 1}, DEEP)],
    "an assistant's odd content": [{"type": "message", "role": "assistant", "content": 7}],
    "a call id that is not a text": [{"type": "function_call_output", "call_id": ["c"], "output": "x"}],
    "an output that is a list": [{"type": "function_call_output", "call_id": "c", "output": [1, {"a": DEEP}]}],
    "nested deeply": [DEEP, {"type": "message", "role": "user", "content": [{"text": DEEP}]}],
    "not a list": {"a": 1},
    "a number": 7,
}
ODD_OUTPUTS = [
    *({}, {"type": []}, {"type": "message", "content": 7}, {"type": "reasoning", "summary": [DEEP]}),
    {"type": "function_call", "name": [], "arguments": {"cmd": [[1], None, 2]}, "call_id": {}},
    {"type": "other", "value": DEEP},
]


@pytest.mark.parametrize("items", ODD_INPUTS.values(), ids=ODD_INPUTS)
def test_a_body_of_any_shape_is_legal(run, talk, tmp_path, items):
    """One odd session is shown like any other, and hides none; what was asked is found and answered again."""
    for name, asked in (("odd", items), ("usual", "what is it")):
        client = talk(text())
        client.sdk(asked, *ODD_OUTPUTS, usage={"input_tokens": "many", "output_tokens": True}, model=["a"])
        client.write(tmp_path / "sessions" / name)

    rows = json.loads(run("ls", tmp_path / "sessions", "--json").stdout)

    assert [(row["id"], row["state"], row["turns"]) for row in rows] == [
        ("odd", "complete", 1),
        ("usual", "complete", 1),
    ]
    assert "what is it" in run("find", "what is it", tmp_path / "sessions").stdout
    for options in ([], ["--full"], ["--json"], ["--interaction", "1"], ["--interaction", "1", "--json"]):
        shown = run("show", tmp_path / "sessions" / "odd", *options)
        assert (shown.exit_code, shown.exception) == (0, None)
    (recorded,) = load_cassette(tmp_path / "sessions" / "odd").interactions
    asked = Request(method="POST", url="/v1/responses", headers=(), body=recorded.request.raw)
    assert Engine([recorded]).answer(asked).interaction == recorded


FRAME = zstandard.compress(b"")
"""A frame at the end of a segment: the segment without it reads as if it were whole."""
LOSSES = {
    "a segment is gone": (lambda last: last.unlink(), "a segment missing"),
    "the last frames are gone": (lambda last: last.write_bytes(last.read_bytes()[: -len(FRAME)]), "cut short"),
    "cut inside a frame": (lambda last: last.write_bytes(last.read_bytes()[:-20]), "cut short"),
    "emptied": (lambda last: last.write_bytes(b""), "cut short"),
    "all segments are gone": (lambda last: [one.unlink() for one in last.parent.glob("traffic-*")], "unreadable: "),
    "a directory in its place": (lambda last: (last.unlink(), last.mkdir()), "unreadable: "),
    "a pipe in its place": (lambda last: (last.unlink(), os.mkfifo(last)), "unreadable: "),
    "a link to nowhere in its place": (lambda last: (last.unlink(), last.symlink_to("nowhere")), "unreadable: "),
    "a link to itself in its place": (lambda last: (last.unlink(), last.symlink_to(last.name)), "unreadable: "),
}


@pytest.mark.parametrize(("lose", "state"), LOSSES.values(), ids=LOSSES)
def test_every_view_tells_of_traffic_that_is_gone(run, talk, tmp_path, lose, state):
    """As many sessions as `check` counts; the state names it; figures and hits say that they lack something."""
    archive = tmp_path / "a"
    for name in ("good", "s", "s"):
        client = talk(text())
        client.turn("run")
        client.write(archive / name)
    last = archive / "s" / "traffic-0002.jsonl.zst"
    last.write_bytes(last.read_bytes() + FRAME)
    restore_manifest(Session(archive / "s"))
    run("ls", archive)  # what an index knows of the whole session is not what counts
    lose(last)

    rows = {row["id"]: row["state"] for row in json.loads(run("ls", archive, "--json").stdout)}

    assert rows.keys() == {"good", "s"} == set(open_archive(archive).ids)
    assert (rows["good"], rows["s"][: len(state)]) == ("complete", state)
    assert open_archive(archive)["s"].state == rows["s"]
    assert "2 sessions, " in run("check", archive).stderr
    assert run("stats", archive).stdout.startswith("2 sessions")
    lacks = "1 session: damaged, or not recorded as a whole."
    assert lacks in run("stats", archive).stderr
    for words in (*((verb, archive, "s") for verb in ("show", "incident", "cache")), ("find", "run", archive)):
        said = run(*words).stderr
        assert (f"{archive / 's'}" if state == "unreadable: " else lacks) in said


@pytest.mark.parametrize("of", [".", "s"], ids=["all of an archive", "named"])
@pytest.mark.parametrize(
    ("target", "why"), [("nowhere", "is a link to a file that does not exist"), (".", "directory")]
)
def test_all_views_say_in_one_line_why_a_session_cannot_be_read(run, tmp_path, target, why, of):
    """Its only segment is a link to nowhere, or to what is not a file; it is a session all the same."""
    (tmp_path / "a" / "s").mkdir(parents=True)
    (segment := tmp_path / "a" / "s" / "traffic-0001.jsonl.zst").symlink_to(target)
    path = tmp_path / "a" / of

    for verb in ("ls", "check", "show", "stats"):
        result = run(verb, path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith(f"Error: {segment}: cannot be read (")
        assert why in result.stderr
    assert f"s: {segment}: cannot be read (" in run("find", "run", path).stderr
    assert f"{segment}: cannot be read (" in run("redact", path, tmp_path / "cassettes").stderr


def test_a_lost_segment_is_lost_until_someone_says_that_it_is_not(run, talk, tmp_path):
    """`check` advises to remove session.json: then there is nothing that names it."""
    for _ in range(2):
        client = talk(text())
        client.turn("run")
        client.write(tmp_path / "s")
    manifest = restore_manifest(Session(tmp_path / "s"))
    (tmp_path / "s" / "traffic-0002.jsonl.zst").unlink()
    before = json.loads(run("ls", tmp_path, "--json").stdout)[0]["state"]
    manifest.unlink()

    assert before == "a segment missing"
    assert json.loads(run("ls", tmp_path, "--json").stdout)[0]["state"] == "complete"


@pytest.mark.parametrize("name", ["s", "good"], ids=["alone", "beside a readable one"])
def test_a_segment_of_garbage_has_no_time(run, talk, tmp_path, name):
    """It did not begin in 1970; and it does not say when the rest began."""
    client = talk(text())
    client.turn("run")
    client.write(tmp_path / "good")
    create_segment(Files(), tmp_path / name).abandon()
    max((tmp_path / name).glob("traffic-*")).write_bytes(b"garbage")

    rows = {row["id"]: row for row in json.loads(run("ls", tmp_path, "--json").stdout)}

    assert (rows[name]["started_at"] is None, rows[name]["state"]) == (name == "s", "damaged")
    assert "1970" not in str(rows)
    assert "1970" not in run("show", tmp_path / name).stdout


@pytest.mark.parametrize("is_indexed", [True, False])
@pytest.mark.parametrize("words", [("find", "run"), ("stats",), ("stats", "--json"), ("cache", "s"), ("incident", "s")])
def test_an_answer_that_lacks_what_was_lost_says_so(run, talk, tmp_path, words, is_indexed):
    """A damaged session among good ones: it hides none of them, and what is not there is not taken for nothing."""
    for name in ("good", "s"):
        client = talk(tool_loop(1))
        client.turn("run")
        client.write(tmp_path / "a" / name, plain=not is_indexed)
    (segment,) = (tmp_path / "a" / "s").glob("traffic*")
    lines = segment.read_bytes()
    at = len(lines) * 2 // 3
    segment.write_bytes(lines[:at] + b"xxxx" + lines[at + 4 :])
    verb, *rest = words
    place = [*rest, tmp_path / "a"] if verb == "find" else [tmp_path / "a", *rest]

    result = run(verb, *place)

    assert "1 session: damaged, or not recorded as a whole. The answer lacks what was lost." in result.stderr
    assert result.stderr.count("damaged") == 1
