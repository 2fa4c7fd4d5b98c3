"""What Spark makes of 3,000 sessions: `python benchmarks/with_spark.py [ARCHIVE]`. Extras: `spark`, `tables`.

One core against two, the same numbers as DuckDB, and the bytes that a read of one day of thirty takes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections.abc import Iterator
from pathlib import Path

from options import parser_of

COUNT = 3000
QUERY = "SELECT codex_version, sum(retries) AS retries, count(*) AS turns FROM turns GROUP BY codex_version ORDER BY 1"


def ask(archive: Path, cores: int) -> None:
    """Print the answer, and how long it took on so many cores, the JVM included; Spark and its workers are warm."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    from pyspark.sql import SparkSession

    from pytest_codex_replay.spark import register

    builder = SparkSession.builder.master(f"local[{cores}]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.sql.shuffle.partitions", "1").getOrCreate()
    register(spark)
    spark.range(0, cores, 1, cores).mapInArrow(_loaded, "id long").count()
    for place in (min(path for path in archive.iterdir() if path.is_dir()), archive):
        spark.read.format("codex_replay").load(str(place)).createOrReplaceTempView("turns")
        if place != archive:
            spark.sql(QUERY).collect()
    started = time.perf_counter()
    rows = [list(row) for row in spark.sql(QUERY).collect()]
    print(json.dumps([time.perf_counter() - started, rows]))


def _loaded(batches: Iterator[object]) -> Iterator[object]:
    """Load in a worker what a read needs."""
    import pytest_codex_replay.spark.planning  # noqa: F401

    yield from batches


def measure(archive: Path, cores: int) -> tuple[float, object]:
    command = [sys.executable, __file__, str(archive), str(cores)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYSPARK_PYTHON": sys.executable}
    )
    seconds, rows = json.loads(done.stdout.splitlines()[-1])
    print(f"Spark, local[{cores}]     {seconds:6.1f} s", flush=True)
    return seconds, rows


def duckdb(archive: Path, out: Path) -> object:
    from pytest_codex_replay.interop.table_export import export_tables
    from pytest_codex_replay.interop.table_sql import ask_tables

    export_tables(archive, out, has_content=False)
    _, rows = ask_tables(out, QUERY)
    return [list(row) for row in rows]


def pushed_down(archive: Path) -> None:
    """Print what of the bytes is read for one day of thirty: manifests of all, and the traffic of that day."""
    from pytest_codex_replay.spark.places import place_at
    from pytest_codex_replay.spark.planning import partitions, plan_of

    place = place_at(str(archive))
    sessions = place.sessions()
    day_of = {name: one.began.date() for name, one in place.glances(sessions).items() if one.began}
    days = sorted(set(day_of.values()))[:30]
    month = {one.name: sum(one.sizes.values()) for one in sessions if day_of.get(one.name) in days}
    day, following = (days[len(days) // 2 + more].isoformat() for more in (0, 1))
    plan = plan_of({"path": str(archive), "since": day, "until": following}, ["session"])
    started = time.perf_counter(), time.process_time()
    names = {name for part in partitions(plan) for name in part}
    wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    read = sum((archive / name / "session.json").stat().st_size for name in month) + sum(map(month.get, names))
    share = f"{len(names)} of {len(month)} sessions, {read / sum(month.values()):.1%} of the bytes"
    print(
        f"one day of {len(days)}: {share}, manifests included; "
        f"{len(sessions):,} planned in {cpu:.2f} CPU s ({wall:.2f} s)"
    )


def main(archive: Path, place: Path) -> None:
    if not archive.exists():
        from index import Maker

        maker = Maker(archive)
        for number in range(COUNT):
            maker.make(number)
    pushed_down(archive)
    (one, rows), (two, same) = measure(archive, 1), measure(archive, 2)
    print(f"two cores are {one / two:.2f} times one")
    assert rows == same == duckdb(archive, place / "tables")
    print(f"the numbers of Spark and DuckDB are the same: {rows}")


if __name__ == "__main__":
    parser = parser_of(__doc__)
    parser.add_argument(
        "archive", nargs="?", type=Path, metavar="ARCHIVE", help="where the sessions are made, and stay"
    )
    parser.add_argument("cores", nargs="?", type=int, help=SUPPRESS)  # of a process of its own
    given = parser.parse_args()
    if given.cores:
        ask(given.archive, given.cores)
    else:
        with tempfile.TemporaryDirectory() as directory:
            main(given.archive or Path(directory, "archive"), Path(directory))
