"""The examples do what their pages say."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def run_example(
    forked_pytest: list[str], codex_binary: str, tmp_path: Path
) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Copy an example, as a user would, and run its tests."""
    return lambda example: run_pytest(example, forked_pytest, tmp_path, codex_binary)


def run_pytest(example: str, program: list[str], tmp_path: Path, codex: str) -> subprocess.CompletedProcess[str]:
    project = tmp_path / example
    shutil.copytree(EXAMPLES / example, project, ignore=shutil.ignore_patterns("__pycache__"))
    is_installed = any(entry.name == "codex_replay" for entry in entry_points(group="pytest11"))
    plugin = [] if is_installed else ["-p", "pytest_codex_replay.plugin"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "codex").symlink_to(codex)
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    command = [
        *program,
        *plugin,
        "--codex-replay",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:langsmith_plugin",  # LangChain brings it; each start of pytest loads all of it
        f"--rootdir={project}",
    ]
    return subprocess.run([*command, str(project)], cwd=project, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("example", "passed"),
    [
        ("app-server", 2),
        ("codex-script", 1),
        ("curl", 1),
        ("editor", 1),
        ("in-process", 8),
        ("langchain", 1),
        ("openai-agents", 1),
        ("openai-sdk", 2),
        ("typescript-sdk", 1),
    ],
)
def test_the_tests_of_an_example_pass(
    example: str, passed: int, run_example, codex_command: str, tmp_path: Path
) -> None:
    """A copied example is green offline."""
    if example == "typescript-sdk":  # `make setup` puts the SDK beside Codex
        modules = Path(codex_command).absolute().parents[1]
        assert (modules / "@openai" / "codex-sdk").is_dir(), f"@openai/codex-sdk: not in {modules}"
        (tmp_path / "node_modules").symlink_to(modules)
    done = run_example(example)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{passed} passed" in done.stdout
    assert " 0 missed, 0 unused" in done.stdout


def test_the_walkthrough(codex_command: str, mitmdump_program: str, tmp_path: Path) -> None:
    """The debugging example records a session, and shows its tool calls."""
    script = EXAMPLES / "debugging" / "walkthrough.sh"
    env = {**os.environ, "CODEX": codex_command, "MITMDUMP": mitmdump_program, "PYTHON": sys.executable}

    done = subprocess.run(
        ["sh", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 3 steps are done." in done.stdout
    assert done.stdout.count('{"cmd":"echo step-') >= 3


def test_every_example_is_run_here() -> None:
    """No example is shipped that nothing tries."""
    there = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())

    names = "app-server codex-script curl debugging editor in-process langchain openai-agents openai-sdk typescript-sdk"
    assert there == names.split()
