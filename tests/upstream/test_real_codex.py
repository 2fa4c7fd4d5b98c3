"""Every scenario, driven by the real Codex CLI."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_codex_replay.upstream import SCENARIOS, ReceivedRequest, Script, ScriptedUpstream
from pytest_codex_replay.upstream.scenarios import NON_ASCII_TEXT, long_stream, tool_loop

QUIET = [
    "analytics.enabled=false",
    "check_for_update_on_startup=false",
    "features.apps=false",
    "features.plugins=false",
    'otel.metrics_exporter="none"',
]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one `codex exec` did."""

    exit_code: int
    events: list[dict]
    requests: list[ReceivedRequest]

    @property
    def answer(self) -> str:
        """The last message of the model; empty when there was none."""
        return ([item["text"] for item in self.items("agent_message")] or [""])[-1]

    @property
    def errors(self) -> list[str]:
        return [event["message"] for event in self.events if event["type"] == "error"]

    @property
    def model_calls(self) -> list[ReceivedRequest]:
        """Requests that ask the model for something, over whatever transport; prewarms left out."""
        return [
            request
            for request in self.requests
            if request.method in {"POST", "FRAME"} and request.body.get("generate", True)
        ]

    def items(self, kind: str) -> list[dict]:
        return [
            event["item"]
            for event in self.events
            if event["type"] == "item.completed" and event["item"]["type"] == kind
        ]


