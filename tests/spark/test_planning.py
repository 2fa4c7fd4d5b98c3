"""What a read is to do."""

from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql.datasource import EqualTo

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.spark import planning
from pytest_codex_replay.spark.planning import between, filtered, offset_of, partitions, plan_of, read, schema_in
from tests.sessions import START_MS


@pytest.fixture
def plan(record, tmp_path):
    """A read of three sessions, a day each."""
    for day, name in enumerate("abc"):
        directory = record(name, day=day)
        (directory / "session.json").write_bytes(_manifest(directory))
    return plan_of({"path": str(tmp_path / "archive")}, ["session", "turn"])


def _manifest(directory):
    import orjson  # noqa: PLC0415

    return orjson.dumps(Session(directory).manifest())


def test_a_plan_is_read(plan):
    """Only the columns that are asked for."""
    (names,) = partitions(plan)

    (batch,) = read(plan, names)

    assert batch.to_pylist() == [{"session": name, "turn": 1} for name in "abc"]


def test_a_day_opens_its_sessions_only(plan):
    """By their manifests."""
    day = (datetime.fromtimestamp(START_MS / 1000, UTC) + timedelta(days=1)).date()

    assert partitions(filtered(plan, [EqualTo(("day",), day)])) == [["b"]]
    assert partitions(filtered(plan, [EqualTo(("model",), "another")])) == []
    assert partitions(filtered(plan, [EqualTo(("session",), "c")])) == [["c"]]


@pytest.mark.parametrize(("limit", "value"), [("_MOST_SESSIONS", 2), ("_MOST_BYTES", 1)])
def test_a_partition_has_limits(plan, monkeypatch, limit, value):
    """Of sessions, and of bytes."""
    monkeypatch.setattr(planning, limit, value)

    assert partitions(plan) == ([["a", "b"], ["c"]] if value == 2 else [["a"], ["b"], ["c"]])


def test_an_archive_is_followed(plan, record):
    """What is new or has changed since then."""
    start = offset_of(plan)
    assert between(plan, {}, start) == [["a", "b", "c"]]
    record("b", day=1, prompt="once more")
    record("d")

    assert between(plan, start, offset_of(plan)) == [["b", "d"]]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "no path"),
        ({"path": "x", "tabel": "turns"}, "option tabel: unknown. There are: path, table, content"),
        ({"path": "x", "table": "calls"}, "table 'calls': unknown. There are: sessions, turns"),
        ({"path": "x", "content": "yes"}, "option content: 'yes' is neither true nor false"),
    ],
)
def test_a_wrong_option_is_one_line(options, line):
    """Before anything is read."""
    with pytest.raises(UsageError, match=line):
        plan_of(options, ["session"])


def test_an_unknown_column_is_named():
    """Of a schema that a user gave."""
    with pytest.raises(UsageError, match="column x: not in the table turns"):
        plan_of({"path": "x"}, ["x"])


def test_content_adds_columns():
    """And only then."""
    assert "prompt string" not in schema_in({})
    assert "prompt string" in schema_in({"content": "TRUE"})


def test_a_place_without_sessions_is_one_line(tmp_path):
    """It may be the wrong one."""
    with pytest.raises(UsageError, match="no session in it"):
        partitions(plan_of({"path": str(tmp_path)}, ["session"]))
