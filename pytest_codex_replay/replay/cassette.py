"""A cassette, loaded: the interactions of its sessions, and what is damaged in it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_codex_replay.archive.segment import Damage, is_segment
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.projection.interactions import Interaction, interactions_of
from pytest_codex_replay.replay.settings import CassetteSettings, read_settings

__all__ = ["Cassette", "cassette_names", "load_cassette"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """What a replay is made from: a cassette, an archive, or one session directory."""

    name: str
    path: Path
    interactions: tuple[Interaction, ...]
    """Of all its sessions, by start time."""
    damages: tuple[Damage, ...]
    """Records that could not be read; the rest is served."""
    settings: CassetteSettings = field(default_factory=CassetteSettings)
    """What it says about its own replay."""


def load_cassette(path: Path, *, name: str | None = None) -> Cassette:
    """Read a cassette.

    Args:
        path: its directory.
        name: what to call it; None: its directory's name.

    Raises:
        UsageError: there is no session in `path`, or its settings are wrong.
        ArchiveError: it is of a newer format, or cannot be read.
    """
    damages: list[Damage] = []
    settings = read_settings(path)
    with _uncollected():
        sessions = [interactions_of(session.records(damages.append)) for session in open_sessions(path)]
    return Cassette(
        name=name or path.name,
        path=path,
        interactions=sessions[0] if len(sessions) == 1 else _merged(sessions),
        damages=tuple(damages),
        settings=settings,
    )


def cassette_names(directory: Path) -> list[str]:
    """Return the names of the cassettes below `directory`, however deep."""
    sessions = {path.parent for path in directory.rglob("traffic*") if is_segment(path.name)}
    return sorted(path.relative_to(directory).as_posix() for path in sessions)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the garbage collector rest: it takes half of the time to look at all records again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _merged(sessions: list[tuple[Interaction, ...]]) -> tuple[Interaction, ...]:
    by_start = sorted((one for session in sessions for one in session), key=lambda one: one.started_at_ms)
    return tuple(replace(one, index=index) for index, one in enumerate(by_start, start=1))
