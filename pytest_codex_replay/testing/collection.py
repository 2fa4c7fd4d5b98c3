"""Collected items of pytest, resolved: each by itself, then all of them together."""

import os
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

import pytest

from pytest_codex_replay.replay.cassette import cassette_names
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.sharing.config import check_allowed, load_user_rules
from pytest_codex_replay.testing.config import MARKER, Mode, RunOptions, check_recorder, is_ci
from pytest_codex_replay.testing.marker import default_name, module_id, read_marker
from pytest_codex_replay.testing.resolved import ResolvedTest, read_cassette_state, resolve

_SHARED = ("mode", "match", "speed")
"""What is the same for all tests that share a cassette. Faults are each test's own."""


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
    if test.allow:
        check_allowed(test.allow, load_user_rules(item.config.rootpath), option=f"@pytest.mark.{MARKER}: allow")


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
    """Return the id by which a test, a class or a module names its cassette.

    pytest's own id does not show what it is relative to when the test is outside rootdir.
    """
    root = item.config.rootpath
    _, colons, test = item.nodeid.partition("::")
    return f"{module_id(Path(os.path.relpath(item.path, root)).as_posix(), root)}{colons}{test}"


def record_command(item: pytest.Item | pytest.Collector, mode: Mode) -> str:
    """Return the command that records this test and no other, to be pasted where pytest was started."""
    config = item.config
    path = Path(os.path.relpath(item.path, config.invocation_params.dir)).as_posix()
    given = config.getoption("--codex-replay-dir")
    directory = [f"--codex-replay-dir={given}"] if given else []
    _, colons, test = item.nodeid.partition("::")
    return shlex.join(["pytest", f"--codex-replay-mode={mode}", *directory, f"{path}{colons}{test}"])


def conflicts_of(tests: Iterable[ResolvedTest]) -> dict[str, str]:
    """Return why tests cannot run together, by the node id of the later test."""
    tests = list(tests)
    first: dict[str, ResolvedTest] = {}
    for test in tests:
        first.setdefault(test.cassette.name, test)
    recorders: dict[str, ResolvedTest] = {}
    found = {}
    for test in tests:
        name = test.cassette.name
        why = _difference(first[name], test)
        if not why and test.writes_cassette:
            why = _both_record(recorders.setdefault(name, test), test)
        if why := why or _inside(test, first):
            found[test.nodeid] = why
    return found


def orphans_in(directory: Path, used: Collection[str]) -> list[str]:
    """Return the cassettes in `directory` that belong to none of the `used` names."""
    if not directory.is_dir():
        return []
    return [name for name in cassette_names(directory) if not any(_is_of(name, other) for other in used)]


def _difference(first: ResolvedTest, second: ResolvedTest) -> str:
    for key in _SHARED:
        here, there = getattr(second, key), getattr(first, key)
        if here != there:
            return (
                f"{key} {_shown(here)} for the cassette {first.cassette.name!r}, "
                f"of which {first.nodeid} says {key} {_shown(there)}"
            )
    return ""


def _shown(value: object) -> str:
    """Return a value as a user writes it."""
    if not isinstance(value, Speed):
        return str(value)
    if value == Speed():
        return "instant"
    return "recorded" if value.factor == 1 else f"{1 / value.factor:g}"


def _both_record(first: ResolvedTest, second: ResolvedTest) -> str:
    if first is second:
        return ""
    return (
        f"records the cassette {second.cassette.name!r} (mode {second.mode}), and so would {first.nodeid}: "
        f"record one of them alone ({second.command}), or give each a name of its own"
    )


def _inside(test: ResolvedTest, first: Mapping[str, ResolvedTest]) -> str:
    """Return why a cassette must not lie in another one of which either is recorded: recording replaces all of it."""
    name = test.cassette.name
    for outer in (first[str(path)] for path in PurePosixPath(name).parents if str(path) in first):
        if test.writes_cassette or outer.writes_cassette:
            return f"the cassette {name!r} lies in {outer.cassette.name!r}, that of {outer.nodeid}: rename one of them"
    return ""


def _is_of(cassette: str, name: str) -> bool:
    """Whether a session directory is the cassette of this name, or one of its sessions."""
    return cassette == name or cassette.startswith(f"{name}/")
