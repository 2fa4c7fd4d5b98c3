"""What a read of Spark is to do, as plain values: they go from process to process."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypedDict

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.tables import TABLES
from pytest_codex_replay.spark.conditions import Condition, conditions_of, may_match, names_match, needs_glance
from pytest_codex_replay.spark.places import Found, place_at
from pytest_codex_replay.spark.rows import batches_of, schema_of

_MOST_SESSIONS = 200
_MOST_BYTES = 64 * 1024 * 1024
"""Of a partition: so many sessions, or so much traffic."""
_OPTIONS = ("path", "table", "content")


class Plan(TypedDict):
    """A read."""

    path: str
    table: str
    columns: list[str]
    conditions: list[tuple[str, str, tuple[Any, ...]]]


def schema_in(options: Mapping[str, str]) -> str:
    """Return the schema of what the options of a read choose.

    Raises:
        UsageError: one is unknown, or has a wrong value.
    """
    if unknown := [name for name in options if name not in _OPTIONS]:
        raise UsageError(f"option {unknown[0]}: unknown. There are: {', '.join(_OPTIONS)}")
    content = options.get("content", "false").lower()
    if content not in {"true", "false"}:
        raise UsageError(f"option content: {content!r} is neither true nor false.")
    return schema_of(options.get("table", "turns"), has_content=content == "true")


def plan_of(options: Mapping[str, str], columns: Iterable[str]) -> Plan:
    """Return the plan of a read of these columns.

    Raises:
        UsageError: an option is wrong, or a column does not exist.
    """
    schema_in(options)
    if not (path := options.get("path")):
        raise UsageError('no path: spark.read.format("codex_replay").load(path)')
    table, columns = options.get("table", "turns"), list(columns)
    known = {one.name for one in TABLES[table]} | {"day"}
    if unknown := [name for name in columns if name not in known]:
        raise UsageError(f"column {unknown[0]}: not in the table {table}. There are: {', '.join(sorted(known))}")
    return Plan(path=path, table=table, columns=columns, conditions=[])


def filtered(plan: Plan, filters: Iterable[Any]) -> Plan:
    """Return a plan that opens only sessions which may have rows that meet Spark's filters."""
    found = [(one.column, one.how, one.values) for one in conditions_of(filters)]
    return Plan(path=plan["path"], table=plan["table"], columns=plan["columns"], conditions=found)


def partitions(plan: Plan) -> list[list[str]]:
    """Return the names of the sessions that are to be read, a list for each partition.

    Raises:
        UsageError: the place cannot be read, or holds no session.
    """
    place = place_at(plan["path"])
    sessions = place.sessions()
    if not sessions:
        raise UsageError(
            f"{plan['path']}: no session in it (a session directory holds traffic.jsonl or traffic-*.zst)."
        )
    conditions = [Condition(*one) for one in plan["conditions"]]
    sessions = [one for one in sessions if names_match(one.name, conditions)]
    if needs_glance(conditions):
        glances = place.glances(sessions)
        sessions = [one for one in sessions if one.name not in glances or may_match(glances[one.name], conditions)]
    return list(_parts(sessions))


def offset_of(plan: Plan) -> dict[str, str]:
    """Return how each session looks that is whole: those that are being recorded come when they are."""
    return {one.name: one.stamp for one in place_at(plan["path"]).sessions() if not one.is_live}


def between(plan: Plan, start: Mapping[str, str], end: Mapping[str, str]) -> list[list[str]]:
    """Return the names of the sessions that are new or have changed between two offsets, by partition."""
    changed = {name for name, stamp in end.items() if start.get(name) != stamp}
    return list(_parts(one for one in place_at(plan["path"]).sessions() if one.name in changed))


def read(plan: Plan, names: Collection[str]) -> Iterator[Any]:
    """Yield the rows of these sessions, as batches of Arrow."""
    return batches_of(plan["path"], names, plan["table"], plan["columns"])


def _parts(sessions: Iterable[Found]) -> Iterator[list[str]]:
    part: list[str] = []
    size = 0
    for one in sessions:
        own = sum(one.sizes.values())
        if part and (len(part) >= _MOST_SESSIONS or size + own > _MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(one.name)
        size += own
    if part:
        yield part
