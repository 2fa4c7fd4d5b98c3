"""An archive into tables: the sessions that are new or changed, day by day. What did not change is not written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.index.stamps import Known, Stamp, changes
from pytest_codex_replay.index.store import place_of
from pytest_codex_replay.interop.extras import of_extra
from pytest_codex_replay.interop.table_files import NO_DAY, write_day
from pytest_codex_replay.interop.table_rows import IN_COLUMNS, Columns, Row, rows_of
from pytest_codex_replay.interop.table_state import TableState
from pytest_codex_replay.reading import RecordedSession


@dataclass(slots=True)
class Written:
    """What an export did."""

    sessions: int
    """How many there are."""
    written: list[str] = field(default_factory=list)
    """Those that were new or changed."""
    rows: Counter[str] = field(default_factory=Counter)
    """By table: how many were added."""
    not_carried: Counter[str] = field(default_factory=Counter)
    unreadable: dict[str, str] = field(default_factory=dict)
    """By session: why."""


def export_tables(path: Path, out: Path, *, has_content: bool) -> Written:
    """Write the sessions at `path` into the tables at `out`.

    Raises:
        UsageError: there are no sessions, `out` holds something else, or pyarrow is not installed.
        OSError: it cannot be written; the next export goes on from there.
    """
    of_extra("pyarrow.parquet", "tables")
    written = Written(len(open_sessions(path)))
    TableState.opened(out, has_content=has_content)  # before anything is made
    descriptor = TableState(out, has_content).claim()
    try:
        state = TableState.opened(out, has_content=has_content)
        place = place_of(path)
        known = {name: seen for name, (_, seen) in state.sessions.items()}
        found = changes(place.archive, known, place.only)
        written.not_carried["sessions whose names are not UTF-8"] += len(found.unnameable)
        _put(state, place.archive, found.changed, written)
        for name, stamp in found.touched.items():
            state.sessions[name] = (state.sessions[name][0], stamp)
        if found.changed or found.touched or not known:
            state.write()
    finally:
        Files().close(descriptor)
    return written


def _put(state: TableState, archive: Path, changed: dict[str, Stamp], written: Written) -> None:
    days: dict[str, list[str]] = {}
    moved: dict[str, list[str]] = {}
    for name in sorted(changed):
        day = _day_of(RecordedSession(archive / name))
        days.setdefault(day, []).append(name)
        if name in state.sessions and (before := state.sessions[name][0]) != day:
            moved.setdefault(before, []).append(name)
    for day, names in moved.items():
        write_day(state.directory, day, (), names, has_content=state.has_content)
        for name in names:
            del state.sessions[name]
        state.write()
    for day, names in sorted(days.items()):
        rows = _rows(archive, names, written, has_content=state.has_content)
        write_day(state.directory, day, rows, names, has_content=state.has_content)
        state.sessions |= {name: (day, _plain(changed[name])) for name in names}
        written.written += names
        state.write()


def _plain(stamp: Stamp) -> Known:
    """Return a stamp as JSON has it: the quick writer takes no named tuple."""
    return stamp.directory_ns, stamp.segments, stamp.is_live


def _day_of(session: RecordedSession) -> str:
    try:
        return NO_DAY if session.started_at is None else session.started_at.date().isoformat()
    except ArchiveError:  # its row says so
        return NO_DAY


def _rows(
    archive: Path, names: list[str], written: Written, *, has_content: bool
) -> Iterator[tuple[str, Row | Columns]]:
    for name in names:
        session = RecordedSession(archive / name)
        for table, row in rows_of(session, has_content=has_content):
            written.rows[table] += len(row["session"]) if table == IN_COLUMNS else 1
            yield table, row
        if (why := session.unreadable) is not None:
            written.unreadable[name] = why
            continue
        written.not_carried["rollouts of Codex"] += len(Session(session.path).rollouts())
        written.not_carried["damaged places"] += len(session.damages)
        written.not_carried["records of an unknown kind"] += sum(session.unknown_kinds.values())
