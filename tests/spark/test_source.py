"""The data source, in a real Spark. All that needs one is here: it is started once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.table_export import export_tables
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.remote.push import push
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.spark import redact, register
from pytest_codex_replay.spark.source import source_class
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.buckets import bucket, without_permission
from tests.conftest import real_part

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    """A bucket on loopback, and where copies of it are: in the environment with which Spark starts."""
    with bucket() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield url


@pytest.fixture(scope="module")
def spark(s3):
    """A Spark of two workers, which knows the source."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  heavy

    real_part("CODEX_REPLAY_JAVA", "java", "apt-get install openjdk-17-jre-headless")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        for name, value in {
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "1",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.codegen.wholeStage": "false",  # a plan is run once, over a few rows
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        }.items():
            builder = builder.config(name, value)
        found = builder.getOrCreate()
        register(found)
        yield found
        found.stop()


@pytest.fixture
def load(spark, tmp_path):
    """Read a table of the archive."""
    return lambda table="turns": spark.read.format("codex_replay").option("table", table).load(f"{tmp_path}/archive")


def test_the_rows_are_those_of_parquet(record, load, tmp_path):
    """Whatever was asked of the same frame before; a damaged session hides no other."""
    for day, name in enumerate("ab"):
        record(name, day=day, script=tool_loop(1))
    (tmp_path / "archive" / "c").mkdir()
    (tmp_path / "archive" / "c" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')
    export_tables(tmp_path / "archive", tmp_path / "t", has_content=False)
    frame = load()

    first, rows = frame.where("session = 'b'").collect(), [row.asDict() for row in frame.collect()]

    expected = rows_in(tmp_path / "t" / "turns")
    assert [row.session for row in first] == ["b"]
    assert [list(row) for row in rows] == [[*row, "day"] for row in expected]
    assert [(row["session"], row["model"], row["tool_calls"]) for row in rows] == [
        (row["session"], row["model"], row["tool_calls"]) for row in expected
    ]


def rows_in(directory):
    files = sorted(directory.rglob("*.parquet"))
    return [row for path in files for row in pyarrow.parquet.ParquetFile(path).read().to_pylist()]


def test_an_archive_in_a_bucket_is_read_as_if_it_were_here(spark, s3, record, tmp_path):
    """Of a day, only that is fetched; what may not be read is one line in the error of Spark."""
    for day, name in enumerate("abc"):
        directory = record(name, day=day)
        (directory / "session.json").write_text(json.dumps(Session(directory).manifest()))
    list(push(tmp_path / "archive", f"{s3}/sessions", is_private=True))
    began = [RecordedSession(tmp_path / "archive" / name).started_at.date().isoformat() for name in "abc"]

    def read(place, **options):
        return sorted(spark.read.format("codex_replay").options(**options).load(str(place)).collect())

    chosen = read(f"{s3}/sessions", since=began[1], until=began[2])
    copied = Path(os.environ["XDG_CACHE_HOME"]).rglob("traffic-*")

    assert [row.session for row in chosen] == [path.parent.name for path in copied] == ["b"]
    assert read(f"{s3}/sessions") == read(tmp_path / "archive")
    with without_permission(), pytest.raises(Exception, match=r"/sessions: may not be read .* Give credentials that"):
        read(f"{s3}/sessions")


def test_a_stream_follows_a_growing_archive(spark, record, tmp_path):
    """It goes on where it was: each session comes once, and once more when it has changed."""

    def follow():
        stream = spark.readStream.format("codex_replay").load(f"{tmp_path}/archive")
        writer = stream.select("session").writeStream.format("parquet").option("path", f"{tmp_path}/out")
        query = writer.option("checkpointLocation", f"{tmp_path}/marks").trigger(availableNow=True).start()
        assert query.awaitTermination(120)
        return sorted(row["session"] for row in rows_in(tmp_path / "out"))

    record("a")
    first = follow()
    record("b")

    assert (first, follow()) == (["a"], ["a", "b"])


def test_redaction_in_bulk_gives_the_bytes_of_redact(spark, record, tmp_path):
    """Of each session alone."""
    for name in "ab":
        record(name, prompt="my key is sk-proj-" + "a1B2" * 12)

    found = redact(spark, tmp_path / "archive", tmp_path / "out")

    assert [(one.source, one.error) for one in found] == [("a", None), ("b", None)]
    redact_archive(tmp_path / "archive" / "b", tmp_path / "b")
    for name in ("traffic.jsonl", "session.json"):
        assert (tmp_path / "out" / "b" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_wrong_option_is_told(load):
    """In the error of Spark."""
    with pytest.raises(Exception, match=r"table 'calls': unknown. There are: sessions, turns, items, requests, events"):
        load("calls").collect()


def test_a_worker_without_the_package_says_so(tmp_path):
    """In one line, with what to type there: the class comes along, and the package need not be there for that."""
    from pyspark import cloudpickle  # noqa: PLC0415  heavy

    reader = source_class()({"path": str(tmp_path), "table": "turns"}).reader(_Schema())
    (tmp_path / "reader").write_bytes(cloudpickle.dumps(reader))
    program = (
        "import sys; sys.modules['pytest_codex_replay'] = None\n"
        "from pyspark import cloudpickle; from pyspark.sql.datasource import InputPartition\n"
        f"list(cloudpickle.loads(open({str(tmp_path / 'reader')!r}, 'rb').read()).read(InputPartition(['a'])))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    last = done.stderr.splitlines()[-1]
    assert last.startswith("RuntimeError: pytest-codex-replay: not installed for ")
    assert "Install it there: pip install 'pytest-codex-replay[spark]'" in last


class _Schema:
    names = ("session",)


def test_the_missing_extra_is_named(monkeypatch):
    """Here, it is one line, too."""
    monkeypatch.setitem(sys.modules, "pyspark.sql.datasource", None)

    with pytest.raises(UsageError, match=r"pyspark: not installed. Type: pip install 'pytest-codex-replay\[spark\]'"):
        source_class()
