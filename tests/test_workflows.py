"""What GitHub runs: it names what is there, and may do no more than it has to."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKE = re.compile(r"\bmake ([\w${}. -]+)")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def loaded(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps_of(path: Path) -> list[dict[str, Any]]:
    return [step for job in loaded(path)["jobs"].values() for step in job.get("steps", [])]


def rows_of(matrix: dict[str, Any]) -> list[dict[str, str]]:
    """Return what is given of a matrix, row by row."""
    named = [{"target": target} for target in matrix.get("target", [])]
    return [*named, *matrix.get("include", [])]


def targets_in(path: Path) -> set[str]:
    """Return what a workflow makes; what its matrix names is put in."""
    made = set()
    for job in loaded(path)["jobs"].values():
        rows = rows_of(job.get("strategy", {}).get("matrix", {})) or [{}]
        for step in job.get("steps", []):
            for words in MAKE.findall(step.get("run", "")):
                for row in rows:
                    filled = re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda name, row=row: row[name[1]], words)
                    made |= {word for word in filled.split() if "=" not in word and "PYTHON" not in word}
    return made


def test_there_are_workflows() -> None:
    """One checks, one releases."""
    assert [path.name for path in WORKFLOWS] == ["checks.yml", "release.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_makes_is_a_target(path: Path) -> None:
    """A target that was renamed is renamed here, too."""
    made = targets_in(path)

    assert made
    assert made - TARGETS == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_others_wrote_is_pinned(path: Path) -> None:
    """By the tag of a version."""
    used = [step["uses"] for step in steps_of(path) if "uses" in step]

    assert used
    assert [each for each in used if not re.fullmatch(r"[\w-]+/[\w/-]+@v\d+(\.\d+)*", each)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_no_more(path: Path) -> None:
    """Only the job that publishes may say who it is; it has no step that runs code of the repository."""
    workflow = loaded(path)
    writing = {
        name: job
        for name, job in workflow["jobs"].items()
        if "write" in job.get("permissions", workflow["permissions"]).values()
    }

    assert "write" not in workflow["permissions"].values()
    assert sorted(writing) == (["publish"] if path.name == "release.yml" else [])
    assert all("run" not in step for job in writing.values() for step in job["steps"])


def test_each_python_is_tested_on_each_system() -> None:
    """What the package says it runs on: 3.11 to 3.14, Linux and macOS."""
    matrix = loaded(ROOT / ".github" / "workflows" / "checks.yml")["jobs"]["tests"]["strategy"]["matrix"]
    rows = [{"os": system, "python": python} for system in matrix["os"] for python in matrix["python"]]
    rows = [row for row in rows if row not in matrix["exclude"]]
    rows += [{"os": row["os"], "python": row["python"]} for row in matrix["include"]]
    classifiers = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert {(row["os"], row["python"]) for row in rows} == {
        (system, python) for system in ("ubuntu-latest", "macos-latest") for python in classifiers
    }
