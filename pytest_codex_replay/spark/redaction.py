"""Bulk redaction: many sessions, each made a cassette of its own by Spark's workers, as `redact` would make it."""

import os
import pickle
import warnings
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.remote.address import is_url
from pytest_codex_replay.sharing.config import rules_here
from pytest_codex_replay.sharing.machine import names_of_machine
from pytest_codex_replay.spark.places import place_at
from pytest_codex_replay.spark.workers import check_workers, loading

_SCHEMA = "source string, target string, records bigint, damages bigint, unreviewed bigint, error string"
_ON_WORKERS = "pytest_codex_replay.spark.redacting"
_TASKS = 64
"""Parts of the work at most: so many that a slow session does not hold up all."""


class RedactedSession(NamedTuple):
    """What became of a session."""

    source: str
    """Its name."""
    target: str
    """Where its cassette is."""
    records: int
    damages: int
    """Places that could not be read, and so are not in the cassette."""
    unreviewed: int
    """Values that could be secrets and are undecided."""
    error: str | None
    """Why the session did not become a cassette; None: it did."""


class Work(TypedDict):
    """What a worker has to know. The rules are packed: it may lack what they are made of."""

    source: str
    target: str
    rules: bytes
    names: list[str]
    verify: bool
    keep_times: bool


def redact(
    spark: Any,
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    allow: Collection[str] = (),
    verify: bool = True,
    keep_times: bool = False,
) -> list[RedactedSession]:
    """Make a cassette of each session at `source`, by Spark's workers: the same bytes as `redact` makes of it alone.

    A session whose name identifies it is called `session-N`, by its place in the archive. A session that fails is
    reported, and hides no other. What one session tells about a secret is not known to the next: name secrets that are
    everywhere in `secret-env` or `secret-patterns` of pyproject.toml.

    Args:
        spark: the SparkSession. Each worker must reach `source` and `target`.
        source: an archive, by path or URL.
        target: a directory for the cassettes, by path or URL; those that are there already stay, and are errors.
        allow: findings of the scan that pass, as `kind` or `kind:number`.
        verify: prove that each recorded request finds its answer in the cassette.
        keep_times: keep recorded durations and gaps.

    Returns:
        What became of each session, by name.

    Raises:
        UsageError: a path or a rule is wrong, or a worker lacks something; nothing is written.
    """
    rules = rules_here(allow, lambda line: warnings.warn(line, stacklevel=3))
    work = Work(
        source=_absolute(source),
        target=_absolute(target),
        rules=pickle.dumps(rules),
        names=list(names_of_machine()),
        verify=verify,
        keep_times=keep_times,
    )
    pairs = list(_named(one.name for one in place_at(work["source"]).sessions()))
    if not pairs:
        raise UsageError(f"{source}: no session in it.")
    check_workers(spark, loading(_ON_WORKERS))
    frame = spark.createDataFrame(pairs, "source string, target string").repartition(min(len(pairs), _TASKS))
    rows = frame.mapInArrow(worker(work), _SCHEMA).collect()
    return sorted(RedactedSession(*row) for row in rows)


def worker(work: Work) -> Any:
    """Return the function of Spark's workers."""
    load = loading(_ON_WORKERS)

    def run(batches: Iterable[Any]) -> Iterator[Any]:
        module = load()
        for batch in batches:
            yield module.redacted(work, batch)

    return run


def _named(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each session with the name of its cassette: its own, where redaction leaves that as it is."""
    for number, name in enumerate(sorted(names), start=1):
        redactor = Redactor()
        redactor.pseudonyms.learn_uuids(name)
        yield name, name if redactor.text(name) == name else f"session-{number:06d}"


def _absolute(place: str | os.PathLike[str]) -> str:
    text = os.fspath(place)
    return text if is_url(text) else str(Path(text).expanduser().absolute())
