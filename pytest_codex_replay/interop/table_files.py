"""Tables as Parquet files, one of each table and day, each put in its place in one step."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.extras import of_extra
from pytest_codex_replay.interop.table_rows import IN_COLUMNS, Columns, Row
from pytest_codex_replay.interop.tables import FILE_NAME, TABLES, Column, columns_of, place_in
from pytest_codex_replay.wire.json_values import compact_json

NO_DAY = "__HIVE_DEFAULT_PARTITION__"
"""The day of a session without measured times; engines read it as null."""
_MOST_ROWS = 20_000
"""Rows of a group."""
_MOST_CHARACTERS = 4 * 1024 * 1024
"""Text of a group that is held."""
_LONGEST = 1 << 63


def write_day(
    directory: Path, day: str, rows: Iterable[tuple[str, Row | Columns]], drop: Collection[str], *, has_content: bool
) -> None:
    """Write the files of a day anew: what they hold, without the sessions to `drop`, and new rows.

    Raises:
        OSError: it cannot be written. Then all files are as they were.
        UsageError: a file that it holds is damaged.
    """
    tables = {name: _TableFile(directory, name, day, columns_of(name, has_content=has_content)) for name in TABLES}
    try:
        for one in tables.values():
            one.copy_old(drop)
        for name, row in rows:
            if name == IN_COLUMNS:
                tables[name].add_columns(row)
            else:
                tables[name].add(row)
        for one in tables.values():
            one.close()
    except BaseException:
        for one in tables.values():
            one.abandon()
        raise
    for one in tables.values():
        one.put_in_place()


class _TableFile:
    """A file that is written beside the one that it will replace. It is made with its first row."""

    def __init__(self, directory: Path, table: str, day: str, columns: tuple[Column, ...]) -> None:
        self._place = place_in(directory, table, day)
        self._beside = self._place.with_name(f".{FILE_NAME}.tmp")
        self._arrow, self._parquet = of_extra("pyarrow", "tables"), of_extra("pyarrow.parquet", "tables")
        self._columns = columns
        types = arrow_types(self._arrow)
        self._schema = self._arrow.schema([(one.name, types[one.type]) for one in columns])
        self._values: dict[str, list[Any]] = {one.name: [] for one in columns}
        self._contents = [one.name for one in columns if one.is_content]
        self._count = self._held = 0
        self._file: Any = None
        self._writer: Any = None

    def copy_old(self, drop: Collection[str]) -> None:
        """Copy what the old file holds, without some sessions. A column that it does not have yet is null."""
        if not self._place.is_file():
            return
        compute, dropped = of_extra("pyarrow.compute", "tables"), self._arrow.array(list(drop), self._arrow.string())
        for group in self._old_groups():
            kept = group.filter(compute.invert(compute.is_in(group["session"], value_set=dropped)))
            if kept.num_rows:
                self._opened().write_table(self._as_now(kept))

    def _old_groups(self) -> Iterator[Any]:
        try:
            with self._parquet.ParquetFile(self._place) as old:
                for number in range(old.num_row_groups):
                    yield old.read_row_group(number)
        except self._arrow.ArrowException as error:
            why = " ".join(str(error).split())
            raise UsageError(f"{self._place}: is damaged ({why}). Export into a new directory.") from error

    def add(self, row: Row) -> None:
        for name, values in self._values.items():
            values.append(row.get(name))
        self._count += 1
        self._held += sum(len(row.get(name) or "") for name in self._contents)
        self._flush_if_full()

    def add_columns(self, columns: Columns) -> None:
        for name, values in self._values.items():
            values.extend(columns[name])
        self._count += len(columns["session"])
        self._held += sum(len(one or "") for name in self._contents for one in columns[name])
        self._flush_if_full()

    def _flush_if_full(self) -> None:
        if self._count >= _MOST_ROWS or self._held >= _MOST_CHARACTERS:
            self._flush()

    def close(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()
            self._file.close()

    def abandon(self) -> None:
        if self._writer is not None:
            with suppress(OSError, ValueError, self._arrow.ArrowException):  # the disk may be full: it goes anyway
                self._writer.close()
            with suppress(OSError):
                self._file.close()
            self._beside.unlink(missing_ok=True)

    def put_in_place(self) -> None:
        if self._writer is not None:
            Files().move(self._beside, self._place)
        else:
            self._place.unlink(missing_ok=True)

    def _opened(self) -> Any:
        if self._writer is None:
            files = Files()
            files.make_directory(self._place.parent)
            self._beside.unlink(missing_ok=True)  # of an export that was killed
            self._file = open(files.open_new(self._beside), "wb")  # noqa: PTH123, SIM115  a descriptor, made private
            small = [one.name for one in self._columns if not one.is_content]  # of large texts, these would be copies
            self._writer = self._parquet.ParquetWriter(
                self._file, self._schema, compression="zstd", use_dictionary=small, write_statistics=small
            )
        return self._writer

    def _flush(self) -> None:
        if self._count:
            arrays = [self._array(one) for one in self._columns]
            self._opened().write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
            self._count = self._held = 0
            del arrays
            self._arrow.default_memory_pool().release_unused()  # it would be kept for the next group

    def _array(self, column: Column) -> Any:
        values, self._values[column.name] = self._values[column.name], []
        return column_of(self._arrow, column.type, self._schema.field(column.name).type, values)

    def _as_now(self, group: Any) -> Any:
        there = set(group.column_names)
        fields = [(field, field.name in there) for field in self._schema]
        nulls = partial(self._arrow.nulls, group.num_rows)
        return self._arrow.Table.from_arrays(
            [group[field.name].cast(field.type) if is_there else nulls(field.type) for field, is_there in fields],
            schema=self._schema,
        )


def column_of(arrow: Any, kind: str, type_: Any, values: list[Any]) -> Any:
    """Return the values of a column, made what it can hold."""
    try:
        return arrow.array(values, type_)
    except (UnicodeEncodeError, OverflowError, TypeError, arrow.ArrowException):  # traffic may hold any value
        return arrow.array([_cleaned(kind, value) for value in values], type_)


def arrow_types(arrow: Any) -> Mapping[str, Any]:
    """Return the types of columns, by what `Column.type` calls them."""
    return MappingProxyType(
        {
            "text": arrow.string(),
            "texts": arrow.list_(arrow.string()),
            "int": arrow.int64(),
            "float": arrow.float64(),
            "bool": arrow.bool_(),
            "time": arrow.timestamp("us", tz="UTC"),
            "date": arrow.date32(),
        }
    )


def _cleaned(kind: str, value: Any) -> Any:
    """Return a value that a column can hold: text as UTF-8, other JSON as text, a wrong number as null."""
    if value is None:
        return None
    if kind == "text":
        text = value if isinstance(value, str) else compact_json(value).decode()
        return text.encode(errors="replace").decode()
    if kind == "texts":
        return [_cleaned("text", one) for one in _listed(value)]
    if kind == "bool":
        return value if isinstance(value, bool) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and -_LONGEST <= value < _LONGEST
    if not is_number:
        return None
    return float(value) if kind == "float" else int(value)


def _listed(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list | tuple) else (value,)
