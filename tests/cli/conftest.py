"""Sessions made by hand, from `tests/sessions.py`, and ways to run the command line."""

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from pytest_codex_replay.cli import main


@pytest.fixture(scope="session")
def sessions() -> ModuleType:
    """The module, loaded by path."""
    spec = importlib.util.spec_from_file_location("sessions", Path(__file__).parents[1] / "sessions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def talk(sessions):
    """Make a client that talks like Codex to a script: `talk(script, transport=…)`."""
    return sessions.Talk


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
    """Run what cannot be done; return the one line that says so."""

    def invoke(*words: object) -> str:
        result = run(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
        return result.stderr

    return invoke


@pytest.fixture
def program() -> list[str]:
    """The command line of a `codex-replay` of its own, for `subprocess`."""
    return [sys.executable, "-m", "pytest_codex_replay.cli"]
