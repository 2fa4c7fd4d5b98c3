"""The scenarios of the scripted upstream, by name.

Wherever it can, a scenario looks at the conversation, and not at a clock or the order of requests. So a retry, a
resumed session or a second client gets the matching answer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Final

from pytest_codex_replay.codex.words import TURN_STATE
from pytest_codex_replay.upstream.catalogue import OLDER, TODAY
from pytest_codex_replay.upstream.events import Usage
from pytest_codex_replay.upstream.script import Cue, ErrorReply, Reply, Script, StreamReply

NON_ASCII_TEXT: Final = "Grüße aus Köln: 世界こんにちは, e\u0301 and n\u0303, 👩\u200d👩\u200d👧 👍🏽 🇩🇪 𝄞"
"""Umlauts, CJK, combining accents, joined and coloured emoji, a flag, a character beyond the basic plane."""

_SESSION_ID: Final = re.compile(r"""session(?: ID |_id": ?)(\d+)""")
"""In prose from `exec_command` itself, in JSON when it was called from within `exec`."""

_CELL_ID: Final = re.compile(r"running with cell ID (\S+)")
_AGENT_ID: Final = re.compile(r'"agent_id": ?"([^"]+)"')
_ENDED_AGENTS: Final = re.compile(r"status\W+\{")
"""In the result of a wait for agents of the first generation."""

_OVER_ANY_LIMIT_TOKENS: Final = 2_000_000
"""More than the context window of any model: Codex compacts before it goes on."""

_RATE_LIMIT_HEADERS: Final = MappingProxyType(
    {
        "x-codex-active-limit": "codex",
        "x-codex-primary-used-percent": "100.0",
        "x-codex-primary-window-minutes": "300",
        "x-codex-primary-reset-at": "4102444800",
        "x-codex-secondary-used-percent": "42.5",
        "x-codex-secondary-window-minutes": "10080",
        "x-codex-secondary-reset-at": "4102444800",
    }
)
"""Names as Codex reads them (codex-api/src/rate_limits.rs). The limits reset in the year 2100, for good measure."""


_PROGRAM: Final = """notify("on its way");
const result = await tools.exec_command({"cmd": "echo from-within"});
text(result.output);
yield_control();
await new Promise((done) => setTimeout(done, 100));
text("the end");
"""
"""What code mode is for: a message in between, a nested call, a pause that the model waits for."""

_PIXEL: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
_MCP: Final = {"server_label": "weather", "name": "forecast"}
_HOSTED_CALLS: Final = (
    {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "weather in Cologne"}},
    {"type": "image_generation_call", "status": "completed", "revised_prompt": "A cloud", "result": _PIXEL},
    {"type": "mcp_list_tools", "server_label": "weather", "tools": [{"name": "forecast", "input_schema": {}}]},
    {"type": "mcp_call", "status": "completed", **_MCP, "arguments": "{}", "output": "Rain", "error": None},
)
_WINDOW: Final = {"used_percent": 12.5, "window_minutes": 300, "reset_at": 4102444800}
_SAFETY: Final = {"use_cases": ["cyber"], "reasons": ["a closer look"], "retry_model": OLDER}
_NOTICES: Final = (
    {"type": "codex.rate_limits", "plan_type": "pro", "rate_limits": {"primary": _WINDOW, "secondary": None}},
    {"type": "response.metadata", "headers": {TURN_STATE: "opaque", "openai-model": TODAY}},
    {"type": "response.metadata", "safety_buffering": _SAFETY},
    {"type": "responsesapi.websocket_timing", "timing": {"total_ms": 1}},
    {"type": "keepalive"},
)

_REVIEW: Final = """{"findings": [], "overall_correctness": "patch is correct", "overall_confidence_score": 0.9,
 "overall_explanation": "Nothing to find."}"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A script with a name."""

    name: str
    summary: str
    """One line: what the model does."""
    script: Callable[[], Script]
    """Gives a fresh script with the default parameters."""


def tool_loop(calls: int = 3) -> Script:
    """Return a script that runs `echo step-1` to `echo step-<calls>`, then reports that it is done."""

    def answer(cue: Cue) -> Reply:
        if cue.step < calls:
            return cue.shell(f"echo step-{cue.step + 1}", think=f"Step {cue.step + 1} of {calls} comes next.")
        return cue.say(f"All {calls} steps are done.")

    return Script(answer)


def text(message: str = "Hello from the scripted upstream.") -> Script:
    """Return a script that answers everything with `message`."""
    return Script(lambda cue: cue.say(message))


def multi_turn() -> Script:
    """Return a script that numbers its answers by the user's turns."""
    return Script(lambda cue: cue.say(f"This is answer {cue.turn}."))


def long_stream(deltas: int = 500) -> Script:
    """Return a script whose answer comes in `deltas` deltas."""
    message = "".join(f"{number:05d} " for number in range(deltas))
    return Script(lambda cue: cue.say(message, delta_count=deltas))


