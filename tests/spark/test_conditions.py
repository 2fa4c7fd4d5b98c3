"""Filters of Spark, and the sessions that they leave out."""

from datetime import UTC, date, datetime

import pytest
from pyspark.sql import datasource as spark

from pytest_codex_replay.spark.conditions import Condition, conditions_of, may_match, names_match, needs_glance
from pytest_codex_replay.spark.places import Glance

BEGAN, ENDED = datetime(2026, 11, 28, 23, 0, tzinfo=UTC), datetime(2026, 11, 29, 1, 0, tzinfo=UTC)
MANIFEST = {"models": ["gpt-5.4"], "codex_versions": ["0.171.0"]}
MEASURED = Glance(BEGAN, ENDED, MANIFEST)
MADE_UP = Glance(None, None, MANIFEST)


def at(hour, day=28):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("filter_", "is_read"),
    [
        (spark.EqualTo(("day",), date(2026, 11, 28)), True),
        (spark.EqualTo(("day",), date(2026, 11, 29)), False),
        (spark.In(("day",), (date(2026, 11, 1), date(2026, 11, 28))), True),
        (spark.GreaterThan(("day",), date(2026, 11, 29)), False),
        (spark.LessThanOrEqual(("day",), date(2026, 11, 28)), True),
        (spark.LessThan(("day",), date(2026, 11, 27)), False),
        (spark.GreaterThanOrEqual(("started_at",), at(1, 29)), True),
        (spark.GreaterThanOrEqual(("started_at",), at(2, 29)), False),
        (spark.LessThan(("started_at",), at(22)), False),
        (spark.EqualTo(("started_at",), at(0, 29)), True),
        (spark.EqualTo(("model",), "gpt-5.4"), True),
        (spark.EqualTo(("model",), "gpt-5.5"), False),
        (spark.In(("codex_version",), ("0.170.0", "0.171.0")), True),
        (spark.EqualTo(("turn",), 7), True),
        (spark.GreaterThan(("model",), "z"), True),
        (spark.Not(spark.EqualTo(("model",), "gpt-5.4")), True),
        (spark.IsNotNull(("day",)), True),
        (spark.EqualNullSafe(("model",), None), True),
    ],
)
def test_what_cannot_match_is_not_read(filter_, is_read):
    """Whatever a manifest does not tell is read: Spark looks at each row itself."""
    assert may_match(MEASURED, conditions_of([filter_])) is is_read


@pytest.mark.parametrize("column", ["day", "started_at"])
def test_a_session_without_times_has_no_day(column):
    """Null meets no condition."""
    value = date(2026, 11, 28) if column == "day" else at(0)

    assert not may_match(MADE_UP, [Condition(column, "=", (value,))])


def test_a_time_without_a_zone_is_local():
    """As Spark's are."""
    assert may_match(MEASURED, [Condition("started_at", "<", (at(23).astimezone().replace(tzinfo=None),))])


@pytest.mark.parametrize(
    ("filter_", "is_read"),
    [
        (spark.EqualTo(("session",), "abc"), True),
        (spark.EqualTo(("session",), "ab"), False),
        (spark.In(("session",), ("x", "abc")), True),
        (spark.StringStartsWith(("session",), "ab"), True),
        (spark.StringStartsWith(("session",), "b"), False),
        (spark.GreaterThan(("session",), "b"), True),
    ],
)
def test_a_name_is_seen_without_its_manifest(filter_, is_read):
    """So it costs nothing."""
    conditions = conditions_of([filter_])

    assert names_match("abc", conditions) is is_read
    assert not needs_glance(conditions)
