"""Finds the sessions that a PATH or a shortened session id on the command line means."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from pytest_codex_replay.archive.session import Session, find_session, nearest_names, open_sessions
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.reading import DEFAULT_ARCHIVE, Archive, RecordedSession, open_archive

_SHORTEST = 8
_UUID_LENGTH = 36
_STDIN = "-"


def default_archive() -> Path:
    """Return the directory into which the recorder writes by default."""
    return Path(DEFAULT_ARCHIVE).expanduser()


class SessionPath(click.Path):
    """An archive or a session directory, whose name may be shortened; or the beginning of an id in the default archive.

    What exists is taken as it is, whatever it is: the verb knows what it needs.
    """

    def __init__(self, *, tells: bool = False) -> None:
        """`tells`: say which session a shortened name means, where success prints nothing else."""
        super().__init__(path_type=Path)
        self._tells = tells

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ARG002
        """Return the path that is meant.

        Raises:
            UsageError: it does not exist, and is the beginning of no session's name, or of several.
        """
        path = Path(os.path.expanduser(value))  # noqa: PTH111  Path.expanduser fails where there is no such user
        if path.exists() or value == _STDIN or (ctx is not None and ctx.resilient_parsing):
            return path
        found = _shortened(path)
        if self._tells:
            click.echo(f"{value}: {found}", err=True)
        return found

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete the ids in the default archive, and paths."""
        return [*super().shell_complete(ctx, param, incomplete), *_completed(default_archive(), incomplete)]


def complete_session(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete the id of a session in the archive that PATH names."""
    return _completed(ctx.params.get("path") or default_archive(), incomplete)


def find_target(path: Path | None, name: str | None) -> tuple[RecordedSession, int]:
    """Return the session that is meant, and the number of conversations among which it was chosen.

    Args:
        path: an archive or a session directory.
        name: the beginning of a session's name.

    Raises:
        UsageError: the session was not found.
    """
    if name is not None:
        return Archive(path or default_archive())[name], 1
    archive = open_archive(path)
    return archive.newest, len(archive.conversations) if len(archive) > 1 else 1


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


def _shortened(path: Path) -> Path:
    """Return the session directory of whose name `path` is the beginning, beside it or in the default archive."""
    archives = [path.parent, default_archive()] if len(path.parts) == 1 else [path.parent]
    there = {archive: _sessions(archive) for archive in archives}
    for archive, sessions in there.items():
        if any(session.name.startswith(path.name) for session in sessions):
            return find_session(archive, path.name, sessions).path
    names = [session.name for sessions in there.values() for session in sessions]
    there_are = f" There are: {nearest_names(path.name, names)}" if names else ""
    raise UsageError(f"{path}: no such file or directory, and no session begins with {path.name!r}.{there_are}")


def _sessions(archive: Path) -> list[Session]:
    """Return the sessions in a directory, which may hold none."""
    try:
        return [session for session in open_sessions(archive) if session.path.parent == archive]
    except UsageError:
        return []  # the error of the caller names what was looked for


def _completed(archive: Path, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(one.name) for one in _sessions(archive) if one.name.startswith(incomplete)]
