"""The table of sessions that `ls` prints."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pytest_codex_replay.cli.fitted_table import FittedTable
from pytest_codex_replay.cli.page import Page, duration_text, visible_line
from pytest_codex_replay.cli.tree import branch, kind_of, name_of, tree_of

_NUMBERS = frozenset({"age", "took", "turns", "tokens"})
TABLE = FittedTable(
    columns=("session", "age", "took", "turns", "tokens", "model", "cwd", "state", "prompt"),
    numbers=_NUMBERS,
    elastic=frozenset({"model", "state", "prompt"}),
    cut="prompt",
    least_first=("tokens", "took", "cwd", "turns", "model", "prompt", "state"),
)
_PROMPT_CHARS = 60
_CWD_CHARS = 24


def print_table(rows: list[dict[str, Any]], names: dict[str, str], now: datetime | None = None) -> None:
    """Print sessions, each with its sub-agents and helpers below it, and name the columns that have no room."""
    page, now = Page(), now or datetime.now(UTC)
    lines: list[tuple[dict[str, str], str | None]] = []
    for row in rows:
        is_fine = row["state"] == "complete" and not row["failed_turns"]
        lines.append((_cells(row, names, now), None if is_fine else "yellow"))
        lines += [(below, "dim") for below in _below(row, names, now)]
    TABLE.print(page, lines)


def _below(row: dict[str, Any], names: dict[str, str], now: datetime) -> Iterator[dict[str, str]]:
    """Yield the cells of what belongs to a session: its sub-agents, and what Codex began beside it."""
    helpers = row["helpers"]
    for stem, thread in tree_of(row["threads"], len(helpers)):
        yield {
            "session": visible_line(stem + name_of(thread)),
            "turns": str(len(thread["turns"])),
            "state": kind_of(thread),
        }
    for helper in helpers:
        cells = {name: text for name, text in _cells(helper, names, now).items() if name in {*_NUMBERS, "state"}}
        yield cells | {"session": branch(is_last=helper is helpers[-1]) + names[helper["id"]]}


def _cells(row: dict[str, Any], names: dict[str, str], now: datetime) -> dict[str, str]:
    return {
        "session": names[row["id"]],
        "age": _age(row["started_at"], now),
        "took": "-" if row["duration_ms"] is None else duration_text(row["duration_ms"]),
        "turns": str(row["turns"]),
        "tokens": _count(row["tokens"]["total"]),
        "model": ",".join(row["models"]) or "-",
        "cwd": visible_line(_end(row["cwd"] or "-", _CWD_CHARS)),
        "state": _state(row),
        "prompt": visible_line(_beginning(" ".join((row["prompt"] or "-").split()), _PROMPT_CHARS)),
    }


def _state(row: dict[str, Any]) -> str:
    """Return whether a session is complete, and how it went; of one that Codex began by itself, first what it is."""
    counts = ((row["failed_turns"], "failed"), (len(row["broken_off"]), "broken off"))
    went = "".join(f", {count} {what}" for count, what in counts if count)
    if row["helper_kind"] is None:
        return f"{row['state']}{went}"
    title = "" if row["title"] is None else f' "{row["title"]}"'
    state = "" if row["state"] == "complete" else f", {row['state']}"
    return visible_line(f"{row['helper_kind']}{title}{state}{went}")


def _age(iso: str | None, now: datetime) -> str:
    """Return how long ago that was; in the future, by a clock that was set back, the date."""
    if iso is None:
        return "-"
    began = datetime.fromisoformat(iso)
    seconds = (now - began).total_seconds()
    if seconds < 0:
        return began.astimezone().strftime("%Y-%m-%d")
    for unit, length, most in (("s", 1, 90), ("min", 60, 90), ("h", 3600, 48)):
        if seconds < length * most:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def _count(count: int) -> str:
    """Return a count for people: `940`, `12k`, `3.4M`."""
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if count >= size:
            return f"{count / size:.1f}{unit}" if count < 10 * size else f"{count / size:.0f}{unit}"
    return str(count)


def _beginning(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _end(text: str, most: int) -> str:
    return text if len(text) <= most else f"…{text[1 - most :]}"
