"""`codex-replay rm` and `codex-replay prune`: remove recorded sessions."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.names import nearest_names
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import Page, bytes_text, command_text, print_json, tell
from pytest_codex_replay.cli.targets import (
    SessionPath,
    asked_of,
    default_archive,
    forget_removed,
    has_segments,
    helpers_of,
    names_in,
)
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.recorder.retention import (
    Limits,
    StoredSession,
    drop_session,
    parse_bytes,
    parse_days,
    put_by_users,
    sessions_to_drop,
    stored_session,
    stored_sessions,
)

if TYPE_CHECKING:
    from pytest_codex_replay.index.lookup import Id

_COLD_MS = 60_000
"""A session that was written to so lately may still be in use."""
_Limit = TypeVar("_Limit")
_Doomed = Sequence[tuple[StoredSession, str]]
_NAMED = 5
"""Sessions that a message names."""
_TURNS = "SELECT 1 FROM turn JOIN session ON session.id = session WHERE name = ?"
_AGENTS = """
SELECT coalesce(label, thread.id) FROM thread JOIN session ON session.id = session
WHERE name = ? AND parent IS NOT NULL ORDER BY thread.id
"""
_yes = click.option("--yes", is_flag=True, help="Remove them. Without it, they are only listed.")


class _Asked(NamedTuple):
    path: Path
    why: str = "asked for"
    """Why it is removed."""


class SessionToRemove(SessionPath):
    """What SessionPath takes; but no id that stands in several sessions, as what is removed is not to be guessed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path that is meant, and why.

        Raises:
            UsageError: it does not exist, or several sessions are meant.
        """
        found = super().convert(value, param, ctx)
        return found if isinstance(found, _Asked) else _Asked(found)

    def path_of(self, archive: Path, found: "Id") -> _Asked:
        """Return the directory of the session in which an id stands, and what goes with that.

        Raises:
            UsageError: it stands in several.
        """
        if found.among:
            names = _some(found.among)
            stands = f"{found.kind} {found.name} stands in {len(found.among):,} sessions: {names}"
            raise UsageError(f"{stands}. Name one; all: {command_text('find', found.name, archive)}")
        return _Asked(archive / found.session, f"has {found.kind} {found.name}; {_whole(archive / found.session)}")


def _some(names: Sequence[str]) -> str:
    """Return the first names, and whether there are more."""
    return ", ".join([*names[:_NAMED], *(["…"] if names[_NAMED:] else [])])


def _whole(session: Path) -> str:
    """Say what a session consists of."""
    turns, threads = asked_of(
        session, lambda database, name: [database.execute(query, (name,)).fetchall() for query in (_TURNS, _AGENTS)]
    ) or ([], [])
    agents = [label for (label,) in threads]
    more = f", {count_text(len(agents), 'sub-agent')} ({nearest_names('', agents)})" if agents else ""
    return f"all of it goes: {count_text(len(turns), 'turn')}{more}"


@click.command(
    "rm",
    epilog="""\b
Examples:
  codex-replay rm 01a1fd22-40          what would be removed
  codex-replay rm 01a1fd22-40 --yes    remove it
""",
)
@click.argument("sessions", nargs=-1, required=True, type=SessionToRemove())
@_yes
@json_option
def rm(*, sessions: tuple[_Asked, ...], yes: bool, as_json: bool) -> None:
    """Remove SESSIONS, each with what Codex began beside it, such as the session in which it asked for a title.

    A session is a directory, or the beginning of an id in ~/.codex-replay/sessions. The id of a sub-agent's thread, and
    any other id in a session, means the whole session; one that stands in several sessions is refused. A session that
    is being recorded, and a cassette, are not removed. What a user put into a session's directory stays.
    """
    doomed = {one.path: (one, why) for asked in sessions for one, why in _with_helpers(asked)}
    _remove(list(doomed.values()), is_meant=yes, as_json=as_json)


@click.command(
    "prune",
    epilog="""\b
Examples:
  codex-replay prune --older-than 30d                what would be removed
  codex-replay prune --older-than 30d --yes          remove it
  codex-replay prune ~/archive --max-size 10GiB --yes
