"""The scenarios, played against a client that answers every call by itself."""

import json
import operator

import pytest

from pytest_codex_replay.upstream import SCENARIOS, ErrorReply, ModelRequest, Script, StreamReply
from pytest_codex_replay.upstream.scenarios import NON_ASCII_TEXT, cut_stream, long_stream, tool_loop

USER = {"type": "message", "role": "user", "content": "hi"}


def function(name: str, *parameters: str) -> dict:
    return {"type": "function", "name": name, "parameters": {"properties": {key: {} for key in parameters}}}


TOOLS = (function("exec_command", "cmd"), function("write_stdin", "session_id"))
AGENTS_V1 = tuple(function(name, "message") for name in ("spawn_agent", "wait_agent", "close_agent"))
AGENTS_V2 = (function("spawn_agent", "task_name", "message"), function("wait_agent"))


def play(script: Script, tools: tuple[dict, ...], outputs: list[str], agents: int = 0) -> list[dict]:
    """Return the items that the model gives, while the client answers call after call with `outputs`.

    After the last of them so many sub-agents report.
    """
    conversation: list[dict] = [USER]
    given: list[dict] = []
    remaining = iter(outputs)
    while True:
        reply = script.reply(ModelRequest(input=tuple(conversation), tools=tools))
        output = reply.response["output"]
        given += output
        called = [item for item in output if item["type"] == "function_call"]
        if not called:
            return given
        results = [{"type": "function_call_output", "call_id": item["call_id"]} for item in called]
        conversation += [*output, *(result | {"output": next(remaining)} for result in results)]
        if not operator.length_hint(remaining):
            conversation += [report(f"/root/kid{number}") for number in range(agents)]


def report(author: str) -> dict:
    return {"type": "agent_message", "author": author, "recipient": "/root", "content": []}


def calls(items: list[dict]) -> list[tuple[str, dict]]:
    return [(item["name"], json.loads(item["arguments"])) for item in items if item["type"] == "function_call"]


def reply_of(name: str, **request) -> StreamReply | ErrorReply:
    return SCENARIOS[name].script().reply(ModelRequest(input=(USER,), **request))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_tool_loop_runs_as_many_commands_as_asked_for(count: int) -> None:
    """Then it answers."""
    items = play(tool_loop(count), TOOLS, ["ok"] * count)

    assert [arguments["cmd"] for _, arguments in calls(items)] == [f"echo step-{n + 1}" for n in range(count)]
    assert items[-1]["content"][0]["text"] == f"All {count} steps are done."


def test_a_retried_step_is_the_same_step() -> None:
    """The script follows the conversation, not the number of requests."""
    script = tool_loop(2)
    request = ModelRequest(input=(USER,), tools=TOOLS)

    first, again = (script.reply(request).response["output"][-1] for _ in range(2))

    assert first["arguments"] == again["arguments"]


@pytest.mark.parametrize("count", [1, 500])
def test_a_long_stream_has_as_many_deltas_as_asked_for(count: int) -> None:
    """One event a delta."""
    events = long_stream(count).reply(ModelRequest(input=(USER,))).events

    assert sum(event["type"] == "response.output_text.delta" for event in events) == count


def test_non_ascii_text_reaches_shell_and_user() -> None:
    """Each code point has a delta of its own, so combining characters are torn apart."""
    items = play(SCENARIOS["non-ascii"].script(), TOOLS, [NON_ASCII_TEXT])

    assert calls(items) == [("exec_command", {"cmd": f"echo '{NON_ASCII_TEXT}'"})]
    assert items[-1]["content"][0]["text"] == NON_ASCII_TEXT


@pytest.mark.parametrize("output", ["Process running with session ID 4711", '{"session_id":4711,"output":""}'])
def test_write_stdin_gives_back_the_session_of_the_client(output: str) -> None:
    """The id is read from the tool output, in both forms that Codex has; it polls until the program has ended."""
    items = play(SCENARIOS["write-stdin"].script(), TOOLS, [output, output, "Process exited with code 0"])

    writes = [arguments for name, arguments in calls(items) if name == "write_stdin"]
    assert [(write["session_id"], write["chars"]) for write in writes] == [(4711, "hello\n"), (4711, "")]


