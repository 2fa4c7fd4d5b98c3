"""Ways to run the command line."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pytest_codex_replay.cli import main
from tests.conftest import forks_of


@pytest.fixture(autouse=True)
def _in_greenwich(monkeypatch):
    """Times are printed as they are there, wherever the tests run."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def run():
    """Run `codex-replay` in this process: `run("ls", path)` returns click's result."""

    def invoke(*words: object, **options: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], prog_name="codex-replay", **options)

    return invoke


@pytest.fixture
def refusal(run):
    """Run a command that fails; return its one line of error."""

    def invoke(*words: object) -> str:
        result = run(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
        return result.stderr

    return invoke


@pytest.fixture
def program() -> list[str]:
    """The command line of a `codex-replay` of its own, for `subprocess`.

    For claims about its start or its terminal; else `forked_program` is the same for less.
    """
    return [sys.executable, "-m", "pytest_codex_replay.cli"]


@pytest.fixture(scope="session")
def forked_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """A `codex-replay` that is started as a fork of one that is imported already."""
    if sys.platform != "linux":
        yield [sys.executable, "-m", "pytest_codex_replay.cli"]
        return
    verbs = (f"pytest_codex_replay.cli.{verb}" for verb in ("serve", "record", "demo"))
    start = "pytest_codex_replay.cli:main", *verbs, "pytest_codex_replay.launch.embedded_recorder"
    with forks_of(tmp_path_factory.mktemp("forks") / "bin" / "codex-replay", Path(sys.executable), *start) as binary:
        yield [str(binary)]
