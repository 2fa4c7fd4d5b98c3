"""Who is asked, and what is recorded: program x configuration x way, each with the real Codex.

`CODEX_REPLAY_CODEX=… python pointed.py [PROGRAM…]` prints the table. The upstream is scripted, and the configuration
names it; the home of the user's Codex is compared before and after.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from options import parser_of
from progress import say

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

EXAMPLES = Path(__file__).parents[1] / "examples"
PROMPT = "Do the three steps."
EXEC = "codex exec --skip-git-repo-check -s danger-full-access{more}"
STEPS, TEXT = ("tool-loop", "All 3 steps are done."), ("text", "Hello from the scripted upstream.")
"""What the upstream does, and what a program prints."""
RUN = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
PROGRAMS = {
    "codex": ([*EXEC.split(), PROMPT], STEPS),
    "sh -c": (["sh", "-c", f"{EXEC} '{PROMPT}'"], STEPS),
    "timeout": (["timeout", "100", *EXEC.split(), PROMPT], STEPS),
    "npx": (["npx", "--prefix", "{modules}", "--no", *EXEC.split(), PROMPT], STEPS),
    "Python, subprocess": ([sys.executable, "-c", RUN, *EXEC.split(), PROMPT], STEPS),
    "TypeScript SDK": (["node", "{modules}/ask.mjs", PROMPT], STEPS),
    "editor, app-server": ([sys.executable, str(EXAMPLES / "editor/editor.py"), "codex", PROMPT], STEPS),
    "openai-agents": ([sys.executable, str(EXAMPLES / "openai-agents/worker.py"), PROMPT], STEPS),
    "openai SDK": ([sys.executable, str(EXAMPLES / "openai-sdk/assistant.py"), PROMPT], TEXT),
    "curl": (["sh", str(EXAMPLES / "curl/ask.sh"), PROMPT], ("text", "response.completed")),
}
"""The command of each, and its `STEPS` or `TEXT`."""
WITHOUT_CODEX = {"openai-agents", "openai SDK", "curl"}
"""They read $OPENAI_BASE_URL, and no configuration of Codex."""
WITHOUT_ARGUMENTS = {"TypeScript SDK", "editor, app-server"}
"""They start Codex with arguments of their own."""
PROVIDER = '[model_providers.c]\nname = "c"\nbase_url = "{url}"\nenv_key = "CORP"\n'
CONFIGURATIONS = {
    "built-in": "",
    "openai_base_url": 'openai_base_url = "{url}"\n',
    "a provider": f'model_provider = "c"\n{PROVIDER}',
    "a profile": f'model_provider = "c"\n{PROVIDER}',
    "-c, a provider": PROVIDER,
}
LOGIN = '{"OPENAI_API_KEY": "sk-none"}'
LIMIT_S = 90
MORE = {"a profile": " -p work", "-c, a provider": " -c model_provider=c"}
"""Arguments of Codex; the SDK takes none."""
TEST = """
import json, os, subprocess, pytest

