"""What Codex itself says that it did, turn by turn, in each of the forms that its releases write."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.projection.items import AgentMessage, AssistantText, Compaction, ToolCall, UserText
from pytest_codex_replay.projection.rollout import parse_rollout
from pytest_codex_replay.projection.rollout_turns import RolloutReducer, RolloutTurn, TurnStatus, rollout_turns
from tests.rollout_lines import (
    BARE,
    TODAY,
    assistant,
    call,
    completed,
    counted,
    event,
    item,
    line,
    meta,
    output,
    usage,
    user,
    wire,
)


def turns(*lines: dict[str, Any]) -> tuple[RolloutTurn, ...]:
    return rollout_turns(parse_rollout(wire(*lines)).lines)


def kinds(turn: RolloutTurn) -> list[type]:
    return [type(one) for one in turn.items]


def test_a_turn_of_today() -> None:
    """Everything that 0.171 writes of it, and in which line."""
    (turn,) = turns(*TODAY)

    assert (turn.turn_id, turn.status, turn.prompt, turn.text) == ("t1", "completed", "Grüße", "Done.")
    assert kinds(turn) == [UserText, ToolCall, AssistantText]
    assert turn.response_ids == ("resp_1", "resp_2")
    assert (turn.call_ids, [run.exit_code for run in turn.runs]) == (("c1",), [3])
    assert (turn.model, turn.approval_policy, turn.sandbox, turn.trigger) == ("m", "never", "read-only", "exec")
    assert (turn.tokens.total, turn.duration_ms, turn.first_token_ms) == (240, 900, 50)
    assert (turn.lines["first"], turn.lines["approval_policy"], turn.lines["status"], turn.lines["last"]) == (
        2,
        4,
        12,
        12,
    )
    assert turn.as_json()["items"][1]["output"] == "a\n"


def test_the_turns_of_a_bare_rollout() -> None:
    """0.20 wrote no turns: each begins with what the user typed."""
    first, second = turns(*BARE)

    assert (first.prompt, first.text, first.call_ids, first.turn_id) == ("hello", "Done.", ("c1",), None)
    assert (second.prompt, second.text) == ("again", "Yes.")
    assert [turn.status for turn in (first, second)] == ["completed", "completed"]


def test_a_turn_without_an_id_is_said_twice() -> None:
    """0.98 wrote what was typed as an item, and as an event."""
    found = turns(
        item(user("<environment_context></environment_context>")),
        item(user("one")),
        event("user_message", message="one"),
        line("turn_context", model="m", sandbox_policy={"mode": "read-only"}),
        counted(100),
        counted(100),
        item(call()),
        item(output()),
        item(user("steered")),
        event("user_message", message="steered"),
        item(assistant("Done.")),
        counted(150),
        item(user("two")),
        event("user_message", message="two"),
        counted(170),
    )

    assert [turn.prompt for turn in found] == ["one", "two"]
    assert [turn.tokens.total for turn in found] == [150, 20]
    assert [turn.status for turn in found] == ["completed", "open"]
    assert (found[0].model, found[0].sandbox) == ("m", "read-only")


def test_only_an_event_says_what_was_typed() -> None:
    """Where no item does, the turn begins with it."""
    first, second = turns(
        event("user_message", message="one"),
        item(assistant("Done.")),
        event("user_message", message="two"),
        event("user_message", message=3),
    )

    assert (first.prompt, second.prompt) == ("one", "two")


@pytest.mark.parametrize(
    ("ending", "status", "error"),
    [
        (event("task_complete", turn_id="t1"), "completed", None),
        (event("turn_complete", turn_id="t1", error=None), "completed", None),
        (event("task_complete", error={"message": "no", "codex_error_info": "bad"}), "failed", "no (bad)"),
        (event("task_complete", turn_id="t1", error={"message": '{"error": {"message": "no"}}'}), "failed", "no"),
        (event("task_complete", turn_id="t1", error="no"), "failed", "no"),
        (event("task_complete", turn_id="t1", error={}), "failed", "an error without a message"),
        (event("turn_aborted", turn_id="t1", reason="interrupted"), "interrupted", None),
        (event("turn_aborted", reason="interrupted"), "interrupted", None),
        (line("world_state"), "open", None),
    ],
)
def test_how_a_turn_ended(ending: dict[str, Any], status: str, error: str | None) -> None:
    """Completed, failed or interrupted; open where the rollout does not say."""
    (turn,) = turns(event("task_started", turn_id="t1"), item(user("go")), ending)

    assert (turn.status, turn.error) == (status, error)


def test_a_late_completion_overwrites_no_failure() -> None:
    """What was interrupted stays so."""
    (turn,) = turns(
        event("task_started", turn_id="t1"),
        event("turn_aborted", turn_id="t1", reason="interrupted"),
        event("task_complete", turn_id="t1"),
    )

    assert turn.status is TurnStatus.INTERRUPTED


def test_turns_that_were_rolled_back_say_so() -> None:
    """The last ones that still counted, as many as the user took back."""
    lines = [event("task_started", turn_id=f"t{number}") for number in range(4)]

    found = turns(
        *lines[:2],
        event("thread_rolled_back", num_turns=1),
        *lines[2:],
        event("thread_rolled_back", num_turns=2),
        event("thread_rolled_back", num_turns="x"),
    )

    assert [turn.is_rolled_back for turn in found] == [False, True, True, True]


def test_what_was_asked_and_declined_is_told() -> None:
    """A request where the rollout has it; a tool that the user did not allow has a status of its own."""
    (turn,) = turns(
        event("task_started", turn_id="t1"),
        event("exec_approval_request", turn_id="t1", command=["rm", "x"], call_id="c1"),
        completed("CommandExecution", command=["rm", "x"], status="declined"),
        event("exec_command_end", turn_id="t1", call_id="c2", command=["ls"], exit_code=0),
    )

    assert [(one.subject, one.decision) for one in turn.approvals] == [("rm x", ""), ("rm x", "decline")]
    assert [run.exit_code for run in turn.runs] == [None, 0]


def test_items_of_a_turn_that_is_named_belong_to_it() -> None:
    """Also where another one has begun since; an output finds its call."""
    named = {"internal_chat_message_metadata_passthrough": {"turn_id": "t1"}}

    first, second = turns(
        event("task_started", turn_id="t1"),
        item(user("one")),
        item(call()),
        event("task_started", turn_id="t2"),
        item(output()),
        item(assistant("late") | named),
        completed("UserMessage", turn_id="t2", content=[{"type": "text", "text": "two"}]),
        item(output("never-called")),
    )

    assert (first.text, [one.output for one in first.items if isinstance(one, ToolCall)]) == ("late", ["a\n"])
    assert (second.prompt, second.items) == ("two", ())


def test_agents_and_compactions_are_items() -> None:
    """A message of another agent is what begins the turn of a sub-agent; a compaction has its answer's id."""
    message = {
        "type": "agent_message",
        "author": "/root",
        "recipient": "/root/kid",
        "content": "Message Type: X\nPayload:\ngo",
    }

    (turn,) = turns(
        event("task_started", turn_id="t1"),
        item(message),
        usage("resp_1"),
        line("compacted", message="so far", compaction_response_id="resp_2"),
    )

    assert kinds(turn) == [AgentMessage, Compaction]
    assert (turn.prompt, turn.response_ids) == ("go", ("resp_1", "resp_2"))


