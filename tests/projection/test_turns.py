"""Turns: what belongs together, what was asked, what came of it."""

import pytest

from pytest_codex_replay.archive.record import FlowEnd, GapRecord
from pytest_codex_replay.projection.interactions import Role, Transport
from pytest_codex_replay.projection.turns import background_requests_of, turns_of
from pytest_codex_replay.upstream.scenarios import (
    SCENARIOS,
    bad_request,
    compaction,
    cut_stream,
    failed,
    multi_turn,
    server_error_then_fine,
    text,
    tool_loop,
)
from pytest_codex_replay.wire.responses import Outcome
from tests.replay.recording import Recording, answer_events, body_of, call, output, said, steered_events
from tests.sessions import THREAD, user

TRANSPORTS = pytest.mark.parametrize("transport", ["sse", "websocket"])


def kinds(turn):
    return [item.kind for item in turn.items]


@TRANSPORTS
def test_a_tool_loop_is_one_turn(talk, transport):
    """Each call stands with its reasoning, its arguments, and the output that the next request brought."""
    client = talk(tool_loop(2), transport=transport)
    client.turn("run the steps")

    (turn,) = turns_of(client.interactions)

    assert kinds(turn) == ["user", "reasoning", "tool_call", "reasoning", "tool_call", "assistant"]
    assert [call.command for call in turn.tool_calls] == ["echo step-1", "echo step-2"]
    assert [call.output.endswith(f"step-{n}\n") for n, call in enumerate(turn.tool_calls, start=1)] == [True, True]
    assert (turn.prompt, turn.text, turn.outcome) == ("run the steps", "All 2 steps are done.", Outcome.COMPLETED)


def test_a_turn_says_whose_it_is(talk):
    """Ids, model and place in the session are those of the requests."""
    client = talk(text("Hello."))
    client.turn("hi")

    (turn,) = turns_of(client.interactions)

    assert (turn.index, turn.thread_id, turn.turn_id, turn.model) == (1, THREAD, "turn-1", "gpt-5.4")
    assert (turn.parent_thread_id, turn.parent_index, turn.subagent, turn.error) == (None, None, None, None)


def test_tokens_are_summed_over_the_turn(talk):
    """Each answer reports its own usage."""
    client = talk(tool_loop(2))
    client.turn("run the steps")

    (turn,) = turns_of(client.interactions)

    assert (turn.tokens.input, turn.tokens.output, turn.tokens.total) == (300, 30, 330)


def test_times_run_from_the_first_request(talk):
    """The first event counts from there, and so does the end."""
    client = talk(text("Hello."))
    client.turn("hi")

    (turn,) = turns_of(client.interactions)

    assert turn.first_event_ms == 20.0  # request, head, event: 10 ms each
    assert turn.duration_ms == 10.0 * (len(client.records) - 2)


@TRANSPORTS
def test_each_prompt_begins_a_turn(talk, transport):
    """The conversation behind a prompt is repeated, and is not said again."""
    client = talk(multi_turn(), transport=transport)
    client.turn("first")
    client.turn("second")

    turns = turns_of(client.interactions)

    assert [(turn.prompt, turn.text) for turn in turns] == [
        ("first", "This is answer 1."),
        ("second", "This is answer 2."),
    ]
    assert [kinds(turn) for turn in turns] == [["user", "assistant"]] * 2


@TRANSPORTS
def test_the_same_talk_over_any_transport_sums_up_the_same(talk, transport):
    """No ids, times, process numbers: a replay compares equal to its recording."""
    one, other = talk(tool_loop(2)), talk(tool_loop(2), transport=transport)
    other.salt, other.now_ms = 7, other.now_ms + 86_400_000
    one.turn("run", turn_id="turn-a")
    other.turn("run", turn_id="turn-b")

    (recorded,), (replayed,) = turns_of(one.interactions), turns_of(other.interactions)

    assert recorded.summary() == replayed.summary()
    assert recorded.tool_calls[0].output != replayed.tool_calls[0].output


def test_another_output_does_not_sum_up_the_same(talk):
    """What a tool said is part of what happened, and nothing else of it differs."""
    one, other = talk(tool_loop(1)), talk(tool_loop(1))
    other.said = "something else"
    one.turn("run")
    other.turn("run")

    before, after = (turns_of(client.interactions)[0].summary() for client in (one, other))

    changed = [(old, new) for old, new in zip(before.pop("items"), after.pop("items"), strict=True) if old != new]
    assert [{name for name in old if old[name] != new[name]} for old, new in changed] == [{"output"}]
    assert before == after


