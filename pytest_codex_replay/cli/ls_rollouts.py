"""`codex-replay ls --rollouts`: lists the rollouts in `CODEX_HOME`, page by page, and marks which have traffic."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pytest_codex_replay.cli.filters import print_rows
from pytest_codex_replay.cli.fitted_table import FittedTable
from pytest_codex_replay.cli.page import Page, bytes_text
from pytest_codex_replay.cli.rollout_query import SHORT_CHARS, Query, not_files_text, nothing_text, traffic_of
from pytest_codex_replay.cli.targets import default_archive
from pytest_codex_replay.codex_home.rollout_files import RolloutFile
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.rollouts import RecordedRollout

PAGE_ROWS = 50
_PROMPT_CHARS = 60
_TABLE = FittedTable(
    columns=("thread", "began", "codex", "size", "traffic", "what"),
    numbers=frozenset({"size"}),
    elastic=frozenset({"what"}),
    least_first=("size", "codex", "began", "traffic"),
)
_CSV = "thread_id path began codex_version bytes is_archived parent_id forked_from_id traffic prompt problem".split()


def list_rollouts(
    path: Path | None, options: Mapping[str, Any], *, limit: int | None, cursor: str | None, form: str | None
) -> None:
    """Print one page of rollouts, the newest first, by the options of `ls` that they have.

    Raises:
        UsageError: another one was given, the home may not be read, a thread was not found, or the cursor is of another
            query or home.
    """
    query, archive = Query.of(options), path or default_archive()
    chosen = query.choose()
    files = chosen.files
    if cursor is not None:
        end = _order_in(cursor, query)
        files = (file for file in files if file.order < end)
    shown = list(islice(files, limit or (PAGE_ROWS if form is None else None)))
    rows, page = [_row(file, archive) for file in shown], Page()
    if form is None:
        _TABLE.print(page, [(_cells(row, chosen.short), "yellow" if row["problem"] else None) for row in rows])
    else:
        print_rows(form, rows, _CSV)
    if not rows:
        page.warn(nothing_text(query))
    if chosen.others:
        page.warn(not_files_text(chosen.others))
    if next(files, None) is not None:
        left = "There are more." if query.is_read else f"{count_text(1 + sum(1 for _ in files), 'rollout')} more."
        page.warn(f"{left} The next ones: add --cursor {_cursor(shown[-1], query)}")


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
        told = str(error).removeprefix(f"{file.path}: ")
        row |= {"problem": " ".join(told.split()), "prompt": None, "session_id": None}
    return row | {"traffic": traffic_of(archive, row["session_id"] or file.thread_id, file.thread_id)}


def _cursor(last: RolloutFile, query: Query) -> str:
    where = "archived" if last.is_archived else "sessions"
    return f"{query.digest}.{query.home_digest}.{last.name.began:%Y%m%dT%H%M%S}.{where}.{last.thread_id}"


def _order_in(cursor: str, query: Query) -> tuple[datetime, str, bool]:
    """Return behind which rollout a cursor goes on."""
    try:
        digest, home, began, where, thread = cursor.split(".")
        order = datetime.strptime(began, "%Y%m%dT%H%M%S"), thread, where != "archived"  # noqa: DTZ007  as their names
    except ValueError as error:
        raise UsageError(f"{cursor}: not a cursor. Take the one that the page before names.") from error
    if home != query.home_digest:
        raise UsageError(f"{cursor}: the cursor of another CODEX_HOME. Leave it out, to begin with the first page.")
    if digest != query.digest:
        raise UsageError(f"{cursor}: the cursor of another question. Repeat the options that it was given for.")
    return order


def _cells(row: dict[str, Any], short: Mapping[str, str]) -> dict[str, str]:
    return {
        "thread": short[row["thread_id"]],
        "began": str(row["began"]).replace("T", " ")[:16],
        "codex": row.get("codex_version") or "-",
        "size": bytes_text(row["bytes"]),
        "traffic": "-" if row["traffic"] is None else _beginning(Path(row["traffic"]).name, short),
        "what": _what(row, short),
    }


def _what(row: dict[str, Any], short: Mapping[str, str]) -> str:
    """Return what a rollout is, and how it begins."""
    name = row.get("agent_path") or row.get("agent_name") or ""
    marks = [
        row["problem"] or "",
        "archived" if row["is_archived"] else "",
        f"sub-agent {f'{name} ' if name else ''}of {_beginning(row['parent_id'], short)}"
        if row.get("parent_id")
        else "",
        f"fork of {_beginning(row['forked_from_id'], short)}" if row.get("forked_from_id") else "",
    ]
    prompt = " ".join((row["prompt"] or "").split())
    quoted = prompt if len(prompt) <= _PROMPT_CHARS else f"{prompt[:_PROMPT_CHARS]}…"
    told = ", ".join(filter(None, marks))
    return f"{told}: {quoted}" if told and quoted else told or quoted


def _beginning(name: str, short: Mapping[str, str]) -> str:
    """Return the beginning of an id, which may be that of a thread without a rollout here."""
    return short.get(name, name[:SHORT_CHARS])
