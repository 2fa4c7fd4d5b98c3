"""Records the cassettes of this directory anew: `make cassettes`, or `python cassettes/record.py NAME…` for some.

The real Codex CLI talks to the scripted upstream through the real recorder; what was recorded is redacted.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli, find_codex
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Scene:
    """What to record: the upstream's script, and the user's input, turn by turn."""

    scenario: str
    prompts: tuple[str, ...]
    is_sse: bool = False
    """The upstream declines WebSocket, so Codex speaks SSE."""
    exit_code: int = 0


SCENES = {
    "sse-tool-loop": Scene("tool-loop", ("Do the three steps.",), is_sse=True),
    "websocket-tool-loop": Scene("tool-loop", ("Do the three steps.",)),
    "rate-limit": Scene("rate-limit", ("Say hello.",), exit_code=1),
    "resume": Scene("multi-turn", ("My name is Ada.", "What is my name?", "Thank you.")),
    "non-ascii": Scene("non-ascii", ("Grüße! Sag etwas auf Japanisch: 世界 👋",)),
    "sub-agents": Scene("sub-agents", ("Let a sub-agent greet me.",)),
    "compaction": Scene("compaction", ("Go on until it is full.",)),
}


def record(scene: Scene, work: Path) -> Path:
    """Record a scene; return the archive."""
    archive, cwd = work / "sessions", work / "workspace"
    cwd.mkdir()
    script = SCENARIOS[scene.scenario].script()
    if scene.is_sse:
        script.upgrade = SCENARIOS["refuse-websocket"].script().upgrade
    with ScriptedUpstream(script) as upstream:
        setup = RecordingSetup(archive=archive, upstream=upstream.base_url, codex_home=work / "codex-home")
        with RecorderProcess(setup) as recorder:
            env = {"CODEX_API_KEY": "sk-no-key-is-needed"}
            args = codex_args(recorder.base_url)
            codex = CodexCli(find_codex(), home=work / "codex-home", cwd=cwd, args=args, env=env)
            thread = None
            for prompt in scene.prompts:
                run = codex.exec(prompt, resume=thread)
                thread = run.thread_id
                if run.exit_code != scene.exit_code:
                    sys.exit(f"{scene.scenario}: codex exec ended with {run.exit_code}: {run.errors} {run.stderr}")
    return archive


def main(names: list[str]) -> None:
    """Record the named cassettes; all of them when none is named."""
    for name in names or SCENES:
        with tempfile.TemporaryDirectory(prefix="cassette-") as work:
            archive = record(SCENES[name], Path(work))
            (session,) = archive.iterdir()
            redact_archive(session, HERE / name, force=True)
        print(f"{HERE / name}: {(HERE / name / 'traffic.jsonl').stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
