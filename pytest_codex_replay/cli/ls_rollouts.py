"""`codex-replay ls --rollouts`: lists the rollouts in `CODEX_HOME`, page by page, and marks which have traffic."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table

from pytest_codex_replay.archive.names import nearest_names
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.filters import print_rows
from pytest_codex_replay.cli.page import Page, bytes_text, print_json, visible
from pytest_codex_replay.cli.targets import default_archive
from pytest_codex_replay.codex_home.rollout_files import RolloutFile, rollout_files
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.recorder.recorder import directory_name
from pytest_codex_replay.rollouts import RecordedRollout

PAGE_ROWS = 50
_PROMPT_CHARS = 60
_CSV = "thread_id path began codex_version bytes is_archived parent_id forked_from_id traffic prompt problem".split()
_SHORT = 13
"""Characters of a thread id: the time in it, to a few milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which rollouts are listed."""

    parent: str | None = None
    """Id of the thread that spawned them."""
    ancestor: str | None = None
    """Id of a thread above them."""

    @property
    def digest(self) -> str:
        """Names the query in a cursor."""
        return hashlib.sha256(f"{self.parent}/{self.ancestor}".encode()).hexdigest()[:8]


class _Listed(NamedTuple):
    rows: list[dict[str, Any]]
    cursor: str | None
    """Where the next page begins; None on the last one."""


def _home(given: Path | None) -> Path:
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
    alone = [name for name, value in others.items() if value and name not in {"parent", "ancestor", "codex_home"}]
    if alone:
        raise UsageError(f"--{alone[0]}: rollouts are listed by --parent, --ancestor, -n and --cursor only.")
    query = Query(parent=options["parent"], ancestor=options["ancestor"])
    home, archive = _home(options["codex_home"]), path or default_archive()
    ls_rollouts(home, archive, query, count=limit or PAGE_ROWS, cursor=cursor, form=form)


def ls_rollouts(home: Path, archive: Path, query: Query, *, count: int, cursor: str | None, form: str | None) -> None:
    """Print one page of rollouts, the newest first.

    Raises:
        UsageError: the home may not be read, a thread was not found, or the cursor is of another query.
    """
    try:
        listed = _page(home, archive, query, count, cursor)
    except PermissionError as error:
        raise UsageError(f"{error.filename}: may not be read ({error.strerror}).") from error
    if form == "json":
        print_json({"rollouts": listed.rows, "cursor": listed.cursor})
        return
    if form is None:
        _print(listed.rows)
    else:
        print_rows(form, listed.rows, _CSV)
    if not listed.rows:
        Page().warn(f"No rollout in {home}: Codex puts them below sessions/ and archived_sessions/.")
    if listed.cursor is not None:
        Page().warn(f"There are more: --cursor {listed.cursor}")


def _page(home: Path, archive: Path, query: Query, count: int, cursor: str | None) -> _Listed:
    files = sorted(rollout_files(home), key=lambda file: file.order, reverse=True)
    if query.parent is not None:
        files = _below(files, query.parent, is_direct=True)
    if query.ancestor is not None:
        files = _below(files, query.ancestor, is_direct=False)
    if cursor is not None:
        files = [file for file in files if file.order < _order_in(cursor, query)]
    shown, more = files[:count], len(files) > count
    rows = [_row(file, archive) for file in shown]
    return _Listed(rows, _cursor(shown[-1], query) if more and shown else None)


def _below(files: Sequence[RolloutFile], above: str, *, is_direct: bool) -> list[RolloutFile]:
    """Return the rollouts of threads that a thread spawned; with those that they spawned, unless `is_direct`."""
    parents = {file.thread_id: _parent(file) for file in files}
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


def _parent(file: RolloutFile) -> str | None:
    try:
        return RecordedRollout(file.path).meta.parent_id
    except CodexReplayError:
        return None  # its row says why it cannot be read


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
        row["prompt"] = rollout.prompt
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
    return f"{query.digest}.{last.name.began:%Y%m%dT%H%M%S}.{last.thread_id}"


def _order_in(cursor: str, query: Query) -> tuple[datetime, str]:
    digest, _, rest = cursor.partition(".")
    began, _, thread = rest.partition(".")
    if digest != query.digest:
        raise UsageError("--cursor: it is of another query. Give the same --parent and --ancestor, or leave it out.")
    try:
        return datetime.strptime(began, "%Y%m%dT%H%M%S"), thread  # noqa: DTZ007  as the names of rollouts
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
    if row["problem"] is not None:
        return str(row["problem"])
    name = row.get("agent_path") or row.get("agent_name") or ""
    marks = [
        "archived" if row["is_archived"] else "",
        f"sub-agent {f'{name} ' if name else ''}of {row['parent_id'][:_SHORT]}" if row.get("parent_id") else "",
        f"fork of {row['forked_from_id'][:_SHORT]}" if row.get("forked_from_id") else "",
    ]
    prompt = " ".join((row["prompt"] or "").split())
    quoted = prompt if len(prompt) <= _PROMPT_CHARS else f"{prompt[:_PROMPT_CHARS]}…"
    told = ", ".join(filter(None, marks))
    return f"{told}: {quoted}" if told and quoted else told or quoted
