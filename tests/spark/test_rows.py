"""Sessions as batches."""

import logging

import pyarrow.parquet
import pytest

from pytest_codex_replay.interop.table_export import export_tables
from pytest_codex_replay.interop.tables import TABLES
from pytest_codex_replay.spark import rows
from pytest_codex_replay.spark.rows import batches_of, schema_of
from pytest_codex_replay.upstream.scenarios import tool_loop


def columns(table, *, has_content=True):
    return [part.split(" ")[0] for part in schema_of(table, has_content=has_content).split(", ")]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_that_of_parquet(record, tmp_path, table):
    """Columns, types and rows; the day is in the path there."""
    record("a", script=tool_loop(1))
    export_tables(tmp_path / "archive", tmp_path / "t", has_content=True)
    (path,) = (tmp_path / "t" / table).rglob("*.parquet")
    expected = pyarrow.parquet.ParquetFile(path).read()

    (batch,) = batches_of(str(tmp_path / "archive"), ["a"], table, columns(table))

    assert batch.schema.names == [*expected.schema.names, "day"]
    assert batch.drop_columns(["day"]).to_pylist() == expected.to_pylist()
    assert {f"day={row['day']}" for row in batch.to_pylist()} == {path.parent.name}


def test_columns_that_are_not_asked_for_are_not_made(record, tmp_path):
    """Nor bodies, where none of them is."""
    record("a")

    (batch,) = batches_of(str(tmp_path / "archive"), ["a"], "requests", ["url", "status"])

    assert batch.schema.names == ["url", "status"]


def test_many_rows_come_in_pieces(record, tmp_path, monkeypatch):
    """A worker has little memory."""
    record("a", script=tool_loop(1))
    monkeypatch.setattr(rows, "_MOST_ROWS", 10)

    batches = list(batches_of(str(tmp_path / "archive"), ["a"], "events", ["event"]))

    assert {batch.num_rows for batch in batches[:-1]} == {10}


def test_a_damaged_session_hides_no_other(record, tmp_path, caplog):
    """It is logged, and is a row of sessions that says why."""
    record("a")
    (record("b") / "traffic-0001.jsonl.zst").unlink()
    (tmp_path / "archive" / "b" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')
    where = str(tmp_path / "archive")

    with caplog.at_level(logging.WARNING):
        (turns,) = batches_of(where, ["a", "b"], "turns", ["session"])
    (sessions,) = batches_of(where, ["a", "b"], "sessions", ["session", "state"])

    assert turns.to_pylist() == [{"session": "a"}]
    assert [row["state"].partition(":")[0] for row in sessions.to_pylist()] == ["complete", "unreadable"]
    assert caplog.messages[0].startswith(f"{where}/b: ")