def non_ascii() -> Script:
    """Return a script that writes `NON_ASCII_TEXT` to the shell and to the user, one code point a delta."""

    def answer(cue: Cue) -> Reply:
        if cue.step == 0:
            return cue.shell(f"echo '{NON_ASCII_TEXT}'", think=NON_ASCII_TEXT)
        return cue.say(NON_ASCII_TEXT, delta_count=len(NON_ASCII_TEXT))

    return Script(answer)


def write_stdin() -> Script:
    """Return a script that starts a program, types into it, and reads its output.

    The session id is minted by Codex: it is read from the tool output, and given back.
    """

    def answer(cue: Cue) -> Reply:
        if cue.step == 0:
            return cue.call("exec_command", {"cmd": "read -r line; echo got-$line", "tty": True, "yield_time_ms": 250})
        session = _SESSION_ID.search(cue.outputs[-1])
        if session is None:
            return cue.say("The program has read what I typed.")
        characters = "hello\n" if cue.step == 1 else ""
        return cue.call("write_stdin", {"session_id": int(session[1]), "chars": characters, "yield_time_ms": 5000})

    return Script(answer)


def sub_agents(count: int = 1) -> Script:
    """Return a script that spawns `count` sub-agents at once, waits for all, closes them where possible, and reports.

    Agent ids are minted by Codex: they are read from the tool output, and given back. Codex 0.171 offers two
    generations of these tools: `multi_agent_v1` knows agents by id; `collaboration` by task name, waits for any of
    them, hears of each in a message, and closes none.
    """

    def answer(cue: Cue) -> Reply:
        return _as_sub_agent(cue) if cue.request.is_subagent else _as_root(cue, count)

    return Script(answer)


def _as_root(cue: Cue, count: int) -> Reply:
    if cue.step < count:
        return cue.calls(*(("spawn_agent", _task(cue, number)) for number in range(cue.step, count)))
    spawned, later = cue.outputs[:count], cue.outputs[count:]
    ids = [found[1] for output in spawned if (found := _AGENT_ID.search(output))]
    waits = [output for output in later if _ENDED_AGENTS.search(output)]
    pending = [agent_id for agent_id in ids if not any(agent_id in output for output in waits)]
    if not later or pending or (not ids and cue.reporting_agents < count):
        return cue.call("wait_agent", ({"targets": pending} if ids else {}) | {"timeout_ms": 30_000})
    if ids and len(waits) == len(later) and "close_agent" in cue.offered:
        return cue.calls(*(("close_agent", {"target": agent_id}) for agent_id in ids))
    return cue.say("The sub-agent is there." if count == 1 else f"All {count} sub-agents are there.")


def _task(cue: Cue, number: int) -> dict[str, str]:
    offer = cue.offered.get("spawn_agent")
    if offer is not None and "task_name" in offer.parameters:
        name = "greeter" if number == 0 else f"greeter_{number + 1}"
        return {"message": "Say that you are there.", "task_name": name, "fork_turns": "none"}
    return {"message": "Say that you are there."}


def _as_sub_agent(cue: Cue) -> Reply:
    if cue.step == 0:
        return cue.shell("echo sub-agent")
    return cue.say("I am there.")


def parallel_calls(calls: int = 3) -> Script:
    """Return a script that runs `calls` shell commands at the same time."""

    def answer(cue: Cue) -> Reply:
        if cue.step:
            return cue.say(f"All {calls} are done.")
        return cue.shell(*(f"echo parallel-{number}" for number in range(1, calls + 1)))

    return Script(answer)


def code_mode() -> Script:
    """Return a script that runs a program which reports while it runs, and waits for its end."""

    def answer(cue: Cue) -> Reply:
        if not cue.outputs:
            return cue.program(_PROGRAM)
        cell = next((found[1] for output in cue.outputs if (found := _CELL_ID.search(output))), None)
        if cell is not None and "the end" not in cue.outputs[-1]:
            return cue.call("wait", {"cell_id": cell, "yield_time_ms": 5000})
        return cue.say("The program has ended.")

    return Script(answer)


def hosted_tools() -> Script:
    """Return a script that searches the web, draws an image and asks an MCP server, all on its own side."""
    return Script(lambda cue: cue.give(*_HOSTED_CALLS, text="Found, drawn and asked."))


def notices() -> Script:
    """Return a script that speaks of rate limits, its own model and its safety checks before it answers."""

    def answer(cue: Cue) -> Reply:
        reply = cue.say("All is well.")
        events = (*reply.events[:2], *_NOTICES, *reply.events[2:])
        return replace(reply, events=events, headers=_RATE_LIMIT_HEADERS | {TURN_STATE: "opaque"})

    return Script(answer)


def compressed(calls: int = 2) -> Script:
    """Return a script that compresses the events of a tool loop, as the client accepts it."""
    plain = tool_loop(calls)

    def answer(cue: Cue) -> Reply:
        reply = plain.answer(cue)
        return replace(reply, is_compressed=True) if isinstance(reply, StreamReply) else reply

    return Script(answer)


def held() -> Script:
    """Return a script whose first answer stops in the middle, until the client interrupts it or leaves."""

    def answer(cue: Cue) -> Reply:
        if cue.turn > 1:
            return cue.say(f"This time to the end: {cue.user_texts[-1]}")
        return replace(cue.say("One, two, three, four, five, and so on.", delta_count=8), hold_after=8)

    return Script(answer)