@TRANSPORTS
def test_a_retry_belongs_to_its_turn(talk, transport):
    """The failure stands between, and the prompt, though sent twice, was said once."""
    client = talk(server_error_then_fine(), transport=transport)
    client.turn("try")

    (turn,) = turns_of(client.interactions)

    assert kinds(turn) == ["user", "failure", "assistant"]
    assert "The server had an error." in turn.items[1].message
    assert (turn.outcome, turn.error) == (Outcome.COMPLETED, None)


@TRANSPORTS
def test_what_came_before_a_cut_is_kept(talk, transport):
    """Text that began and did not end says so."""
    client = talk(cut_stream(), transport=transport)
    client.turn("cut")

    (turn,) = turns_of(client.interactions)

    assert kinds(turn) == ["user", "assistant", "failure", "assistant"]
    assert turn.items[1].is_cut
    assert turn.text == "This time to the very end."


@pytest.mark.parametrize(("script", "outcome"), [(bad_request, Outcome.ERROR), (failed, Outcome.FAILED)])
@TRANSPORTS
def test_a_turn_that_fails_says_why(talk, transport, script, outcome):
    """The upstream's own words."""
    client = talk(script(), transport=transport)
    client.turn("hi", retries=1)

    (turn,) = turns_of(client.interactions)

    assert turn.outcome is outcome
    assert "The scripted upstream" in turn.error


def test_a_prompt_after_a_failed_turn_is_not_the_old_one(talk):
    """Codex sends the unanswered prompt along; it belongs to the turn before."""
    client = talk(bad_request())
    client.turn("first", retries=1)
    client.turn("second", retries=1)

    turns = turns_of(client.interactions)

    assert [turn.prompt for turn in turns] == ["first", "second"]
    assert [kinds(turn) for turn in turns] == [["user", "failure"]] * 2


@TRANSPORTS
def test_a_compaction_stands_where_it_happened(talk, transport):
    """It belongs to the turn that it serves, and the kept prompt is not said again."""
    client = talk(compaction(), transport=transport)
    client.turn("fill it", retries=1)
    client.compact()
    client.turn("go on", turn_id="turn-1")

    (turn,) = turns_of(client.interactions)

    assert kinds(turn) == ["user", "tool_call", "compaction", "user", "assistant"]
    assert [call.role for call in turn.interactions] == [Role.TURN, Role.COMPACTION, Role.TURN]


def test_a_turn_of_compaction_alone_has_no_prompt(talk):
    """`/compact` asks for nothing."""
    client = talk(text())
    client.turn("hi")
    client.compact(turn_id="turn-c")

    turn = turns_of(client.interactions)[-1]

    assert (turn.prompt, kinds(turn)) == (None, ["compaction"])


def test_a_sub_agent_has_turns_of_its_own(talk):
    """They name the thread and the turn that spawned them."""
    root, child = talk(text("root")), talk(text("child"), thread="thread-b", parent=THREAD)
    root.turn("spawn")
    child.now_ms = root.now_ms
    child.turn("be there")
    root.records += child.records

    spawned = turns_of(root.interactions)[1]

    assert (spawned.prompt, spawned.text) == ("be there", "child")
    assert (spawned.parent_thread_id, spawned.parent_index, spawned.subagent) == (THREAD, 1, "collab_spawn")


def test_prewarms_and_side_calls_are_no_turns(talk):
    """They are kept apart, in order."""
    client = talk(text(), transport="websocket")
    client.side("/models")
    client.prewarm()
    client.turn("hi")

    interactions = client.interactions

    assert [call.role for call in background_requests_of(interactions, turns_of(interactions))] == [
        Role.BACKGROUND,
        Role.PREWARM,
    ]
    assert [turn.interactions[0].index for turn in turns_of(interactions)] == [3]


def test_a_call_id_that_comes_back_does_not_bring_its_old_output(talk):
    """A resumed session may meet an upstream that counts from the start."""
    client = talk(tool_loop(1))
    client.turn("one")
    client.salt = 1
    client._script = tool_loop(1)
    client.turn("two")

    first, second = turns_of(client.interactions)

    assert "0.1234" in first.tool_calls[0].output
    assert "0.1235" in second.tool_calls[0].output


