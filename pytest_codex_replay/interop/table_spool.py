"""Rows of tables in temporary files: put there as sessions are read, and taken when tables are written."""

import pickle
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

import zstandard

from pytest_codex_replay.interop.table_rows import Columns, Row
from pytest_codex_replay.spool import written_aside

_LEVEL = 1
_READ_BYTES = 128 * 1024


def put_rows(file: Path, rows: Iterable[tuple[str, Row | Columns]]) -> None:
    """Write rows into a new file, in a directory that is private.

    Raises:
        UsageError: it cannot be written.
    """
    with written_aside():
        out = file.open("xb")
    with out:
        packed: Any = zstandard.ZstdCompressor(level=_LEVEL).stream_writer(out, closefd=False)
        for row in rows:
            with written_aside():
                pickle.dump(row, packed, pickle.HIGHEST_PROTOCOL)
        with written_aside():
            packed.close()
            out.flush()


def rows_in(file: Path) -> Iterator[tuple[str, Row | Columns]]:
    """Yield the rows that were put into a file."""
    with file.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as plain:
        rows = BufferedReader(cast("Any", plain), _READ_BYTES)
        while rows.peek(1):
            yield cast("tuple[str, Row | Columns]", pickle.load(rows))  # noqa: S301  what was put here
