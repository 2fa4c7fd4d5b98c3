"""The scenarios of the scripted upstream, by name.

Wherever it can, a scenario looks at the conversation, and not at a clock or the order of requests. So a retry, a
resumed session or a second client gets the matching answer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from pytest_codex_replay.upstream.events import Usage
from pytest_codex_replay.upstream.script import Cue, ErrorReply, Reply, Script

NON_ASCII_TEXT: Final = "Grüße aus Köln: 世界こんにちは, e\u0301 and n\u0303, 👩\u200d👩\u200d👧 👍🏽 🇩🇪 𝄞"
"""Umlauts, CJK, combining accents, joined and coloured emoji, a flag, a character beyond the basic plane."""

_SESSION_ID: Final = re.compile(r"""session(?: ID |_id": ?)(\d+)""")
"""In prose from `exec_command` itself, in JSON when it was called from within `exec`."""

_AGENT_ID: Final = re.compile(r'"agent_id": ?"([^"]+)"')

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


def sub_agents() -> Script:
    """Return a script that spawns a sub-agent, waits for it, closes it where that is possible, and reports.

    The agent id is minted by Codex: it is read from the tool output, and given back. Codex 0.169 offers two generations
    of these tools: `multi_agent_v1` knows agents by id; `collaboration` by task name, waits for all, and closes none.
    """

    def answer(cue: Cue) -> Reply:
        return _as_sub_agent(cue) if cue.request.is_subagent else _as_root(cue)

    return Script(answer)


def _as_root(cue: Cue) -> Reply:
    if cue.step == 0:
        return _spawn(cue)
    agent_id = _AGENT_ID.search(cue.outputs[0])
    if cue.step == 1:
        targets = {"targets": [agent_id[1]]} if agent_id else {}
        return cue.call("wait_agent", targets | {"timeout_ms": 30_000})
    if cue.step == 2 and agent_id:  # noqa: PLR2004
        return cue.call("close_agent", {"target": agent_id[1]})
    return cue.say("The sub-agent is there.")


def _spawn(cue: Cue) -> Reply:
    arguments = {"message": "Say that you are there."}
    offer = cue.offered.get("spawn_agent")
    if offer is not None and "task_name" in offer.parameters:
        arguments |= {"task_name": "greeter", "fork_turns": "none"}
    return cue.call("spawn_agent", arguments)


def _as_sub_agent(cue: Cue) -> Reply:
    if cue.step == 0:
        return cue.shell("echo sub-agent")
    return cue.say("I am there.")


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
    Scenario("compaction", "fills the context window, so that Codex compacts", compaction),
    Scenario("bad-request", "refuses every request with 400", bad_request),
    Scenario("rate-limit", "refuses every request with 429 and x-codex-* headers", rate_limit),
    Scenario("server-error-then-fine", "breaks once with 500, then answers", server_error_then_fine),
    Scenario("cut-stream", "hangs up once in the middle of a stream, then answers", cut_stream),
    Scenario("failed", "ends every stream in response.failed", failed),
    Scenario("refuse-websocket", "refuses WebSocket with 426 and answers over HTTP", refuse_websocket),
)
"""All scenarios, in the order in which to try them."""
