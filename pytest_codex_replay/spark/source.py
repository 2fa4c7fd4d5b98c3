"""`spark.read.format("codex_replay")`: a data source of Spark, by its Python API (Spark 4).

The classes are made in a function, so that Spark sends them as they are (`workers` says why). What they do is in
`planning`.
"""

from collections.abc import Iterator
from typing import Any

from pytest_codex_replay.interop.extras import of_extra
from pytest_codex_replay.spark.workers import check_workers, loading

_ON_WORKERS = "pytest_codex_replay.spark.planning"


def register(spark: Any) -> None:
    """Let a Spark session read recorded sessions: `spark.read.format("codex_replay").load(path)`.

    Options: `table` (sessions, turns, items, requests or events; default turns), `content` (true: prompts, texts and
    bodies, too), and which sessions: `since`, `until` (when they began) and `model`. `readStream` gives each session
    once it is whole, and once more when it has changed.

    Args:
        spark: the SparkSession.

    Raises:
        UsageError: PySpark is not installed, or a worker lacks something.
    """
    source = source_class()
    check_workers(spark, loading(_ON_WORKERS))
    spark.dataSource.register(source)


def source_class() -> Any:  # noqa: C901  each method is short
    """Return the class that Spark makes a source of."""
    base: Any = of_extra("pyspark.sql.datasource", "spark")

    planning = loading(_ON_WORKERS)

    # It takes no filters of Spark's: 4.3.0 keeps what was planned with those of a query, and gives it to the next one
    # on the same frame, which then lacks rows. The options choose sessions instead.
    class Reader(base.DataSourceReader):  # type: ignore[misc]  # PySpark is optional: its classes are known at run time only
        def __init__(self, plan: dict[str, Any]) -> None:
            self._plan = plan

        def partitions(self) -> list[Any]:
            return [base.InputPartition(names) for names in planning().partitions(self._plan)]

        def read(self, partition: Any) -> Iterator[Any]:
            if partition is not None and partition.value:  # of no session that may match, Spark reads one that is empty
                yield from planning().read(self._plan, partition.value)

    class StreamReader(base.DataSourceStreamReader):  # type: ignore[misc]  # likewise
        def __init__(self, plan: dict[str, Any]) -> None:
            self._plan = plan

        def initialOffset(self) -> dict[str, str]:  # noqa: N802  Spark's name
            return {}

        def latestOffset(self, *_: Any) -> dict[str, str]:  # noqa: N802  Spark's name; what it is given depends on it
            found: dict[str, str] = planning().offset_of(self._plan)
            return found

        def partitions(self, start: dict[str, str], end: dict[str, str]) -> list[Any]:
            return [base.InputPartition(names) for names in planning().between(self._plan, start, end)]

        def read(self, partition: Any) -> Iterator[Any]:
            yield from planning().read(self._plan, partition.value)

    class CodexReplaySource(base.DataSource):  # type: ignore[misc]  # likewise
        @classmethod
        def name(cls) -> str:
            return "codex_replay"

        def schema(self) -> Any:
            return planning().schema_in(self.options)

        def reader(self, schema: Any) -> Any:
            return Reader(planning().plan_of(self.options, schema.names))

        def streamReader(self, schema: Any) -> Any:  # noqa: N802  Spark's name
            return StreamReader(planning().plan_of(self.options, schema.names))

    return CodexReplaySource
