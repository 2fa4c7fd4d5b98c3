"""Every scenario, driven by the real Codex CLI."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_codex_replay.upstream import SCENARIOS, ReceivedRequest, Script, ScriptedUpstream
from pytest_codex_replay.upstream.catalogue import OLDER, TODAY
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


@dataclass(kw_only=True)
class AppServer:
    """The real `codex app-server`, asked over its stdin: one thread, one turn after the other."""

    process: subprocess.Popen[str]
    thread: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def ask(self, method: str, **params: object) -> dict:
        """Send a request; return its result."""
        self.asked += 1
        self._send(id=self.asked, method=method, params=params | self.thread)
        answer = self.until(lambda message: message.get("id") == self.asked)
        assert "result" in answer, answer
        return answer["result"]

    def until(self, is_it: Callable[[dict], bool]) -> dict:
        """Return the first message that is the wanted one."""
        assert self.process.stdout is not None
        return next(message for line in self.process.stdout if is_it(message := json.loads(line)))

    def begin(self, model: str, work: str) -> None:
        """Begin a thread."""
        self.ask("initialize", clientInfo={"name": "test", "title": "Test", "version": "0"})
        self._send(method="initialized")
        started = self.ask("thread/start", model=model, cwd=work, approvalPolicy="never", sandbox="danger-full-access")
        self.thread = {"threadId": started["thread"]["id"]}

    def say(self, text: str) -> str:
        """Begin a turn; return its id."""
        return self.ask("turn/start", input=[{"type": "text", "text": text}])["turn"]["id"]

    def end_of_turn(self) -> str:
        """Wait for the end of a turn; return how it ended."""
        ended = self.until(lambda message: message.get("method") == "turn/completed")
        return ended["params"]["turn"]["status"]

    def _send(self, **message: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()


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

    @contextmanager
    def app_server(self, upstream: ScriptedUpstream, transport: str, model: str) -> Iterator[AppServer]:
        """An app-server with a thread; it ends with its stdin."""
        flags = [flag for setting in [*self._provider(upstream, transport), *QUIET] for flag in ("-c", setting)]
        process = subprocess.Popen(
            [self.binary, "app-server", *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self._environment(),
        )
        server = AppServer(process=process)
        with process:
            server.begin(model, str(self._made("work")))
            yield server

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


@pytest.fixture(params=[TODAY, OLDER])
def model(request: pytest.FixtureRequest) -> str:
    return request.param


def play(codex: Codex, script: Script, transport: str, model: str = OLDER, *options: str) -> Run:
    with ScriptedUpstream(script) as upstream:
        return codex.run(upstream, transport, "-m", model, *options)


def outputs_of(run: Run) -> list[str]:
    return [item["aggregated_output"] for item in run.items("command_execution")]


def test_tool_loop(codex: Codex, transport: str, model: str) -> None:
    """Codex runs each command, and hears the answer."""
    run = play(codex, tool_loop(4), transport, model)

    assert outputs_of(run) == [f"step-{number}\n" for number in range(1, 5)]
    assert (run.exit_code, run.answer) == (0, "All 4 steps are done.")


def test_tool_loop_with_the_model_that_codex_takes_by_itself(codex: Codex) -> None:
    """It is the one of today: newer models have their tools in the input, and call them from JavaScript."""
    with ScriptedUpstream(tool_loop(2)) as upstream:
        run = codex.run(upstream, "builtin")

    assert outputs_of(run) == ["step-1\n", "step-2\n"]
    assert run.answer == "All 2 steps are done."
    assert {call.body["model"] for call in run.model_calls} == {TODAY}


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
def test_compaction(codex: Codex, provider: str, implementation: str, model: str) -> None:
    """A custom provider is asked for a summary in words, the built-in one for an opaque item."""
    run = play(codex, SCENARIOS["compaction"].script(), provider, model)

    kinds = [json.loads(call.body["client_metadata"]["x-codex-turn-metadata"]) for call in run.model_calls]
    assert [kind["request_kind"] for kind in kinds] == ["turn", "compaction", "turn"]
    assert kinds[1]["compaction"]["implementation"] == implementation
    assert run.answer == "I carry on from the compacted history."


def test_sub_agents(codex: Codex, transport: str, model: str) -> None:
    """The child has its own thread in the session of its parent; both generations of tools work."""
    run = play(codex, SCENARIOS["sub-agents"].script(), transport, model)

    metadata = [call.body["client_metadata"] for call in run.model_calls]
    assert len({each["thread_id"] for each in metadata}) == 2
    assert len({each["session_id"] for each in metadata}) == 1
    assert run.answer == "The sub-agent is there."


def test_write_stdin(codex: Codex, transport: str, model: str) -> None:
    """What was typed reaches the program that Codex keeps running."""
    run = play(codex, SCENARIOS["write-stdin"].script(), transport, model)

    assert any("got-hello" in output for output in outputs_of(run))
    assert run.answer == "The program has read what I typed."


def test_three_sub_agents(codex: Codex, transport: str, model: str) -> None:
    """All at once, each in a thread of its own."""
    run = play(codex, SCENARIOS["three-sub-agents"].script(), transport, model)

    assert len({call.body["client_metadata"]["thread_id"] for call in run.model_calls}) == 4
    assert run.answer == "All 3 sub-agents are there."


def test_tools_that_are_searched_for(codex: Codex) -> None:
    """The built-in provider gives a model of the older shape its sub-agents only when it looks for them."""
    run = play(codex, SCENARIOS["sub-agents"].script(), "builtin")

    found = [item for call in run.model_calls for item in call.body["input"] if item["type"] == "tool_search_output"]
    assert found
    assert run.answer == "The sub-agent is there."


def test_parallel_calls(codex: Codex, transport: str, model: str) -> None:
    """One answer, three commands, one request with what they printed."""
    run = play(codex, SCENARIOS["parallel-calls"].script(), transport, model)

    assert sorted(outputs_of(run)) == ["parallel-1\n", "parallel-2\n", "parallel-3\n"]
    assert (run.answer, len(run.model_calls)) == ("All 3 are done.", 2)


def test_code_mode(codex: Codex, transport: str) -> None:
    """A program that yields is waited for; what it says in between, and in the end, is in the last request."""
    run = play(codex, SCENARIOS["code-mode"].script(), transport, TODAY)

    outputs = [item["output"] for call in run.model_calls for item in call.body["input"] if "output" in item]
    assert outputs_of(run) == ["from-within\n"]
    assert all(any(text in json.dumps(output) for output in outputs) for text in ("on its way", "the end"))
    assert run.answer == "The program has ended."


def test_hosted_tools(codex: Codex, transport: str, model: str) -> None:
    """Codex takes the items as they are, and goes on."""
    run = play(codex, SCENARIOS["hosted-tools"].script(), transport, model)

    assert [item["query"] for item in run.items("web_search")] == ["weather in Cologne"]
    assert (run.answer, len(run.model_calls)) == ("Found, drawn and asked.", 1)


def test_notices(codex: Codex, transport: str, model: str) -> None:
    """Codex listens to them: it tells who asked for one model that another one has answered."""
    run = play(codex, SCENARIOS["notices"].script(), transport, model)

    rerouted = [item["message"] for item in run.items("error") if TODAY in item["message"]]
    assert bool(rerouted) is (model == OLDER)
    assert run.answer == "All is well."


def test_compressed(codex: Codex, model: str) -> None:
    """Codex asks for zstd, and reads it."""
    run = play(codex, SCENARIOS["compressed"].script(), "sse", model)

    assert {call.headers["accept-encoding"] for call in run.model_calls} == {"zstd,gzip"}
    assert run.answer == "All 2 steps are done."


def test_a_held_answer_that_is_steered(codex: Codex) -> None:
    """A model of today is interrupted over WebSocket; the next request builds on what is left of its answer."""
    with ScriptedUpstream(SCENARIOS["held"].script()) as upstream:
        with codex.app_server(upstream, "websocket", TODAY) as server:
            turn = server.say("Count.")
            assert upstream.holding.wait(30)
            server.ask("turn/steer", expectedTurnId=turn, input=[{"type": "text", "text": "Be brief."}])
            ended = server.end_of_turn()
        frames = [request.body for request in upstream.requests if request.method == "FRAME"]

    interrupt, again = frames[-2:]
    assert (interrupt["type"], interrupt["response_id"]) == ("response.interrupt", again["previous_response_id"])
    assert [item["content"][0]["text"] for item in again["input"]] == ["Be brief."]
    assert ended == "completed"


def test_a_held_answer_that_is_left(codex: Codex, transport: str, model: str) -> None:
    """The client closes it, and says in the next turn that the user did not want it."""
    with ScriptedUpstream(SCENARIOS["held"].script()) as upstream:
        with codex.app_server(upstream, transport, model) as server:
            turn = server.say("Count.")
            assert upstream.holding.wait(30)
            server.ask("turn/interrupt", turnId=turn)
            ended = [server.end_of_turn()]
            server.say("Again.")
            ended.append(server.end_of_turn())
        last = upstream.requests[-1].body

    assert ended == ["interrupted", "completed"]
    assert "<turn_aborted>" in json.dumps(last["input"])


def test_approvals(codex: Codex) -> None:
    """Without anybody to ask, the file is removed, or is not there."""
    run = play(codex, SCENARIOS["approvals"].script(), "websocket", TODAY)

    assert run.answer == "I have tried."


def test_review(codex: Codex, transport: str) -> None:
    """A thread of its own looks at the changes, by a prompt that Codex wrote."""
    run = play(codex, SCENARIOS["review"].script(), transport, TODAY, "review")

    kinds = [json.loads(call.body["client_metadata"]["x-codex-turn-metadata"]) for call in run.model_calls]
    assert {kind.get("subagent_kind") for kind in kinds} == {"review"}
    assert "Nothing to find." in run.answer


def test_multi_turn_across_resume(codex: Codex, transport: str) -> None:
    """The second turn comes from another process, and is still the second."""
    with ScriptedUpstream(SCENARIOS["multi-turn"].script()) as upstream:
        first = codex.run(upstream, transport, "-m", OLDER)
        second = codex.run(upstream, transport, "-m", OLDER, resume=first.events[0]["thread_id"])

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
