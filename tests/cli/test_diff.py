"""`codex-replay diff`."""

import difflib
import json

import pytest

from pytest_codex_replay.cli.diff import _in_order_of, _Side, _unified
from pytest_codex_replay.upstream.scenarios import multi_turn, tool_loop


@pytest.fixture
def sessions(talk, tmp_path):
    """Two sessions that differ in their prompts."""
    for name in ("a", "b"):
        client = talk(tool_loop(1), transport="websocket")
        client.turn(f"run the step of {name}")
        client.write(tmp_path / name)
    return tmp_path / "a", tmp_path / "b"


def test_what_differs_is_printed_with_its_surroundings(run, sessions) -> None:
    """As a unified diff; the exit code is 1, as that of diff(1)."""
    result = run("diff", *sessions)

    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == ["--- a", "+++ b"]
    assert "-    prompt: run the step of a" in result.stdout.splitlines()
    assert "+    prompt: run the step of b" in result.stdout.splitlines()


def test_sessions_that_say_the_same_do_not_differ(run, sessions) -> None:
    """Nothing is printed on stdout."""
    result = run("diff", sessions[0], sessions[0])

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "a and a: nothing differs.\n"


def test_a_request_is_compared_with_the_one_before_it(run, sessions) -> None:
    """What it added is what the model saw in addition, whatever the frame itself repeats."""
    result = run("diff", sessions[0], "--interaction", 2, "--json")

    added = [one for one in json.loads(result.stdout) if one["path"].startswith("input")]
    assert [one["new"]["type"] for one in added] == ["reasoning", "function_call", "function_call_output"]
    assert all("old" not in one for one in added)


def test_members_in_another_order_do_not_differ() -> None:
    """Codex sends some in any order: what is equal is printed once."""
    old = {"a": 1, "b": [{"c": 1, "d": 2}], "e": 3}
    new = {"new": 0, "e": 4, "b": [{"d": 2, "c": 1}, 7], "a": 1}

    found = _in_order_of(old, new)

    assert found == new
    assert list(found) == ["a", "b", "e", "new"]
    assert list(found["b"][0]) == ["c", "d"]


def test_two_turns_of_a_session(run, talk, tmp_path) -> None:
    """They are numbered as `show` numbers them."""
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    client.turn("Who am I?")
    session = client.write(tmp_path / "s")

    result = run("diff", session, "--turn", 1, "--turn", 2)

    assert "-prompt: My name is Ada." in result.stdout.splitlines()
    assert "+prompt: Who am I?" in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a",), "B is missing"),
        (("a", "--turn", 1), "B is missing"),
        (("a", "--interaction", 1), "is the first request of its thread"),
        (("a", "b", "--turn", 1, "--interaction", 1), "--turn and --interaction: give one of them"),
        (("a", "b", "--turn", 9), "turn 9: not found. The session has 1 turn."),
        ((".", "a"), "holds 2 sessions; name one of them"),
    ],
)
def test_what_cannot_be_compared_is_one_line(refusal, sessions, monkeypatch, words, message) -> None:
    """It says what to give."""
    monkeypatch.chdir(sessions[0].parent)

    assert message in refusal("diff", *words)


def test_lines_are_numbered_as_in_the_whole():
    """What both begin with is not compared again, but is counted."""
    before = [f"line {number}" for number in range(100)]
    for after in (
        [*before, "more"],
        before[:50],
        [*before[:40], "x", *before[40:]],
        ["x", *before],
        [*before[:-1], "y"],
    ):
        sides = (_Side("a", None), _Side("b", None))
        expected = list(difflib.unified_diff(before, after, "a", "b", lineterm="", n=2))

        assert list(_unified(*sides, before, after)) == expected
