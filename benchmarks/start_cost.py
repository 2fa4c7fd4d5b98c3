"""What it costs to begin and to end: `record -- true`, and a test that is recorded against the same test live.

`python start_cost.py` prints the medians of some runs; live and recorded take turns in one run.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from options import parser_of
from progress import say

from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

ROUNDS = 7
LIVE, ONCE = "test, live", "test, mode once"
KINDS = ("record -- true", LIVE, ONCE, "test, replay")
TEST = """
import os, httpx

def test_it(codex_replay):
    body = {"model": "gpt-5.4", "input": "Say hello.", "stream": True}
    with httpx.Client(trust_env=False) as client:
        assert client.post(os.environ["OPENAI_BASE_URL"] + "/responses", json=body).status_code == 200
"""


def seconds(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[float, float]:
    """Return how long a command took that has to end well, and its CPU time: on a busy machine only that says much."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    took, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(rounds: int = ROUNDS) -> dict[str, list[tuple[float, float]]]:
    """Return the seconds of each kind of run, without the first of each."""
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_it.py").write_text(TEST, encoding="utf-8")
        (folder / "home").mkdir()
        env = {key: value for key, value in os.environ.items() if key != "CI" and not key.lower().endswith("_proxy")}
        env |= {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-none", "CODEX_HOME": str(folder / "home")}
        record = [sys.executable, "-m", "pytest_codex_replay.cli", "record", "--archive", "sessions", "--", "true"]
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "test_it.py"]
        for number in range(rounds + 1):
            say(f"start: round {number} of {rounds}")
            subprocess.run(["rm", "-rf", "cassettes"], cwd=folder, check=True)
            commands = [record, pytest, [*pytest, "--codex-replay-mode=once"], [*pytest, "--codex-replay"]]
            for kind, command in zip(KINDS, commands, strict=True):
                took = seconds(command, folder, env)
                found[kind] += [took] if number else []  # the first is a warm-up
    return found


def main() -> None:
    parser_of(__doc__).parse_args()
    found = {kind: [median(column) for column in zip(*figures, strict=True)] for kind, figures in run().items()}
    for kind, (took, cpu) in found.items():
        print(f"{kind}: {took:.2f} s, CPU {cpu:.2f} s")
    live, once = found[LIVE], found[ONCE]
    print(f"recorded, more than live: {once[0] - live[0]:+.2f} s, CPU {once[1] - live[1]:+.2f} s")


if __name__ == "__main__":
    main()
