"""A cassette, loaded: the interactions of its sessions, and what is damaged in it."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from pytest_codex_replay.archive.names import is_plain, is_segment
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session, open_sessions, path_given
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.projection.interaction_builder import interactions_of, merged
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.settings import CassetteSettings, read_settings

_SHOWN_DAMAGES = 3
_LARGE_BYTES = 24 * 1024 * 1024
"""Of traffic whose answers are packed until they are served. Held as they are, they take four times as much, and time
is saved with each of them."""
_EXPANDS = 16
"""How much more a compressed segment is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """What a replay is made from: a cassette, an archive, or one session directory."""

    name: str
    path: Path
    interactions: tuple[Interaction, ...]
    """Of all its sessions, by start time."""
    damages: tuple[Damage, ...]
    """What could not be read, is missing, or was altered after it was written; the rest is served."""
    settings: CassetteSettings = field(default_factory=CassetteSettings)
    """How it asks to be replayed."""


def load_cassette(
    path: str | PathLike[str], *, name: str | None = None, settings: CassetteSettings | None = None
) -> Cassette:
    """Read a cassette.

    Args:
        path: its directory; `~` is expanded.
        name: what to call it; None: its directory's name.
        settings: its settings, if they were read before; None: they are read now.

    Raises:
        UsageError: `path` holds no session, or its settings are wrong.
        ArchiveError: its format is newer, it cannot be read, or it holds no interaction.
    """
    path = path_given(path, "load_cassette")
    damages: list[Damage] = []
    settings = read_settings(path) if settings is None else settings
    with uncollected():
        found = open_sessions(path)
        packs = _is_large(found)
        read = (session.records(damages.append, keep_runs=packs) for session in found)
        sessions = [interactions_of(records, packs=packs) for records in read]
    told = {damage.path for damage in damages}
    altered = [damage for session in found for damage in session.altered() if damage.path not in told]
    altered += [
        Damage(path=session.path / entry["name"], line=0, reason="is missing; session.json names it")
        for session in found
        for entry in session.missing()
    ]
    if not any(sessions):
        why = "; ".join(map(str, damages[:_SHOWN_DAMAGES])) or "it holds no requests"
        raise ArchiveError(f"{path}: no interaction in it can be replayed ({why}). Record it anew.")
    return Cassette(
        name=name or path.name,
        path=path,
        interactions=merged(sessions),
        damages=(*damages, *altered),
        settings=settings,
    )


def cassette_names(directory: Path) -> list[str]:
    """Return the names of the cassettes below `directory`, however deep."""
    sessions = {path.parent for path in directory.rglob("traffic*") if is_segment(path.name)}
    return sorted(path.relative_to(directory).as_posix() for path in sessions)


def _is_large(sessions: Iterable[Session]) -> bool:
    try:
        sizes = [pair for session in sessions for pair in session.sizes().items()]
    except OSError:  # reading it says why
        return False
    return sum(size * (1 if is_plain(name) else _EXPANDS) for name, size in sizes) > _LARGE_BYTES


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the garbage collector: it would take half of the time to look at all records again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
