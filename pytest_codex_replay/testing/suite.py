"""What concerns all tests together: cassettes that several use, and cassettes that none uses."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pytest_codex_replay.testing.options import Mode, ReplayOptions

_SHARED = ("mode", "match", "speed")
"""What is the same for all tests that share a cassette. Faults are each test's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A test, and what it asks for."""

    nodeid: str
    options: ReplayOptions
    command: str
    """What records its cassette, and no other test's."""

    def may_record(self, *, is_recorded: bool) -> bool:
        """Whether it may write its cassette. A test with faults does not: they are laid over what is recorded."""
        mode = self.options.mode
        return mode is not Mode.NONE and not self.options.faults and not (mode is Mode.ONCE and is_recorded)


def conflicts_of(uses: Iterable[Use], is_recorded: Callable[[str], bool]) -> dict[str, str]:
    """Return what cannot be, by test.

    Args:
        uses: of the tests that are to run.
        is_recorded: whether the cassette of a name is there.
    """
    uses = list(uses)
    first: dict[str, Use] = {}
    for use in uses:
        first.setdefault(use.options.name, use)
    recorders: dict[str, Use] = {}
    found = {}
    for use in uses:
        name = use.options.name
        why = _difference(first[name], use)
        if not why and use.may_record(is_recorded=is_recorded(name)):
            why = _both_record(recorders.setdefault(name, use), use)
        if why := why or _inside(use, first, is_recorded):
            found[use.nodeid] = why
    return found


def may_record(uses: Iterable[Use], is_recorded: Callable[[str], bool], *, is_ci: bool) -> bool:
    """Whether any of the tests may write a cassette here."""
    return any(
        use.may_record(is_recorded=is_recorded(use.options.name))
        for use in uses
        if use.options.may_record_in_ci or not is_ci
    )


def orphans_in(directory: Path, used: Collection[str]) -> list[str]:
    """Return the cassettes in `directory` that belong to none of the `used` names."""
    from pytest_codex_replay.replay.cassette import cassette_names  # noqa: PLC0415  the plugin stays light

    if not directory.is_dir():
        return []
    return [name for name in cassette_names(directory) if not any(_is_of(name, other) for other in used)]


def _difference(first: Use, second: Use) -> str:
    for key in _SHARED:
        here, there = getattr(second.options, key), getattr(first.options, key)
        if here != there:
            return f"{key} {here} for the cassette {first.options.name!r}, of which {first.nodeid} says {key} {there}"
    return ""


def _both_record(first: Use, second: Use) -> str:
    if first is second:
        return ""
    return (
        f"records the cassette {second.options.name!r} (mode {second.options.mode}), and so would {first.nodeid}: "
        f"record one of them alone ({second.command}), or give each a name of its own"
    )


def _inside(use: Use, first: Mapping[str, Use], is_recorded: Callable[[str], bool]) -> str:
    """Say when a cassette would lie in another one of which either is recorded: that takes the other one's place."""
    name = use.options.name
    for outer in (first[str(path)] for path in PurePosixPath(name).parents if str(path) in first):
        if any(one.may_record(is_recorded=is_recorded(one.options.name)) for one in (use, outer)):
            return f"the cassette {name!r} lies in {outer.options.name!r}, that of {outer.nodeid}: name one otherwise"
    return ""


def _is_of(cassette: str, name: str) -> bool:
    """Whether a session directory is the cassette of this name, or one of its sessions."""
    return cassette == name or cassette.startswith(f"{name}/")
