"""The recorder under torture. The suite runs a small part; `make torture` runs all of it, and counts.

pytest tests/torture --torture
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # for `torture_harness`: under importlib mode test modules cannot import each other


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", action="store_true", help="run the torture tests in full, and print what they count")


class Counts:
    """What the tests count, for the table at the end."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, dict[str, object]]] = []

    def add(self, what: str, **counts: object) -> None:
        self.rows.append((what, counts))


COUNTS = pytest.StashKey[Counts]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COUNTS] = Counts()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not is_full(config):
        return
    terminalreporter.section("torture")
    for what, counts in config.stash[COUNTS].rows:
        said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in counts.items())
        terminalreporter.write_line(f"{what:<34} {said}")


def is_full(config: pytest.Config) -> bool:
    return bool(config.getoption("--torture", default=False))  # it is unknown where this file is found late


@pytest.fixture(scope="session")
def counts(pytestconfig: pytest.Config) -> Counts:
    """Where a test says what it counted: `counts.add("bit flips", flips=10_000, altered=0)`."""
    return pytestconfig.stash.setdefault(COUNTS, Counts())


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether all of it is to be run."""
    return is_full(pytestconfig)


def load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def addon_tests() -> ModuleType:
    """What the tests of the addon have: a real mitmdump."""
    return load("addon_tests", HERE.parent / "addon" / "conftest.py")


@pytest.fixture
def mitmdump(addon_tests: ModuleType, mitmdump_binary: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory):
    """Start mitmdump with the recorder, as the addon's tests do."""
    confdir = tmp_path_factory.getbasetemp() / "mitmproxy-ca"
    confdir.mkdir(exist_ok=True)
    starter = addon_tests.Starter(mitmdump_binary, confdir, tmp_path)
    yield starter
    for running in starter.started:
        running.process.kill()
        running.join()
        running.process.stdout.close()
