"""What of a line of a rollout can be searched."""

from typing import Any

import pytest

from pytest_codex_replay.codex.rollouts import rollout_line
from pytest_codex_replay.projection.rollout_line_texts import ids_of_line, texts_of_line
from tests.rollout_lines import assistant, call, completed, event, item, line, meta, output, user, wire


def texts(value: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the texts of a line by place, each with its rank."""
    read = rollout_line(1, wire(value))
    assert read is not None
    return {place: (rank.name, text) for rank, place, text in texts_of_line(read) if text}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (item(user("hi")), {"prompt": ("PROMPT", "hi")}),
        (event("user_message", message="hi"), {"prompt": ("PROMPT", "hi")}),
        (completed("UserMessage", content=[{"type": "text", "text": "hi"}]), {"prompt": ("PROMPT", "hi")}),
        (item(assistant("Yes.")), {"assistant": ("SAID", "Yes.")}),
        (event("agent_message", message="Yes."), {"assistant": ("SAID", "Yes.")}),
        (event("task_complete", last_agent_message="Yes."), {"assistant": ("SAID", "Yes.")}),
        (event("agent_reasoning", text="hm"), {"reasoning": ("DONE", "hm")}),
        (completed("Reasoning", summary_text=["hm"]), {"reasoning": ("DONE", "hm")}),
        (item(call(cmd="ls")), {"tool call exec_command": ("DONE", '{"cmd":"ls"}')}),
        (item(output(text="a")), {"tool output": ("DONE", "a")}),
        (
            completed("CommandExecution", command=["bash", "-lc", "ls"], aggregated_output="a"),
            {"command": ("DONE", "ls"), "command output": ("DONE", "a")},
        ),
        (event("exec_approval_request", command=["rm", "x"]), {"approval": ("DONE", "rm x")}),
        (event("task_complete", error={"message": "no"}), {"failure": ("DONE", "no")}),
        (item({**user("be brief"), "role": "developer"}), {"context": ("CONTEXT", "be brief")}),
        (
            item({"type": "additional_tools", "tools": ["x"]}),
            {"additional_tools": ("CONTEXT", '{"type":"additional_tools","tools":["x"]}')},
        ),
        (line("compacted", message="short", replacement_history=[user("hi"), 7]), {"compaction": ("DONE", "short")}),
        (line("turn_context", turn_id="t", cwd="/x"), {"turn_context": ("WIRE", '{"cwd":"/x"}')}),
        (line("of_tomorrow", note="x"), {"of_tomorrow": ("WIRE", '{"note":"x"}')}),
        (event("token_count", info={"n": 7}), {"event token_count": ("WIRE", '{"type":"token_count","info":{"n":7}}')}),
    ],
)
def test_a_text_has_the_rank_and_the_name_that_it_has_in_traffic(
    value: dict[str, Any], found: dict[str, tuple[str, str]]
) -> None:
    """Events repeat items: both say the same in the same words."""
    assert found.items() <= texts(value).items()


def test_what_the_first_line_says_is_found() -> None:
    """Instructions by themselves: they are long, and the same in most."""
    found = texts(meta(base_instructions={"text": "You are Codex."}, cwd="/src"))

    assert found["instructions"] == ("CONTEXT", "You are Codex.")
    assert "/src" in found["session_meta"][1]
    assert "Codex." not in found["session_meta"][1]


def test_ids_are_named_by_what_they_are_of() -> None:
    """Also those in what is completed, and in who began a thread."""
    spawn = {"subagent": {"thread_spawn": {"parent_thread_id": "p"}}}
    lines = (
        meta(id="t", session_id="s", source=spawn),
        completed("AgentMessage", id="i"),
        item({**call("c"), "id": "f"}),
    )
    read = [rollout_line(1, wire(one)) for one in lines]

    found = {one for each in read if each is not None for one in ids_of_line(each)}

    assert found == {
        *(("thread id", "t"), ("session id", "s"), ("parent thread id", "p"), ("turn id", "t1")),
        *(("item id", "i"), ("item id", "f"), ("call id", "c")),
    }
