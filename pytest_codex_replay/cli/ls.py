"""`codex-replay ls`: lists sessions."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import click
from rich.cells import cell_len
from rich.table import Table

from pytest_codex_replay.cli.options import archive_argument, json_option
from pytest_codex_replay.cli.page import Page, bytes_text, print_json
from pytest_codex_replay.cli.targets import short_names
from pytest_codex_replay.cli.tree import branch, kind_of, name_of, tree_of
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.reading import Archive, RecordedSession, open_archive
from pytest_codex_replay.visible import visible

_EPILOG = """\b
Examples:
  codex-replay ls                  what the recorder has put into ~/.codex-replay/sessions
  codex-replay ls cassettes        the cassettes of a project
  codex-replay ls --json | jq -r '.[] | select(.state == "complete") | .path'
"""
_COLUMNS = ("session", "started", "codex", "model", "turns", "interactions", "events", "size", "state")
_NUMBERS = frozenset({"turns", "interactions", "events", "size"})
_ELASTIC = frozenset({"model", "state"})
_LEAST_FIRST = ("interactions", "model", "codex", "size", "events", "started", "turns")
"""Columns that a terminal may have no room for. What is left out is told."""
_WORD_CHARS = 12
"""Narrower than this, an elastic column only breaks words."""
_UNREAD = MappingProxyType(
    {
        **dict.fromkeys(("id", "path", "started_at", "ended_at")),
        **dict.fromkeys(("codex_versions", "models"), ()),
        **dict.fromkeys(("turns", "interactions", "events", "messages", "bytes"), 0),
        **dict.fromkeys(("state", "incomplete", "broken_off", "damages"), ()),
        **dict.fromkeys(("helper_kind", "title")),
        **dict.fromkeys(("threads", "helpers"), ()),
    }
)
"""What is listed of a session that cannot be read, in the order of all others."""
_WIDE = 104
"""From this width of a terminal on, all columns of the table have room."""
_TIME_CHARS = len("2000-01-01 00:00")


@click.command("ls", epilog=_EPILOG)
@archive_argument
@json_option
def ls(*, path: Path | None, as_json: bool) -> None:
    """List sessions, oldest first, each with its sub-agents and its title.

    What Codex began beside a conversation, such as the session in which it asked for a title, is listed below it.

    PATH is an archive, a cassette or a session directory (default ~/.codex-replay/sessions). The column `events`
    counts SSE events and WebSocket messages. The column `state` is `complete`, or names what is missing;
    `broken off` are requests that Codex or the upstream did not let end. They are recorded as they were.
    """
    archive = open_archive(path)
    rows = sorted(_rows(archive), key=lambda row: (row["started_at"] or "", row["id"]))
    if as_json:
        print_json(rows)
    else:
        _print_table(rows, short_names(archive.ids))


def _rows(archive: Archive) -> list[dict[str, Any]]:
    """Describe each session; an unreadable one does not hide the others."""
    rows, errors = [], []
    beside: set[str] = set()
    for session in _conversations_first(archive):
        if session.id in beside:
            continue
        try:
            row = _row(session)
            row["helpers"] = [_row(helper) for helper in archive.helpers_of(session)]
            beside |= {helper["id"] for helper in row["helpers"]}
            titles = [helper["title"] for helper in row["helpers"] if helper["title"] is not None]
            rows.append(row | ({"title": titles[-1]} if titles else {}))
        except ArchiveError as error:
            errors.append(error)
            state = f"unreadable: {' '.join(str(error).split())}"
            rows.append(_UNREAD | {"id": session.id, "path": str(session.path), "state": state})
    if len(errors) == len(rows):
        raise errors[0]
    return rows


def _conversations_first(archive: Archive) -> Iterator[RecordedSession]:
    """Yield each session, made when it is its turn: it keeps what it has read."""
    conversations, ids = {session.id for session in archive.conversations}, archive.ids
    for place in sorted(range(len(ids)), key=lambda place: ids[place] not in conversations):
        yield archive[place]


def _row(session: RecordedSession) -> dict[str, Any]:
    counts = session.counts
    return {
        "id": session.id,
        "path": str(session.path),
        "started_at": _iso(session.started_at),
        "ended_at": _iso(session.ended_at),
        "codex_versions": session.codex_versions,
        "models": session.models,
        "turns": counts["turns"],
        "interactions": counts["interactions"],
        "events": counts["events"],
        "messages": counts["messages"],
        "bytes": session.bytes_count,
        "state": session.state,
        "incomplete": session.incomplete,
        "broken_off": session.broken_off,
        "damages": [str(damage) for damage in session.damages],
        "helper_kind": session.helper_kind,
        "title": session.title,
        "threads": [thread.as_json() for thread in session.threads if thread.parent is None],
        "helpers": [],
    }


def _print_table(rows: list[dict[str, Any]], names: dict[str, str]) -> None:
    page = Page()
    is_narrow = page.width < _WIDE
    gap = 1 if is_narrow else 2
    lines: list[tuple[dict[str, str], str | None]] = []
    for row in rows:
        lines.append((_cells(row, names), None if row["state"] == "complete" else "yellow"))
        lines += [(below, "dim") for below in _below(row, names)]
    columns = _with_room([cells for cells, _ in lines], page.width, gap)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, gap, 0, 0))
    for column in columns:
        is_elastic = column in _ELASTIC
        justify: Literal["right", "left"] = "right" if column in _NUMBERS else "left"
        table.add_column(column, justify=justify, no_wrap=not is_elastic, overflow="fold" if is_elastic else "ellipsis")
    for cells, style in lines:
        if is_narrow and "started" in columns and "started" not in cells:
            cells["started"] = _cut(cells.pop("state"))
        table.add_row(*(visible(cells.get(column, "")) for column in columns), style=style)
    page.grid(table)
    if left_out := [column for column in _COLUMNS if column not in columns]:
        page.warn(f"Left out, as the terminal is narrow: {', '.join(left_out)}. All of it: codex-replay ls --json")


def _with_room(lines: list[dict[str, str]], width: int, gap: int) -> list[str]:
    """Return the columns that a width has room for."""
    texts = {column: [column, *(cells.get(column, "") for cells in lines)] for column in _COLUMNS}
    needed = {column: max(map(cell_len, texts[column])) for column in _COLUMNS}
    needed |= {column: min(needed[column], _WORD_CHARS) for column in _ELASTIC}
    columns = list(_COLUMNS)
    for column in _LEAST_FIRST:
        if sum(needed[each] + gap for each in columns) <= width:
            break
        columns.remove(column)
    return columns


def _below(row: dict[str, Any], names: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield the cells of what belongs to a session: its sub-agents, and what Codex began beside it."""
    helpers = row["helpers"]
    for stem, thread in tree_of(row["threads"], len(helpers)):
        yield {"session": visible(stem + name_of(thread)), "turns": str(len(thread["turns"])), "state": kind_of(thread)}
    for helper in helpers:
        cells = {name: text for name, text in _cells(helper, names).items() if name in {*_NUMBERS, "state"}}
        yield cells | {"session": branch(is_last=helper is helpers[-1]) + names[helper["id"]]}


def _cut(text: str) -> str:
    """Return as much as the column of the time has room for."""
    return text if len(text) <= _TIME_CHARS else f"{text[: _TIME_CHARS - 1]}…"


def _cells(row: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    return {
        "session": names[row["id"]],
        "started": _started(row["started_at"]),
        "codex": ",".join(row["codex_versions"]) or "-",
        "model": ",".join(row["models"]) or "-",
        "turns": str(row["turns"]),
        "interactions": str(row["interactions"]),
        "events": str(row["events"] + row["messages"]),
        "size": bytes_text(row["bytes"]),
        "state": _state(row),
    }


def _state(row: dict[str, Any]) -> str:
    """Return whether a session is complete; of one that Codex began by itself, first what it is."""
    broken_off = f", {len(row['broken_off'])} broken off" if row["broken_off"] else ""
    if row["helper_kind"] is None:
        return f"{row['state']}{broken_off}"
    title = "" if row["title"] is None else f' "{row["title"]}"'
    state = "" if row["state"] == "complete" else f", {row['state']}"
    return visible(f"{row['helper_kind']}{title}{state}{broken_off}")


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat(timespec="milliseconds")


def _started(iso: str | None) -> str:
    """Return local time, to the minute."""
    return "-" if iso is None else datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
