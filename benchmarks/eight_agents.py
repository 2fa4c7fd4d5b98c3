"""A root with eight sub-agents at once, replayed a hundred times to the real Codex on a busy machine.

    python benchmarks/eight_agents.py [--times 100] [--burners 2]

Records it with pytest over WebSocket and over SSE, then replays each so many times under `pytest -n 2`, beside
processes that do nothing but burn CPU. A replay counts when the root ends with the recorded answer, and no request
missed. Exit code 1 when one does not count.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from thousand import burning

from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.upstream.scenarios import sub_agents

TESTS = """
import os

import pytest

MORE_AGENTS = ("-c", "features.multi_agent_v2.max_concurrent_threads_per_session=9")


@pytest.mark.parametrize("number", range(int(os.environ["TIMES"])))
@pytest.mark.codex_replay(os.environ["OVER"])
def test_eight_agents(codex_cli, number):
    run = codex_cli.exec("Let eight sub-agents greet me.", *MORE_AGENTS)

    assert run.check().message == "All 8 sub-agents are there."
"""
COUNT = 8
HTTP = "sse"


def run_pytest(project: Path, over: str, times: int, *args: str, **env: str) -> int:
    """Run the test so often; return how often it passed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_codex_replay.plugin", "-n", "2", "--tb=short"]
    report = project / f"{over}.json"
    command += ["--codex-replay-unused=ignore", f"--codex-replay-report={report}", *args]
    env = {**os.environ, "HOME": str(project), "TIMES": str(times), "OVER": over, **env}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    print(*done.stdout.strip().splitlines()[-2:], sep="\n", flush=True)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:])
    tests = json.loads(report.read_text(encoding="utf-8"))["tests"]
    return sum(test["outcome"] == "passed" and not test["misses"] for test in tests)


def record(project: Path, over: str) -> None:
    """Record the conversation with a model that waits once more as long as an agent is not there."""
    script = sub_agents(COUNT)
    if over == HTTP:
        script.upgrade = SCENARIOS["refuse-websocket"].script().upgrade
    with ScriptedUpstream(script) as upstream:
        env = {"OPENAI_BASE_URL": upstream.base_url, "CODEX_API_KEY": "sk-none", "CODEX_HOME": str(project / "nobody")}
        run_pytest(project, over, 1, "--codex-replay-mode=rewrite", **env)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100, metavar="N", help="replays over each transport")
    parser.add_argument("--burners", type=int, default=os.cpu_count(), metavar="N", help="processes that burn CPU")
    given = parser.parse_args()
    passed = []
    with tempfile.TemporaryDirectory(prefix="eight-agents-") as directory:
        project = Path(directory)
        (project / "test_agents.py").write_text(TESTS, encoding="utf-8")
        (project / "pytest.ini").write_text("[pytest]\n")
        for over in ("websocket", HTTP):
            record(project, over)
            began = time.monotonic()
            with burning(given.burners):
                passed.append(run_pytest(project, over, given.times, "--codex-replay"))
            print(f"{over}: {passed[-1]} of {given.times}, in {time.monotonic() - began:.0f} s")
    return 0 if passed == [given.times] * 2 else 1


if __name__ == "__main__":
    sys.exit(main())
