"""What concerns all tests together: cassettes that several use, and cassettes that none uses."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_codex_replay.options import Mode, ReplayOptions

__all__ = ["Use", "conflicts_of", "orphans_in"]

_SHARED = ("mode", "match", "speed")
"""What is the same for all tests that share a cassette. Faults are each test's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A test, and what it asks for."""

    nodeid: str
    options: ReplayOptions

    def may_record(self, *, is_recorded: bool) -> bool:
        """Whether it may write its cassette."""
        return self.options.mode is not Mode.NONE and not (self.options.mode is Mode.ONCE and is_recorded)


def conflicts_of(uses: Iterable[Use], is_recorded: Callable[[str], bool]) -> dict[str, str]:
    """Return what cannot be, by test.

    Args:
        uses: of the tests that are to run.
        is_recorded: whether the cassette of a name is there.
    """
    first: dict[str, Use] = {}
    found = {}
    for use in uses:
        other = first.setdefault(use.options.name, use)
        if other is not use and (why := _conflict(other, use, is_recorded)):
            found[use.nodeid] = why
    return found


def orphans_in(directory: Path, used: Collection[str]) -> list[str]:
    """Return the cassettes in `directory` that belong to none of the `used` names."""
    from pytest_codex_replay.replay.cassette import cassette_names  # noqa: PLC0415  the plugin stays light

    if not directory.is_dir():
        return []
    return [name for name in cassette_names(directory) if not any(_is_of(name, other) for other in used)]


def _conflict(first: Use, second: Use, is_recorded: Callable[[str], bool]) -> str:
    name = first.options.name
    for key in _SHARED:
        here, there = getattr(second.options, key), getattr(first.options, key)
        if here != there:
            return f"{key} {here} for the cassette {name!r}, of which {first.nodeid} says {key} {there}"
    there_is = is_recorded(name)
    if first.may_record(is_recorded=there_is) or second.may_record(is_recorded=there_is):
        return (
            f"records the cassette {name!r} (mode {second.options.mode}), and so would {first.nodeid}: "
            "record one of them at a time (-k), or give each a name of its own"
        )
    return ""


def _is_of(cassette: str, name: str) -> bool:
    """Whether a session directory is the cassette of this name, or one of its sessions."""
    return cassette == name or cassette.startswith(f"{name}/")
