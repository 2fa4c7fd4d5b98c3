"""Sessions whose requests and answers have any JSON shape."""

import json

import pytest

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
