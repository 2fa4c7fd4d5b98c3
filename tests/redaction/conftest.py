"""The corpus, loaded by path: under importlib mode test modules cannot import each other."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def corpus() -> ModuleType:
    """The module `corpus.py`."""
    spec = importlib.util.spec_from_file_location("redaction_corpus", Path(__file__).parent / "corpus.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
