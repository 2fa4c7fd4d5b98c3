"""An archive into tables, again and again."""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet
import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop import table_days
from pytest_codex_replay.interop.table_export import export_tables
from pytest_codex_replay.interop.table_state import TableState
from pytest_codex_replay.upstream.scenarios import text

CASSETTES = Path(__file__).parents[2] / "cassettes"
DAY_MS = 86_400_000


@pytest.fixture
def archive(talk, tmp_path):
    """Three sessions of two days."""
    for name, day in (("a", 0), ("b", 0), ("c", 1)):
        put(talk, tmp_path / "archive" / name, day=day)
    return tmp_path / "archive"


def put(talk, directory, *prompts, day=0):
    client = talk(text())
    client.now_ms += day * DAY_MS
    for prompt in prompts or ("hello",):
        client.turn(prompt)
    return client.write(directory)


def export(archive, **options):
    return export_tables(archive, archive.parent / "t", has_content=False, **options)


def turns(archive):
    files = (archive.parent / "t" / "turns").rglob("*.parquet")
    rows = [row for path in files for row in pyarrow.parquet.ParquetFile(path).read().to_pylist()]
    return Counter(row["session"] for row in rows)


def files(archive):
    return {path: path.stat().st_ino for path in (archive.parent / "t").rglob("*.parquet")}


def test_a_second_export_writes_nothing(archive):
    """What did not change is not written."""
    first = export(archive)
    before = files(archive)

    second = export(archive)

    assert (first.written, second.written, len(second.sessions)) == (["a", "b", "c"], [], 3)
    assert files(archive) == before
    assert len({path.parent.name for path in before}) == 2


def test_a_file_that_is_gone_is_written_anew(archive):
    """As after a clean-up by hand; what the archive does not have any more is named."""
    export(archive)
    for path in (archive.parent / "t" / "turns").rglob("*.parquet"):
        path.unlink()
    shutil.rmtree(archive / "b")

    written = export(archive)

    assert written.made_anew == sorted(f"turns/{day}/part.parquet" for day in {p.parent.name for p in files(archive)})
    assert (written.written, turns(archive)) == (["a", "c"], {"a": 1, "c": 1})
    assert "is gone, and it is not in the archive any more" in written.unreadable["b"]
    assert export(archive).written == []


def test_a_session_that_changed_is_written_and_its_rows_are_there_once(archive, talk):
    """The other day is left alone."""
    export(archive)
    before = files(archive)
    shutil.rmtree(archive / "b")
    put(talk, archive / "b", "hello", "again")

    written = export(archive)

    assert written.written == ["b"]
    assert turns(archive) == {"a": 1, "b": 2, "c": 1}
    after = files(archive)
    assert {path.parent.name for path in after if after[path] != before[path]} == {min(p.parent.name for p in after)}


def test_a_session_that_moved_to_another_day_leaves_its_old_one(archive, talk):
    """As when its first segment is removed."""
    export(archive)
    shutil.rmtree(archive / "a")
    put(talk, archive / "a", day=2)

    export(archive)

    assert turns(archive) == {"a": 1, "b": 1, "c": 1}


def test_what_the_archive_has_no_more_stays(archive):
    """Tables may be kept longer than recordings."""
    export(archive)
    shutil.rmtree(archive / "a")

    assert export(archive).written == []
    assert turns(archive) == {"a": 1, "b": 1, "c": 1}


def test_another_export_that_has_just_ended_counts(archive, monkeypatch):
    """It was waited for, so what it wrote is not written again."""

    def claims_late(state, claim=TableState.claim):
        monkeypatch.undo()
        export_tables(archive / "a", archive.parent / "t", has_content=False)
        return claim(state)

    monkeypatch.setattr(TableState, "claim", claims_late)

    assert export(archive).written == ["b", "c"]
    assert turns(archive) == {"a": 1, "b": 1, "c": 1}


def test_without_a_change_nothing_heavy_is_imported(archive):
    """Nor is pyarrow needed: a second export is asked for often."""
    export(archive)
    code = "import sys; from pathlib import Path; from pytest_codex_replay.interop.table_export import export_tables; "
    code += "export_tables(Path(sys.argv[1]), Path(sys.argv[2]), has_content=False); print('pyarrow' in sys.modules)"

    command = [sys.executable, "-c", code, archive, archive.parent / "t"]

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(("name", "left"), [("a", ["a", "b", "c"]), ("c", ["c"])])
def test_an_export_that_broke_off_goes_on(archive, monkeypatch, name, left):
    """What was written by then is not written again; it may be nothing yet."""

    def fails(archive, names, written, told, rows=table_days._rows):
        if name in names:
            (archive.parent / "t" / "sessions" / "day=x").mkdir(parents=True)
            raise OSError(28, "No space left on device")
        return rows(archive, names, written, told)

    with monkeypatch.context() as patch:
        patch.setattr(table_days, "_rows", fails)
        with pytest.raises(OSError, match="No space"):
            export(archive)

    assert export(archive).written == left
    assert turns(archive) == {"a": 1, "b": 1, "c": 1}


def test_one_session_of_an_archive_joins_the_others(archive):
    """By its directory."""
    export_tables(archive / "a", archive.parent / "t", has_content=False)

    assert export(archive).written == ["b", "c"]


def test_no_sessions_no_tables(tmp_path):
    """Before anything is made."""
    with pytest.raises(UsageError, match="no such directory"):
        export_tables(tmp_path / "x", tmp_path / "t", has_content=False)
    assert not (tmp_path / "t").exists()


def test_without_content_no_prompt_is_in_any_file(archive, talk):
    """Nor what the model said."""
    put(talk, archive / "a2", "a very private question")

    export(archive)
    export_tables(archive, archive.parent / "t2", has_content=True)

    assert "private question" not in said(archive.parent / "t")
    assert "a very private question" in said(archive.parent / "t2")


def said(tables):
    """All values of all tables, as one text."""
    return "".join(str(pyarrow.parquet.ParquetFile(path).read().to_pylist()) for path in tables.rglob("*.parquet"))
