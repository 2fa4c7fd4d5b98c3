"""What a worker does with the sessions that it is to redact."""

import pickle
from uuid import uuid4

import fsspec
import pyarrow as pa
import pytest

from pytest_codex_replay.redaction.user_rules import UserRules, parse_user_rules
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.spark.redacting import redacted

USER = {"secret-patterns": [{"kind": "acme_key", "pattern": "acme-[0-9a-f]{8}"}]}


@pytest.fixture
def work(tmp_path):
    """What the driver sends."""
    return {
        "source": str(tmp_path / "archive"),
        "target": str(tmp_path / "out"),
        "rules": pickle.dumps(parse_user_rules(USER, {})),
        "names": ["jane"],
        "verify": True,
        "keep_times": False,
    }


def batch(*names):
    return pa.RecordBatch.from_pylist([{"source": name, "target": f"c-{name}"} for name in names])


def test_the_bytes_are_those_of_redact(record, work, tmp_path):
    """Of each session alone; by the rules of the driver, whatever machine it is."""
    for name in "ab":
        record(name, prompt=f"acme-0123456{len(name)} belongs to jane")

    rows = redacted(work, batch("a", "b")).to_pylist()

    assert [(row["source"], row["error"]) for row in rows] == [("a", None), ("b", None)]
    for name in "ab":
        alone = tmp_path / f"alone-{name}"
        redact_archive(tmp_path / "archive" / name, alone, user=parse_user_rules(USER, {}), names=["jane"])
        assert files(tmp_path / "out" / f"c-{name}") == files(alone)
        assert b"[[REDACTED:acme_key:1]]" in files(alone)["traffic.jsonl"]


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_what_fails_hides_no_other(record, work, tmp_path):
    """It has no cassette, and says why."""
    record("a")
    (tmp_path / "archive" / "b").mkdir()
    (tmp_path / "archive" / "b" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')

    rows = redacted(work, batch("a", "b")).to_pylist()
    again = redacted(work, batch("a")).to_pylist()

    assert [row["error"] is None for row in rows] == [True, False]
    assert "format" in rows[1]["error"]
    assert "exists already" in again[0]["error"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["c-a"]


def test_a_cassette_may_go_to_a_url(record, work):
    """With its digests."""
    record("a")
    work["target"] = url = f"memory://{uuid4().hex}/out"
    work["rules"] = pickle.dumps(UserRules())

    (row,), (again,) = (redacted(work, batch("a")).to_pylist() for _ in range(2))

    assert (row["target"], row["error"]) == (f"{url}/c-a", None)
    names = [path.rpartition("/")[2] for path in fsspec.filesystem("memory").find(url)]
    assert names == ["SHA256SUMS", "session.json", "traffic.jsonl"]
    assert "exists already" in again["error"]
