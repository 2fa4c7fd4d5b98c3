"""The whole path with the real parts: Codex through mitmdump into a session directory, and from there back to Codex.

All that a case needs is recorded first, by one recorder; then recorder and upstream are stopped, and only what
`codex-replay serve` serves is left to answer.
"""

import base64
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli, CodexRun
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.serving import ReplayServer
from pytest_codex_replay.testing.active_replay import start_replay
from pytest_codex_replay.testing.handle import replayed
from pytest_codex_replay.testing.resolved import CassetteState, ResolvedTest
from pytest_codex_replay.upstream import SCENARIOS, Script, ScriptedUpstream

PROMPTS = {"multi-turn": ("Say something.", "And now?")}
KEY = "sk-not-a-real-key"
PLAIN = "gpt-5.5"
"""Has its tools as plain functions."""
CODE_MODE = ""
"""Codex's own default: calls its tools from JavaScript."""
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is recorded."""

    scenario: str
    provider: str = "builtin"
    """`sse` and `websocket` are custom providers, without and with `supports_websockets`."""
    model: str = PLAIN

    def talk(self, binary: str, place: Path, base_url: str, provider: str = "") -> tuple[CodexRun, ...]:
        """Hold the conversation in a home and a directory of its own, a process for each prompt."""
        args = [*provider_args(provider or self.provider, base_url), *(["-m", self.model] if self.model else [])]
        codex = codex_in(place, binary, args)
        runs: list[CodexRun] = []
        for prompt in PROMPTS.get(self.scenario, ("Do it.",)):
            runs.append(codex.exec(prompt, resume=runs[0].thread_id if runs else None))
        return tuple(runs)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a case left behind."""

    session: Path
    runs: tuple[CodexRun, ...]


@dataclass(kw_only=True)
class Stage:
    """A script for the scripted upstream that can be exchanged while it runs."""

    script: Script = field(default_factory=SCENARIOS["text"].script)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.script, name)


def provider_args(provider: str, base_url: str) -> tuple[str, ...]:
    args = codex_args(base_url)
    if provider == "builtin":
        return args
    supports = str(provider == "websocket").lower()
    keys = f'base_url="{base_url}",env_key="K",wire_api="responses",supports_websockets={supports}'
    return (*args, "-c", "model_provider=x", "-c", f'model_providers.x={{name="x",{keys}}}')


def codex_in(place: Path, binary: str, args: list[str], **env: str) -> CodexCli:
    (place / "workspace").mkdir(parents=True)
    own = {"CODEX_API_KEY": KEY, "K": KEY}
    return CodexCli(Path(binary), home=place / "home", cwd=place / "workspace", args=args, env=own | env)


