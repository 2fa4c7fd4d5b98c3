"""`codex-replay ls --rollouts`: lists the rollouts in `CODEX_HOME`, page by page, and marks which have traffic."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any, NamedTuple, Self

from rich.table import Table

from pytest_codex_replay.archive.names import nearest_names
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.filters import filter_of, print_rows
from pytest_codex_replay.cli.page import Page, bytes_text, visible
from pytest_codex_replay.cli.targets import default_archive
from pytest_codex_replay.codex.rollout_meta import RolloutMeta
from pytest_codex_replay.codex_home.rollout_files import RolloutFile, rollout_files
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.index.filters import Filter
from pytest_codex_replay.recorder.recorder import directory_name
from pytest_codex_replay.rollouts import RecordedRollout

PAGE_ROWS = 50
_PROMPT_CHARS = 60
_QUERY = ("since", "until", "cwd", "originator", "parent", "ancestor")
"""The options by which rollouts are chosen."""
_CSV = "thread_id path began codex_version bytes is_archived parent_id forked_from_id traffic prompt problem".split()
_SHORT = 13
"""Characters of a thread id: the time in it, to a few milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which rollouts are listed."""

    wanted: Filter
    digest: str
    """Names the query in a cursor."""

    @property
    def has_any(self) -> bool:
        """Whether anything is asked for: not all rollouts are listed."""
        return self.wanted != Filter()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Return the query that the options of `ls` make.

        Raises:
            UsageError: a time is not one.
        """
        given = {name: options[name] for name in _QUERY if options[name] is not None}
        return cls(wanted=filter_of(options), digest=hashlib.sha256(repr(given).encode()).hexdigest()[:8])

    def has(self, file: RolloutFile) -> bool:
        """Return whether a rollout is one of them, as its name and its first line say."""
        wanted, began_ms = self.wanted, file.name.began.timestamp() * 1000  # the time of this machine
        is_then = (wanted.since_ms or 0) <= began_ms < (inf if wanted.until_ms is None else wanted.until_ms)
        if not is_then or (wanted.cwd is None and wanted.originator is None):
            return is_then
        meta = _meta(file)
        is_there = wanted.cwd is None or f"{meta.cwd or ''}/".startswith(wanted.cwd.rstrip("/") + "/")
        return is_there and wanted.originator in {None, meta.originator}


class _Listed(NamedTuple):
    rows: list[dict[str, Any]]
    cursor: str | None
    """Where the next page begins; None on the last one."""
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


def list_rollouts(
    path: Path | None,
    options: Mapping[str, Any],
    *,
    limit: int | None,
    cursor: str | None,
    form: str | None,
    is_text: bool,
) -> None:
    """List rollouts by the options of `ls` that they have.

    Raises:
        UsageError: another one was given.
    """
    others = {**options, "text": is_text}
    if refused := [name for name in ("model", "failed", "text") if others[name]]:
        raise UsageError(
            f"--{refused[0]}: the name and the first line of a rollout do not say it. Choose rollouts by "
            f"{', '.join(f'--{name}' for name in _QUERY)}."
        )
    home, archive = codex_home(options["codex_home"]), path or default_archive()
    count = limit or (PAGE_ROWS if form is None else None)
    ls_rollouts(home, archive, Query.of(options), count=count, cursor=cursor, form=form)


def ls_rollouts(
    home: Path, archive: Path, query: Query, *, count: int | None, cursor: str | None, form: str | None
) -> None:
    """Print one page of rollouts, the newest first.

    Raises:
        UsageError: the home may not be read, a thread was not found, or the cursor is of another query.
    """
    try:
        listed = _page(home, archive, query, count, cursor)
    except PermissionError as error:
        raise UsageError(f"{error.filename}: may not be read ({error.strerror}).") from error
    if form is None:
        _print(listed.rows)
    else:
        print_rows(form, listed.rows, _CSV)
    if not listed.rows:
        where = "" if query.has_any else ": Codex puts them below sessions/ and archived_sessions/"
        Page().warn(f"No rollout {'matches ' if query.has_any else ''}in {home}{where}.")
    if listed.others:
        what = "not a file" if len(listed.others) == 1 else "not files"
        first = f"{count_text(len(listed.others), 'rollout')} left out, {what}: {listed.others[0]}"
        Page().warn(f"{first}{', …' if len(listed.others) > 1 else ''}")
    if listed.cursor is not None:
        Page().warn(f"There are more: --cursor {listed.cursor}")


