"""Codex's own logs of a run: lines of its log files, rows of its log database for some threads. Changes nothing."""

import sqlite3
import tomllib
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_codex_replay.codex.logs import (
    COLUMNS,
    DATABASE,
    DATABASE_DIR_SETTING,
    LOG_DIR_SETTING,
    LOG_DIRECTORY,
    LOG_SUFFIX,
    ROWS,
    line_time_ms,
    threads_named,
)

MAX_LOG_BYTES = 16 * 1024 * 1024
"""How much of a log is kept of a run, at most; of more, the end."""
_SLACK_MS = 60_000
"""How long before its first record, and after its last, a run may log something."""

Entry = dict[str, Any]
"""A line of a log: `at_ms`, `level`, `target`, `thread`, `text`, and `from`: the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodexLog:
    """What Codex logged in a run."""

    entries: tuple[Entry, ...] = ()
    """By time."""
    left_out: int = 0
    """How many entries are not among them: the oldest ones, as there was too much."""
    problems: tuple[str, ...] = ()
    """Which logs could not be read, and why."""


def codex_log(codex_home: Path, threads: Collection[str], from_ms: float, until_ms: float) -> CodexLog:
    """Return what Codex logged for `threads` between two times; lines of its log files also where they name no thread.

    Raises:
        PermissionError: the directory may not be read.
    """
    span = from_ms - _SLACK_MS, until_ms + _SLACK_MS
    config = _config(codex_home)
    entries: list[Entry] = []
    problems: list[str] = []
    for path in _sources(codex_home, config):
        try:
            found = _rows(path, threads, span) if DATABASE.fullmatch(path.name) else _lines(path, threads, span)
            entries += found
        except (OSError, sqlite3.Error) as error:
            problems.append(f"{path.name}: {getattr(error, 'strerror', None) or error}")
    entries.sort(key=lambda entry: entry["at_ms"])
    kept = _newest(entries)
    return CodexLog(entries=tuple(kept), left_out=len(entries) - len(kept), problems=tuple(problems))


def _newest(entries: list[Entry]) -> list[Entry]:
    size = 0
    for place in range(len(entries) - 1, -1, -1):
        size += len(entries[place]["text"])
        if size > MAX_LOG_BYTES:
            return entries[place + 1 :]
    return entries


def _sources(codex_home: Path, config: dict[str, Any]) -> Iterator[Path]:
    """Yield the log files and the log database of the newest schema."""
    named = [_directory(config, codex_home, LOG_DIR_SETTING), codex_home / LOG_DIRECTORY]
    for directory in dict.fromkeys(place for place in named if place is not None):
        yield from (path for path in _entries(directory) if path.suffix == LOG_SUFFIX and path.is_file())
    home = _directory(config, codex_home, DATABASE_DIR_SETTING) or codex_home
    numbered = [(int(found["schema"]), path) for path in _entries(home) if (found := DATABASE.fullmatch(path.name))]
    if numbered:
        yield max(numbered)[1]


def _entries(directory: Path) -> list[Path]:
    """List a directory; nothing where it does not exist."""
    try:
        return sorted(directory.iterdir())
    except FileNotFoundError:
        return []


def _config(codex_home: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((codex_home / "config.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # Codex says what is wrong with it


def _directory(config: dict[str, Any], codex_home: Path, setting: str) -> Path | None:
    value = config.get(setting)
    return codex_home / Path(value).expanduser() if isinstance(value, str) and value else None


def _rows(database: Path, threads: Collection[str], span: tuple[float, float]) -> list[Entry]:
    """Read rows without a trace: where no other process has the database open, no lock and no other file is made."""
    wal = database.with_name(f"{database.name}-wal")
    is_shared = wal.exists() and wal.stat().st_size > 0
    mode = "mode=ro" if is_shared else "mode=ro&immutable=1"
    seconds = int(span[0] // 1000), int(span[1] // 1000) + 1
    with closing(sqlite3.connect(f"file:{quote(str(database))}?{mode}", uri=True, timeout=1)) as connection:
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        rows = [row for thread in threads for row in connection.execute(ROWS, (thread, *seconds))]
    return [_row(dict(zip(COLUMNS, row, strict=True)), database.name) for row in rows]


def _row(row: dict[str, Any], name: str) -> Entry:
    return {
        "at_ms": row["ts"] * 1000 + (row["ts_nanos"] or 0) / 1_000_000,
        "level": row["level"],
        "target": row["target"],
        "thread": row["thread_id"],
        "text": row["feedback_log_body"] or "",
        "from": name,
    }


def _lines(log: Path, threads: Collection[str], span: tuple[float, float]) -> list[Entry]:
    """Read the lines of a log file in a span of time; those of another thread are left out."""
    found: list[Entry] = []
    is_ours = False
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 2 * MAX_LOG_BYTES, 0))
        for line in file:
            at_ms = line_time_ms(line)
            if at_ms is not None:
                named = threads_named(line)
                is_ours = span[0] <= at_ms <= span[1] and (not named or not named.isdisjoint(threads))
            text = line.rstrip(b"\r\n").decode(errors="replace")
            if is_ours and at_ms is not None:
                found.append({"at_ms": at_ms, "level": None, "target": None, "thread": None, "text": text})
                found[-1]["from"] = log.name
            elif is_ours:
                found[-1]["text"] += f"\n{text}"
    return found
