"""Finds the sessions that a PATH or a shortened session id on the command line means."""

from collections.abc import Iterable
from pathlib import Path

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.reading import DEFAULT_ARCHIVE, Archive, RecordedSession, open_archive

_SHORTEST = 8
_UUID_LENGTH = 36


def default_archive() -> Path:
    """Return the directory into which the recorder writes by default."""
    return Path(DEFAULT_ARCHIVE).expanduser()


def find_target(path: Path | None, name: str | None) -> tuple[RecordedSession, int]:
    """Return the session that is meant, and the number of conversations among which it was chosen.

    Args:
        path: an archive or a session directory, whose name may be shortened; or the beginning of an id in the
            default archive.
        name: the beginning of a session's name.

    Raises:
        UsageError: the session was not found.
    """
    if name is not None:
        return Archive(path or default_archive())[name], 1
    if path is None or path.exists():
        archive = open_archive(path)
        return archive.newest, len(archive.conversations) if len(archive) > 1 else 1
    return _shortened(path), 1


def helpers_beside(session: RecordedSession) -> tuple[RecordedSession, ...]:
    """Return what Codex began beside a session, as far as it is recorded in the same archive."""
    try:
        return Archive(session.path.parent).helpers_of(session)
    except UsageError:  # the directory around it may not be read
        return ()


def short_names(ids: Iterable[str]) -> dict[str, str]:
    """Return the shortest unique beginning of each session id; a name that a person gave is kept whole."""
    names = list(ids)
    length = _SHORTEST
    while len({name[:length] for name in names}) < len(set(names)):
        length += 1
    return {name: name[:length] if len(name) == _UUID_LENGTH else name for name in names}


def _shortened(path: Path) -> RecordedSession:
    """Find the session of which `path` is the beginning, beside it or in the default archive."""
    archives = [path.parent, default_archive()] if len(path.parts) == 1 else [path.parent]
    for archive in archives:
        if archive.is_dir() and any(child.name.startswith(path.name) for child in archive.iterdir()):
            return Archive(archive)[path.name]
    return open_archive(path).newest  # its error names what was not found