def _page(home: Path, archive: Path, query: Query, count: int | None, cursor: str | None) -> _Listed:
    others: list[Path] = []
    files = sorted(rollout_files(home, others.append), key=lambda file: file.order, reverse=True)
    if query.wanted.parent is not None:
        files = _below(files, query.wanted.parent, is_direct=True)
    if query.wanted.ancestor is not None:
        files = _below(files, query.wanted.ancestor, is_direct=False)
    if cursor is not None:
        end = _order_in(cursor, query)
        files = [file for file in files if file.order < end]
    matching = filter(query.has, files)
    shown = list(islice(matching, count))
    rows = [_row(file, archive) for file in shown]
    return _Listed(rows, _cursor(shown[-1], query) if next(matching, None) is not None else None, others)


def _below(files: Sequence[RolloutFile], above: str, *, is_direct: bool) -> list[RolloutFile]:
    """Return the rollouts of threads that a thread spawned; with those that they spawned, unless `is_direct`."""
    parents = {file.thread_id: _meta(file).parent_id for file in files}
    known = {*parents, *filter(None, parents.values())}
    top = _full_id(above, known)

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


def _full_id(begin: str, known: set[str]) -> str:
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


def _row(file: RolloutFile, archive: Path) -> dict[str, Any]:
    rollout = RecordedRollout(file.path)
    row: dict[str, Any] = {
        "thread_id": file.thread_id,
        "path": str(file.path),
        "began": file.name.began.isoformat(),
        "bytes": file.path.stat().st_size,
        "is_archived": file.is_archived,
        "is_compressed": file.name.is_compressed,
        "problem": None,
    }
    try:
        meta = rollout.meta
        row |= {name: value for name, value in meta.as_json().items() if name not in {"thread_id", "started_at"}}
        row |= {"prompt": rollout.prompt, "problem": rollout.damage_at_a_glance}
    except CodexReplayError as error:
        row |= {"problem": " ".join(str(error).split()), "prompt": None, "session_id": None}
    return row | {"traffic": traffic_of(archive, row["session_id"] or file.thread_id, file.thread_id)}


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


def _cursor(last: RolloutFile, query: Query) -> str:
    where = "archived" if last.is_archived else "sessions"
    return f"{query.digest}.{last.name.began:%Y%m%dT%H%M%S}.{where}.{last.thread_id}"


def _order_in(cursor: str, query: Query) -> tuple[datetime, str, bool]:
    digest, _, rest = cursor.partition(".")
    began, _, rest = rest.partition(".")
    where, _, thread = rest.partition(".")
    if digest != query.digest:
        raise UsageError("--cursor: it is of another query. Give the same options, or leave it out.")
    try:
        return datetime.strptime(began, "%Y%m%dT%H%M%S"), thread, where != "archived"  # noqa: DTZ007  as their names
    except ValueError as error:
        raise UsageError(f"--cursor: {cursor!r} is not one; take it from the end of a list.") from error


def _print(rows: Sequence[dict[str, Any]]) -> None:
    page = Page()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("thread", "began", "codex", "size", "traffic", "what"):
        table.add_column(name, no_wrap=name != "what", overflow="fold", justify="right" if name == "size" else "left")
    for row in rows:
        began = str(row["began"]).replace("T", " ")[:16]
        codex, traffic = row.get("codex_version") or "-", "-" if row["traffic"] is None else Path(row["traffic"]).name
        cells = (row["thread_id"][:_SHORT], began, codex, bytes_text(row["bytes"]), traffic[:_SHORT], _what(row))
        table.add_row(*map(visible, cells), style="yellow" if row["problem"] else None)
    page.grid(table)


def _what(row: dict[str, Any]) -> str:
    """Return what a rollout is, and how it begins."""
    name = row.get("agent_path") or row.get("agent_name") or ""
    marks = [
        row["problem"] or "",
        "archived" if row["is_archived"] else "",
        f"sub-agent {f'{name} ' if name else ''}of {row['parent_id'][:_SHORT]}" if row.get("parent_id") else "",
        f"fork of {row['forked_from_id'][:_SHORT]}" if row.get("forked_from_id") else "",
    ]
    prompt = " ".join((row["prompt"] or "").split())
    quoted = prompt if len(prompt) <= _PROMPT_CHARS else f"{prompt[:_PROMPT_CHARS]}…"
    told = ", ".join(filter(None, marks))
    return f"{told}: {quoted}" if told and quoted else told or quoted
