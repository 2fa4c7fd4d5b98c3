"""Sessions made by hand, from `tests/sessions.py`."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


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
