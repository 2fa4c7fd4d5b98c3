"""SQL over tables, with DuckDB: a view of each."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.extras import of_extra
from pytest_codex_replay.interop.table_state import STATE_NAME, TableState
from pytest_codex_replay.interop.tables import FILE_NAME, TABLES

_TYPES = MappingProxyType(
    {
        "text": "VARCHAR",
        "texts": "VARCHAR[]",
        "int": "BIGINT",
        "float": "DOUBLE",
        "bool": "BOOLEAN",
        "time": "TIMESTAMPTZ",
    }
)


def are_tables(directory: Path) -> bool:
    """Return whether `export --format parquet` wrote a directory."""
    return (directory / STATE_NAME).is_file()


def views(directory: Path, tables: Iterable[str] = TABLES, *, is_lasting: bool = True) -> list[str]:
    """Return the statements that make a view of each of the tables; one without rows is empty.

    `is_lasting`: they are used again, when a later release may have written some of the files.

    Raises:
        UsageError: the tables are of another version.
    """
    kept = TableState.kept(directory)
    has_content = kept is not None and kept.has_content
    is_mixed = is_lasting or kept is None or kept.is_mixed
    return [_view(directory, table, has_content=has_content, is_mixed=is_mixed) for table in tables]


def _view(directory: Path, table: str, *, has_content: bool, is_mixed: bool) -> str:
    if any((directory / table).glob(f"*/{FILE_NAME}")):
        place = str(directory.absolute() / table / "*" / FILE_NAME).replace("'", "''")
        options = "hive_partitioning = true, hive_types = {'day': DATE}"
        options += ", union_by_name = true" if is_mixed else ""  # which opens each file once more
        return f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet('{place}', {options});"  # noqa: S608
    columns = [one for one in TABLES[table] if has_content or not one.is_content]
    nulls = ", ".join(f"NULL::{_TYPES[one.type]} AS {one.name}" for one in columns)
    return f"CREATE OR REPLACE VIEW {table} AS SELECT {nulls}, NULL::DATE AS day WHERE false;"


def ask_tables(directory: Path, query: str) -> tuple[Sequence[str], Iterable[tuple[Any, ...]]]:
    """Return the columns and the rows that answer a query.

    Raises:
        UsageError: the query is not understood, or DuckDB is not installed.
    """
    duckdb = of_extra("duckdb", "tables")
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as database:  # nothing is fetched
        database.execute("SET TimeZone = 'UTC'")
        named = [table for table in TABLES if re.search(rf"\b{table}\b", query, re.IGNORECASE)]
        try:
            for statement in views(
                directory, named or TABLES, is_lasting=False
            ):  # each looks into all files of its table
                database.execute(statement)
            statements = database.extract_statements(query)  # the module's own would open another database
            if not statements:
                raise UsageError("QUERY is empty. Type: codex-replay sql 'SELECT * FROM turns LIMIT 5'")
            if len(statements) > 1:
                raise UsageError(f"QUERY has {len(statements)} statements. Give one; WITH names what it is made of.")
            found = database.execute(query)
            return _unlike(column[0] for column in found.description or ()), found.fetchall()
        except duckdb.Error as error:
            raise UsageError(" ".join(str(error).split())) from error


def _unlike(names: Iterable[str]) -> list[str]:
    """Return the names of columns, each of them once: a join has some twice, and a row is a mapping."""
    found: dict[str, None] = {}
    for name in names:
        others = (f"{name}_{number}" for number in count(1))
        found[next(one for one in chain([name], others) if one not in found)] = None
    return list(found)