@dataclass(frozen=True, kw_only=True)
class Codex:
    """The real Codex, in a home and a working directory of its own."""

    binary: str
    folder: Path

    def run(self, upstream: ScriptedUpstream, transport: str, *options: str, resume: str = "") -> Run:
        """Run one turn: `sse` and `websocket` use a custom provider, `builtin` the one of OpenAI."""
        flags = [flag for setting in [*self._provider(upstream, transport), *QUIET] for flag in ("-c", setting)]
        common = ["--json", "--skip-git-repo-check", *flags, *options]
        command = [self.binary, "exec", "-s", "danger-full-access", "-C", str(self._made("work"))]
        command += ["resume", *common, resume, "again"] if resume else [*common, "hello"]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, env=self._environment()
        )
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return Run(exit_code=done.returncode, events=events, requests=list(upstream.requests))

    def _provider(self, upstream: ScriptedUpstream, transport: str) -> list[str]:
        if transport == "builtin":
            return [f'openai_base_url="{upstream.base_url}"']
        websockets = "true" if transport == "websocket" else "false"
        keys = f'base_url="{upstream.base_url}",env_key="K",wire_api="responses",supports_websockets={websockets}'
        return ["model_provider=x", f'model_providers.x={{name="x",{keys}}}']

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return inherited | {"CODEX_HOME": str(self._made("home")), "K": "dummy", "CODEX_API_KEY": "dummy"}

    def _made(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return folder


@pytest.fixture
def codex(codex_binary: str, tmp_path: Path) -> Codex:
    return Codex(binary=codex_binary, folder=tmp_path)


@pytest.fixture(params=["sse", "websocket"])
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


def play(codex: Codex, script: Script, transport: str, model: str = "gpt-5.5") -> Run:
    with ScriptedUpstream(script) as upstream:
        return codex.run(upstream, transport, "-m", model)


def outputs_of(run: Run) -> list[str]:
    return [item["aggregated_output"] for item in run.items("command_execution")]


def test_tool_loop(codex: Codex, transport: str) -> None:
    """Codex runs each command, and hears the answer."""
    run = play(codex, tool_loop(4), transport)

    assert outputs_of(run) == [f"step-{number}\n" for number in range(1, 5)]
    assert (run.exit_code, run.answer) == (0, "All 4 steps are done.")


@pytest.mark.parametrize("model_option", [[], ["-m", "gpt-6.2-sol"]], ids=["default model", "code mode"])
def test_tool_loop_with_the_models_of_codex(codex: Codex, model_option: list[str]) -> None:
    """Newer models have their tools in the input, and call them from JavaScript."""
    with ScriptedUpstream(tool_loop(2)) as upstream:
        run = codex.run(upstream, "builtin", *model_option)

    assert outputs_of(run) == ["step-1\n", "step-2\n"]
    assert run.answer == "All 2 steps are done."


def test_text(codex: Codex, transport: str) -> None:
    """One request, one answer."""
    run = play(codex, SCENARIOS["text"].script(), transport)

    assert (run.exit_code, run.answer, len(run.model_calls)) == (0, "Hello from the scripted upstream.", 1)


def test_websocket_sends_only_what_is_new(codex: Codex) -> None:
    """Codex builds on every response: so the items that it got round-trip as they were sent."""
    run = play(codex, tool_loop(2), "websocket")

    previous = [call.body.get("previous_response_id") for call in run.model_calls]
    assert previous == ["resp_0001", "resp_0002", "resp_0003"]
    assert [item["type"] for item in run.model_calls[-1].body["input"]] == ["function_call_output"]


def test_long_stream(codex: Codex, transport: str) -> None:
    """Not a delta is lost."""
    run = play(codex, long_stream(300), transport)

    assert run.answer.split() == [f"{number:05d}" for number in range(300)]


def test_non_ascii(codex: Codex, transport: str) -> None:
    """The text comes back from the shell, and from the model, as it was."""
    run = play(codex, SCENARIOS["non-ascii"].script(), transport)

    assert outputs_of(run) == [NON_ASCII_TEXT + "\n"]
    assert run.answer == NON_ASCII_TEXT


@pytest.mark.parametrize("name", ["bad-request", "rate-limit", "failed"])
def test_what_codex_does_not_try_again(codex: Codex, transport: str, name: str) -> None:
    """One request, a failed turn, and the reason."""
    run = play(codex, SCENARIOS[name].script(), transport)

    reasons = {
        "bad-request": "does not like this request",
        "rate-limit": "usage limit",
        "failed": "The scripted upstream fails this response.",
    }
    assert (run.exit_code, len(run.model_calls)) == (1, 1)
    assert reasons[name] in run.errors[-1]


@pytest.mark.parametrize(
    ("name", "answer"),
    [("server-error-then-fine", "Fine at the second attempt."), ("cut-stream", "This time to the very end.")],
)
def test_what_codex_tries_again(codex: Codex, transport: str, name: str, answer: str) -> None:
    """Two requests, and a turn that ends well."""
    run = play(codex, SCENARIOS[name].script(), transport)

    assert (run.exit_code, run.answer, len(run.model_calls)) == (0, answer, 2)


@pytest.mark.parametrize(
    ("provider", "implementation"),
    [("sse", "responses"), ("websocket", "responses"), ("builtin", "responses_compaction_v2")],
)
def test_compaction(codex: Codex, provider: str, implementation: str) -> None:
    """A custom provider is asked for a summary in words, the built-in one for an opaque item."""
    run = play(codex, SCENARIOS["compaction"].script(), provider)

    kinds = [json.loads(call.body["client_metadata"]["x-codex-turn-metadata"]) for call in run.model_calls]
    assert [kind["request_kind"] for kind in kinds] == ["turn", "compaction", "turn"]
    assert kinds[1]["compaction"]["implementation"] == implementation
    assert run.answer == "I carry on from the compacted history."


@pytest.mark.parametrize("model", ["gpt-5.5", "gpt-6.2-sol"])
def test_sub_agents(codex: Codex, transport: str, model: str) -> None:
    """The child has its own thread in the session of its parent; both generations of tools work."""
    run = play(codex, SCENARIOS["sub-agents"].script(), transport, model)

    metadata = [call.body["client_metadata"] for call in run.model_calls]
    assert len({each["thread_id"] for each in metadata}) == 2
    assert len({each["session_id"] for each in metadata}) == 1
    assert run.answer == "The sub-agent is there."


@pytest.mark.parametrize("model", ["gpt-5.5", "gpt-6.2-sol"])
def test_write_stdin(codex: Codex, transport: str, model: str) -> None:
    """What was typed reaches the program that Codex keeps running."""
    run = play(codex, SCENARIOS["write-stdin"].script(), transport, model)

    assert any("got-hello" in output for output in outputs_of(run))
    assert run.answer == "The program has read what I typed."


def test_multi_turn_across_resume(codex: Codex, transport: str) -> None:
    """The second turn comes from another process, and is still the second."""
    with ScriptedUpstream(SCENARIOS["multi-turn"].script()) as upstream:
        first = codex.run(upstream, transport, "-m", "gpt-5.5")
        second = codex.run(upstream, transport, "-m", "gpt-5.5", resume=first.events[0]["thread_id"])

    assert (first.answer, second.answer) == ("This is answer 1.", "This is answer 2.")


@pytest.mark.parametrize("provider", ["websocket", "builtin"])
def test_refuse_websocket(codex: Codex, provider: str) -> None:
    """One upgrade, then HTTP."""
    run = play(codex, SCENARIOS["refuse-websocket"].script(), provider)

    assert [request.method for request in run.requests] == ["GET", "POST"]
    assert run.answer == "Answered over HTTP."


def test_the_prewarm_may_come_first(codex: Codex) -> None:
    """Over WebSocket Codex warms up before the turn; it is answered, and the turn builds on it."""
    run = play(codex, SCENARIOS["text"].script(), "websocket")

    prewarms = [request for request in run.requests if request.method == "FRAME" and request not in run.model_calls]
    assert [prewarm.body["generate"] for prewarm in prewarms] == [False]
    assert run.model_calls[0].body["previous_response_id"] == "resp_0001"


def test_the_scenarios_are_all_here() -> None:
    """A scenario without a test against the real Codex is not done."""
    source = Path(__file__).read_text(encoding="utf-8")

    missing = [name for name in SCENARIOS if name not in source and f"{name.replace('-', '_')}(" not in source]
    assert missing == []
