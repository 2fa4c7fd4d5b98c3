"""SQL over tables."""

from pathlib import Path

import duckdb
import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.table_export import export_tables
from pytest_codex_replay.interop.table_sql import are_tables, ask_tables, views
from pytest_codex_replay.interop.tables import TABLES
from pytest_codex_replay.reading import open_archive

CASSETTES = Path(__file__).parents[2] / "cassettes"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Those of all shipped cassettes."""
    out = tmp_path_factory.mktemp("sql") / "it's tables"
    export_tables(CASSETTES, out, has_content=True)
    return out


def test_the_counts_are_those_of_the_reading_api(tables):
    """No delta is lost, no row is there twice."""
    sessions = list(open_archive(CASSETTES))

    ((turns, items, events, tokens),) = ask_tables(
        tables,
        "SELECT (SELECT count(*) FROM turns), (SELECT count(*) FROM items), (SELECT count(*) FROM events),"
        " (SELECT sum(total_tokens)::BIGINT FROM turns)",
    )[1]

    assert turns == sum(len(session.turns) for session in sessions)
    assert items == sum(len(turn.items) for session in sessions for turn in session.turns)
    assert events == sum(len(call.events) for session in sessions for call in session.interactions)
    assert tokens == sum(session.tokens.total for session in sessions)


def test_the_views_are_for_a_duckdb_of_ones_own(tables):
    """Each with its columns, and the day."""
    with duckdb.connect() as database:
        for statement in views(tables):
            database.execute(statement)
        for table, columns in TABLES.items():
            described = [row[0] for row in database.execute(f"DESCRIBE {table}").fetchall()]
            assert described == [*(one.name for one in columns), "day"]


def test_a_table_without_rows_is_an_empty_view(tmp_path):
    """A query need not know."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')
    export_tables(tmp_path / "s", tmp_path / "t", has_content=False)

    assert list(ask_tables(tmp_path / "t", "SELECT sum(retries) FROM turns")[1]) == [(None,)]
    assert list(ask_tables(tmp_path / "t", "SELECT count(*), any_value(day) FROM sessions")[1]) == [(1, None)]


def test_a_query_that_is_not_understood_is_one_line(tables):
    """As DuckDB says it."""
    with pytest.raises(UsageError, match="nothere") as error:
        ask_tables(tables, "SELECT nothere FROM turns")

    assert "\n" not in str(error.value)


def test_tables_are_known_by_their_state(tables):
    """A directory of sessions has none."""
    assert are_tables(tables)
    assert not are_tables(CASSETTES)


def test_columns_of_the_same_name_are_told_apart(tables):
    """A join has some twice; each keeps its own values."""
    columns, (row,) = ask_tables(tables, "SELECT 1 AS a, 2 AS a, 3 AS a_1")

    assert dict(zip(columns, row, strict=True)) == {"a": 1, "a_1": 2, "a_1_1": 3}


def test_a_damaged_file_is_told(tmp_path):
    """In one line that names it."""
    export_tables(CASSETTES / "review", tmp_path / "t", has_content=False)
    (path,) = (tmp_path / "t" / "turns").glob("*/*.parquet")
    path.write_bytes(path.read_bytes()[:-50])

    with pytest.raises(UsageError, match=r"part\.parquet"):
        ask_tables(tmp_path / "t", "SELECT * FROM turns")
