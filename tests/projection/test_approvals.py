"""Which tool call an approval belongs to."""

from dataclasses import replace
from typing import Any

import pytest

from pytest_codex_replay.codex.approvals import Approval
from pytest_codex_replay.projection.approvals import with_approvals
from pytest_codex_replay.projection.items import AssistantText, ToolCall
from pytest_codex_replay.projection.turns import Turn, turns_of
from pytest_codex_replay.upstream.scenarios import text


@pytest.fixture
def turn(talk: Any) -> Turn:
    """A turn to change."""
    client = talk(text("Done."))
    client.turn("go")
    (turn,) = turns_of(client.interactions)
    return turn


def call(arguments: str, call_id: str = "c", **more: Any) -> ToolCall:
    return ToolCall(name="exec", arguments=arguments, call_id=call_id, **more)


def asked(subject: str, decision: str = "accept", **more: Any) -> Approval:
    return Approval(**{"kind": "command", "subject": subject, "decision": decision, "prompt": "go", **more})


def decisions(turns: tuple[Turn, ...]) -> list[list[tuple[str, ...]]]:
    return [[one.approvals for one in turn.tool_calls] for turn in turns]


@pytest.mark.parametrize(
    ("calls", "approvals", "expected"),
    [
        ([call("{}", "a"), call("{}", "b")], [asked("ls", item_id="b")], [(), ("accept",)]),
        ([call('tools.exec_command({cmd: "ls a"})'), call("x")], [asked("ls a", item_id="exec-1")], [("accept",), ()]),
        ([call('{"cmd":"echo \\"a\\""}')], [asked('echo "a"')], [("accept",)]),
        ([call("ls"), call("ls")], [asked("ls", "decline"), asked("ls")], [("decline",), ("accept",)]),
        ([call("ls; rm; ls")], [asked("ls"), asked("rm", "decline"), asked("ls")], [("accept", "decline", "accept")]),
        ([call("ls", approvals=("decline",))], [], [("decline",)]),
        ([call("ls", approvals=("decline",))], [asked("ls", "cancel")], [("cancel",)]),
        ([call("+++ b.md")], [asked("/w/b.md\n/w/c", kind="file change")], [("accept",)]),
        ([call("ls")], [asked("rm"), asked("")], [()]),
    ],
    ids=["id", "in a script", "quoted", "twice", "thrice in one", "traffic", "told better", "file", "another"],
)
def test_in_one_turn(turn: Turn, calls: list, approvals: list, expected: list) -> None:
    """By id, else by what was asked for, in order."""
    turns = with_approvals([replace(turn, items=(*calls, AssistantText(text="x")))], approvals)

    assert decisions(turns) == [expected]
    assert turns[0].items[-1] == AssistantText(text="x")


def test_the_turn_of_the_same_prompt(turn: Turn) -> None:
    """A command that was not asked about in one turn may be in the next; a prompt may have been redacted."""
    turns = [replace(turn, prompt=prompt, items=(call("ls"),)) for prompt in ("first", "second", "[[REDACTED:name:1]]")]

    told = with_approvals(turns, [asked("ls", "decline", prompt="second"), asked("ls", prompt="I am Ada")])

    assert decisions(told) == [[("accept",)], [("decline",)], [()]]
