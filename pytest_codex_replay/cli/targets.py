"""Finds the sessions that a PATH or a shortened id on the command line means.

What interprets recordings is imported when a session is to be read: most verbs ask the index.
"""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from pytest_codex_replay.archive.files import LEFT
from pytest_codex_replay.archive.names import DEFAULT_ARCHIVE, is_segment, nearest_names
from pytest_codex_replay.commands import command_text
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.visible import visible

if TYPE_CHECKING:
    from pytest_codex_replay.index.lookup import Id
    from pytest_codex_replay.index.store import Place
    from pytest_codex_replay.reading import RecordedSession

_Answer = TypeVar("_Answer")
_STDIN = "-"
_IDS = ("session", "thread", "turn", "response", "request", "call", "item")
"""What an id on the command line may be of, beside the name of a session directory."""


def default_archive() -> Path:
    """Return the directory into which the recorder writes by default."""
    return Path(DEFAULT_ARCHIVE).expanduser()


class GivenPath(click.Path):
    """A path that is not empty: an empty one, as of a variable that is not set, would mean the current directory."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path.

        Raises:
            BadParameter: it is empty.
        """
        if value == "":
            self.fail("is empty: give a path", param, ctx)
        return super().convert(value, param, ctx)


class GivenText(click.types.StringParamType):
    """A text that is not empty: an empty one, as of a variable that is not set, would ask for something else."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text.

        Raises:
            BadParameter: it is empty.
        """
        if value == "":
            self.fail("is empty: give a value, or leave it out", param, ctx)
        return super().convert(value, param, ctx)


class NoSuchSessionError(UsageError):
    """A name is neither a path nor the beginning of an id: it may be that of something else."""


class SessionPath(GivenPath):
    """An archive or a session directory, whose name may be shortened; or the beginning of an id in the default archive.

    What exists is taken as it is, whatever it is: the verb knows what it needs.
    """

    def __init__(self, *, tells: bool = False) -> None:
        """`tells`: say which session a shortened name means, where success prints nothing else."""
        super().__init__(readable=False)
        self._tells = tells

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path that is meant.

        Raises:
            UsageError: it does not exist, and is the beginning of no session's name and no id, or of several.
        """
        super().convert(value, param, ctx)
        if "://" in str(value) and not Path(value).exists():
            raise UsageError(
                f"{value}: this command takes a directory. Fetch it first: {command_text('pull', str(value))} DIR"
            )
        path = Path(os.path.expanduser(value))  # noqa: PTH111  Path.expanduser fails where there is no such user
        if path.exists() or value == _STDIN or (ctx is not None and ctx.resilient_parsing):
            return path
        found = _shortened(path, self.path_of)
        if self._tells:
            click.echo(visible(f"{value}: {found}"), err=True)
        return found

    def path_of(self, archive: Path, found: "Id") -> Any:
        """Return the directory of the session that an id means; of several, that of the newest, and say so.

        Raises:
            UsageError: it is not taken.
        """
        return newest_with(archive, found)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete the ids in the default archive, and paths."""
        return [*super().shell_complete(ctx, param, incomplete), *_completed(default_archive(), incomplete)]


