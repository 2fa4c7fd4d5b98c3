"""What a directory of tables holds: which sessions, as they looked when they were written, and how."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from pytest_codex_replay import __version__
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.stamps import Known
from pytest_codex_replay.interop.tables import SCHEMA_VERSION, TABLES, place_in
from pytest_codex_replay.wire.json_values import compact_json

STATE_NAME = "tables.json"
_LOCK_NAME = ".lock"
_NEVER: Known = (0, "", True, "")
"""Of a session that is to be written anew."""

Redact = Callable[[Path, Path], object]
"""Writes a session directory, redacted, as another. Raises CodexReplayError."""


@dataclass(slots=True)
class Written:
    """What an export did."""

    sessions: Collection[str]
    """Names of all that there are."""
    written: list[str] = field(default_factory=list)
    """Those that were new or changed."""
    rows: Counter[str] = field(default_factory=Counter)
    """By table: how many were added."""
    not_carried: Counter[str] = field(default_factory=Counter)
    unreadable: dict[str, str] = field(default_factory=dict)
    """By session: why."""
    made_anew: list[str] = field(default_factory=list)
    """Files that were gone."""
    others: list[str] = field(default_factory=list)
    """Names of directories beside the sessions that are none."""


@dataclass(slots=True)
class TableState:
    """The file beside the tables."""

    directory: Path
    has_content: bool
    is_redacted: bool = False
    sessions: dict[str, tuple[str, Known]] = field(default_factory=dict)
    """By name: the day under which its rows are, and what it looked like."""
    files: set[str] = field(default_factory=set)
    """Those that were written, below the directory."""

    @property
    def is_mixed(self) -> bool:
        """Whether another release may have written some of the files: they may lack columns."""
        return any(is_forgotten(seen) for _, seen in self.sessions.values())

    @property
    def is_kept(self) -> bool:
        """Whether the directory has it."""
        return (self.directory / STATE_NAME).is_file()

    def forget_lost(self) -> list[str]:
        """Let sessions be written anew whose rows were in a file that is gone; return the names of such files."""
        lost = sorted(one for one in self.files if not (self.directory / one).is_file())
        days = {Path(one).parent.name.removeprefix("day=") for one in lost}
        self.sessions = {name: (day, _NEVER if day in days else seen) for name, (day, seen) in self.sessions.items()}
        self.files = self.files.difference(lost)
        return lost

    @classmethod
    def opened(cls, directory: Path, *, has_content: bool, is_redacted: bool = False) -> "TableState":
        """Read the state of a directory, which may not be there yet.

        Raises:
            UsageError: it holds something else, or tables that are written in another way.
        """
        state = cls.kept(directory)
        if state is None:
            return cls._new(directory, has_content=has_content, is_redacted=is_redacted)
        if state.has_content != has_content:
            how = "without --content. Leave it out" if has_content else "with --content. Type it again"
            raise UsageError(f"{directory}: was written {how}, or name a new directory.")
        if state.is_redacted != is_redacted:
            how = "without --redact. Leave it out" if is_redacted else "with --redact. Type it again"
            raise UsageError(f"{directory}: was written {how}, or name a new directory.")
        return state

    @classmethod
    def kept(cls, directory: Path) -> "TableState | None":
        """Read the state of a directory; None where it has none.

        Raises:
            UsageError: it cannot be read, or the tables are of another version.
        """
        try:
            found = orjson.loads((directory / STATE_NAME).read_bytes())
            schema, content, release = (found[name] for name in ("schema", "content", "release"))
            is_redacted = bool(found.get("redacted"))
            sessions = {name: (one["day"], _known(one["seen"])) for name, one in found["sessions"].items()}
            files = {str(one) for one in found.get("files", ())}
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{directory / STATE_NAME}: cannot be read. Name a new directory.") from error
        if schema != SCHEMA_VERSION:
            raise UsageError(f"{directory}: tables of schema {schema}; this is {SCHEMA_VERSION}. Name a new directory.")
        if release != __version__:  # another release may read more out of the same traffic
            sessions = {name: (day, _NEVER) for name, (day, _) in sessions.items()}
        return cls(directory, bool(content), is_redacted, sessions, files)

    @classmethod
    def _new(cls, directory: Path, *, has_content: bool, is_redacted: bool) -> "TableState":
        if directory.exists() and (not directory.is_dir() or any(map(_is_other, Files().names(directory)))):
            raise UsageError(f"{directory}: is there already, and holds no tables. Name a new directory.")
        return cls(directory, has_content, is_redacted)

    def claim(self) -> int:
        """Keep other exports away until the descriptor is closed.

        Raises:
            UsageError: another one is at work.
        """
        files = Files()
        files.make_directory(self.directory)
        descriptor = files.open_append(self.directory / _LOCK_NAME)
        if not files.claim(descriptor):
            files.close(descriptor)
            raise UsageError(f"{self.directory}: another export writes to it. Wait until it has ended.")
        return descriptor

    def write_day(self, day: str) -> None:
        """Write it when the files of a day have changed."""
        for place in (place_in(self.directory, table, day) for table in TABLES):
            name = place.relative_to(self.directory).as_posix()
            (self.files.add if place.is_file() else self.files.discard)(name)
        self.write()

    def write(self) -> None:
        """Write it in one step."""
        sessions = {name: {"day": day, "seen": seen} for name, (day, seen) in sorted(self.sessions.items())}
        head = {
            "schema": SCHEMA_VERSION,
            "content": self.has_content,
            "release": __version__,
            "redacted": self.is_redacted,
            "files": sorted(self.files),
        }
        Files().replace(self.directory / STATE_NAME, compact_json({**head, "sessions": sessions}))


def _is_other(name: str) -> bool:
    """Whether a file is none that an export leaves which was killed before it had a state."""
    return name != _LOCK_NAME and not name.startswith(f".{STATE_NAME}.")


def _known(value: list[object]) -> Known:
    directory_ns, segments, is_live, *more = value
    manifest = more[0] if more else ""  # which tables of an older release do not name
    if not (isinstance(directory_ns, int) and isinstance(is_live, bool)):
        raise TypeError(value)
    if not (isinstance(segments, str) and isinstance(manifest, str)):
        raise TypeError(value)
    return directory_ns, segments, is_live, manifest


def is_forgotten(seen: Known) -> bool:
    """Return whether a session is to be written anew though it is known."""
    return seen == _NEVER
