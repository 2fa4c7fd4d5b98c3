"""What is public is typed: a user's program passes mypy and pyright, both strict, and misuse of it passes neither."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import pytest_codex_replay

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(__file__).parent / "typing"
MYPY = ("-m", "mypy", "--strict", "--no-incremental", "--follow-imports=silent", "--config-file=")
PYRIGHT = ("-m", "basedpyright", "--outputjson")
"""basedpyright brings pyright with its own node: nothing is downloaded when it runs."""


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The lines that each checker refuses, by program."""
    place = tmp_path_factory.mktemp("typing")
    paths = sorted(PROGRAMS.glob("*.py"))
    return {"mypy": mypy(paths), "pyright": pyright(paths, place)}


def run(words, module):
    if find_spec(module) is None:
        pytest.fail(f"{module} is not installed: pip install -e '.[test,lint]'")
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def mypy(paths):
    done = run([*MYPY, "--output=json", *map(str, paths)], "mypy")
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    found = map(json.loads, done.stdout.splitlines())
    return [(Path(one["file"]).name, one["line"], one["message"]) for one in found if one["severity"] == "error"]


def pyright(paths, place):
    project = place / "pyrightconfig.json"
    settings = {"include": list(map(str, paths)), "extraPaths": [str(ROOT)], "typeCheckingMode": "strict"}
    project.write_text(json.dumps(settings), encoding="utf-8")
    done = run([*PYRIGHT, "--pythonpath", sys.executable, "-p", str(project)], "basedpyright")
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [(Path(one["file"]).name, one["range"]["start"]["line"] + 1, one["message"]) for one in found]


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_users_program_passes(reports, checker):
    """With nothing but public names."""
    assert [one for one in reports[checker] if one[0] == "public_api.py"] == []


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_misuse_is_refused(reports, checker):
    """So the types are there, and say something: `Any` would let it all pass."""
    text = (PROGRAMS / "misuse.py").read_text(encoding="utf-8")
    wrong = {number for number, line in enumerate(text.splitlines(), start=1) if line.endswith("# wrong")}

    assert {line for file, line, _ in reports[checker] if file == "misuse.py"} == wrong


def test_every_public_function_is_called():
    """The program grows with the front door."""
    program = (PROGRAMS / "public_api.py").read_text(encoding="utf-8")
    functions = [name for name in pytest_codex_replay.__all__ if name.islower()]

    assert [name for name in functions if name not in program] == []
