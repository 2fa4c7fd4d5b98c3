"""Who is asked, and what is recorded: program x configuration x way, each with the real Codex.

`CODEX_REPLAY_CODEX=… python pointed.py` prints the table. The upstream is scripted, and the user's configuration names
it; the home of the user's Codex is compared before and after.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from progress import say

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.projection.interactions import interactions_of
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

EXEC = "codex exec --skip-git-repo-check -s danger-full-access"
PROGRAMS = {
    "codex": [*EXEC.split(), "Do the three steps."],
    "sh -c": ["sh", "-c", f"{EXEC} 'Do the three steps.'"],
    "timeout": ["timeout", "100", *EXEC.split(), "Do the three steps."],
    "python": [sys.executable, "-c", f"import subprocess; subprocess.run([*{EXEC.split()}, 'Do the three steps.'])"],
    "node SDK": ["node", str(Path(__file__).parents[1] / "examples/typescript-sdk/ask.mjs"), "Do the three steps."],
}
CONFIGURATIONS = {
    "built-in": "",
    "openai_base_url": 'openai_base_url = "{url}"\n',
    "a provider": 'model_provider = "c"\n[model_providers.c]\nname = "c"\nbase_url = "{url}"\nenv_key = "CORP"\n',
}
TEST = """
import json, os, subprocess, pytest

@pytest.mark.codex_replay("steps")
def test_it(codex_replay, tmp_path):
    done = subprocess.run(json.loads(os.environ["PROGRAM"]), cwd=tmp_path, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    assert done.stdout.strip().endswith("All 3 steps are done."), done.stdout + done.stderr
"""


def state_of(home: Path) -> str:
    """Return a digest of all files of a home."""
    digest = hashlib.sha256()
    for path in sorted(home.rglob("*")):
        digest.update(str(path).encode() + (path.read_bytes() if path.is_file() else b""))
    return digest.hexdigest()


def recorded_in(cassette: Path) -> int:
    """Return how many model calls a cassette has."""
    sessions = open_sessions(cassette) if cassette.is_dir() else []
    return sum(one.is_model_call for session in sessions for one in interactions_of(session.records()))


@contextmanager
def serving(cassette: Path, env: Mapping[str, str]) -> Iterator[str]:
    command = [sys.executable, "-m", "pytest_codex_replay.cli", "serve", str(cassette)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            yield json.loads(server.stdout.readline())["base_url"]
        finally:
            server.terminate()


class Case:
    """A program and a configuration."""

    def __init__(self, folder: Path, upstream: ScriptedUpstream, program: str, configuration: str) -> None:
        self.folder, self.upstream = folder, upstream
        self.program, self.text = PROGRAMS[program], CONFIGURATIONS[configuration]
        self.home = folder / "home"
        folder.mkdir()
        self.home.mkdir()
        (folder / "test_it.py").write_text(TEST, encoding="utf-8")
        self.point(upstream.base_url)
        own = {"CODEX_HOME": str(self.home), "PROGRAM": json.dumps(self.program), "CORP": "sk-none"}
        own |= {"OPENAI_API_KEY": "sk-none", "CODEX_API_KEY": "sk-none"}
        codex = str(Path(os.environ["CODEX_REPLAY_CODEX"]).parent)
        paths = f"{codex}{os.pathsep}{os.environ['PATH']}"
        self.env = {**os.environ, **own, "PATH": paths} | ({} if self.text else {"OPENAI_BASE_URL": upstream.base_url})
        self.env.pop("CI", None)

    def point(self, url: str) -> None:
        """Write the user's configuration, with another URL."""
        (self.home / "config.toml").write_text(self.text.format(url=url), encoding="utf-8")

    def by_pytest(self, option: str) -> str:
        """Run the test; return what came of it."""
        before, asked = state_of(self.home), len(self.upstream.requests)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", option]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        home = "unchanged" if state_of(self.home) == before else "CHANGED"
        how = "green" if done.returncode == 0 else f"RED: {done.stdout.strip().splitlines()[-2]}"
        return f"{how}, upstream asked {len(self.upstream.requests) - asked} times, home {home}"

    def by_serve(self) -> str:
        """Run the program against `codex-replay serve`, to which the configuration points."""
        asked = len(self.upstream.requests)
        with serving(self.folder / "cassettes" / "steps", self.env) as url:
            if not self.text:
                return "needs a base URL"
            self.point(url)
            work = self.folder / "work"
            work.mkdir()
            done = subprocess.run(
                self.program,
                cwd=work,
                env=self.env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        how = "green" if done.stdout.strip().endswith("All 3 steps are done.") else f"RED: {done.stderr[-200:]!r}"
        return f"{how}, upstream asked {len(self.upstream.requests) - asked} times"


def main() -> None:
    print("| program | configuration | pytest, once | recorded | pytest, replay | serve |\n|---|---|---|---|---|---|")
    modules = Path(os.environ["CODEX_REPLAY_CODEX"]).absolute().parents[1]
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream, tempfile.TemporaryDirectory() as name:
        script = Path(name) / "ask.mjs"
        shutil.copy(PROGRAMS["node SDK"][1], script)
        PROGRAMS["node SDK"][1] = str(script)
        (Path(name) / "node_modules").symlink_to(modules)
        for program in PROGRAMS:
            for number, configuration in enumerate(CONFIGURATIONS):
                say(f"pointed: {program}, {configuration}")
                case = Case(Path(name) / f"{program.replace(' ', '-')}-{number}", upstream, program, configuration)
                once = case.by_pytest("--codex-replay-mode=once")
                count = recorded_in(case.folder / "cassettes" / "steps")
                replay, served = case.by_pytest("--codex-replay"), case.by_serve() if count else "nothing to serve"
                print(f"| {program} | {configuration} | {once} | {count} | {replay} | {served} |", flush=True)


if __name__ == "__main__":
    main()
