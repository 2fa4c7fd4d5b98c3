"""Records the cassettes of this directory anew: `make cassettes`, or `python cassettes/record.py NAME…` for some.

The real Codex CLI talks to the scripted upstream through the real recorder; what was recorded is redacted.
"""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from pytest_codex_replay.archive.value_files import unused_values
from pytest_codex_replay.errors import AppServerError
from pytest_codex_replay.launch.app_server import AppServer
from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli, find_codex
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.report import Report
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.wire.responses import Outcome

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Scene:
    """What to record: the upstream's script, and the user's input, turn by turn."""

    scenario: str
    prompts: tuple[str, ...]
    is_sse: bool = False
    """The upstream declines WebSocket, so Codex speaks SSE."""
    exit_code: int = 0
    args: tuple[str, ...] = ()
    """For `codex exec`; without a model it takes its own, of today."""
    is_left: bool = False
    """The user leaves the first turn with Ctrl-C, once the answer is held."""
    is_app: bool = False
    """An app-server is driven, not `codex exec`."""
    steering: str = ""
    """What the user says in the middle of an answer, to the app-server."""
    approvals: Mapping[str, str] = field(default_factory=dict)
    """What the user answers when the app-server asks."""


OLDER = ("-m", "gpt-5.5")
"""Tools as plain functions, instructions in a member of their own, sub-agents of the first generation."""
HELD_DELTAS = 4
"""How many deltas the scenario `held` sends."""
SCENES = {
    "sse-tool-loop": Scene("tool-loop", ("Do the three steps.",), is_sse=True),
    "websocket-tool-loop": Scene("tool-loop", ("Do the three steps.",)),
    "rate-limit": Scene("rate-limit", ("Say hello.",), exit_code=1),
    "resume": Scene("multi-turn", ("My name is Ada.", "What is my name?", "Thank you.")),
    "non-ascii": Scene("non-ascii", ("Grüße! Sag etwas auf Japanisch: 世界 👋",)),
    "sub-agents": Scene("sub-agents", ("Let a sub-agent greet me.",)),
    "three-sub-agents": Scene("three-sub-agents", ("Let three sub-agents greet me.",)),
    "compaction": Scene("compaction", ("Go on until it is full.",)),
    "interrupted": Scene("held", ("Count as far as you can.", "Stop counting."), is_left=True),
    "steered": Scene("held", ("Count as far as you can.",), is_app=True, steering="Stop at five."),
    "app-server": Scene(
        "approvals",
        ("Clean up.", "Then write down that it is clean."),
        is_app=True,
        approvals={"*rm *": "decline", "*touch *": "accept"},
    ),
    "review": Scene("review", ("Look at what is here.",), args=("review",)),
    "older-tool-loop": Scene("tool-loop", ("Do the three steps.",), is_sse=True, args=OLDER),
    "older-sub-agents": Scene("sub-agents", ("Let a sub-agent greet me.",), args=OLDER),
}


def record(scene: Scene, work: Path, binary: Path | None = None) -> Path:
    """Record a scene with a Codex, which is looked for when none is named; return the archive."""
    archive, cwd = work / "sessions", work / "workspace"
    cwd.mkdir()
    script = SCENARIOS[scene.scenario].script()
    if scene.is_sse:
        script.upgrade = SCENARIOS["refuse-websocket"].script().upgrade
    with ScriptedUpstream(script) as upstream:
        setup = RecordingSetup(archive=archive, upstream=upstream.base_url, codex_home=work / "codex-home")
        with RecorderProcess(setup) as recorder:
            env = {"CODEX_API_KEY": "sk-no-key-is-needed", "HOME": str(work)}  # no start-up files of a shell
            args = codex_args(recorder.base_url)
            codex = CodexCli(binary or find_codex(), home=work / "codex-home", cwd=cwd, args=args, env=env)
            talk(codex, scene, upstream.holding)
    return archive


