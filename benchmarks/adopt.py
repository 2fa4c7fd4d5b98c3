"""A suite that an older Codex recorded is adopted by the Codex of the tests, in one command.

    python benchmarks/adopt.py [--release 0.163.0] [--keep DIR] [--into DIR]

Installs the release with npm, and records all scenes of cassettes/record.py with it, into a directory of cassettes that
share what they repeat. Then runs `pytest --codex-replay-mode=adopt`, and replays strictly. Prints what the command
printed, what git calls changed, and which lines of each cassette are others.
Exit code 1 when a cassette was refused, when an answer changed, or when `strict` does not hold.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from versions import ROOT, installed, record

from pytest_codex_replay.archive.value_files import begin_sharing

TESTS = """
import os, runpy, time

import pytest

RECORD = runpy.run_path(os.environ["SCENES"])
SCENES = RECORD["SCENES"]


class Asked:
    '''The answer is held once it was asked for.'''

    def __init__(self, replay):
        self.replay = replay

    def wait(self, timeout_s):
        until = time.monotonic() + timeout_s
        while not (asked := any(one.url.endswith("/responses") for one in self.replay.requests)):
            if time.monotonic() > until:
                break
            time.sleep(0.1)  # the list that is looked at has no event
        time.sleep(1)  # until Codex has shown what came before it left
        return asked


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.codex_replay(name)) for name in sorted(SCENES)])
def test_scene(name, codex_cli, codex_replay):
    try:
        RECORD["talk"](codex_cli, SCENES[name], Asked(codex_replay))
    except SystemExit as ended:
        pytest.fail(str(ended))
"""
ASKED = {"segment", "item", "shared", "request", "message of the client"}
"""Lines that may change: what the client sends. The first names the program that wrote the file."""


def suite(project: Path, *args: str, env: Mapping[str, str] = {}) -> subprocess.CompletedProcess[str]:
    """Run pytest in a project, on its own."""
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "pytest_codex_replay.plugin", *args]
    own = {"HOME": str(project), "SCENES": str(ROOT / "cassettes" / "record.py"), **env}
    return subprocess.run(command, cwd=project, env=os.environ | own, capture_output=True, text=True, check=False)


def git(project: Path, *args: str) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    return subprocess.run(["git", *identity, *args], cwd=project, capture_output=True, text=True, check=True).stdout


def lines_of(traffic: str) -> Counter[tuple[str, str]]:
    """Return how often each line is there, and its kind; without its number, which lines before it decide."""
    found: Counter[tuple[str, str]] = Counter()
    for line in traffic.splitlines():
        values = json.loads(line)
        del values["seq"]
        kind = "message of the client" if values.get("from") == "client" else values["kind"]
        found[kind, json.dumps(values)] += 1
    return found


def changes(project: Path) -> Iterator[tuple[str, Counter[str]]]:
    """Yield each cassette, and how many of its lines are others now, by kind."""
    for path in sorted((project / "cassettes").glob("*/traffic.jsonl")):
        before = lines_of(git(project, "show", f"HEAD:{path.relative_to(project)}"))
        gone = before - lines_of(path.read_text(encoding="utf-8"))
        yield path.parent.name, Counter(kind for (kind, _), count in gone.items() for _ in range(count))


def prepare(project: Path, release: str, kept: Path | None) -> None:
    """Record the suite with a release, and commit it."""
    cassettes = project / "cassettes"
    begin_sharing(cassettes)
    with installed(release, kept) as binary:
        record(binary, cassettes)
    (project / "test_suite.py").write_text(TESTS, encoding="utf-8")
    (project / "pytest.ini").write_text("[pytest]\n")
    git(project, "init", "-q")
    git(project, "add", "pytest.ini", "test_suite.py", "cassettes")
    git(project, "commit", "-qm", f"Recorded with {release}")


def adopted(project: Path) -> bool:
    """Adopt the suite; return whether all went as it has to."""
    done = suite(project, "--codex-replay-mode=adopt")
    print("\n$ pytest --codex-replay-mode=adopt")
    print(done.stdout)
    git(project, "add", "--intent-to-add", "cassettes")
    print("$ git diff --stat")
    print(git(project, "diff", "--stat", "--", "cassettes"))
    others = dict(changes(project))
    for name, kinds in others.items():
        print(f"{name}: " + (", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "unchanged"))
    after = suite(project, "--codex-replay", "--codex-replay-match=strict")
    print("strict, afterwards:", after.stdout.splitlines()[-1])
    is_only_asked = all(set(kinds) <= ASKED for kinds in others.values())
    print("answers are as they were" if is_only_asked else "ANSWERS CHANGED")
    return done.returncode == after.returncode == 0 and is_only_asked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", default="0.163.0", help="of Codex, which recorded the suite")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the release there, or take it from there")
    parser.add_argument("--into", type=Path, metavar="DIR", help="where the suite is to stay; it must not exist")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="adopt-") as temporary:
        project = given.into or Path(temporary)
        project.mkdir(parents=True, exist_ok=given.into is None)
        prepare(project, given.release, given.keep)
        return 0 if adopted(project) else 1


if __name__ == "__main__":
    sys.exit(main())
