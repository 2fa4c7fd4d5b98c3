"""What a PATH or a shortened session id on the command line means."""

from pathlib import Path

from pytest_codex_replay.archive.session import Session, find_session, open_sessions
from pytest_codex_replay.errors import ArchiveError, UsageError

_SHORTEST = 8
_UUID_LENGTH = 36


def default_archive() -> Path:
    """Return where the recorder puts sessions when it is not told otherwise."""
    return Path("~/.codex-replay/sessions").expanduser()


def sessions_in(path: Path | None) -> list[Session]:
    """Return the sessions at `path`; None is the default archive.

    Raises:
        UsageError: there are none.
    """
    if path is not None:
        return open_sessions(path)
    archive = default_archive()
    if not archive.is_dir():
        raise UsageError(f"{archive}: nothing has been recorded there yet; name an archive, or record one.")
    return open_sessions(archive)


def find_target(path: Path | None, name: str | None) -> tuple[Session, list[Session]]:
    """Return the session that is meant, and those among which it was chosen.

    Args:
        path: an archive or a session directory, whose name may be shortened; or the beginning of an id in the
            default archive.
        name: the beginning of a session's name.

    Raises:
        UsageError: there is no such session.
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
    """Return the session that began last; one of Codex rather than what belongs to none."""
    if len(sessions) == 1:
        return sessions[0]
    of_codex = [session for session in sessions if not session.name.startswith("unattributed-")]
    return max(of_codex or sessions, key=_started)


def short_names(sessions: list[Session]) -> dict[str, str]:
    """Return the shortest name for each session that tells it apart; a cassette keeps the name that it was given."""
    names = [session.name for session in sessions]
    length = _SHORTEST
    while len({name[:length] for name in names}) < len(set(names)):
        length += 1
    return {name: name[:length] if len(name) == _UUID_LENGTH else name for name in names}


def _shortened(path: Path) -> Session:
    """Find what `path` is the beginning of, beside it or in the default archive."""
    archives = [path.parent, default_archive()] if len(path.parts) == 1 else [path.parent]
    for archive in archives:
        if archive.is_dir() and any(child.name.startswith(path.name) for child in archive.iterdir()):
            return find_session(archive, path.name)
    return open_sessions(path)[0]  # it says what there is


def _started(session: Session) -> str:
    try:
        started = session.manifest().get("started_at")
    except ArchiveError:  # it does not hide the others
        return ""
    return started if isinstance(started, str) else ""