def test_sub_agents_give_back_the_id_of_the_client() -> None:
    """First generation: agents are known by an id."""
    outputs = ['{"agent_id":"a-1","nickname":"Ada"}', '{"status":{"a-1":{}},"timed_out":false}', "{}"]

    items = play(SCENARIOS["sub-agents"].script(), AGENTS_V1, outputs)

    assert calls(items)[1:] == [
        ("wait_agent", {"targets": ["a-1"], "timeout_ms": 30_000}),
        ("close_agent", {"target": "a-1"}),
    ]


def test_sub_agents_are_waited_for_until_each_has_ended() -> None:
    """First generation: a wait tells of those that have; the rest are waited for again, then all are closed."""
    ids = [f'{{"agent_id":"a-{number}"}}' for number in range(3)]
    waits = [f'{{"status":{{{names}}},"timed_out":false}}' for names in ('"a-1":{}', '"a-0":{},"a-2":{}')]

    items = play(SCENARIOS["three-sub-agents"].script(), AGENTS_V1, [*ids, *waits, "{}", "{}", "{}"])

    targets = [arguments["targets"] for name, arguments in calls(items) if name == "wait_agent"]
    assert targets == [["a-0", "a-1", "a-2"], ["a-0", "a-2"]]
    assert [arguments["target"] for name, arguments in calls(items) if name == "close_agent"] == ["a-0", "a-1", "a-2"]


def test_sub_agents_by_task_name_are_not_closed() -> None:
    """Second generation: the model names the task, waits until all have reported, and closes nothing."""
    outputs = ['{"task_name":"/root/greeter"}', "timed out", "{}"]

    items = play(SCENARIOS["sub-agents"].script(), AGENTS_V2, outputs, agents=1)

    assert [name for name, _ in calls(items)] == ["spawn_agent", "wait_agent", "wait_agent"]
    assert calls(items)[0][1]["task_name"] == "greeter"


def test_three_sub_agents_are_spawned_at_once() -> None:
    """Each with a name of its own; the model goes on when the last has reported."""
    items = play(SCENARIOS["three-sub-agents"].script(), AGENTS_V2, ["{}"] * 4, agents=3)

    names = [arguments.get("task_name") for _, arguments in calls(items)]
    assert names == ["greeter", "greeter_2", "greeter_3", None]
    assert items[-1]["content"][0]["text"] == "All 3 sub-agents are there."


def test_a_tool_that_is_not_offered_is_searched_for_once() -> None:
    """The model finds it, and calls it where it is; what cannot be found is not called."""
    script, search = SCENARIOS["sub-agents"].script(), {"type": "tool_search"}
    found = {"type": "tool_search_output", "tools": list(AGENTS_V1)}

    asked = script.reply(ModelRequest(input=(USER,), tools=(search,))).response["output"][-1]
    called = ModelRequest.from_body({"input": [USER, found], "tools": [search]}, {})
    nothing = ModelRequest.from_body({"input": [USER, asked, found | {"tools": []}], "tools": [search]}, {})

    assert (asked["type"], asked["arguments"]) == ("tool_search_call", {"query": "spawn agent", "limit": 1})
    assert script.reply(called).response["output"][-1]["name"] == "spawn_agent"
    assert script.reply(nothing).response["output"][-1]["type"] == "message"


