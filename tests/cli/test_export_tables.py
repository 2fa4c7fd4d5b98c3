"""`codex-replay export --format parquet`."""

import json
import shutil
import sys
from pathlib import Path

import pyarrow.parquet

from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.sharing import redact
from pytest_codex_replay.upstream.scenarios import text

KEY = "sk-" + "proj-" + "aB3" * 16
CASSETTES = Path(__file__).parents[2] / "cassettes"


def test_it_says_what_it_wrote(run, tmp_path):
    """And the second time, that nothing changed."""
    first, second = (run("export", "--format", "parquet", CASSETTES / "review", tmp_path / "t") for _ in range(2))

    assert first.stdout == f"{tmp_path / 't'}: 1 session written, 0 unchanged\n"
    assert second.stdout == f"{tmp_path / 't'}: 0 sessions written, 1 unchanged\n"


def test_sessions_further_down_are_told(run, tmp_path):
    """Beside others, and where there are none; by `sql`, too, which makes tables for a query."""
    shutil.copytree(CASSETTES / "review", tmp_path / "a" / "deep" / "one")
    verbs = (("sql", "SELECT 1", "--from", tmp_path / "a"), ("export", "--format", "parquet", tmp_path / "a"))

    alone = [run(*verbs[0]).stderr, run(*verbs[1], tmp_path / "t").stderr]
    shutil.copytree(CASSETTES / "review", tmp_path / "a" / "two")
    beside = [run(*verbs[0]).stderr, *(run(*verbs[1], tmp_path / "t").stderr for _ in range(2))]

    told = f"1 session further down: left out. Name {tmp_path / 'a' / 'deep'}.\n"
    assert all(told in said and "no session in it" in said for said in alone)
    assert all(told in said for said in beside)


def test_json_has_the_details(run, tmp_path):
    """Rows of each table, and what was not carried."""
    result = run("export", "--format", "parquet", CASSETTES / "review", tmp_path / "t", "--json")

    said = json.loads(result.stdout)
    assert (said["schema"], said["written"], said["unchanged"], said["not_carried"]) == (1, ["review"], 0, [])
    assert set(said["rows"]) == {"sessions", "turns", "items", "requests", "events"}


def test_what_cannot_be_read_is_told(run, tmp_path):
    """A line each, and an exit code, as for every format."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')

    result = run("export", "--format", "parquet", tmp_path / "s", tmp_path / "t")

    assert result.stderr.startswith("s: ")
    assert result.exit_code == 3


def test_a_place_that_cannot_be_written_to_is_named(refusal, tmp_path):
    """With what to type."""
    (tmp_path / "file").write_text("")

    said = refusal("export", "--format", "parquet", CASSETTES, tmp_path / "file" / "t")

    assert "cannot be written (is a file, not a directory)" in said


def test_the_missing_extra_is_named(refusal, tmp_path, monkeypatch):
    """Before anything is made."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    said = refusal("export", "--format", "parquet", CASSETTES, tmp_path / "t")

    assert "pip install 'pytest-codex-replay[tables]'" in said
    assert not (tmp_path / "t").exists()


def test_content_is_of_tables(refusal, tmp_path):
    """A HAR always has it."""
    assert "of tables and traces only" in refusal(
        "export", "--format", "har", "--content", CASSETTES, tmp_path / "x.har"
    )


def test_redacted_tables_hold_no_secret(run, talk, tmp_path):
    """Durations stay, and the next export goes on."""
    client = talk(text())
    client.turn(f"my key is {KEY}")
    client.write(tmp_path / "archive" / "s")
    words = ("export", "--format", "parquet", "--content", "--redact", tmp_path / "archive", tmp_path / "t")

    first, second = run(*words), run(*words)

    (turn,) = pyarrow.parquet.read_table(tmp_path / "t" / "turns").to_pylist()
    (session,) = pyarrow.parquet.read_table(tmp_path / "t" / "sessions").to_pylist()
    assert first.stdout == f"{tmp_path / 't'}: 1 session written, 0 unchanged\n"
    assert second.stdout == f"{tmp_path / 't'}: 0 sessions written, 1 unchanged\n"
    assert turn["prompt"] == "my key is [[REDACTED:secret:1]]"
    assert (turn["duration_ms"] > 0, session["session"], session["state"]) == (True, "s", "complete")


def test_a_session_that_cannot_be_redacted_is_named(run, talk, tmp_path, monkeypatch):
    """None of it is written but for that."""
    client = talk(text())
    client.turn("hello")
    client.write(tmp_path / "archive" / "s")

    def refuse(*_paths, **_options):
        raise ArchiveError("a secret is left")

    monkeypatch.setattr(redact, "redact_archive", refuse)

    result = run("export", "--format", "parquet", "--redact", tmp_path / "archive", tmp_path / "t")

    (session,) = pyarrow.parquet.read_table(tmp_path / "t" / "sessions").to_pylist()
    assert result.stderr == "s: cannot be redacted: a secret is left\n"
    assert session["state"] == "unreadable: cannot be redacted"
    assert not (tmp_path / "t" / "turns").exists()


def test_tables_are_redacted_or_not(refusal, run, tmp_path):
    """Else half of them would be."""
    run("export", "--format", "parquet", CASSETTES / "review", tmp_path / "t")

    said = refusal("export", "--format", "parquet", "--redact", CASSETTES / "review", tmp_path / "t")

    assert "was written without --redact. Leave it out" in said
    for form in ("har", "otel"):
        assert "of tables only" in refusal("export", "--format", form, "--redact", CASSETTES, tmp_path / "x")
