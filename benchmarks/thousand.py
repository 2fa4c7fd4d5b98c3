"""A thousand replays of a conversation of ten turns, on a busy machine: are they all the same?

    python benchmarks/thousand.py [--small 1000] [--codex 100] [--burners 2]

Records the conversation with pytest (`--codex-replay-mode=rewrite`): once with the bundled small client, once with the
real Codex, ten processes each time that resume one another. Then replays both so many times under `pytest -n 2`, beside
processes that do nothing but burn CPU. A result is the digest of all that a client got: items, tool outputs, exit
codes, errors. Exit code 1 when one of them is not that of the recording.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pytest_codex_replay.upstream import Script, ScriptedUpstream
from pytest_codex_replay.upstream.script import Cue, Reply

TESTS = """
import hashlib, json, os
from pathlib import Path

import pytest

from pytest_codex_replay.upstream.client import SmallClient

PROMPTS = [f"This is turn {number}." for number in range(1, 11)]
SMALL, CODEX = (range(int(os.environ[name])) for name in ("SMALL", "CODEX"))


def told(client, number, got):
    digest = hashlib.sha256(json.dumps(got, sort_keys=True).encode()).hexdigest()
    Path(os.environ["RESULTS"], f"{client}-{number}").write_text(digest)


@pytest.mark.parametrize("number", SMALL)
@pytest.mark.codex_replay("small")
def test_small(codex_replay, number):
    client, items = SmallClient(codex_replay.base_url), []
    for prompt in PROMPTS:
        items = client.exec(prompt, before=items)
    told("small", number, items)


@pytest.mark.parametrize("number", CODEX)
@pytest.mark.codex_replay("codex")
def test_codex(codex_cli, number):
    runs = []
    for prompt in PROMPTS:
        runs.append(codex_cli.exec(prompt, "-m", "gpt-5.5", resume=runs[0].thread_id if runs else None))
    told("codex", number, [[run.exit_code, run.items, run.errors] for run in runs])
"""
BURN = "while True: pass"


def answer(cue: Cue) -> Reply:
    """Run a command in each turn, then answer."""
    return cue.say(f"That was turn {cue.turn}.") if cue.step else cue.shell(f"echo turn-{cue.turn}", think="A command.")


@contextmanager
def burning(count: int) -> Iterator[None]:
    burners = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(count)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def run_pytest(project: Path, results: str, small: int, codex: int, *args: str, **env: str) -> Counter[tuple[str, str]]:
    """Run the tests; return how often which client got what."""
    place = project / results
    place.mkdir()
    counts = {"SMALL": str(small), "CODEX": str(codex), "RESULTS": str(place)}
    counts["HOME"] = str(project)  # Codex uses a login shell: what start-up files print would be in tool outputs
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_codex_replay.plugin", "-n", "2", *args]
    env = {**os.environ, **counts, **env}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    print(*done.stdout.strip().splitlines()[-2:], sep="\n", flush=True)
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-2000:])
    return Counter((path.name.partition("-")[0], path.read_text()) for path in place.iterdir())


def record(project: Path) -> Mapping[str, str]:
    """Record both cassettes; return what each client got."""
    with ScriptedUpstream(Script(answer)) as upstream:
        env = {"OPENAI_BASE_URL": upstream.base_url, "CODEX_API_KEY": "sk-none", "CODEX_HOME": str(project / "nobody")}
        got = run_pytest(project, "recorded", 1, 1, "--codex-replay-mode=rewrite", **env)
    return dict(got.keys())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=1000, metavar="N", help="replays to the small client")
    parser.add_argument("--codex", type=int, default=100, metavar="N", help="replays to the real Codex")
    parser.add_argument("--burners", type=int, default=os.cpu_count(), metavar="N", help="processes that burn CPU")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="thousand-") as directory:
        project = Path(directory)
        (project / "test_thousand.py").write_text(TESTS, encoding="utf-8")
        (project / "pytest.ini").write_text("[pytest]\n")
        expected = record(project)
        began = time.monotonic()
        options = ["--codex-replay", "--codex-replay-unused=fail", "--codex-replay-report=report.json"]
        with burning(given.burners):
            got = run_pytest(project, "replayed", given.small, given.codex, *options)
        took_s = time.monotonic() - began
        report = json.loads((project / "report.json").read_text(encoding="utf-8"))
        totals = report["totals"]
    is_same = True
    for client, wanted in (("small", given.small), ("codex", given.codex)):
        same = got[(client, expected[client])]
        is_same &= same == wanted
        print(f"{client}: {same} of {wanted} replays are identical to the recording")
    for test in report["tests"]:
        for drift in test["drifts"]:
            print(f"{test['test']}: {drift['text']}")
    print(f"{given.burners} burners, {took_s:.0f} s; {totals}")
    return 0 if is_same and not (totals["missed"] or totals["unused"] or totals["drifts"]) else 1


if __name__ == "__main__":
    sys.exit(main())
