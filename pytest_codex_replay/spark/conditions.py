"""Filters that Spark pushes down: which sessions need not be opened. Spark applies them itself, too."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from pytest_codex_replay.spark.places import Glance

_HOWS = MappingProxyType(
    {
        "EqualTo": "=",
        "EqualNullSafe": "=",
        "In": "=",
        "GreaterThan": ">",
        "GreaterThanOrEqual": ">",
        "LessThan": "<",
        "LessThanOrEqual": "<",
        "StringStartsWith": "^",
    }
)
"""Classes of pyspark.sql.datasource. Borders may be in: a session too many is filtered later."""
_SAID = MappingProxyType({"model": "models", "codex_version": "codex_versions"})
"""Columns whose values are all in a list of the manifest."""
_TICK = timedelta(milliseconds=1)
"""Manifests have no smaller times."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row must meet; one of the values."""

    column: str
    how: str
    """`=`, `<`, `>`, or `^`: begins with."""
    values: tuple[Any, ...]


def conditions_of(filters: Iterable[Any]) -> list[Condition]:
    """Return the filters that tell something about a whole session."""
    found = []
    for one in filters:
        how = _HOWS.get(type(one).__name__)
        values = tuple(one.value) if type(one).__name__ == "In" else (getattr(one, "value", None),)
        if how is not None and len(one.attribute) == 1 and None not in values:
            found.append(Condition(one.attribute[0], how, values))
    return found


def names_match(name: str, conditions: Iterable[Condition]) -> bool:
    """Return whether a session of this name can have rows that meet all conditions."""
    return all(
        any(name.startswith(value) if one.how == "^" else name == value for value in map(str, one.values))
        for one in conditions
        if one.column == "session" and one.how in "=^"
    )


def needs_glance(conditions: Iterable[Condition]) -> bool:
    """Return whether a manifest tells more than a name does."""
    return any(one.column in {"day", "started_at", *_SAID} for one in conditions)


def may_match(glance: Glance, conditions: Iterable[Condition]) -> bool:
    """Return whether a session can have rows that meet all conditions."""
    return all(any(_may_meet(glance, one, value) for value in one.values) for one in conditions)


def _may_meet(glance: Glance, condition: Condition, value: Any) -> bool:
    if condition.column in _SAID and condition.how == "=":
        return value in glance.manifest[_SAID[condition.column]]
    if condition.column == "day" and isinstance(value, date):
        if glance.began is None:
            return False
        day = glance.began.astimezone(UTC).date()
        return _is_within(condition.how, day, day, value)
    if condition.column == "started_at" and isinstance(value, datetime):
        if glance.began is None or glance.ended is None:
            return False
        moment = value if value.tzinfo else value.astimezone()
        return _is_within(condition.how, glance.began - _TICK, glance.ended + _TICK, moment)
    return True


def _is_within(how: str, first: Any, last: Any, value: Any) -> bool:
    return bool(
        (how != "<" or first <= value) and (how != ">" or last >= value) and (how != "=" or first <= value <= last)
    )