def complete_session(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete the id of a session in the archive that PATH names."""
    return _completed(ctx.params.get("path") or default_archive(), incomplete)


session_argument = click.argument("session", required=False, type=GivenText(), shell_complete=complete_session)


def tell_deeper(path: Path, others: Collection[str] | None = None) -> None:
    """Say which sessions are not among those at a path: cassettes of a suite are named by module and test.

    `others`: directories in it that are no sessions, where they are known.
    """
    if others is not None and not others:
        return
    from pytest_codex_replay.archive.session import deeper_sessions  # noqa: PLC0415  heavy

    if found := deeper_sessions(path, others):
        places = ", ".join(sorted({str(one.parent) for one in found}))
        click.echo(visible(f"{count_text(len(found), 'session')} further down: left out. Name {places}."), err=True)


def tell_once(line: str) -> None:
    """Print a note to stderr, once for a command: it may ask an index several times."""
    context = click.get_current_context(silent=True)
    told = set[str]() if context is None else context.meta.setdefault(f"{__name__}.told", set())
    if line not in told:
        told.add(line)
        click.secho(visible(line), err=True, dim=True)


def ask_index(
    path: Path | None, question: "Callable[[sqlite3.Connection, Place], _Answer]", *, tells_deeper: bool = False
) -> _Answer:
    """Return what the index of an archive or of a session directory answers; what it has to tell goes to stderr.

    `tells_deeper`: say which sessions are not in it, as they are further down.

    Raises:
        UsageError: the directory does not exist, or holds no session.
    """
    from pytest_codex_replay.index.store import ask, place_of  # noqa: PLC0415  not every verb asks it

    if path is None and not default_archive().is_dir():
        raise UsageError(
            f"{default_archive()}: nothing recorded yet. Record something (codex-replay record), or name an archive."
        )
    place = place_of(path or default_archive())
    others: list[str] = []
    try:
        answer = ask(
            place,
            lambda database: question(database, place),
            tell_once,
            others.extend,
        )
    except UnicodeEncodeError as error:  # an argument of the command: what is recorded is UTF-8
        shown = os.fsencode(error.object).decode(errors="backslashreplace")
        raise UsageError(f"{shown}: is not UTF-8; what is recorded is. Give it in UTF-8.") from error
    except UsageError:
        if tells_deeper and place.only is None:
            tell_deeper(place.archive)
        raise
    if tells_deeper and place.only is None:
        tell_deeper(place.archive, others)
    return answer


def is_rollout(path: Path) -> bool:
    """Return whether a path is meant as that of a rollout."""
    from pytest_codex_replay.codex.rollouts import COMPRESSED, PLAIN, rollout_name  # noqa: PLC0415  for `show` alone

    is_other = path.name.endswith((PLAIN, COMPRESSED)) and path.is_file() and not is_segment(path.name)
    return rollout_name(path.name) is not None or is_other


def forget_removed(archives: Iterable[Path]) -> None:
    """Let the indexes of archives forget sessions that were removed: their words are to stand nowhere."""
    from pytest_codex_replay.index.schema import remove_set_aside  # noqa: PLC0415  not every verb asks an index

    for archive in archives:
        if is_indexed(archive):
            with suppress(UsageError):  # no session is left
                ask_index(archive, lambda *_: None)
        remove_set_aside(archive, lambda line: click.echo(visible(line), err=True))  # it may have come just now


def find_target(path: Path | None, name: str | None) -> Path:
    """Return the directory of the session that is meant; where it is the newest of several, say so.

    Args:
        path: an archive or a session directory.
        name: the beginning of a session's name, or of another id in it.

    Raises:
        UsageError: the session was not found.
    """
    if name is not None:
        return named_session(path or default_archive(), name)
    found, among_count, has_time = _newest(path or default_archive()) or _newest_read(path)
    if among_count > 1:
        again = command_text("ls", *([] if path is None else [path]))
        which, why = ("newest", "") if has_time else ("first by name", _TIMELESS)
        tell_once(f"This is the {which} of {among_count} sessions{why}. List them: {again}")
    return found


def asked_of(session: Path, ask: Callable[[sqlite3.Connection, str], _Answer | None]) -> _Answer | None:
    """Return what the index of a session's archive answers; None without an index, or where it cannot know the name."""
    key = _key(session.name)
    if isinstance(key, bytes) or not is_indexed(session.parent):
        return None
    return ask_index(session, lambda database, _: ask(database, key))


def helpers_beside(session: "RecordedSession") -> "tuple[RecordedSession, ...]":
    """Return what Codex began beside a session, as far as it is recorded in the same archive."""
    from pytest_codex_replay.reading import Archive, RecordedSession  # noqa: PLC0415  heavy

    archive = session.path.parent
    if is_indexed(archive):
        names = ask_index(archive, lambda database, _: database.execute(_HELPERS, (_key(session.id),)).fetchall())
        return tuple(RecordedSession(archive / name) for (name,) in names)
    try:
        return Archive(archive).helpers_of(session)
    except UsageError:  # the directory around it may not be read
        return ()


def helpers_of(archive: Path, sessions: Iterable[Path]) -> dict[Path, list[tuple[Path, str]]]:
    """Return what Codex began beside sessions of an archive: by session, each with what it is for."""
    from pytest_codex_replay.reading import Archive, RecordedSession  # noqa: PLC0415  heavy

    found: dict[Path, list[tuple[Path, str]]] = {}
    if is_indexed(archive):
        for name, helper, kind in ask_index(archive, lambda database, _: database.execute(_BESIDE).fetchall()):
            found.setdefault(archive / name, []).append((archive / helper, kind))
        return found
    opened = Archive(archive)
    for path in sessions:
        found[path] = [(one.path, str(one.helper_kind)) for one in opened.helpers_of(RecordedSession(path))]
    return found


def _key(name: str) -> str | bytes:
    """Return what an index calls a session; bytes, which are the name of none, where it is not UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name)
    return name


_HELPERS = "SELECT name FROM session WHERE beside = (SELECT id FROM session WHERE name = ?) ORDER BY started_ms, name"
_TIMELESS = ", as they have no times of their own"
"""Those of a cassette are made up."""
_BESIDE = """
SELECT one.name, helper.name, helper.helper_kind FROM session AS helper JOIN session AS one ON one.id = helper.beside
ORDER BY helper.started_ms, helper.name
"""
_NEWEST = """
SELECT name, (SELECT count(*) FROM session WHERE helper_kind IS NULL), started_ms > 0 FROM session
ORDER BY name LIKE 'unattributed-%', helper_kind IS NOT NULL, started_ms DESC, name LIMIT 1
"""


def is_indexed(archive: Path) -> bool:
    from pytest_codex_replay.index.schema import INDEX_NAME  # noqa: PLC0415  not every verb asks it

    return (archive / INDEX_NAME).is_file()


def _newest(archive: Path) -> tuple[Path, int, bool] | None:
    """Return the newest conversation, how many there are, and whether it has a time, where an index knows."""
    if not is_indexed(archive):
        return None
    found = ask_index(archive, lambda database, _: database.execute(_NEWEST).fetchone())
    return None if found is None else (archive / found[0], found[1], bool(found[2]))


def _newest_read(path: Path | None) -> tuple[Path, int, bool]:
    """Return the same without an index."""
    from pytest_codex_replay.reading import open_archive  # noqa: PLC0415  heavy

    archive = open_archive(path)
    newest, count = archive.newest, len(archive.conversations) if len(archive) > 1 else 1
    return newest.path, count, count == 1 or not newest.has_canonical_times


def newest_with(archive: Path, found: "Id") -> Path:
    """Return the directory of the session in which an id stands; of several, say that it is the newest."""
    if found.among:
        which = "the newest of them" if found.started_ms else f"the first by name{_TIMELESS}"
        stands = f"{found.kind} {found.name} stands in {len(found.among):,} sessions; this is {which}."
        tell_once(f"{stands} All: {command_text('find', found.name, archive)}")
    return archive / found.session


def named_session(archive: Path, name: str) -> Path:
    """Return the only session of an archive whose name begins with `name`, or in which an id does."""
    sessions = _sessions(archive, name)
    if sessions or not is_indexed(archive):
        return _chosen(archive, name, sessions or None)
    return newest_with(archive, _by_id(archive, name))


def _chosen(archive: Path, name: str, sessions: Iterable[Path] | None) -> Path:
    from pytest_codex_replay.archive.session import Session, find_session  # noqa: PLC0415  heavy

    return find_session(archive, name, sessions if sessions is None else [*map(Session, sessions)]).path


def _by_id(archive: Path, beginning: str) -> "Id":
    from pytest_codex_replay.index.lookup import find_id  # noqa: PLC0415  not every verb asks it

    return ask_index(archive, lambda database, _: find_id(database, beginning, _IDS))


def _shortened(path: Path, path_of: "Callable[[Path, Id], Any]") -> Any:
    """Return the session directory that a name means which is the beginning of its own, or of an id in it.

    It lies beside the path, or in the default archive.

    Raises:
        UsageError: several sessions, or ids, begin so.
        NoSuchSessionError: none does.
    """
    from pytest_codex_replay.index.lookup import AmbiguousIdError  # noqa: PLC0415  not every verb asks it

    archives = [path.parent, default_archive()] if len(path.parts) == 1 else [path.parent]
    for archive in archives:
        if sessions := _sessions(archive, path.name):
            return _chosen(archive, path.name, sessions)
    names = [name for archive in archives for name in names_in(archive)]
    missing = f"{path}: no such file or directory, and no session begins with {path.name!r}."
    for archive in filter(is_indexed, archives):
        try:
            found = _by_id(archive, path.name)
        except AmbiguousIdError:
            raise
        except UsageError:  # it has no such id, or no session any more
            continue
        return path_of(archive, found)
    there_are = f" There are: {nearest_names(path.name, names)}" if names else " What is recorded: codex-replay ls"
    raise NoSuchSessionError(f"{missing}{there_are}")


def _sessions(archive: Path, beginning: str) -> list[Path]:
    """Return the sessions in a directory whose names begin so; others are not looked into."""
    names = [name for name in names_in(archive, is_checked=False) if name.startswith(beginning)]
    return [archive / name for name in names if has_segments(archive / name)]


def names_in(archive: Path, *, is_checked: bool = True) -> list[str]:
    """Return the names of the sessions in a directory, which may hold none."""
    try:
        names = sorted(name for name in os.listdir(archive) if not LEFT.fullmatch(name))  # noqa: PTH208
    except OSError:  # the error of the caller names what was looked for
        return []
    return [name for name in names if has_segments(archive / name)] if is_checked else names


def has_segments(path: Path) -> bool:
    """Return whether a directory is that of a session, as far as one may look."""
    try:
        return any(map(is_segment, os.listdir(path)))  # noqa: PTH208
    except PermissionError:  # it may be one: reading it says so
        return True
    except OSError:
        return False


def _completed(archive: Path, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(one.name) for one in _sessions(archive, incomplete)]