def test_code_mode_waits_for_its_cell() -> None:
    """By the id that the client gave it; a message of the program in between is no end."""
    tools = (
        {"type": "custom", "name": "exec", "description": "### `exec_command`"},
        function("wait", "cell_id"),
    )
    script = SCENARIOS["code-mode"].script()
    outputs = [{"type": "custom_tool_call_output", "output": f"{text}"} for text in ("cell", "on its way")]
    outputs[0]["output"] = "Script running with cell ID 7"

    begun = script.reply(ModelRequest(input=(USER,), tools=tools)).response["output"][-1]
    waits = script.reply(ModelRequest(input=(USER, *outputs), tools=tools)).response["output"][-1]

    assert begun["name"] == "exec"
    assert json.loads(waits["arguments"])["cell_id"] == "7"


def test_the_sub_agent_itself_spawns_none() -> None:
    """It runs one command, and answers."""
    reply = reply_of("sub-agents", tools=TOOLS + AGENTS_V1, is_subagent=True)

    assert calls(reply.response["output"]) == [("exec_command", {"cmd": "echo sub-agent"})]


@pytest.mark.parametrize(
    "compacted", [{"type": "compaction"}, {**USER, "content": "Another language model started to solve this problem"}]
)
def test_compaction_fills_the_window_once(compacted: dict) -> None:
    """The first answer reports more tokens than any window holds; after compaction it comes to an end."""
    script = SCENARIOS["compaction"].script()

    full = script.reply(ModelRequest(input=(USER,), tools=TOOLS)).response
    after = script.reply(ModelRequest(input=(USER, compacted), tools=TOOLS)).response

    assert full["usage"]["total_tokens"] > 1_000_000
    assert after["output"][0]["type"] == "message"


def test_multi_turn_counts_the_turns_of_the_conversation() -> None:
    """A fresh script that gets a resumed conversation goes on counting."""
    reply = SCENARIOS["multi-turn"].script().reply(ModelRequest(input=(USER, USER, USER)))

    assert reply.response["output"][0]["content"][0]["text"] == "This is answer 3."


@pytest.mark.parametrize(
    ("name", "status"), [("bad-request", 400), ("rate-limit", 429), ("server-error-then-fine", 500)]
)
def test_errors_have_their_status(name: str, status: int) -> None:
    """The first request is refused."""
    assert reply_of(name).status == status


def test_the_rate_limit_tells_how_much_is_used() -> None:
    """In headers, as Codex reads them."""
    assert reply_of("rate-limit").headers["x-codex-primary-used-percent"] == "100.0"


@pytest.mark.parametrize("name", ["server-error-then-fine", "cut-stream"])
def test_the_second_attempt_is_fine(name: str) -> None:
    """A client that tries again gets a whole answer."""
    script = SCENARIOS[name].script()
    script.reply(ModelRequest(input=(USER,)))

    second = script.reply(ModelRequest(input=(USER,)))

    assert second.cut_after is None
    assert second.response["status"] == "completed"


def test_the_cut_comes_within_the_text() -> None:
    """Some of the text has been seen, and no item has been finished."""
    types = [event["type"] for event in cut_stream().reply(ModelRequest(input=(USER,))).sent_events]

    assert types[-1] == "response.output_text.delta"


def test_failed_ends_in_failed() -> None:
    """And says why."""
    assert reply_of("failed").events[-1]["response"]["error"]["code"] == "invalid_prompt"


def test_websocket_is_refused_with_426() -> None:
    """The status at which Codex goes over to HTTP at once."""
    assert SCENARIOS["refuse-websocket"].script().upgrade.status == 426


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_copes_with_a_client_without_tools(name: str) -> None:
    """An SDK that offers no tool gets an answer, not an exception."""
    assert isinstance(reply_of(name), StreamReply | ErrorReply)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_plays_the_same_twice(name: str) -> None:
    """No clock and no random numbers: equal requests get equal replies."""
    assert reply_of(name, tools=TOOLS) == reply_of(name, tools=TOOLS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_are_described_in_one_line(name: str) -> None:
    """`--list` shows one line each."""
    scenario = SCENARIOS[name]

    assert scenario.name == name
    assert 0 < len(scenario.summary) < 90
    assert "\n" not in scenario.summary
