"""Changed sessions, put into their days."""

import os
from pathlib import Path

import pyarrow.parquet
import pytest

from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.index.stamps import changes
from pytest_codex_replay.interop import table_days
from pytest_codex_replay.interop.table_days import _portions, put_changed
from pytest_codex_replay.interop.table_files import NO_DAY
from pytest_codex_replay.interop.table_state import TableState, Written
from pytest_codex_replay.sharing import apart
from pytest_codex_replay.upstream.scenarios import text


@pytest.fixture
def archive(talk, tmp_path):
    """One session with a turn."""
    client = talk(text())
    client.turn("hello")
    client.write(tmp_path / "archive" / "a")
    return tmp_path / "archive"


def put(archive, redact=None):
    """Put all of an archive into tables beside it."""
    written = Written(())
    state = TableState(archive.parent / "t", has_content=False)
    put_changed(state, archive, changes(archive, {}).changed, written, redact)
    return written


def sessions(archive):
    """The state of each session, with its day."""
    files = (archive.parent / "t" / "sessions").rglob("*.parquet")
    rows = [(path.parent.name, row) for path in files for row in pyarrow.parquet.ParquetFile(path).read().to_pylist()]
    return {row["session"]: (row["state"].partition(":")[0], day) for day, row in rows}


def test_a_damaged_session_hides_no_other(archive):
    """It is reported, and is a row without a day."""
    (archive / "d").mkdir()
    (archive / "d" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')

    written = put(archive)

    assert list(written.unreadable) == ["d"]
    assert sessions(archive)["d"] == ("unreadable", f"day={NO_DAY}")
    assert sessions(archive)["a"][0] == "complete"


def test_what_is_not_carried_is_counted(archive):
    """Rollouts, for one."""
    (archive / "a" / "rollout-x.jsonl").write_text("{}\n")

    assert +put(archive).not_carried == {"rollouts of Codex": 1}


def test_a_session_that_cannot_be_redacted_is_a_row(archive):
    """Nothing else of it is written."""

    def fails(source: Path, target: Path) -> None:
        raise CodexReplayError(f"{source.name}:\n  a secret is left")

    written = put(archive, fails)

    assert written.unreadable == {"a": "cannot be redacted: a: a secret is left"}
    assert (written.rows, sessions(archive)["a"][0]) == ({"sessions": 1}, "unreadable")


def test_what_reads_and_what_writes_are_processes_of_their_own(archive, monkeypatch):
    """So that a large session and what writes tables are not in memory at once; the state is as they left it."""
    monkeypatch.setattr(apart, "_thread_count", lambda: 1)
    monkeypatch.setattr(table_days, "rows_of", _of_other(os.getpid(), table_days.rows_of))
    monkeypatch.setattr(table_days, "write_day", _of_other(os.getpid(), table_days.write_day))
    state, written = TableState(archive.parent / "t", has_content=False), Written(())

    put_changed(state, archive, changes(archive, {}).changed, written, None)

    assert (written.written, list(state.sessions), written.rows["turns"]) == (["a"], ["a"], 1)
    assert len(state.files) == len(list((archive.parent / "t").rglob("*.parquet"))) == 5


def _of_other(pid, work):
    def checked(*given, **options):
        assert os.getpid() != pid
        return work(*given, **options)

    return checked


def test_days_are_read_in_portions(archive, talk, monkeypatch):
    """What waits to be written is bounded, whatever an archive has."""
    client = talk(text())
    client.now_ms += 86_400_000
    client.turn("hello")
    client.write(archive / "b")
    found = {"2": ["b"], "1": ["a"]}

    assert list(_portions(archive, found)) == [{"1": ["a"], "2": ["b"]}]
    monkeypatch.setattr(table_days, "_PORTION_BYTES", 1)
    assert list(_portions(archive, found)) == [{"1": ["a"]}, {"2": ["b"]}]
    assert sorted(put(archive).written) == ["a", "b"]
