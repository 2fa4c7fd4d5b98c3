"""How large a suite of cassettes is, and what an upgrade of Codex changes in it.

    python benchmarks/suite.py [--tests 100] [--sse] [--release 0.163.0] [--keep DIR] [--into DIR]

Installs the release with npm, and lets pytest record that many tests with it (mode *once*): in each Codex runs three
commands and answers, and each has a prompt of its own. What the cassettes repeat stands once, beside them. Then the
suite is adopted by the Codex of the tests, and replayed strictly. Prints the size of the cassettes and of the shared
values, and which kinds of lines and files the upgrade changed.
Exit code 1 when a run fails, or when an answer changed.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from statistics import median

from adopt import ASKED, changes, git, suite
from progress import say
from versions import installed

from pytest_codex_replay.archive.value_files import begin_sharing
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

TESTS = """
import pytest

@pytest.mark.parametrize("name", [pytest.param(f"t{n:03}", marks=pytest.mark.codex_replay(f"t{n:03}"))
                                  for n in range(NUMBER)])
def test_three_steps(name, codex_cli):
    assert codex_cli.exec(f"Do the three steps of {name}.").message == "All 3 steps are done."
"""


def sizes(project: Path) -> dict[str, int]:
    """Return the bytes of each cassette, in order of their names; under "shared-values" those of all of these."""
    places = sorted(place for place in (project / "cassettes").iterdir() if place.is_dir())
    return {place.name: sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) for place in places}


def record(project: Path, given: argparse.Namespace) -> bool:
    """Let pytest record the suite with the older Codex, against the scripted upstream; commit it."""
    (project / "test_suite.py").write_text(TESTS.replace("NUMBER", str(given.tests)), encoding="utf-8")
    (project / "pytest.ini").write_text("[pytest]\n")
    begin_sharing(project / "cassettes")
    for number in range(given.tests):
        say(f"suite: test {number} of {given.tests}")
        script = SCENARIOS["tool-loop"].script()
        if given.sse:
            script.upgrade = SCENARIOS["refuse-websocket"].script().upgrade
        with installed(given.release, given.kept) as binary, ScriptedUpstream(script) as upstream:
            env = {"OPENAI_BASE_URL": upstream.base_url, "CODEX_API_KEY": "sk-none", "CODEX_REPLAY_CODEX": str(binary)}
            one = f"test_suite.py::test_three_steps[t{number:03}]"
            done = suite(project, "--codex-replay-mode=once", one, env=env)
        if done.returncode:
            print(done.stdout)
            return False
    git(project, "init", "-q")
    git(project, "add", "pytest.ini", "test_suite.py", "cassettes")
    git(project, "commit", "-qm", f"Recorded with {given.release}")
    return True


def show_sizes(project: Path) -> None:
    found = sizes(project)
    shared = found.pop("shared-values")
    first, second, *_ = found.values()
    print(f"{len(found)} cassettes: the first {first} bytes, the second {second}, median {median(found.values()):.0f}")
    print(f"what they share, once: {shared} bytes", flush=True)


def adopt(project: Path) -> bool:
    """Adopt the suite; return whether only what Codex sends has changed, and *strict* holds."""
    done = suite(project, "--codex-replay-mode=adopt", "-n2")
    print("$ pytest --codex-replay-mode=adopt:", done.stdout.splitlines()[-1])
    git(project, "add", "--intent-to-add", "cassettes")
    lines: Counter[str] = Counter()
    for _, kinds in changes(project):
        lines += kinds
    print("lines that changed, by kind:", dict(lines))
    print(git(project, "diff", "--shortstat", "--", "cassettes"), end="")
    after = suite(project, "--codex-replay", "--codex-replay-match=strict", "-n2")
    print("strict, afterwards:", after.stdout.splitlines()[-1])
    return done.returncode == after.returncode == 0 and set(lines) <= ASKED


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=100, help="how many")
    parser.add_argument("--sse", action="store_true", help="the upstream declines WebSocket")
    parser.add_argument("--release", default="0.163.0", help="of Codex, which records the suite")
    parser.add_argument("--keep", type=Path, dest="kept", metavar="DIR", help="keep the release there, or take it")
    parser.add_argument("--into", type=Path, metavar="DIR", help="where the suite is to stay; it must not exist")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="suite-") as temporary:
        given.kept = given.kept or Path(temporary) / "codex"
        project = given.into or Path(temporary) / "project"
        project.mkdir(parents=True)
        if not record(project, given):
            return 1
        show_sizes(project)
        return 0 if adopt(project) else 1


if __name__ == "__main__":
    sys.exit(main())
