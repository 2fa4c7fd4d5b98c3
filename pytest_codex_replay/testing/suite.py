"""What concerns all tests together: cassettes that several tests use, and cassettes that no test uses."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from pytest_codex_replay.replay.cassette import cassette_names
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.testing.resolved import ResolvedTest

_SHARED = ("mode", "match", "speed")
"""What is the same for all tests that share a cassette. Faults are each test's own."""


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
