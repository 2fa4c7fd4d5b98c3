"""Which rollouts in `CODEX_HOME` a command is about, by the options that `ls` and `find` have for them."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any, NamedTuple, Self

from pytest_codex_replay.archive.names import nearest_names
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.filters import filter_of
from pytest_codex_replay.codex.rollout_meta import RolloutMeta
from pytest_codex_replay.codex_home.rollout_files import RolloutFile, rollout_files
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.index.filters import Filter
from pytest_codex_replay.index.lookup import common_length
from pytest_codex_replay.recorder.recorder import directory_name
from pytest_codex_replay.rollouts import RecordedRollout

_QUERY = ("since", "until", "cwd", "originator", "parent", "ancestor")
"""The options by which rollouts are chosen."""
_REFUSED = ("model", "failed", "text")
SHORT_CHARS, _UUID_LENGTH = 13, 36
"""Characters of a thread id that are shown at least, the time in it to a few milliseconds; and all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which rollouts are listed."""

    home: Path
    wanted: Filter
    digest: str
    """Names what is asked for, in a cursor."""
    home_digest: str
    """Names the home there: it stays the same where that is moved."""

    @property
    def has_any(self) -> bool:
        """Whether anything is asked for: not all rollouts are listed."""
        return self.wanted != Filter()

    @property
    def is_read(self) -> bool:
        """Whether the first line of each rollout tells if it is one of them: the name is not enough."""
        return self.wanted.cwd is not None or self.wanted.originator is not None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Return the query that the options of a command make.

        Raises:
            UsageError: the home does not exist, a time is not one, or an option is not one of rollouts.
        """
        if refused := [name for name in _REFUSED if options.get(name)]:
            raise UsageError(
                f"--{refused[0]}: the name and the first line of a rollout do not say it. Choose rollouts by "
                f"{', '.join(f'--{name}' for name in _QUERY)}."
            )
        home = codex_home(options["codex_home"])
        wanted = filter_of(options)
        asked = (wanted.written, wanted.cwd, wanted.originator, wanted.parent, wanted.ancestor)
        return cls(home=home, wanted=wanted, digest=_digest(repr(asked)), home_digest=_digest(str(home.stat().st_ino)))

    def choose(self) -> "Chosen":
        """Return the rollouts that it is about.

        Raises:
            UsageError: the home may not be read, or a thread was not found.
        """
        others: list[Path] = []
        try:
            files = sorted(rollout_files(self.home, others.append), key=lambda file: file.order, reverse=True)
        except PermissionError as error:
            raise UsageError(f"{error.filename}: may not be read ({error.strerror}).") from error
        short = _short_ids({file.thread_id for file in files})
        if self.wanted.parent is not None:
            files = _below(files, self.wanted.parent, is_direct=True)
        if self.wanted.ancestor is not None:
            files = _below(files, self.wanted.ancestor, is_direct=False)
        return Chosen(filter(self.has, files), short, others)

    def has(self, file: RolloutFile) -> bool:
        """Return whether a rollout is one of them, as its name and its first line say."""
        wanted, began_ms = self.wanted, file.name.began.timestamp() * 1000  # the time of this machine
        is_then = (wanted.since_ms or 0) <= began_ms < (inf if wanted.until_ms is None else wanted.until_ms)
        if not is_then or not self.is_read:
            return is_then
        meta = _meta(file)
        is_there = wanted.cwd is None or f"{meta.cwd or ''}/".startswith(wanted.cwd.rstrip("/") + "/")
        return is_there and wanted.originator in {None, meta.originator}


class Chosen(NamedTuple):
    """Rollouts that a query is about."""

    files: Iterator[RolloutFile]
    """The newest first."""
    short: dict[str, str]
    """Beginnings of the ids of all threads in the home."""
    others: list[Path]
    """What has the name of a rollout and is none."""


def codex_home(given: Path | None = None) -> Path:
    """Return the directory that is given, else where Codex itself looks.

    Raises:
        UsageError: it is not a directory.
    """
    home = given or Path(os.environ.get("CODEX_HOME") or "~/.codex").expanduser()
    if not home.is_dir():
        raise UsageError(f"{home}: no such directory. Name Codex's home: --codex-home DIR.")
    return home


def _below(files: Sequence[RolloutFile], above: str, *, is_direct: bool) -> list[RolloutFile]:
    """Return the rollouts of threads that a thread spawned; with those that they spawned, unless `is_direct`."""
    parents = {file.thread_id: _meta(file).parent_id for file in files}
    known = {*parents, *filter(None, parents.values())}
    top = full_id(above, known)

    def lineage(thread: str) -> Iterator[str]:
        seen = {thread}
        while (parent := parents.get(thread)) is not None and parent not in seen:
            yield parent
            seen.add(parent)
            thread = parent

    is_below: Callable[[str], bool] = (
        (lambda thread: parents[thread] == top) if is_direct else (lambda thread: top in lineage(thread))
    )
    return [file for file in files if is_below(file.thread_id)]


def full_id(begin: str, known: set[str]) -> str:
    """Return the only thread id that begins so.

    Raises:
        UsageError: none does, or several.
    """
    found = [begin] if begin in known else sorted(thread for thread in known if thread.startswith(begin))
    if len(found) == 1:
        return found[0]
    what = "several threads begin with it. Give more of it" if found else "no thread begins with it"
    names = nearest_names(begin, found or sorted(known))
    raise UsageError(f"{begin}: {what}{f': {names}' if names else ''}.")


def _meta(file: RolloutFile) -> RolloutMeta:
    try:
        return RecordedRollout(file.path).meta
    except CodexReplayError:
        return RolloutMeta()  # its row says why it cannot be read


def traffic_of(archive: Path, session_id: str, thread_id: str) -> str | None:
    """Return the session directory that has the traffic of a thread; None: it was not recorded in this archive."""
    session = Session(archive / directory_name(session_id))
    try:
        if not session.segments():
            return None
    except OSError:
        return None
    manifest = session.written_manifest() or {}
    threads = manifest.get("threads")
    ids = {one.get("id") for one in threads if isinstance(one, dict)} if isinstance(threads, list) else set()
    return str(session.path) if thread_id in ids or not ids else None


def not_files_text(others: Sequence[Path]) -> str:
    """Return a line about what has the name of a rollout and is none."""
    what = "not a file" if len(others) == 1 else "not files"
    return f"{count_text(len(others), 'rollout')} left out, {what}: {others[0]}{', …' if len(others) > 1 else ''}"


def nothing_text(query: Query) -> str:
    """Return a line about a home in which no rollout is one of a query."""
    where = "" if query.has_any else ": Codex puts them below sessions/ and archived_sessions/"
    return f"No rollout {'matches ' if query.has_any else ''}in {query.home}{where}."


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]


def _short_ids(ids: Iterable[str]) -> dict[str, str]:
    """Return the shortest beginning of each thread id that tells all of them apart; a name of another form is whole."""
    found = sorted(ids)
    length = max([SHORT_CHARS, *(common_length(*pair) + 1 for pair in pairwise(found))])
    return {name: name[:length] if len(name) == _UUID_LENGTH else name for name in found}
