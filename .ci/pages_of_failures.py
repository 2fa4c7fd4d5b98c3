# ruff: noqa: INP001, T201
"""Write the page of each cassette that a failed test used: `pages_of_failures.py REPORT DIRECTORY`, for action.yml."""

import json
import subprocess
import sys
from pathlib import Path


def cassettes_of_failures(report: dict) -> list[str]:
    """Return their directories, each once."""
    failed = [test["name"] for test in report["tests"] if test["outcome"] == "failed" and test["name"]]
    return list(dict.fromkeys(failed))


def main(report: Path, directory: Path) -> int:
    """Return 0; a page that cannot be written is reported and hides no other."""
    if not report.is_file():
        print(f"{report}: not found: pytest ended before it wrote a report")
        return 0
    directory.mkdir(parents=True, exist_ok=True)
    for name in cassettes_of_failures(json.loads(report.read_bytes())):
        page = directory / f"{name.replace('/', '-')}.html"
        command = [sys.executable, "-m", "pytest_codex_replay.cli", "view", name, "--out", page, "--force"]
        done = subprocess.run(command, check=False)  # noqa: S603  our own
        print(f"{name}: {page}" if done.returncode == 0 else f"{name}: has no page")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
