"""Recorded sessions in Spark: `register(spark)`, then `spark.read.format("codex_replay").load(path)`; and `redact`.

Needs the extra `spark`, here and on each worker.
"""

from pytest_codex_replay.spark.redaction import RedactedSession, redact
from pytest_codex_replay.spark.source import register

__all__ = ["RedactedSession", "redact", "register"]
