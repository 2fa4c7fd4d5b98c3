"""Where a recording goes: into its cassette, in place of the sessions that it replaces. Other files stay."""

from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.archive.segment import is_segment
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.replay.cassette import cassette_names
from pytest_codex_replay.sharing.cassette import has_own_name
from pytest_codex_replay.sharing.dedupe import start_new_suite
from pytest_codex_replay.sharing.replacing import (
    check_name,
    check_writable,
    copy_regular,
    copy_tree,
    put_back,
    replacing,
)
from pytest_codex_replay.sharing.sessions import write_session
from pytest_codex_replay.testing.config import Mode
from pytest_codex_replay.testing.conversation import Conversation, replaces
from pytest_codex_replay.testing.resolved import CassetteState

_ELSEWHERE = "Let it be written, or name another place: --codex-replay-dir=DIR"


def check_place(cassette: CassetteState) -> None:
    """Check that a cassette may be recorded: a recording replaces the whole directory, so cassettes must not nest.

    Raises:
        UsageError: the path is a file, holds other cassettes, lies in another one, or cannot be written.
    """
    directory, target = cassette.directory, cassette.path
    check_name(Path(cassette.name))
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target}: is a file, where the cassette is to be.")
    for outer in target.parents[: cassette.name.count("/")]:
        if _own_sessions(outer):
            raise UsageError(f"{target}: lies in another cassette, {outer}; give it a name beside that.")
    inside = {target / name for name in cassette_names(target)} - {session.path for session in _own_sessions(target)}
    if inside:
        others = ", ".join(sorted(path.relative_to(directory).as_posix() for path in inside))
        raise UsageError(f"{target}: holds other cassettes, which would be lost ({others}); give it a name of its own.")
    check_writable(target.resolve().parent, _ELSEWHERE)


def make_place(cassette: CassetteState) -> None:
    """Get a directory ready for its first cassette; where it has some, it stays as it is."""
    start_new_suite(cassette.directory)


def place(new: Sequence[Session], target: Path, mode: Mode) -> None:
    """Put new sessions into a cassette, atomically. Files that belong to no recording (settings, a README) stay."""
    put_back(target)
    recorded = [Conversation.of(session) for session in new]
    stay = () if mode is Mode.REWRITE else sessions_in(target)
    old = [(session, Conversation.of(session)) for session in stay]
    kept = [session for session, asked in old if not any(replaces(one, asked, mode) for one in recorded)]
    with replacing(target, force=True) as beside:
        _keep_the_rest(target, beside)
        sessions = [*new, *kept]
        for session in sessions:
            copy = beside if len(sessions) == 1 else _free_path(beside, _name_of(session, target))
            if session in new:
                write_session(copy, session.records())
            else:
                _copy(session, copy)


def _name_of(session: Session, cassette: Path) -> str:
    """Return a name for a session's directory. Where that was the cassette itself, it has the cassette's name."""
    return str(session.manifest()["session"] or session.name) if session.path == cassette else session.name


def _free_path(directory: Path, name: str) -> Path:
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(path for one in names if not (path := directory / one).exists())


def _keep_the_rest(cassette: Path, beside: Path) -> None:
    """Copy the files that belong to no recording."""
    if cassette.is_dir():
        recordings = {session.path for session in _own_sessions(cassette)}

        copy_tree(cassette, beside, lambda path: _is_traffic(path.name) or path in recordings)


def _copy(session: Session, copy: Path) -> None:
    """Copy what is recorded of a session. A segment may be a link to a file; a manifest is made anew."""
    copy.mkdir(exist_ok=True)
    for path in session.path.iterdir():
        if is_segment(path.name) or (path.name == MANIFEST and not path.is_symlink()):
            copy_regular(path, copy / path.name)


def _is_traffic(name: str) -> bool:
    return is_segment(name) or name == MANIFEST


def sessions_in(directory: Path) -> list[Session]:
    """Return the sessions below a directory; none while it does not exist or is empty."""
    try:
        return open_sessions(directory)
    except UsageError:
        return []


def _own_sessions(cassette: Path) -> list[Session]:
    """Return the sessions of a cassette: the directory itself, or sessions below it that have names of their own."""
    return [one for one in sessions_in(cassette) if one.path == cassette or has_own_name(one)]
