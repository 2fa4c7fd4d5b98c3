"""Collected items of pytest, resolved: each by itself, then all of them together."""

import os
import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.redaction.user_rules import check_kinds
from pytest_codex_replay.sharing.config import load_user_rules
from pytest_codex_replay.testing.config import check_recorder, is_ci
from pytest_codex_replay.testing.marker import read_marker
from pytest_codex_replay.testing.names import default_name
from pytest_codex_replay.testing.options import MARKER, Mode, RunOptions
from pytest_codex_replay.testing.resolved import ResolvedTest, read_cassette_state, resolve
from pytest_codex_replay.testing.suite import conflicts_of


def resolve_item(item: pytest.Item, run: RunOptions) -> ResolvedTest:
    """Resolve one test.

    Raises:
        UsageError: its marker is wrong.
    """
    mark = item.get_closest_marker(MARKER)
    fixtures = getattr(item, "fixturenames", ())
    marker = read_marker(*((mark.args, mark.kwargs) if mark else ()), is_in_process="codex_vcr" in fixtures)
    return resolve(
        run,
        marker,
        read_cassette_state(run.directory, marker.name or default_name(nodeid_of(item))),
        nodeid=item.nodeid,
        fixtures=fixtures,
        is_ci=is_ci(),
        command=partial(record_command, item),
    )


def check_item(item: pytest.Item, test: ResolvedTest) -> None:
    """Check that the findings which a test allows can exist.

    Raises:
        UsageError: no rule finds such a kind, or a rule of the user's own is wrong.
    """
    if not test.allow:
        return
    user = load_user_rules(item.config.rootpath)
    try:
        check_kinds(test.allow, user.rules)
    except CodexReplayError as error:
        raise UsageError(f"@pytest.mark.{MARKER}: allow: {error}") from error


def check_together(config: pytest.Config, tests: Sequence[ResolvedTest]) -> None:
    """Check that tests do not disturb each other, and that there is a recorder if one is needed.

    Raises:
        pytest.UsageError: two tests cannot run together, or no recorder is found.
    """
    for nodeid, why in conflicts_of(tests).items():
        raise pytest.UsageError(f"{nodeid}: @pytest.mark.{MARKER}: {why}")
    if any(test.can_record for test in tests):
        check_recorder(config)


def nodeid_of(item: pytest.Item | pytest.Collector) -> str:
    """Return the id by which a test, a class or a module names its cassette: without `tests/`, where all tests are.

    pytest's own id does not show what it is relative to when the test is outside rootdir.
    """
    root = item.config.rootpath
    path = Path(os.path.relpath(item.path, root)).as_posix()
    shorter = path.removeprefix("tests/")
    if (root / shorter).exists():  # another module
        shorter = path
    _, colons, test = item.nodeid.partition("::")
    return f"{shorter}{colons}{test}"


def record_command(item: pytest.Item | pytest.Collector, mode: Mode) -> str:
    """Return the command that records this test and no other, to be pasted where pytest was started."""
    config = item.config
    path = Path(os.path.relpath(item.path, config.invocation_params.dir)).as_posix()
    given = config.getoption("--codex-replay-dir")
    directory = [f"--codex-replay-dir={given}"] if given else []
    _, colons, test = item.nodeid.partition("::")
    return shlex.join(["pytest", f"--codex-replay-mode={mode}", *directory, f"{path}{colons}{test}"])
