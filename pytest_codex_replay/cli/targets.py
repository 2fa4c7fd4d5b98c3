"""Finds the sessions that a PATH or a shortened session id on the command line means."""

from pathlib import Path

from pytest_codex_replay.archive.session import Session, find_session, open_sessions
from pytest_codex_replay.errors import ArchiveError, UsageError

_SHORTEST = 8
_UUID_LENGTH = 36


def default_archive() -> Path:
    """Return the directory into which the recorder writes by default."""
    return Path("~/.codex-replay/sessions").expanduser()


def sessions_in(path: Path | None) -> list[Session]:
    """Return the sessions at `path`; None is the default archive.

    Raises:
        UsageError: no session was found.
    """
    if path is not None:
        return open_sessions(path)
    archive = default_archive()
    if not archive.is_dir():
        raise UsageError(f"{archive}: nothing recorded yet. Record something (codex-replay record), or give a PATH.")
    return open_sessions(archive)


def find_target(path: Path | None, name: str | None) -> tuple[Session, list[Session]]:
    """Return the session that is meant, and the sessions among which it was chosen.

    Args:
        path: an archive or a session directory, whose name may be shortened; or the beginning of an id in the
            default archive.
        name: the beginning of a session's name.

    Raises:
        UsageError: no such session was found.
    """
    if name is not None:
        found = find_session(path or default_archive(), name)
    elif path is None or path.exists():
        sessions = sessions_in(path)
        return newest(sessions), sessions
    else:
        found = _shortened(path)
    return found, [found]


def newest(sessions: list[Session]) -> Session:
    """Return the session that began last; an unattributed one only if there are no others."""
    if len(sessions) == 1:
        return sessions[0]
    of_codex = [session for session in sessions if not session.name.startswith("unattributed-")]
    return max(of_codex or sessions, key=_started)


def short_names(sessions: list[Session]) -> dict[str, str]:
    """Return the shortest unique beginning of each session id; a name that a person gave is kept whole."""
    names = [session.name for session in sessions]
    length = _SHORTEST
    while len({name[:length] for name in names}) < len(set(names)):
        length += 1
    return {name: name[:length] if len(name) == _UUID_LENGTH else name for name in names}


def _shortened(path: Path) -> Session:
    """Find the session of which `path` is the beginning, beside it or in the default archive."""
    archives = [path.parent, default_archive()] if len(path.parts) == 1 else [path.parent]
    for archive in archives:
        if archive.is_dir() and any(child.name.startswith(path.name) for child in archive.iterdir()):
            return find_session(archive, path.name)
    return open_sessions(path)[0]  # its error names what was not found


def _started(session: Session) -> str:
    try:
        started = session.manifest().get("started_at")
    except ArchiveError:  # an unreadable session does not hide the others
        return ""
    return started if isinstance(started, str) else ""
