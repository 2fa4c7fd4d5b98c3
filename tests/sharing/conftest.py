"""Sessions made by hand, from `tests/sessions.py`."""

import importlib.util
import sys
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


@pytest.fixture(scope="session")
def corpus() -> ModuleType:
    """The corpus of `tests/redaction`."""
    path = Path(__file__).parents[1] / "redaction" / "corpus.py"
    spec = importlib.util.spec_from_file_location("sharing_corpus", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