def talk(codex: CodexCli, scene: Scene, holding: Event) -> str:
    """Say what the scene says, turn by turn; return the last answer. `holding` is set once an answer is held."""
    if scene.is_app:
        codex.args += scene.args
        with AppServer(codex) as app:
            return talk_to_app(app, scene)
    prompts, thread = scene.prompts, None
    if scene.is_left:
        thread, *prompts = leave(codex, prompts[0], *scene.args, holding=holding), *prompts[1:]
    for prompt in prompts:
        run = codex.exec(prompt, *scene.args, resume=thread)
        thread = run.thread_id
        if run.exit_code != scene.exit_code:
            sys.exit(f"{scene.scenario}: codex exec ended with {run.exit_code}: {run.errors} {run.stderr}")
    return run.message


def talk_to_app(app: AppServer, scene: Scene) -> str:
    """Say it to an app-server; steer the turn once all of the answer has come that comes before it is held."""
    thread = app.start_thread()
    for prompt in scene.prompts:
        turn = thread.start(prompt, approvals=scene.approvals)
        for _ in range(HELD_DELTAS if scene.steering else 0):
            turn.wait_for("item/agentMessage/delta")
        if scene.steering:
            turn.steer(scene.steering)
        result = turn.result()
        if result.status != "completed":
            sys.exit(f"{scene.scenario}: a turn of the app-server {result.status}: {result.error}")
    return result.text


def leave(codex: CodexCli, prompt: str, *args: str, holding: Event) -> str:
    """Begin a turn, and press Ctrl-C in the middle of the answer; return the thread."""
    codex.home.mkdir(exist_ok=True)
    options = ["-s", codex.sandbox, "--json", "--skip-git-repo-check", *codex.args, *args]
    command = [str(codex.binary), "exec", *options, prompt]
    with subprocess.Popen(  # noqa: S603  what it runs is Codex
        command, cwd=codex.cwd, env=codex.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        if not holding.wait(60):
            process.kill()
            sys.exit(f"{prompt}: no answer was held")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    return str(next(event["thread_id"] for event in map(json.loads, output.splitlines()) if "thread_id" in event))


class Watched(Engine):
    """Tells when the client has all that it got of an answer before it left."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.holding = Event()

    def delivered(self, interaction: Interaction) -> None:
        super().delivered(interaction)
        if interaction.outcome is Outcome.CLIENT_GONE:
            self.holding.set()


@dataclass(frozen=True)
class Replayed:
    """How a replay went."""

    report: Report
    answer: str
    """The last of the model."""
    error: str
    """Why the client did not come to its end; empty: it did."""


def replay(scene: Scene, cassette: Path, work: Path, *, binary: Path, level: MatchLevel) -> Replayed:
    """Say again what was recorded of a scene, to the cassette."""
    (work / "workspace").mkdir()
    engine = Watched(load_cassette(cassette).interactions, name=cassette.name, level=level)
    answer = error = ""
    with EngineServer(engine) as server:
        env = {"CODEX_API_KEY": "sk-none", "HOME": str(work)}  # no start-up files of a shell
        args = codex_args(server.base_url)
        codex = CodexCli(binary, home=work / "codex-home", cwd=work / "workspace", args=args, env=env)
        try:
            answer = talk(codex, scene, engine.holding)
        except (SystemExit, AppServerError, subprocess.TimeoutExpired) as failed:
            error = str(failed)
    return Replayed(engine.report, answer, error)


def main(names: list[str]) -> None:
    """Record the named cassettes; all of them when none is named."""
    for name in names or SCENES:
        with tempfile.TemporaryDirectory(prefix="cassette-") as work:
            archive = record(SCENES[name], Path(work))
            (session,) = archive.iterdir()
            redact_archive(session, HERE / name, force=True)
        print(f"{HERE / name}: {(HERE / name / 'traffic.jsonl').stat().st_size} bytes")
    for path in unused_values(HERE):
        path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