@pytest.mark.codex_replay("steps")
def test_it(codex_replay, tmp_path):
    done = subprocess.run(json.loads(os.environ["PROGRAM"]), cwd=tmp_path, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    assert os.environ["SAID"] in done.stdout, done.stdout + done.stderr
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


def split(word: str, more: str) -> list[str]:
    """Return a word as it is, and the arguments behind it."""
    return [word.removesuffix(more), *more.split()] if more and word.endswith(more) else [word]


def shape_of(home: Path) -> set[str]:
    """Return the files of a home, ids and times aside."""
    paths = (str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir())
    return {re.sub(r"[0-9a-f]+(?=[-._/]|$)|\d+", "N", path) for path in paths if not path.endswith(("-wal", "-shm"))}


class Case:
    """A program and a configuration."""

    def __init__(self, folder: Path, upstream: ScriptedUpstream, program: str, configuration: str) -> None:
        self.folder, self.upstream = folder, upstream
        self.has_codex = program not in WITHOUT_CODEX
        more = MORE.get(configuration, "")
        command, (_, self.said) = PROGRAMS[program]
        words = [word.replace("{more}", more).replace("{modules}", str(folder.parent)) for word in command]
        self.program = [part for word in words for part in ([word] if " '" in word else split(word, more))]
        self.text = CONFIGURATIONS[configuration]
        self.name = "work.config.toml" if configuration == "a profile" else "config.toml"
        self.home, self.cassette = folder / "home", folder / "cassettes" / "steps"
        folder.mkdir()
        self.home.mkdir()
        (self.home / "auth.json").write_text(LOGIN, encoding="utf-8")
        (folder / "test_it.py").write_text(TEST, encoding="utf-8")
        self.point(upstream.base_url)
        own = {"CODEX_HOME": str(self.home), "PROGRAM": json.dumps(self.program), "SAID": self.said}
        own |= {"CORP": "sk-none", "OPENAI_API_KEY": "sk-none"}
        codex = str(Path(os.environ["CODEX_REPLAY_CODEX"]).parent)
        paths = f"{codex}{os.pathsep}{os.environ['PATH']}"
        self.env = {**os.environ, **own, "PATH": paths} | ({} if self.text else {"OPENAI_BASE_URL": upstream.base_url})
        self.env.pop("CI", None)
        self.env["HOME"] = str(folder)  # no start-up file of the user's shell, which each command would read

    def point(self, url: str) -> None:
        """Write the user's configuration, with another URL."""
        (self.home / self.name).write_text(self.text.format(url=url), encoding="utf-8")

    def by_pytest(self, option: str) -> str:
        """Run the test; return what came of it."""
        before, asked = state_of(self.home), len(self.upstream.requests)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", option]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        home = "unchanged" if state_of(self.home) == before else "CHANGED"
        how = "green" if done.returncode == 0 else f"RED: {done.stdout.strip().splitlines()[-2]}"
        recorded = f", {recorded_in(self.cassette)} recorded" if option.endswith("once") else ""
        return f"{how}, asked {len(self.upstream.requests) - asked}{recorded}, home {home}"

    def by_record(self) -> str:
        """Run the program with and without `codex-replay record`; return what came of it."""
        homes, before = [], len(self.upstream.requests)
        asked = []
        record = [sys.executable, "-m", "pytest_codex_replay.cli", "record", "--archive", str(self.folder / "sessions")]
        for words in ([], [*record, "--"]):
            home = self.folder / f"home-{len(homes)}"
            shutil.copytree(self.home, home)
            if not (words or self.text):  # alone, Codex would ask its maker
                (home / "config.toml").write_text(f'openai_base_url = "{self.upstream.base_url}"\n', encoding="utf-8")
            done = self.run([*words, *self.program], CODEX_HOME=str(home))
            asked.append(len(self.upstream.requests) - before)
            before = len(self.upstream.requests)
            homes.append(home)
        texts = [{path.name: path.read_bytes() for path in home.glob("*.toml")} for home in homes]
        differs = sorted(shape_of(homes[0]) ^ shape_of(homes[1])) or ["config.toml"] * (
            bool(self.text) and texts[0] != texts[1]
        )
        home = f"DIFFERS in {differs}" if differs else "as without"
        how = self.colour(done)
        count = recorded_in(self.folder / "sessions")
        return f"{how}, asked {asked[1]} (alone {asked[0]}), {count} recorded, home {home}"

    def run(self, command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a new directory."""
        work = tempfile.mkdtemp(dir=self.folder)
        env = {**self.env, **variables}
        return subprocess.run(
            command,
            cwd=work,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )

    def colour(self, done: subprocess.CompletedProcess[str]) -> str:
        """Return whether a program said what it should."""
        return "green" if self.said in done.stdout else f"RED: {(done.stdout + done.stderr)[-300:]!r}"

    def by_serve(self) -> str:
        """Run the program against `codex-replay serve`, to which the configuration points."""
        asked = len(self.upstream.requests)
        with serving(self.cassette, self.env) as url:
            if self.has_codex and not self.text:
                return "needs a base URL"
            self.point(url)
            done = self.run(self.program, **({} if self.has_codex else {"OPENAI_BASE_URL": url}))
        return f"{self.colour(done)}, asked {len(self.upstream.requests) - asked}"


def configurations_of(program: str) -> list[str]:
    """Return those that a program can have."""
    names = list(CONFIGURATIONS)
    return (
        names[:1]
        if program in WITHOUT_CODEX
        else [n for n in names if not (program in WITHOUT_ARGUMENTS and n in MORE)]
    )


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=", ".join(PROGRAMS))
    given = parser.parse_args()
    print("| program | configuration | record | pytest, once | pytest, replay | serve |")
    print("|---|---|---|---|---|---|")
    modules = Path(os.environ["CODEX_REPLAY_CODEX"]).absolute().parents[1]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        upstreams = {
            scenario: stack.enter_context(ScriptedUpstream(SCENARIOS[scenario].script()))
            for scenario in ("tool-loop", "text")
        }
        shutil.copy(EXAMPLES / "typescript-sdk/ask.mjs", name)
        (Path(name) / "node_modules").symlink_to(modules)
        for program in given.programs or PROGRAMS:
            for number, configuration in enumerate(configurations_of(program)):
                say(f"pointed: {program}, {configuration}")
                folder = Path(name) / f"{re.sub('[^a-z]+', '-', program.lower())}-{number}"
                case = Case(folder, upstreams[PROGRAMS[program][1][0]], program, configuration)
                record = case.by_record()
                once = case.by_pytest("--codex-replay-mode=once")
                replay = case.by_pytest("--codex-replay")
                served = case.by_serve() if recorded_in(case.cassette) else "nothing to serve"
                print(f"| {program} | {configuration} | {record} | {once} | {replay} | {served} |", flush=True)


if __name__ == "__main__":
    main()
