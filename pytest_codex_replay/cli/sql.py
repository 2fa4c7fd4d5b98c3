"""`codex-replay sql`."""

import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from pytest_codex_replay.cli.filters import form_options, print_rows
from pytest_codex_replay.cli.page import command_text, tell, visible
from pytest_codex_replay.cli.targets import default_archive, tell_deeper
from pytest_codex_replay.cli.url_path import SessionOrUrl
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.extras import check_extra
from pytest_codex_replay.interop.table_export import export_tables
from pytest_codex_replay.interop.table_sql import are_tables, ask_tables, views

_EPILOG = """\b
Views: sessions, turns, items, requests, events. Their columns: docs/tables.md, or DESCRIBE turns.

\b
Examples:
  codex-replay sql --from tables/ "SELECT codex_version, sum(retries) FROM turns GROUP BY ALL"
  codex-replay sql "SELECT name, count(*) FROM items WHERE kind = 'tool_call' GROUP BY ALL ORDER BY 2 DESC"
  codex-replay sql --from tables/ --views > views.sql
"""


@click.command("sql", epilog=_EPILOG)
@click.argument("query", required=False)
@click.option(
    "--from",
    "path",
    type=SessionOrUrl(),
    metavar="PATH",
    help="Tables, an archive, or a session directory.",
)
@click.option("--views", "only_views", is_flag=True, help="Print the views of tables, for a DuckDB of your own.")
@form_options
def sql(*, query: str | None, path: Path | None, only_views: bool, form: str | None) -> None:
    """Ask tables or an archive (default ~/.codex-replay/sessions) with SQL, by DuckDB. Needs the extra `tables`.

    QUERY is one statement of DuckDB's SQL; without it, it is read from stdin. An archive is read into tables for each
    query. `codex-replay export --format parquet` keeps them, and is faster from the second time on.
    """
    path = path or default_archive()
    if only_views:
        if not are_tables(path):
            raise UsageError(
                f"{path}: holds no tables. Make them: {command_text('export', '--format', 'parquet', path, 'tables/')}"
            )
        click.echo(visible("\n".join(views(path))))
        return
    check_extra("duckdb", "tables")
    if query is None and sys.stdin.isatty():
        raise UsageError("QUERY is missing. Type: codex-replay sql 'SELECT * FROM turns LIMIT 5'")
    query = sys.stdin.read() if query is None else query
    with _tables(path) as directory:
        columns, rows = ask_tables(directory, query)
        values = [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]
    if form is None:
        _print(columns, values)
    else:
        print_rows(form, values, columns)


@contextmanager
def _tables(path: Path) -> Iterator[Path]:
    """Give the tables at a path, or those that an archive is read into."""
    if are_tables(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="codex-replay-") as place:
        others: Collection[str] | None = None
        try:
            written = export_tables(path, Path(place) / "tables", has_content=True)
            others = written.others
        finally:
            tell_deeper(path, others)
        for name, why in written.unreadable.items():
            tell(f"{name}: {why}", err=True)
        if lost := written.not_carried["damaged places"]:
            tell(f"{lost} damaged places: not in the answer", err=True)
        yield Path(place) / "tables"


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; what JSON does not have, as text."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _print(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Print columns side by side, a row on a line."""
    cells = [list(columns), *([_cell(row[name]) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        tell("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())