@pytest.fixture(scope="module")
def recordings(
    request: pytest.FixtureRequest, codex_binary: str, mitmdump_binary: str, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[Case, Recording]:
    """All cases of the tests that were selected; nothing listens upstream any more."""
    mine = [
        item.callspec.params
        for item in request.session.items
        if item.module is request.module
        if hasattr(item, "callspec")
    ]
    cases = dict.fromkeys(params["case"] for params in mine if "case" in params)
    place = tmp_path_factory.mktemp("recorded")
    stage = Stage()
    with (
        ScriptedUpstream(stage) as upstream,
        RecorderProcess(
            RecordingSetup(archive=place / "archive", upstream=upstream.base_url), mitmdump=Path(mitmdump_binary)
        ) as recorder,
    ):
        runs = {}
        for number, case in enumerate(cases):
            stage.script = SCENARIOS[case.scenario].script()
            runs[case] = case.talk(codex_binary, place / str(number), recorder.base_url)
    return {case: Recording(session=place / "archive" / str(of[0].thread_id), runs=of) for case, of in runs.items()}


@contextmanager
def serving(path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A `codex-replay serve` of its own: its base URL, and the process, ended and waited for."""
    command = [sys.executable, "-m", "pytest_codex_replay.cli", "serve", str(path), "--match", "strict"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["base_url"], server
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def shown(runs: tuple[CodexRun, ...], *, across: bool = False) -> list[Any]:
    """What Codex reports, without what it mints: ids of threads, which name sub-agents.

    A sub-agent just started is `pending_init` or `running`, whichever its own task has come to: both are one here.
    `across` transports the reason of an error counts, not the envelope that Codex shows it in, nor what it says about
    the connection that broke.
    """
    errors = [[reason(error) for error in run.errors if "Reconnecting" not in error] for run in runs]
    told = errors if across else [run.errors for run in runs]
    text = json.dumps([[run.exit_code, run.items, error] for run, error in zip(runs, told, strict=True)])
    return json.loads(UUID.sub("<id>", text.replace('"status": "pending_init"', '"status": "running"')))


def without_lost_items(runs: tuple[CodexRun, ...], others: tuple[CodexRun, ...]) -> tuple[CodexRun, ...]:
    """Leave out commands that only one of two conversations reports, and with them the numbers of items.

    A command that outlives its call is reported by a task of its own, which the end of the turn may overtake. What it
    printed is in the next request all the same, and compared there.
    """
    reported = [item.get("command") for run in others for item in run.items]
    return tuple(
        replace(
            run,
            events=tuple(
                event | {"item": event["item"] | {"id": ""}} if "item" in event else event
                for event in run.events
                if "item" not in event or event["item"].get("command") in reported
            ),
        )
        for run in runs
    )


def by_command(runs: tuple[CodexRun, ...]) -> tuple[CodexRun, ...]:
    """Put commands that ran at the same time, and were reported as each came to its end, in one order."""
    return tuple(
        replace(
            run,
            events=tuple(
                {"type": "item.completed", "item": item | {"id": ""}}
                for item in sorted(run.items, key=lambda item: item.get("command", "~"))
            ),
        )
        for run in runs
    )


def reason(error: str) -> str:
    try:
        return json.loads(error)["error"]["message"]
    except json.JSONDecodeError:
        return error


def plan(scenario: str, provider: str, *replayed_over: str, model: str = PLAIN) -> list[Any]:
    case = Case(scenario=scenario, provider=provider, model=model)
    return [
        pytest.param(case, over, id=f"{scenario}-{provider}-to-{over}-{model or 'code-mode'}") for over in replayed_over
    ]


@pytest.mark.parametrize(
    ("case", "over"),
    [
        *plan("tool-loop", "sse", "sse", "websocket"),
        *plan("tool-loop", "websocket", "sse", "websocket", "builtin"),
        *plan("tool-loop", "builtin", "builtin", model=CODE_MODE),
        *plan("write-stdin", "websocket", "sse", "websocket"),
        *plan("write-stdin", "builtin", "builtin", model=CODE_MODE),
        *plan("sub-agents", "websocket", "sse", "websocket"),
        *plan("sub-agents", "builtin", "builtin", model=CODE_MODE),
        *plan("code-mode", "websocket", "sse", model=CODE_MODE),
        *plan("code-mode", "builtin", "builtin", model=CODE_MODE),
        *plan("parallel-calls", "websocket", "sse"),
        *plan("hosted-tools", "websocket", "sse", "websocket"),
        *plan("hosted-tools", "builtin", "builtin", model=CODE_MODE),
        *plan("notices", "websocket", "websocket"),
        *plan("notices", "sse", "sse", model=CODE_MODE),
        *plan("compressed", "sse", "sse", "websocket"),
        *plan("compressed", "sse", "sse", model=CODE_MODE),
        *plan("compaction", "sse", "sse", "websocket"),  # a custom provider is asked for a summary in words,
        *plan("compaction", "builtin", "builtin", model=CODE_MODE),  # the built-in one for an opaque item
        *plan("multi-turn", "sse", "sse", "websocket"),
        *plan("multi-turn", "builtin", "builtin", model=CODE_MODE),
        *plan("non-ascii", "sse", "websocket"),
        *plan("bad-request", "websocket", "websocket", "sse"),
        *plan("rate-limit", "sse", "sse", "websocket"),
        *plan("server-error-then-fine", "sse", "websocket"),
        *plan("cut-stream", "sse", "sse", "websocket"),
        *plan("cut-stream", "websocket", "websocket"),
        *plan("failed", "websocket", "sse"),
        *plan("refuse-websocket", "builtin", "builtin"),
    ],
)
def test_codex_shows_the_same_items(
    case: Case, over: str, recordings: Mapping[Case, Recording], codex_binary: str, tmp_path: Path
) -> None:
    """Replayed in another directory, by another process, over either transport: Codex reports what it reported.

    Of the recording everything is asked for, and nothing else; tool outputs and all, by --match strict.
    """
    recording = recordings[case]

    with ReplayServer(recording.session, match="strict") as server:
        runs = case.talk(codex_binary, tmp_path, server.base_url, over)

    across = over != case.provider
    recorded = recording.runs
    if case.scenario == "write-stdin":
        recorded, runs = without_lost_items(recorded, runs), without_lost_items(runs, recorded)
    if case.scenario == "parallel-calls":
        recorded, runs = by_command(recorded), by_command(runs)
    assert shown(runs, across=across) == shown(recorded, across=across)
    assert (server.report.is_clean, server.report.unused) == (True, ())


TEST_OF_A_USER = """
    import pytest

    @pytest.mark.codex_replay("tool_loop")
    def test_three_steps(codex_cli):
        run = codex_cli.exec({prompt!r}, "-m", "gpt-5.5")

        assert {claim}
"""


@pytest.fixture
def run_pytest(
    recordings: Mapping[Case, Recording], codex_binary: str, forked_pytest: list[str], pytester: pytest.Pytester
):
    """Run pytest, in a process of its own, on a test of a user that replays the cassette `tool_loop`."""
    pytester.mkdir("cassettes").joinpath("tool_loop").symlink_to(recordings[TOOL_LOOP].session)

    def run(**blanks: str) -> pytest.RunResult:
        pytester.makepyfile(TEST_OF_A_USER.format(**blanks))
        pytester.makeini(f"[pytest]\ncodex_replay_codex = {codex_binary}\n")
        return pytester.run(
            *forked_pytest, "-p", "pytest_codex_replay.plugin", "-p", "no:langsmith_plugin", "--codex-replay"
        )

    return run


TOOL_LOOP = Case(scenario="tool-loop", provider="websocket")


@pytest.mark.parametrize("case", [TOOL_LOOP], ids=["tool-loop"])
def test_the_program_serves_the_same(
    case: Case, recordings: Mapping[Case, Recording], codex_binary: str, tmp_path: Path
) -> None:
    """`codex-replay serve`, a process of its own, and its last line."""
    recording = recordings[case]

    with serving(recording.session) as (base_url, server):
        runs = case.talk(codex_binary, tmp_path, base_url)

    assert shown(runs) == shown(recording.runs)
    assert server.stderr is not None
    assert ", 0 missed, 0 unused." in server.stderr.read()
    assert server.returncode == 0


@pytest.mark.parametrize("case", [TOOL_LOOP], ids=["tool-loop"])
def test_pytest_replays_to_the_real_codex(case: Case, run_pytest) -> None:
    """`codex_cli` gets from the cassette what the real upstream gave."""
    result = run_pytest(prompt="Do it.", claim="run.message == 'All 3 steps are done.'")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["codex-replay: 1 test, 4 interactions served (* normalised), 0 missed, 0 unused"])


@pytest.mark.parametrize("case", [TOOL_LOOP], ids=["tool-loop"])
def test_pytest_says_which_turn_differs_and_how(case: Case, run_pytest) -> None:
    """A changed prompt fails the test, even one that does not look at what Codex answered."""
    result = run_pytest(prompt="Do that.", claim="run.items")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "cassettes/tool_loop: turn 1 sent a request that matches no interaction.",
            '*nearest: interaction 2, differs in input[[]*[]].content[[]0[]].text ("Do it." -> "Do that.")',
        ]
    )


def test_codex_through_the_https_proxy(codex_binary: str, mitmdump_program: str, tmp_path: Path) -> None:
    """The built-in provider, its address unchanged, is recorded through a proxy whose certificate Codex trusts.

    WebSocket frames and background requests are in one session. It replays to a Codex that asks for no models: it is
    told of those that were recorded. The key is in no file.
    """
    archive, quiet = tmp_path / "archive", list(codex_args("")[2:])
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream:
        here = ("--map-remote", f"|https://[^/]+/|{upstream.base_url.removesuffix('v1')}")
        setup = RecordingSetup(archive=archive, upstream=None, confdir=tmp_path / "mitmproxy", extra=here)
        with RecorderProcess(setup, mitmdump=Path(mitmdump_program)) as recorder:
            recorded = codex_in(tmp_path / "recorded", codex_binary, quiet, **recorder.proxy_env).exec("Do it.")
    (session,) = archive.iterdir()
    replay = start_replay(ResolvedTest(cassette=CassetteState(directory=archive, name=session.name)))

    with EngineServer(replay.engine) as server:
        (tmp_path / "home").mkdir()
        handle = replayed(server.base_url, replay, home=tmp_path / "home")
        again = codex_in(tmp_path / "replayed", codex_binary, list(handle.codex_args)).exec("Do it.")

    assert session.name == recorded.thread_id
    assert {one.endpoint for one in replay.cassette.interactions} == {Endpoint.RESPONSES, Endpoint.MODELS}
    assert shown((again,)) == shown((recorded,))
    assert (replay.engine.report.is_clean, replay.engine.report.unused) == (True, ())
    assert KEY.encode() not in contents(archive)


ACCOUNT = "11111111-2222-4333-8444-555555555555"


def log_in(home: Path) -> None:
    """Make `home` that of someone who is signed in with ChatGPT."""
    claims = {"exp": 4_102_444_800, "https://api.openai.com/auth": {"chatgpt_account_id": ACCOUNT}}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "X"}, claims)
    ]
    token = ".".join([*parts, "c2lnbmF0dXJl"])
    tokens = {"id_token": token, "access_token": token, "refresh_token": KEY, "account_id": ACCOUNT}
    home.mkdir(parents=True)
    login = {"auth_mode": "chatgpt", "tokens": tokens, "last_refresh": "2099-01-01T00:00:00Z"}
    (home / "auth.json").write_text(json.dumps(login))


@pytest.mark.parametrize(("transport", "encodings"), [("sse", {"zstd"}), ("websocket", set())])
def test_codex_that_is_signed_in_with_chatgpt(
    transport: str, encodings: set[str], codex_binary: str, mitmdump_binary: str, tmp_path: Path
) -> None:
    """It asks where its account lives, sends its requests in zstd, and is answered in zstd; an API key replays it.

    The tokens are in no file.
    """
    archive, script = tmp_path / "archive", SCENARIOS["compressed"].script()
    script.upgrade = SCENARIOS["refuse-websocket"].script().upgrade if transport == "sse" else None
    with ScriptedUpstream(script) as upstream:
        here = ("--map-remote", f"|https://[^/]+/|{upstream.base_url.removesuffix('v1')}")
        setup = RecordingSetup(archive=archive, upstream=None, confdir=tmp_path / "mitmproxy", extra=here)
        with RecorderProcess(setup, mitmdump=Path(mitmdump_binary)) as recorder:
            log_in(tmp_path / "recorded" / "home")
            env = recorder.proxy_env | {"CODEX_API_KEY": ""}
            recorded = codex_in(tmp_path / "recorded", codex_binary, list(codex_args("")[2:]), **env).exec("Do it.")
        sent = [request for request in upstream.requests if request.path.endswith("codex/responses")]
    (session,) = (path for path in archive.iterdir() if path.name == recorded.thread_id)
    replay = start_replay(ResolvedTest(cassette=CassetteState(directory=archive, name=session.name)))

    with EngineServer(replay.engine) as server:
        (tmp_path / "home").mkdir()
        handle = replayed(server.base_url, replay, home=tmp_path / "home")
        again = codex_in(tmp_path / "replayed", codex_binary, list(handle.codex_args)).exec("Do it.")

    assert {request.headers["chatgpt-account-id"] for request in sent} == {ACCOUNT}
    assert {request.headers.get("content-encoding") for request in sent if request.method == "POST"} == encodings
    assert recorded.message == "All 2 steps are done."
    assert shown((again,)) == shown((recorded,))
    assert (replay.engine.report.is_clean, replay.engine.report.unused) == (True, ())
    assert not any(secret in contents(archive) for secret in (KEY.encode(), b"c2lnbmF0dXJl"))


def contents(archive: Path) -> bytes:
    """All bytes below `archive`, decompressed."""
    files = (path for path in archive.rglob("*") if path.is_file())
    return b"\n".join(
        zstandard.ZstdDecompressor().stream_reader(path.read_bytes(), read_across_frames=True).read()
        if path.suffix == ".zst"
        else path.read_bytes()
        for path in files
    )
