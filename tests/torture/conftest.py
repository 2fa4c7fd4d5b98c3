"""The recorder under torture. The suite runs a small part; `make torture` runs all of it, and counts.

pytest tests/torture --torture
"""

from pathlib import Path

import pytest

from tests.addon.conftest import Starter


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", action="store_true", help="run the torture tests in full, and print what they count")


class Torture:
    """How much of it is to be run, and what the tests count, for the table at the end."""

    def __init__(self, *, is_full: bool) -> None:
        self.is_full = is_full
        self.rows: list[tuple[str, dict[str, object]]] = []

    def pick(self, suite: int, full: int) -> int:
        """Return how much to do."""
        return full if self.is_full else suite

    def count(self, what: str, **counts: object) -> None:
        """Add a row to the table: `torture.count("bit flips", flips=10_000, altered=0)`."""
        self.rows.append((what, counts))


TORTURE = pytest.StashKey[Torture]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    torture = config.stash.get(TORTURE, None)
    if torture is None or not torture.is_full:
        return
    terminalreporter.section("torture")
    for what, counts in torture.rows:
        said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in counts.items())
        terminalreporter.write_line(f"{what:<42} {said}")


@pytest.fixture(scope="session")
def torture(pytestconfig: pytest.Config) -> Torture:
    # Where this file is found late, the option is unknown: then the suite runs.
    is_full = bool(pytestconfig.getoption("--torture", default=False))
    return pytestconfig.stash.setdefault(TORTURE, Torture(is_full=is_full))


@pytest.fixture
def mitmdump(mitmdump_program: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory):
    """Start mitmdump with the recorder, as the addon's tests do."""
    confdir = tmp_path_factory.getbasetemp() / "mitmproxy-ca"
    confdir.mkdir(exist_ok=True)
    starter = Starter(mitmdump_program, confdir, tmp_path)
    yield starter
    for running in starter.started:
        running.process.kill()
        running.join()
        running.process.stdout.close()
