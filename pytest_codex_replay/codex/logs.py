"""Codex's own logs, as Codex writes them: names of files, lines, and the table of its log database. No I/O.

Sources: codex-rs/state/src/log_db.rs and tui/src/lib.rs (2026-07); the database and the files of 0.171. `codex-tui.log`
is in `log` of `CODEX_HOME` (until 0.14x), or where `log_dir` of config.toml says; then the database stays empty.
"""

import re
from datetime import datetime

LOG_DIRECTORY, LOG_SUFFIX = "log", ".log"
LOG_DIR_SETTING, DATABASE_DIR_SETTING = "log_dir", "sqlite_home"
"""Settings of config.toml that name other directories."""
DATABASE = re.compile(r"logs_(?P<schema>\d+)\.sqlite")
"""Its name carries the number of its schema."""
COLUMNS = ("ts", "ts_nanos", "level", "target", "feedback_log_body", "thread_id")
"""What is read of a row of the table `logs`: seconds and nanoseconds, what was said, by what, for which thread."""
ROWS = f"SELECT {', '.join(COLUMNS)} FROM logs WHERE thread_id = ? AND ts BETWEEN ? AND ? ORDER BY ts, ts_nanos, id"  # noqa: S608

_LINE = re.compile(rb"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)\s+(?P<level>[A-Z]+) ")
_ID = rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_THREAD = re.compile(rb"\b(?:thread[._]id|conversation[._]id|session[._]id)[=:]\"?(%b)" % _ID)


def line_time_ms(line: bytes) -> float | None:
    """Return when a line of a log was written (Unix time in milliseconds); None: it goes on with the one before."""
    found = _LINE.match(line)
    try:
        return None if found is None else datetime.fromisoformat(found["at"].decode()).timestamp() * 1000
    except ValueError:
        return None


def threads_named(line: bytes) -> frozenset[str]:
    """Return the ids of threads and sessions that a line of a log names."""
    return frozenset(found.decode() for found in _THREAD.findall(line))
