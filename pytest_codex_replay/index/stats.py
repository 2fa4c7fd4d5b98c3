"""Figures over sessions: tokens, the share that was cached, waiting times, retries, what it cost."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pytest_codex_replay.index.filters import Filter, lost_count, refuse_unreadable
from pytest_codex_replay.index.prices import Price
from pytest_codex_replay.index.terms import refresh
from pytest_codex_replay.wire.responses import Outcome

BY = ("session", "model", "day", "agent")
_DAYS = """DROP TABLE IF EXISTS temp.days;
CREATE TEMP TABLE days (id INTEGER PRIMARY KEY, day TEXT);
INSERT INTO days
  SELECT id, CASE WHEN started_ms > 0 THEN date(started_ms / 1000, 'unixepoch', 'localtime') ELSE '' END FROM session
"""
_AGENT = "coalesce((SELECT label FROM thread WHERE thread.session = part.session AND id = part.thread), '')"
_KEYS = {
    None: "''",
    "session": "one.name",
    "model": "coalesce(part.model, '')",
    "day": "days.day",
    "agent": _AGENT,
}
_FAILED = f"outcome IN ({', '.join(repr(str(one)) for one in Outcome if one.is_failed)})"


@dataclass(slots=True, kw_only=True)
class Figures:
    """The figures of a session, a model, a day or an agent."""

    turns: int = 0
    failed: int = 0
    """Turns that were not finished, those that the user broke off aside."""
    requests: int = 0
    """To a model."""
    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0
    total: int = 0
    first_event_p50_ms: float | None = None
    first_event_p95_ms: float | None = None
    """From a request to the first event of its answer."""
    tool_ms: float | None = None
    """What turns waited for their tools."""
    retries: int = 0
    fallbacks: int = 0
    """From the WebSocket to HTTP."""
    cost: float | None = None
    """By the prices that were given; None where that of a model is not among them."""

    @property
    def cached_share(self) -> float | None:
        """Which part of the input came from the prompt cache."""
        return self.cached / self.input if self.input else None

    def as_json(self) -> dict[str, Any]:
        """Return them by name."""
        share = self.cached_share
        return {**asdict(self), "cached_share": None if share is None else round(share, 4)}


@dataclass(slots=True)
class Stats:
    """Figures by what was asked for; and how many events there were of each type."""

    groups: dict[str, Figures] = field(default_factory=dict)
    session_count: int = 0
    events: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    """How many requests to a model ended how."""
    unpriced: list[str] = field(default_factory=list)
    """Models without a price, where prices were given."""
    lost_count: int = 0
    """Sessions of which something is damaged, or was not recorded."""


def stats_of(
    database: sqlite3.Connection, wanted: Filter, *, by: str | None = None, prices: Mapping[str, Price] | None = None
) -> Stats:
    """Return the figures of the sessions that a filter lets pass.

    Raises:
        ArchiveError: no session of the archive can be read.
    """
    refuse_unreadable(database, wanted)
    if wanted.text is not None:
        refresh(database)
    return _Asked(database, wanted, _KEYS[by], prices or {}).answer()


class _Asked:
    def __init__(self, database: sqlite3.Connection, wanted: Filter, key: str, prices: Mapping[str, Price]) -> None:
        self._database = database
        self._where, self._values = wanted.where()
        self._key = key
        self._prices = prices

    def answer(self) -> Stats:
        if self._key == _KEYS["day"]:  # once: what day it is somewhere takes long to tell
            self._database.executescript(_DAYS)
        groups: defaultdict[str, Figures] = defaultdict(Figures)
        unpriced = self._tokens(groups)
        self._turns(groups)
        self._times(groups)
        self._empty(groups)
        count = self._database.execute(
            f"SELECT count(*) FROM session AS one WHERE {self._where}",  # noqa: S608
            self._values,
        ).fetchone()[0]
        events: dict[str, int] = dict(
            self._rows("event", "type, sum(count)", "GROUP BY type ORDER BY sum(count) DESC, type")
        )
        order = "GROUP BY outcome ORDER BY count(*) DESC, outcome"
        outcomes: dict[str, int] = dict(self._rows("interaction", "outcome, count(*)", order, _IS_CALL))
        lost = lost_count(self._database, (self._where, self._values))
        return Stats(dict(sorted(groups.items())), count, events, outcomes, sorted(unpriced), lost)

    def _tokens(self, groups: dict[str, Figures]) -> set[str]:
        """Add tokens and costs; return the models that have no price."""
        sums = "count(*), sum(input), sum(cached), sum(output), sum(reasoning), sum(total)"
        unpriced: set[str] = set()
        rows = self._rows("interaction", f"{self._key}, coalesce(part.model, ''), {sums}", "GROUP BY 1, 2", _IS_CALL)
        for key, model, requests, *counts in rows:
            figures = groups[key]
            figures.requests += requests
            for name, count in zip(("input", "cached", "output", "reasoning", "total"), counts, strict=True):
                setattr(figures, name, getattr(figures, name) + count)
            price = self._prices.get(model)
            if price is not None:
                figures.cost = (figures.cost or 0.0) + price.of(*counts[:3])
            elif self._prices:
                unpriced.add(model)
        return unpriced

    def _turns(self, groups: dict[str, Figures]) -> None:
        sums = f"count(*), sum({_FAILED}), sum(tool_ms), sum(retries), sum(fallbacks)"
        for key, turns, failed, tool_ms, retries, fallbacks in self._rows("turn", f"{self._key}, {sums}", "GROUP BY 1"):
            figures = groups[key]
            figures.turns, figures.failed, figures.tool_ms = turns, failed, tool_ms
            figures.retries, figures.fallbacks = retries, fallbacks

    def _times(self, groups: dict[str, Figures]) -> None:
        times: defaultdict[str, list[float]] = defaultdict(list)
        only = f"{_IS_CALL} AND first_event_ms NOT NULL"
        for key, first_event_ms in self._rows("interaction", f"{self._key}, first_event_ms", "", only):
            times[key].append(first_event_ms)
        for key, found in times.items():
            found.sort()
            figures = groups[key]
            figures.first_event_p50_ms, figures.first_event_p95_ms = _at(found, 0.5), _at(found, 0.95)

    def _empty(self, groups: dict[str, Figures]) -> None:
        """Let sessions in which no model was asked have their line: of all that are counted, none is left out."""
        days = "JOIN days ON days.id = one.id" if self._key == _KEYS["day"] else ""
        is_of_session = self._key in {_KEYS["session"], _KEYS["day"]}
        key, only = (self._key, "TRUE") if is_of_session else ("''", _WITHOUT_CALLS)
        query = f"SELECT DISTINCT {key} FROM session AS one {days} WHERE {only} AND {self._where}"  # noqa: S608
        for (found,) in self._database.execute(query, self._values):
            groups[found]  # a new one has no figures

    def _rows(self, table: str, columns: str, order: str, only: str = "TRUE") -> sqlite3.Cursor:
        days = "JOIN days ON days.id = part.session " if _KEYS["day"] in columns else ""
        return self._database.execute(
            f"SELECT {columns} FROM {table} AS part JOIN session AS one ON one.id = part.session {days}"  # noqa: S608
            f"WHERE {only} AND {self._where} {order}",
            self._values,
        )


_IS_CALL = "role IN ('turn', 'compaction', 'memory', 'title')"
_WITHOUT_CALLS = f"""NOT EXISTS (SELECT 1 FROM turn WHERE turn.session = one.id) AND NOT EXISTS (
  SELECT 1 FROM interaction AS part WHERE part.session = one.id AND {_IS_CALL})"""  # noqa: S608


def _at(times: Sequence[float], share: float) -> float:
    """Return the time that a share of the sorted times does not exceed."""
    return times[min(int(len(times) * share), len(times) - 1)]
