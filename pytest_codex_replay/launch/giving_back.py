"""From the home of one run to the user's own: what Codex wrote, merged, file by file; nothing is lost on the way."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from pytest_codex_replay.codex.home_files import DATABASES, ROLLOUT_PATH
from pytest_codex_replay.launch.config_text import combined, restored
from pytest_codex_replay.launch.pointing import PointedText

Stamp = tuple[int, int, int]
"""By which a file is known to be unchanged: inode, size, time of the last change."""
_BUSY_S = 10.0
_PRIVATE = 0o600
"""Mode of a configuration that Codex has written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How a home was made: what is needed to give it back, also by another process."""

    own: Path
    """The user's home."""
    databases: Path
    texts: Mapping[str, PointedText]
    made: tuple[Path, ...]
    """Directories that were made in the user's home; empty ones go again."""
    stamps: Mapping[str, Stamp | None]
    """What was in the user's home."""

    def as_json(self) -> dict[str, Any]:
        """Return it for a file."""
        texts = {name: [one.users, one.pointed, one.changes] for name, one in self.texts.items()}
        made = [str(path) for path in self.made]
        return {
            "own": str(self.own),
            "databases": str(self.databases),
            "texts": texts,
            "made": made,
            "stamps": self.stamps,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `as_json` had.

        Raises:
            KeyError: it is another thing.
            TypeError: likewise.
        """
        texts = {
            name: PointedText(users=users, pointed=pointed, changes=tuple((new, old) for new, old in changes))
            for name, (users, pointed, changes) in value["texts"].items()
        }
        stamps = {name: None if one is None else (one[0], one[1], one[2]) for name, one in value["stamps"].items()}
        made = tuple(map(Path, value["made"]))
        own, databases = Path(value["own"]), Path(value["databases"])
        return cls(own=own, databases=databases, texts=texts, made=made, stamps=stamps)


def stamp(path: Path) -> Stamp | None:
    """Return what a file is known by; None: it cannot be read."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def give_back(home: Path, state: State) -> list[str]:
    """Put what Codex wrote into the user's home; return what failed, one line each: that stays where it is."""
    troubles: list[str] = []
    for source, step in _steps(home, state):
        try:
            step()
        except (OSError, shutil.Error, sqlite3.Error, _NotMergedError) as error:
            why = getattr(error, "strerror", None) or error
            troubles.append(f"{source.name}: could not be put into {state.own} ({why}). It is kept: {source}")
    return troubles


class _NotMergedError(Exception):
    """Two writers changed a file in ways that cannot both hold."""


def _steps(home: Path, state: State) -> Iterator[tuple[Path, Callable[[], None]]]:
    for name, text in state.texts.items():
        yield home / name, partial(_give_text, home / name, state.own / name, text)
    for name, before in state.stamps.items():
        yield home / name, partial(_remove, home / name, state.own / name, before)
    for path in sorted(home.iterdir()) if home.is_dir() else ():
        if path.name not in state.texts:
            yield path, partial(_give, path, state.own / path.name)
    for database in sorted(state.databases.glob(DATABASES)):
        yield database, partial(_rename_in, database, home.resolve(), state.own.resolve())


def _give_text(source: Path, target: Path, text: PointedText) -> None:
    """Put what Codex changed in a configuration into the user's, which may have changed meanwhile."""
    if not source.exists():
        if target.exists() and target.read_bytes().decode() == text.users:
            target.unlink()  # as Codex did
        return
    now = source.read_bytes().decode()
    if now == text.pointed:
        return
    ours = restored(now, list(text.changes))
    theirs = target.read_bytes().decode() if target.exists() else ""
    result = combined(text.users, ours, theirs)
    if result is None:
        raise _NotMergedError("it was changed there, too")
    if result != theirs:
        _replace(target, result.encode(), mode=_PRIVATE)
    source.unlink()


def _remove(source: Path, target: Path, before: Stamp | None) -> None:
    """Remove what Codex removed: the link is gone, and what it led to has not changed since."""
    if before is not None and not os.path.lexists(source) and target.is_file() and stamp(target) == before:
        target.unlink()


def _give(source: Path, target: Path) -> None:
    if source.is_symlink():
        if source.readlink() != target and not os.path.lexists(target):
            target.symlink_to(source.readlink())
    elif source.is_dir():
        paths = sorted(source.iterdir())
        with suppress(OSError) if not paths else nullcontext():  # an empty one may stay away
            target.mkdir(mode=source.stat().st_mode & 0o777, exist_ok=True)
        for path in paths:
            _give(path, target / path.name)
    elif source.is_file():
        _give_file(source, target)


def _give_file(source: Path, target: Path) -> None:
    """Move a file; where another run has made one of that name meanwhile, lines are added, else the newer one holds."""
    if target.is_file() and source.suffix == ".jsonl":
        _replace(target, target.read_bytes() + source.read_bytes(), mode=target.stat().st_mode & 0o777)
    elif not target.exists() or source.stat().st_mtime_ns >= target.stat().st_mtime_ns:
        with suppress(OSError):  # on another file system
            source.replace(target.resolve())
            return
        _replace(target, source.read_bytes(), mode=source.stat().st_mode & 0o777, like=source)
    source.unlink()


def _replace(target: Path, data: bytes, *, mode: int, like: Path | None = None) -> None:
    """Write a file as a whole or not at all, with the times of another; a link to it stays one."""
    target = target.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        if like is not None:
            shutil.copystat(like, name)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _rename_in(database: Path, home: Path, own: Path) -> None:
    """Let a database of Codex name rollouts as they are called in the user's home."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True, timeout=_BUSY_S)) as connection:
        tables = connection.execute(
            "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = ?",
            (ROLLOUT_PATH,),
        ).fetchall()
        for (table,) in tables:
            connection.execute(
                f'UPDATE "{table}" SET {ROLLOUT_PATH} = ? || substr({ROLLOUT_PATH}, ?) '  # noqa: S608  Codex's own name
                f"WHERE substr({ROLLOUT_PATH}, 1, ?) = ?",
                (f"{own}/", len(f"{home}/") + 1, len(f"{home}/"), f"{home}/"),
            )
        connection.commit()
