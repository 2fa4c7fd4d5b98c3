"""Sessions as batches of Arrow: the rows of one table, with the columns that are asked for."""

import logging
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.interop.extras import of_extra
from pytest_codex_replay.interop.table_files import arrow_types, column_of
from pytest_codex_replay.interop.table_rows import IN_COLUMNS, Columns, Row, rows_of
from pytest_codex_replay.interop.tables import TABLES, Column, columns_of
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.spark.choice import Choice
from pytest_codex_replay.spark.places import place_at

DAY = Column("day", "date", "Day on which the session began, in UTC.")
_TYPES = {
    "text": "string",
    "texts": "array<string>",
    "int": "bigint",
    "float": "double",
    "bool": "boolean",
    "time": "timestamp",
    "date": "date",
}
_MOST_ROWS = 5_000
_MOST_CHARACTERS = 8 * 1024 * 1024
_log = logging.getLogger("pytest_codex_replay.spark")


def schema_of(table: str, *, has_content: bool) -> str:
    """Return the schema of a table, as Spark reads it.

    Raises:
        UsageError: the table is unknown.
    """
    if table not in TABLES:
        raise UsageError(f"table {table!r}: unknown. There are: {', '.join(TABLES)}")
    return ", ".join(f"{one.name} {_TYPES[one.type]}" for one in (*columns_of(table, has_content=has_content), DAY))


def batches_of(
    path: str, sessions: Collection[str], table: str, columns: Collection[str], choice: Choice | None = None
) -> Iterator[Any]:
    """Yield the rows of a table that these sessions have, as far as they are chosen.

    One that cannot be read is logged, and has none but that which says so.

    Raises:
        UsageError: the place of the sessions cannot be read.
    """
    known = {one.name: one for one in (*TABLES[table], DAY)}
    wanted = [known[name] for name in columns]
    has_content = any(one.is_content for one in wanted)
    rows: list[Row] = []
    held = 0
    for place in place_at(path).paths(sessions):
        session = RecordedSession(place)
        for row in _rows(session, table, has_content=has_content) if _is_chosen(session, choice) else ():
            rows.append(row)
            held += sum(len(row.get(one.name) or "") for one in wanted if one.is_content)
            if len(rows) >= _MOST_ROWS or held >= _MOST_CHARACTERS:
                yield _batch(rows, wanted)
                rows, held = [], 0
    if rows:
        yield _batch(rows, wanted)


def _rows(session: RecordedSession, table: str, *, has_content: bool) -> Iterator[Row]:
    if (why := session.unreadable) is not None:
        _log.warning("%s: %s", session.path, why)
    elif session.damages:
        _log.warning("%s: damaged in %d places; the rest is read", session.path, len(session.damages))
    day = _day_of(session)
    for one, found in rows_of(session, has_content=has_content, only=table):
        if one == table:
            for row in _each(found) if table == IN_COLUMNS else (found,):
                yield {**row, DAY.name: day}


def _each(columns: Columns) -> Iterator[Row]:
    return (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))


def _is_chosen(session: RecordedSession, choice: Choice | None) -> bool:
    """Return whether a session is read: its manifest may not have been up to date when the read was planned."""
    try:
        return choice is None or not any(choice) or choice.takes(session.started_at, session.models)
    except ArchiveError:  # its row says so
        return True


def _batch(rows: list[Row], columns: list[Column]) -> Any:
    arrow = of_extra("pyarrow", "spark")
    types = arrow_types(arrow)
    schema = arrow.schema([(one.name, types[one.type]) for one in columns])
    arrays = [
        column_of(arrow, one.type, schema.field(one.name).type, [row.get(one.name) for row in rows]) for one in columns
    ]
    return arrow.RecordBatch.from_arrays(arrays, schema=schema)


def _day_of(session: RecordedSession) -> date | None:
    try:
        return None if session.started_at is None else session.started_at.date()
    except ArchiveError:  # its row says so
        return None
