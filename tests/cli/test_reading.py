"""A session as the verbs look at it."""

import json

import pytest

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.reading import read_session
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import HttpRequest
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
    asked = HttpRequest(method="POST", url="/v1/responses", headers=(), body=recorded.request.raw)
    assert Engine([recorded]).answer(asked).interaction == recorded
