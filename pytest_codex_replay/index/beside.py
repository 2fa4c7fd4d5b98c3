"""Which conversation a helper belongs to: what Codex began beside one, such as a request for its title.

A helper names no conversation. It belongs to that of the same program that was open when it began; a title request, to
the last of these that has the prompt which it repeats. `Archive.helpers_of` says the same.
"""

import json
import sqlite3
from collections.abc import Iterable

_EARLIER_MS, _LATER_MS = 1000, 60_000
"""How long before the first record of its conversation, and after the last, a helper may begin."""
_NEAR = """
SELECT id FROM session AS one
WHERE helper_kind IS NULL AND started_ms BETWEEN ? AND ? AND ended_ms >= ? AND EXISTS (
  SELECT 1 FROM said AS theirs JOIN said AS own USING (kind, value)
  WHERE theirs.session = one.id AND own.session = ? AND kind = 'originator')
ORDER BY started_ms, name
"""


def fold(database: sqlite3.Connection, spans: Iterable[tuple[float, float]]) -> None:
    """Find the conversations of the helpers that began in or near some spans of time, in which sessions changed."""
    longest = database.execute("SELECT coalesce(max(ended_ms - started_ms), 0) FROM session").fetchone()[0]
    for began, ended in _joined(spans):
        helpers = database.execute(
            "SELECT id, started_ms, asked FROM session WHERE helper_kind IS NOT NULL AND started_ms BETWEEN ? AND ?",
            (began - _EARLIER_MS, ended + _LATER_MS),
        ).fetchall()
        for helper, at_ms, asked in helpers:
            bounds = (at_ms - _LATER_MS - longest, at_ms + _EARLIER_MS, at_ms - _LATER_MS)
            near = [row[0] for row in database.execute(_NEAR, (*bounds, helper))]
            found = _conversation(database, near, json.loads(asked))
            database.execute("UPDATE session SET beside = ? WHERE id = ?", (found, helper))


def _conversation(database: sqlite3.Connection, near: list[int], asked: list[str]) -> int | None:
    if not asked:
        return near[0] if len(near) == 1 else None
    return next((one for one in reversed(near) if _has_prompt(database, one, asked)), None)


def _has_prompt(database: sqlite3.Connection, session: int, beginnings: list[str]) -> bool:
    prompts = database.execute("SELECT coalesce(prompt, '') FROM turn WHERE session = ?", (session,))
    return any(prompt.startswith(beginning) for (prompt,) in prompts for beginning in beginnings)


def _joined(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans of time in order, with those joined that touch: each helper is looked at once."""
    joined: list[tuple[float, float]] = []
    for began, ended in sorted(spans):
        if joined and began - _EARLIER_MS <= joined[-1][1] + _LATER_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ended))
        else:
            joined.append((began, ended))
    return joined