def approvals() -> Script:
    """Return a script that removes a file in the first turn and writes one in the second: Codex may ask about both."""

    def answer(cue: Cue) -> Reply:
        command, outcome = ("rm notes.txt", "I have tried.") if cue.turn == 1 else ("touch clean.txt", "It is clean.")
        return cue.say(outcome) if cue.step else cue.shell(command)

    return Script(answer)


def review() -> Script:
    """Return a script that looks at the files, and reviews them."""

    def answer(cue: Cue) -> Reply:
        return cue.say(_REVIEW) if cue.step else cue.shell("ls -A")

    return Script(answer)


def compaction() -> Script:
    """Return a script that fills the context window with one call, and answers once Codex has compacted."""

    def answer(cue: Cue) -> Reply:
        if cue.is_compacted:
            return cue.say("I carry on from the compacted history.")
        return cue.shell("echo step-1", usage=Usage(input_tokens=_OVER_ANY_LIMIT_TOKENS))

    return Script(answer)


def bad_request() -> Script:
    """Return a script that refuses every request (400): Codex does not try again."""
    error = ErrorReply(status=400, code="invalid_value", message="The scripted upstream does not like this request.")
    return Script(lambda _: error)


def rate_limit() -> Script:
    """Return a script that has no quota left (429): Codex does not try again."""
    error = ErrorReply(
        status=429,
        code="usage_limit_reached",
        type="usage_limit_reached",
        message="The usage limit has been reached",
        headers=_RATE_LIMIT_HEADERS,
        details={"plan_type": "pro", "resets_at": int(_RATE_LIMIT_HEADERS["x-codex-primary-reset-at"])},
    )
    return Script(lambda _: error)


def server_error_then_fine() -> Script:
    """Return a script that fails at the first request of each thread (500), and answers the second."""
    error = ErrorReply(status=500, code="server_error", type="server_error", message="The server had an error.")
    return Script(lambda cue: error if cue.attempt == 1 else cue.say("Fine at the second attempt."))


def cut_stream(after: int = 6) -> Script:
    """Return a script that hangs up after `after` events of each thread's first answer, and answers the second time."""

    def answer(cue: Cue) -> Reply:
        reply = cue.say("This time to the very end.")
        return replace(reply, cut_after=after) if cue.attempt == 1 else reply

    return Script(answer)


def failed() -> Script:
    """Return a script whose streams all end in `response.failed`, with a code at which Codex does not try again."""
    return Script(lambda cue: cue.fail("invalid_prompt", "The scripted upstream fails this response."))


def refuse_websocket() -> Script:
    """Return a script that refuses upgrades (426) and answers over HTTP."""
    error = ErrorReply(status=426, code="upgrade_required", message="Use HTTP.")
    return Script(lambda cue: cue.say("Answered over HTTP."), upgrade=error)


def _registry(*scenarios: Scenario) -> Mapping[str, Scenario]:
    return MappingProxyType({scenario.name: scenario for scenario in scenarios})


SCENARIOS: Final = _registry(
    Scenario("tool-loop", "runs three shell commands, one after the other, then answers", tool_loop),
    Scenario("text", "answers with one line of text", text),
    Scenario("multi-turn", "numbers its answers by the user's turns, across `codex exec resume` too", multi_turn),
    Scenario("long-stream", "answers in 500 deltas", long_stream),
    Scenario("non-ascii", "writes umlauts, CJK, emoji and combining accents to shell and user", non_ascii),
    Scenario("write-stdin", "starts a program and types into it with write_stdin", write_stdin),
    Scenario("sub-agents", "spawns a sub-agent, waits for it and closes it", sub_agents),
    Scenario("three-sub-agents", "spawns three sub-agents at once and waits for all", partial(sub_agents, 3)),
    Scenario("parallel-calls", "runs three shell commands at the same time", parallel_calls),
    Scenario("code-mode", "runs a program that reports, yields and is waited for", code_mode),
    Scenario("hosted-tools", "searches, draws and asks an MCP server on its own side", hosted_tools),
    Scenario("notices", "tells of rate limits, its model and safety checks, then answers", notices),
    Scenario("compressed", "runs two shell commands; its answers are compressed", compressed),
    Scenario("held", "stops in its first answer until it is interrupted or left", held),
    Scenario("approvals", "removes a file, then writes one", approvals),
    Scenario("review", "looks at the files, then reviews them", review),
    Scenario("compaction", "fills the context window, so that Codex compacts", compaction),
    Scenario("bad-request", "refuses every request with 400", bad_request),
    Scenario("rate-limit", "refuses every request with 429 and x-codex-* headers", rate_limit),
    Scenario("server-error-then-fine", "breaks once with 500, then answers", server_error_then_fine),
    Scenario("cut-stream", "hangs up once in the middle of a stream, then answers", cut_stream),
    Scenario("failed", "ends every stream in response.failed", failed),
    Scenario("refuse-websocket", "refuses WebSocket with 426 and answers over HTTP", refuse_websocket),
)
"""All scenarios, in the order in which to try them."""
