"""What GitHub runs: it names what is there, and may do no more than it has to."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
REQUIREMENTS = ROOT / ".github" / "requirements"
PINS = sorted(REQUIREMENTS.glob("*.txt"))
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
                    made |= {word for word in filled.split() if word not in {"PYTHON", "PINNED"}}
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


def test_a_python_that_is_too_old_is_told(tmp_path: Path) -> None:
    """By each target that makes an environment, also once the tools are there."""
    (tmp_path / ".venvs" / "tools").mkdir(parents=True)
    (tmp_path / ".venvs" / "tools" / ".ready").touch()
    command = ["make", "-n", "-C", tmp_path, "-f", ROOT / "Makefile", "wheel", "PYTHON=python3.9"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "python3.9: not Python 3.11 or newer. Try: make wheel PYTHON=python3.12." in done.stderr


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_what_others_wrote_is_pinned(path: Path) -> None:
    """By the digest of a commit, which stays what it is; beside it the tag of the version, for people."""
    used = re.findall(r"uses: ([^.\s].*)", path.read_text(encoding="utf-8"))

    assert used
    assert [each for each in used if not re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}  # v\d+(\.\d+)+", each)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_is_installed_is_pinned(path: Path) -> None:
    """Each `make` installs what the lists name, by hash."""
    made = [step["run"] for step in steps_of(path) if "make " in step.get("run", "")]

    assert made
    assert [run for run in made if "PINNED=1" not in run] == []


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.stem)
def test_a_list_has_hashes_and_names_no_host(path: Path) -> None:
    """A file with another content is refused, wherever it comes from."""
    text = path.read_text(encoding="utf-8")
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]

    assert entries
    assert [one.split()[0] for one in entries if "--hash=sha256:" not in one] == []
    assert "//" not in text


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("replay", ("test", "browser", "lint", "spark")),
        ("recorder", ("record",)),
        ("docs", ("docs",)),
        ("audit", ("audit",)),
    ],
)
def test_a_list_has_what_is_needed(name: str, extras: tuple[str, ...]) -> None:
    """Each requirement, in a version that it accepts; after a change: make pins."""
    pinned = {
        canonicalize_name(found[1]): found[2]
        for found in re.finditer(r"^([\w.-]+)==([^\s;]+)", (REQUIREMENTS / f"{name}.txt").read_text(), re.MULTILINE)
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = [] if name in {"docs", "audit"} else project["dependencies"]
    wanted = [
        Requirement(text)
        for text in (*own, *(one for extra in extras for one in project["optional-dependencies"][extra]))
    ]

    lacking = [str(one) for one in wanted if pinned.get(canonicalize_name(one.name), "0") not in one.specifier]
    assert lacking == []


def test_what_is_installed_is_audited_and_a_release_says_what_is_in_it() -> None:
    """Known vulnerabilities fail the checks, also when nothing changed; a release is attested with its parts."""
    checks, release = WORKFLOWS
    used = [step["uses"].split("@")[0] for step in steps_of(release) if "uses" in step]

    assert "audit" in targets_in(checks)
    assert "sbom" in targets_in(release)
    assert "schedule" in loaded(checks)[True]  # YAML 1.1 reads `on` as true
    assert {"actions/attest-build-provenance", "actions/attest-sbom"} < set(used)


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
