"""Codex's own logs of a run."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pytest_codex_replay.codex_home import logs
from pytest_codex_replay.codex_home.logs import CodexLog, codex_log
from tests.rollout_lines import CHILD, THREAD

NOW_MS = 1_782_349_323_000.0
"""2026-06-25T01:02:03Z."""
SCHEMA = """CREATE TABLE logs (id INTEGER PRIMARY KEY AUTOINCREMENT, ts INTEGER NOT NULL, ts_nanos INTEGER NOT NULL,
    level TEXT NOT NULL, target TEXT NOT NULL, feedback_log_body TEXT, module_path TEXT, file TEXT, line INTEGER,
    thread_id TEXT, process_uuid TEXT, estimated_bytes INTEGER NOT NULL DEFAULT 0)"""
"""As 0.171 makes it."""


def fill(path: Path, *rows: tuple[int, str, str]) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(SCHEMA)
    values = [(int(NOW_MS / 1000) + after, 500, "INFO", "codex_core", text, thread) for after, text, thread in rows]
    names = "ts, ts_nanos, level, target, feedback_log_body, thread_id"
    connection.executemany(f"INSERT INTO logs ({names}) VALUES (?, ?, ?, ?, ?, ?)", values)
    connection.commit()
    return connection


@pytest.fixture(params=["open", "closed"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Codex is still at work, so that all is in the write-ahead log; or it has ended."""
    path = tmp_path / "logs_2.sqlite"
    rows = [(1, "ours", THREAD), (0, "first", THREAD), (2, "theirs", CHILD), (9999, "later", THREAD)]
    with closing(fill(path, *rows)) as connection:
        if request.param == "closed":
            connection.close()
        yield path


def texts(found: CodexLog) -> list[str]:
    return [entry["text"] for entry in found.entries]


def test_rows_of_the_threads_in_the_time_of_the_run(tmp_path: Path, database: Path) -> None:
    """By time; nothing is changed where Codex keeps them."""
    before = {
        path: (path.stat().st_size, path.stat().st_mtime_ns) for path in tmp_path.iterdir() if "shm" not in path.name
    }

    found = codex_log(tmp_path, [THREAD], NOW_MS, NOW_MS + 5000)

    assert texts(found) == ["first", "ours"]
    assert found.entries[1] == {
        "at_ms": NOW_MS + 1000.0005,
        "level": "INFO",
        "target": "codex_core",
        "thread": THREAD,
        "text": "ours",
        "from": database.name,
    }
    after = {
        path: (path.stat().st_size, path.stat().st_mtime_ns) for path in tmp_path.iterdir() if "shm" not in path.name
    }
    assert after == before


def test_the_database_of_the_newest_schema_is_read(tmp_path: Path) -> None:
    """Older ones stay behind when Codex moves on."""
    fill(tmp_path / "logs_9.sqlite", (0, "old", THREAD)).close()
    fill(tmp_path / "logs_10.sqlite", (0, "new", THREAD)).close()

    assert texts(codex_log(tmp_path, [THREAD], NOW_MS, NOW_MS)) == ["new"]


@pytest.mark.parametrize("content", [b"", b"x" * 4096, b"SQLite format 3\x00"])
def test_a_database_that_cannot_be_read_is_a_problem(tmp_path: Path, content: bytes) -> None:
    """A later schema, or damage; the log files are read all the same."""
    (tmp_path / "logs_2.sqlite").write_bytes(content)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "codex-tui.log").write_text("2026-06-25T01:02:03Z  INFO x: y\n", encoding="utf-8")

    found = codex_log(tmp_path, [THREAD], NOW_MS, NOW_MS)

    assert texts(found) == ["2026-06-25T01:02:03Z  INFO x: y"]
    assert [problem.partition(":")[0] for problem in found.problems] == ["logs_2.sqlite"]


LOG = f"""2026-06-25T00:00:00Z  INFO x: before
goes on
2026-06-25T01:02:03.5Z  INFO x: ours
 at some place
2026-06-25T01:02:04Z  INFO a{{thread_id={CHILD}}}: theirs
 goes on
2026-06-25T01:02:05Z  INFO a{{thread_id={THREAD}}}: ours, too
2026-06-25T09:00:00Z  INFO x: after
"""


@pytest.mark.parametrize("place", ["log", "elsewhere"])
def test_lines_of_log_files_in_the_time_of_the_run(tmp_path: Path, place: str) -> None:
    """Without those of other threads; where config.toml says that logs are elsewhere, there."""
    (tmp_path / "config.toml").write_text('log_dir = "elsewhere"\n', encoding="utf-8")
    (tmp_path / place).mkdir()
    (tmp_path / place / "codex-tui.log").write_text(LOG, encoding="utf-8")
    (tmp_path / place / "notes.txt").write_text(LOG, encoding="utf-8")

    found = codex_log(tmp_path, [THREAD], NOW_MS, NOW_MS + 5000)

    assert [text.partition(": ")[2] for text in texts(found)] == ["ours\n at some place", "ours, too"]
    assert {entry["from"] for entry in found.entries} == {"codex-tui.log"}


def test_of_too_much_the_end_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And how much was left out is told."""
    monkeypatch.setattr(logs, "MAX_LOG_BYTES", 10)
    fill(tmp_path / "logs_2.sqlite", *[(after, f"entry {after}", THREAD) for after in range(5)]).close()

    found = codex_log(tmp_path, [THREAD], NOW_MS, NOW_MS)

    assert (texts(found), found.left_out) == (["entry 4"], 4)


@pytest.mark.parametrize("config", ["", "[", "log_dir = 3", 'sqlite_home = "nowhere"'])
def test_without_logs_there_is_nothing(tmp_path: Path, config: str) -> None:
    """Whatever config.toml says."""
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")

    assert codex_log(tmp_path, [THREAD], NOW_MS, NOW_MS) == CodexLog()
    assert codex_log(tmp_path / "nowhere", [THREAD], NOW_MS, NOW_MS) == CodexLog()
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]