""",
)
@click.argument("path", required=False, type=SessionPath())
@click.option("--older-than", "age", metavar="AGE", help="Sessions last written to longer ago: 30d, 12h, 2w.")
@click.option("--max-size", "size", metavar="SIZE", help="The oldest sessions, until the rest has this size: 10GiB.")
@_yes
@json_option
def prune(*, path: Path | None, age: str | None, size: str | None, yes: bool, as_json: bool) -> None:
    """Remove old sessions of an archive, the oldest first.

    PATH is an archive (default ~/.codex-replay/sessions). Sessions that are being recorded, and cassettes, are left
    alone. What Codex began beside a conversation goes with it. The recorder does the same by itself, with its options
    codex_max_age_days and codex_max_bytes.
    """
    days, max_bytes = _parsed(parse_days, age, "--older-than"), _parsed(_size, size, "--max-size")
    limits = Limits(max_age_days=days, max_bytes=max_bytes)
    if limits.are_none:
        raise UsageError("Nothing to remove by: give --older-than AGE or --max-size SIZE.")
    archive = path or default_archive()
    if not archive.is_dir():
        raise UsageError(f"{archive}: no such directory.")
    if has_segments(archive):
        how = f"Remove it: {command_text('rm', archive)}" if stored_session(archive) else "Cassettes stay."
        raise UsageError(f"{archive}: is a session, and no archive. {how}")
    now_ms, sessions = time.time() * 1000, stored_sessions(archive)
    doomed = sessions_to_drop(sessions, limits, now_ms=now_ms, open_since_ms=now_ms - _COLD_MS)
    spared = _spared(sessions, doomed, limits, now_ms)
    if not sessions:
        nothing = f"{archive} has no recorded session. Cassettes stay."
    elif spared:
        nothing = "what exceeds the limits is in use."
    else:
        nothing = "no session exceeds the limits. Cassettes and what is being recorded stay."
    _remove(_with_all_helpers(archive, doomed), spared, nothing=nothing, is_meant=yes, as_json=as_json)


def _spared(sessions: Sequence[StoredSession], doomed: _Doomed, limits: Limits, now_ms: float) -> _Doomed:
    """Return the sessions that exceed the limits, and stay, each with the reason."""
    going = {one.path for one, _ in doomed}
    staying = {one.path: one for one in sessions if one.path not in going}
    unspared = (replace(one, is_open=False) for one in staying.values())
    over = sessions_to_drop(unspared, limits, now_ms=now_ms, open_since_ms=float("inf"))
    found = [staying[one.path] for one, _ in over]
    recent = f"written to in the last {_COLD_MS // 1000} s"
    return [(one, "being recorded" if one.is_open else recent) for one in found]


def _parsed(parse: Callable[[str], _Limit | None], text: str | None, option: str) -> _Limit | None:
    try:
        return parse(text or "")
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def _size(text: str) -> int | None:
    if text.strip().isdigit():
        raise ValueError(f"{text} of what? Give a unit: {text}MB, {text}GiB, or {text}B for bytes.")
    return parse_bytes(text)


def _with_helpers(asked: _Asked) -> _Doomed:
    """Return a session, and what Codex began beside it."""
    path, why = asked
    found = stored_session(path)
    if found is None:
        if names_in(path):
            raise UsageError(
                f"{path}: holds sessions. Name those to remove, or remove old ones: {command_text('prune', path)}"
            )
        what = "is a cassette or no session" if path.is_dir() else "is not a directory"
        raise UsageError(f"{path}: {what}; remove it as you remove any other file.")
    if found.is_open:
        raise UsageError(f"{path}: is being recorded; end the recording first.")
    return _with_all_helpers(path.parent, [(found, why)])


def _with_all_helpers(archive: Path, doomed: _Doomed) -> _Doomed:
    """Return sessions, and what Codex began beside them, each once."""
    found = {one.path: (one, why) for one, why in doomed}
    beside = helpers_of(archive, list(found)) if found else {}
    for session, _ in doomed:
        for path, kind in beside.get(session.path, ()):
            helper = None if path in found else stored_session(path)
            if helper is not None and not helper.is_open:
                found[path] = helper, f"{kind} of {session.path.name}"
    return list(found.values())


def _remove(doomed: _Doomed, spared: _Doomed = (), *, nothing: str = "", is_meant: bool, as_json: bool) -> None:
    """List sessions; remove them when that is meant. One that cannot be removed does not keep the others.

    Args:
        doomed: what is removed, with the reasons.
        spared: what stays, with the reasons.
        nothing: why there may be nothing to remove.
        is_meant: remove them.
        as_json: print JSON.
    """
    page, files, done = Page(), Files(), list[StoredSession]()
    rows = []
    for session, why in doomed:
        error, stays = _removed(session, files, is_meant=is_meant)
        done += [session] if error is None else []
        rows.append({"path": str(session.path), "bytes": session.bytes, "why": why, "error": error, "stays": stays})
        if not as_json:
            rest = f"; of yours stays {_some(stays)}" if stays else ""
            tell(f"{session.path.name}  {bytes_text(session.bytes):>8}  {error or why}{rest}")
    if is_meant:
        forget_removed(sorted({session.path.parent for session, _ in doomed if not has_segments(session.path)}))
    total = f"{count_text(len(done), 'session')}, {bytes_text(sum(session.bytes for session in done))}"
    if as_json:
        kept = [{"path": str(session.path), "bytes": session.bytes, "why": why} for session, why in spared]
        print_json({"removed": is_meant, "sessions": rows, "kept": kept})
    elif not doomed:
        page.warn(f"Nothing to remove: {nothing}")
    elif is_meant:
        page.warn(f"Removed {total}.")
    else:
        page.warn(f"{total}. Nothing was removed; with --yes, they are.")
    for why, alike in groupby(() if as_json else sorted(spared, key=_why), key=_why):
        names = [session.path.name for session, _ in alike]
        page.warn(f"Over the limits, but kept, as {why}: {count_text(len(names), 'session')}, {_some(names)}")
    sys.exit(1 if len(done) < len(doomed) else 0)


def _why(one: tuple[StoredSession, str]) -> str:
    return one[1]


def _removed(session: StoredSession, files: Files, *, is_meant: bool) -> tuple[str | None, list[str]]:
    """Remove a session if that is meant; return why it was not, or the names of what a user put there, which stays."""
    try:
        stays = put_by_users(session, files)
        is_gone = not is_meant or drop_session(session, files)
    except OSError as error:
        return f"not removed: {error.strerror}", []
    return (None, stays) if is_gone else ("not removed: it was written to meanwhile", [])
