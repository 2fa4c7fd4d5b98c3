"""Bulk redaction, without a Spark: what is sent to it, and what comes back."""

import pickle
import sys
import warnings
from types import SimpleNamespace

import pyarrow as pa
import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.spark.redaction import redact, worker


class Frame:
    """Does what Spark would, in this process."""

    def __init__(self, rows):
        self._rows = rows

    def repartition(self, count):
        assert count <= len(self._rows)
        return self

    def mapInArrow(self, run, schema):  # noqa: N802  Spark's name
        names = [part.split(" ")[0] for part in schema.split(", ")]
        made = [pa.RecordBatch.from_pylist([{"source": one, "target": other}]) for one, other in self._rows]
        self._rows = [tuple(row[name] for name in names) for batch in run(iter(made)) for row in batch.to_pylist()]
        return self

    def collect(self):
        return self._rows


@pytest.fixture
def spark():
    return SimpleNamespace(createDataFrame=lambda rows, _: Frame(rows))


def test_each_session_becomes_a_cassette(spark, record, tmp_path):
    """One whose name identifies it has another one."""
    record("tests-login")
    record("01a1fd22-4000-7000-8000-0123456789ab")

    found = redact(spark, tmp_path / "archive", tmp_path / "out")

    assert [(one.source[:6], one.target, one.error) for one in found] == [
        ("01a1fd", str(tmp_path / "out" / "session-000001"), None),
        ("tests-", str(tmp_path / "out" / "tests-login"), None),
    ]
    assert all(one.records for one in found)


def test_an_archive_without_sessions_is_refused(spark, tmp_path):
    """Before anything is started."""
    with pytest.raises(UsageError, match="no session in it"):
        redact(spark, tmp_path, tmp_path / "out")


def test_a_rule_that_is_wrong_is_refused(spark, tmp_path):
    """Likewise."""
    with pytest.raises(UsageError, match="unknown kind"):
        redact(spark, tmp_path, tmp_path / "out", allow=["nothing"])


def test_a_worker_without_the_package_says_so(monkeypatch):
    """In one line, with what to type there."""
    from pyspark import cloudpickle  # noqa: PLC0415  heavy

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sent = cloudpickle.dumps(worker({"rules": pickle.dumps(None)}))
    run = cloudpickle.loads(sent)
    monkeypatch.setitem(sys.modules, "pytest_codex_replay.spark.redacting", None)

    with pytest.raises(
        RuntimeError, match=r"not installed for .* Install it there: pip install 'pytest-codex-replay\["
    ):
        next(run(iter([None])))