def test_a_rollout_that_begins_in_the_middle_has_a_turn() -> None:
    """What comes before any beginning is not lost."""
    (turn,) = turns(item(assistant("Done.")), event("task_complete"))

    assert (turn.text, turn.status, turn.prompt) == ("Done.", "completed", None)


@pytest.mark.parametrize("lines", [TODAY, BARE])
def test_turns_are_the_same_however_often_they_are_looked_at(lines: tuple[dict[str, Any], ...]) -> None:
    """A rollout is read while Codex writes it: what comes later changes no turn that was given."""
    parsed = parse_rollout(wire(*lines)).lines
    reducer = RolloutReducer()
    given = []
    for place, one in enumerate(parsed, start=1):
        reducer.add(one)
        given.append((reducer.turns(), rollout_turns(parsed[:place])))

    assert all(seen == anew for seen, anew in given)


VALUES = (
    st.none() | st.integers(-3, 3) | st.sampled_from(["t1", "c1", "go", "completed"]) | st.lists(st.text(max_size=3))
)
NAMES = (
    "turn_id call_id id type message error reason num_turns item info turn_token_usage response_id content role output "
    "duration_ms total_token_usage turn_attribution command status changes"
).split()
PAYLOADS = st.dictionaries(st.sampled_from(NAMES), VALUES | st.dictionaries(st.sampled_from(NAMES), VALUES))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["message", "function_call", "function_call_output", "agent_message", "x"])),
    st.lists(st.tuples(st.sampled_from(["event_msg", "response_item", "turn_context", "compacted"]), PAYLOADS)),
)
def test_no_payload_is_a_reason_to_raise(types: list[str], lines: list[tuple[str, dict[str, Any]]]) -> None:
    """Members that are missing, or of another type than Codex writes."""
    found = turns(meta(), *[item({"type": one}) for one in types], *[line(kind, **payload) for kind, payload in lines])

    assert [turn.index for turn in found] == list(range(1, len(found) + 1))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("task_started task_complete turn_aborted thread_rolled_back item_completed".split()),
            PAYLOADS,
        )
    )
)
def test_no_event_is_a_reason_to_raise(events: list[tuple[str, dict[str, Any]]]) -> None:
    """Whatever order they come in."""
    found = turns(*[event(kind, **{k: v for k, v in payload.items() if k != "type"}) for kind, payload in events])

    assert [turn.index for turn in found] == list(range(1, len(found) + 1))
