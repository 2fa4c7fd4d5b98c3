"""SQL over tables."""

import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest

from pytest_codex_replay import __version__
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.table_export import export_tables
from pytest_codex_replay.interop.table_sql import are_tables, ask_tables, views
from pytest_codex_replay.interop.tables import TABLES
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import text

CASSETTES = Path(__file__).parents[2] / "cassettes"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Those of all shipped cassettes."""
    out = tmp_path_factory.mktemp("sql") / "it's tables"
    export_tables(CASSETTES, out, has_content=True)
    return out


def said(path):
    """The columns of a file."""
    return pyarrow.parquet.ParquetFile(path).read().to_pydict()


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


def test_a_file_of_an_earlier_release_lacks_columns(talk, tmp_path):
    """They are null there, whichever file comes first; the session is gone, so its file stays as it is."""
    for name, day in (("a", 0), ("b", 1), ("c", 2)):
        client = talk(text())
        client.now_ms += day * 86_400_000
        client.turn("hello")
        client.write(tmp_path / "s" / name)
    export_tables(tmp_path / "s", tmp_path / "t", has_content=False)
    for name in ("a", "b"):
        (path,) = (one for one in (tmp_path / "t" / "turns").rglob("*.parquet") if name in said(one)["session"])
        pyarrow.parquet.write_table(pyarrow.table(said(path)).drop_columns("outcome"), path)
        shutil.rmtree(tmp_path / "s" / name)
    state = tmp_path / "t" / "tables.json"
    state.write_text(state.read_text().replace(__version__, "0.0.1"))

    export_tables(tmp_path / "s", tmp_path / "t", has_content=False)

    asked = "SELECT session, outcome IS NULL FROM turns ORDER BY 1"
    assert list(ask_tables(tmp_path / "t", asked)[1]) == [("a", True), ("b", True), ("c", False)]


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
