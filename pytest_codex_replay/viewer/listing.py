"""The sessions of an archive as the page lists them: the index answers, page by page."""

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.filters import Filter
from pytest_codex_replay.index.lookup import ids_like
from pytest_codex_replay.index.sessions import SessionPage, sessions_in
from pytest_codex_replay.index.store import ask, place_of

_PAGE = 100
_DAY_MS = 86_400_000
_SHOWN = (
    "id",
    "title",
    "prompt",
    "started_at",
    "duration_ms",
    "models",
    "cwd",
    "turns",
    "tokens",
    "state",
    "helper_kind",
)
_PROMPT_CHARS = 200
_DIGITS = 6
"""Of a number of days."""


def listing(path: Path, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return some sessions, the newest first, as JSON values; `next` is the cursor of those behind them.

    Args:
        path: the archive.
        asked: what they have in common: `text` (or an id), `model`, `failed`, `days`; and the `cursor`.

    Raises:
        UsageError: the archive cannot be read, or a value is wrong.
        ArchiveError: no session of it can be read.
    """
    place, notes = place_of(path), list[str]()
    wanted = replace(_filter(asked), only=place.only)
    found, models = ask(
        place, lambda database: _answer(database, place.archive, wanted, asked.get("cursor")), notes.append
    )
    rows = [_shown(row) for row in found.rows]
    return {"rows": rows, "count": found.count, "next": found.next, "models": models, "notes": notes}


def _filter(asked: Mapping[str, str]) -> Filter:
    days = asked.get("days") or "0"
    if not days.isdecimal() or len(days) > _DIGITS:
        raise UsageError(f"days: {days!r} is not a number of days.")
    midnight_ms = time.time() * 1000 // _DAY_MS * _DAY_MS
    return Filter(
        since_ms=midnight_ms - int(days) * _DAY_MS if int(days) else None,
        written=(f"{int(days)}d" if int(days) else None, None),
        model=asked.get("model") or None,
        is_failed=bool(asked.get("failed")),
        text=asked.get("text") or None,
    )


def _answer(
    database: sqlite3.Connection, archive: Path, wanted: Filter, cursor: str | None
) -> tuple[SessionPage, list[str]]:
    if wanted.text:
        where = replace(wanted, text=None)
        if ids := {one.session for one in ids_like(database, wanted.text, where.where())}:
            wanted = replace(where, only=tuple(sorted(ids)))
    models = database.execute("SELECT DISTINCT value FROM said WHERE kind = 'model' ORDER BY value").fetchall()
    page = sessions_in(database, wanted, archive=archive, limit=_PAGE, cursor=cursor or None)
    return page, [model for (model,) in models]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    helpers = [_shown(helper) for helper in row["helpers"]]
    shown = {name: row[name] for name in _SHOWN}
    return shown | {"prompt": (row["prompt"] or "")[:_PROMPT_CHARS] or None, "helpers": helpers}