def test_a_call_without_an_output_says_so(talk):
    """The recording may stop there, or the user may have."""
    client = talk(tool_loop(1))
    client.turn("run", retries=1)

    (turn,) = turns_of(client.interactions)

    assert turn.tool_calls[0].output is None


def test_a_gap_makes_the_outcome_unknown(talk):
    """Half a recording is never taken for a whole one."""
    client = talk(text())
    client.turn("hi")
    flow = client.records[0].flow
    gap = GapRecord(
        at_ms=client.now_ms, until_ms=client.now_ms, reason="damage", lost_count=1, lost_bytes=0, flows=(flow,)
    )

    (turn,) = turns_of(talk_with(client, gap))

    assert (turn.outcome, turn.error) == (Outcome.UNKNOWN, "part of the answer was not recorded")


def talk_with(client, record):
    client.records.append(record)
    return client.interactions


def test_a_recording_that_begins_in_the_middle_still_knows_the_prompt(talk):
    """The first request that was seen repeats it."""
    client = talk(tool_loop(1))
    client.turn("run")
    first_flow = client.records[0].flow
    client.records = [record for record in client.records if record.flow != first_flow]

    (turn,) = turns_of(client.interactions)

    assert turn.prompt == "run"


def test_turns_are_listed_by_transport_too(talk):
    """Codex falls back to HTTP in the middle of a turn."""
    client = talk(cut_stream(), transport="websocket")
    client.turn("cut", retries=1)
    client.is_websocket = False
    client.history.pop()
    client.turn("cut", turn_id="turn-1")

    (turn,) = turns_of(client.interactions)

    assert turn.transports == (Transport.WEBSOCKET, Transport.SSE)
    assert kinds(turn) == ["user", "assistant", "failure", "assistant"]


def test_a_turn_prints_on_one_line(talk):
    """So that a failing assertion can be read."""
    client = talk(tool_loop(1))
    client.turn("run")

    (turn,) = turns_of(client.interactions)

    assert str(turn) == "turn 1 (completed): 'run' -> 1 tool call, 'All 1 steps are done.'"
    assert len(repr(turn)) < 700


def test_json_has_everything(talk):
    """`show --json` prints it."""
    client = talk(text("Hello."))
    client.turn("hi")

    value = turns_of(client.interactions)[0].as_json()

    said = {"kind": "assistant", "text": "Hello.", "is_cut": False, "phase": None, "citations": ()}
    assert value["items"] == [{"kind": "user", "text": "hi"}, said]
    assert (value["outcome"], value["transports"], value["interactions"]) == ("completed", ["sse"], [1])
    assert value["started_at"] == "2026-09-21T14:13:20.010+00:00"


@pytest.mark.parametrize(
    "name", ["tool-loop", "text", "long-stream", "non-ascii", "rate-limit", "failed", "cut-stream"]
)
def test_every_scenario_gives_one_turn(talk, name):
    """Whatever the upstream does, a prompt is a turn."""
    client = talk(SCENARIOS[name].script())
    client.turn("Grüße")

    turns = turns_of(client.interactions)

    assert [turn.prompt for turn in turns] == ["Grüße"]


CALL = {"type": "function_call", "name": "add", "arguments": '{"a":1}', "call_id": "call_1"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "2"}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It is 2."}]}


def test_an_sdk_turn_is_what_continues_by_call_id(talk):
    """An SDK names no turn; the output of a tool belongs where the tool was called."""
    client = talk(text())
    prompt = user("add")
    client.sdk([prompt], CALL)
    client.sdk("another question", SAID)
    client.sdk([prompt, CALL, OUTPUT], SAID, usage={"input_tokens": 5, "output_tokens": 2, "total_tokens": 7})

    first, second = turns_of(client.interactions)

    assert [[call.index for call in turn.interactions] for turn in (first, second)] == [[1, 3], [2]]
    assert (first.prompt, first.tool_calls[0].output, first.text, first.tokens.total) == ("add", "2", "It is 2.", 7)
    assert (second.prompt, second.text) == ("another question", "It is 2.")


