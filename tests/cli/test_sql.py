"""`codex-replay sql`."""

import json
import sys
from pathlib import Path

import pytest

CASSETTES = Path(__file__).parents[2] / "cassettes"
QUERY = "SELECT session, turn, day, codex_version IS NULL AS x FROM turns ORDER BY ALL LIMIT 1"


@pytest.fixture
def tables(run, tmp_path):
    run("export", "--format", "parquet", CASSETTES / "review", tmp_path / "t")
    return tmp_path / "t"


def test_tables_and_archives_answer_alike(run, tables):
    """One schema, whatever is asked."""
    of_tables = run("sql", "--from", tables, QUERY)
    of_session = run("sql", "--from", CASSETTES / "review", QUERY)

    assert of_tables.stdout == of_session.stdout == "session  turn  day  x\nreview   1          False\n"


def test_the_forms_for_programs(run, tables):
    """Sums, times and lists are as JSON has them."""
    query = (
        "SELECT sum(turn) AS a, TIMESTAMP '2026-01-01' AS b, [1] AS c, {'k': 1.5} AS d, INTERVAL 1 DAY AS e FROM turns"
    )

    (row,) = json.loads(run("sql", "--from", tables, query, "--json").stdout)

    assert (row["b"], row["c"], row["d"]) == ("2026-01-01T00:00:00", [1], {"k": 1.5})
    assert isinstance(row["a"], int)
    assert run("sql", "--from", tables, "SELECT 1 AS a", "--csv").stdout == "a\n1\n"


def test_a_query_from_stdin(run, tables):
    """For those that are long."""
    assert run("sql", "--from", tables, input="SELECT 1 AS a").stdout == "a\n1\n"


def test_the_views_are_printed(run, refusal, tables):
    """Of tables only."""
    assert run("sql", "--from", tables, "--views").stdout.count("CREATE OR REPLACE VIEW") == 5
    assert "holds no tables" in refusal("sql", "--from", CASSETTES, "--views")


def test_what_cannot_be_read_is_told(run, tmp_path):
    """The answer lacks it."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')

    assert run("sql", "--from", tmp_path / "s", "SELECT 1").stderr.startswith("s: ")


def test_the_missing_extra_is_named(refusal, tables, monkeypatch):
    """With what to type."""
    monkeypatch.setitem(sys.modules, "duckdb", None)

    assert "pip install 'pytest-codex-replay[tables]'" in refusal("sql", "--from", tables, "SELECT 1")


@pytest.mark.parametrize("query", ["", "/* nothing */"])
def test_an_empty_query_is_refused(refusal, tables, query):
    """It has no answer."""
    assert "QUERY is empty" in refusal("sql", "--from", tables, query)


def test_a_second_statement_is_refused(refusal, tables):
    """One answer would hide the other."""
    said = refusal("sql", "--from", tables, "SELECT 1; SELECT 2")

    assert said == "Error: QUERY has 2 statements. Give one; WITH names what it is made of.\n"


def test_a_bad_query_is_one_line(refusal, tables):
    """As DuckDB says it."""
    assert "nothere" in refusal("sql", "--from", tables, "SELECT nothere FROM turns")