def test_an_sdk_may_ask_the_same_twice(talk):
    """Two questions that were answered are two turns."""
    client = talk(text())
    client.sdk("ping", SAID)
    client.sdk("ping", SAID)

    turns = turns_of(client.interactions)

    assert [turn.prompt for turn in turns] == ["ping", "ping"]


def test_an_sdk_retry_belongs_to_its_turn(talk):
    """The same request after a failure is the same turn."""
    client = talk(text())
    client.sdk("ping", status=500, error={"message": "broken"})
    client.sdk("ping", SAID)

    (turn,) = turns_of(client.interactions)

    assert kinds(turn) == ["user", "failure", "assistant"]


@pytest.mark.parametrize("depth", [1, 3])
def test_an_sdk_retry_may_send_what_the_request_had_continued(depth):
    """The whole input, in place of `previous_response_id`, is the same request."""
    recording, whole, previous = Recording(), [], {}
    for number in range(depth):
        asked, answered = user(f"question {number}"), said(f"answer {number}")
        recording.http(body_of(asked, **previous), answer_events(f"r{number}", answered))
        whole, previous = [*whole, asked, answered], {"previous_response_id": f"r{number}"}
    recording.http(body_of(user("more"), **previous), json={"error": {"message": "broken"}}, status=500)
    recording.http(body_of(*whole, user("more")), answer_events("done", said("done")))

    *before, turn = turns_of(recording.interactions)

    assert (len(before), kinds(turn)) == (depth, ["user", "failure", "assistant"])


STEERED = steered_events()
ABORTED = user("<turn_aborted>\nThe user interrupted the previous turn on purpose.\n</turn_aborted>")


def in_turn(turn_id: str, *items, **members):
    return body_of(*items, client_metadata={"thread_id": "t", "turn_id": turn_id}, **members)


def test_a_steered_turn_goes_on():
    """The answer that was broken off is no failure, and the turn has what the user said then."""
    recording = Recording()
    again = in_turn("1", user("more"), previous_response_id="r")
    recording.websocket([(in_turn("1", user("hi")), STEERED), (again, answer_events("r2", said("done")))])

    (turn,) = turns_of(recording.interactions)

    assert kinds(turn) == ["user", "assistant", "interruption", "user", "assistant"]
    assert (turn.items[1].text, turn.items[1].is_cut, turn.items[2].how) == ("one, two", True, "steered")
    assert (turn.outcome, turn.error, turn.text) == (Outcome.COMPLETED, None, "done")


def test_a_turn_that_ends_with_an_interrupt():
    """Nothing follows in it."""
    recording = Recording()
    recording.websocket([(in_turn("1", user("hi")), STEERED), (in_turn("2", user("more")), answer_events("r2"))])

    turn, _ = turns_of(recording.interactions)

    assert (turn.items[-1].summary(), turn.outcome, turn.error) == (
        {"kind": "interruption", "how": "interrupted"},
        Outcome.INTERRUPTED,
        None,
    )


@pytest.mark.parametrize("is_retried", [True, False])
def test_a_turn_whose_answer_the_client_left(*, is_retried):
    """Is interrupted; what the client asks for again in the same turn, it had waited for too long."""
    recording = Recording()
    recording.http(in_turn("1", user("hi")), answer_events("r")[:1], end=FlowEnd.CLIENT_GONE)
    if is_retried:
        recording.http(in_turn("1", user("hi")), answer_events("r2", said("done")))

    (turn,) = turns_of(recording.interactions)

    assert kinds(turn) == (["user", "failure", "assistant"] if is_retried else ["user", "interruption"])
    assert turn.outcome is (Outcome.COMPLETED if is_retried else Outcome.INTERRUPTED)


@pytest.mark.parametrize("is_aborted", [True, False])
def test_a_turn_whose_tool_the_user_stopped(*, is_aborted):
    """The answer that called it was whole; the next request says that the user did not want the rest."""
    recording = Recording()
    recording.http(in_turn("1", user("hi")), answer_events("r", call("c1")))
    more = [user("hi"), call("c1"), output("c1", "x"), *[ABORTED] * is_aborted, user("more")]
    recording.http(in_turn("2", *more), answer_events("r2", said("done")))

    turn, _ = turns_of(recording.interactions)

    assert turn.outcome is (Outcome.INTERRUPTED if is_aborted else Outcome.COMPLETED)
    assert kinds(turn) == ["user", "tool_call", *["interruption"] * is_aborted]
