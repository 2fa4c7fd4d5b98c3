"""Sessions as rows, put into the files of the days on which they began; each day in one step."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError, CodexReplayError
from pytest_codex_replay.index.stamps import Known, Stamp
from pytest_codex_replay.interop.table_files import NO_DAY, write_day
from pytest_codex_replay.interop.table_rows import IN_COLUMNS, Columns, Row, rows_of
from pytest_codex_replay.interop.table_state import Redact, TableState, Written
from pytest_codex_replay.reading import RecordedSession

Told = Callable[[RecordedSession, Written], Iterator[tuple[str, Row | Columns]]]
"""What the rows of a session are made by."""


def put_changed(
    state: TableState, archive: Path, changed: dict[str, Stamp], written: Written, redact: Redact | None
) -> None:
    """Write the days of sessions that are new or changed; the state is kept after each.

    Raises:
        OSError: a day cannot be written; those before it are.
        UsageError: a file of the tables is damaged.
    """
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
        state.write_day(day)
    for day, names in sorted(days.items()):
        told = partial(_told, redact=redact, has_content=state.has_content)
        rows = _rows(archive, names, written, told)
        write_day(state.directory, day, rows, names, has_content=state.has_content)
        state.sessions |= {name: (day, _plain(changed[name])) for name in names}
        written.written += names
        state.write_day(day)


def _plain(stamp: Stamp) -> Known:
    """Return a stamp as JSON has it: the quick writer takes no named tuple."""
    return stamp.directory_ns, stamp.segments, stamp.is_live, stamp.manifest


def _day_of(session: RecordedSession) -> str:
    try:
        return NO_DAY if session.started_at is None else session.started_at.date().isoformat()
    except ArchiveError:  # its row says so
        return NO_DAY


def _rows(archive: Path, names: list[str], written: Written, told: Told) -> Iterator[tuple[str, Row | Columns]]:
    for name in names:
        session = RecordedSession(archive / name)
        for table, row in told(session, written):
            written.rows[table] += len(row["session"]) if table == IN_COLUMNS else 1
            yield table, row
        if (why := session.unreadable) is not None:
            written.unreadable[name] = why
        if name in written.unreadable:
            continue
        written.not_carried["rollouts of Codex"] += len(Session(session.path).rollouts())
        written.not_carried["damaged places"] += len(session.damages)
        written.not_carried["records of an unknown kind"] += sum(session.unknown_kinds.values())


def _told(
    session: RecordedSession, written: Written, *, redact: Redact | None, has_content: bool
) -> Iterator[tuple[str, Row | Columns]]:
    if redact is None or session.unreadable is not None:
        yield from rows_of(session, has_content=has_content)
        return
    own = {"state": session.state, "bytes": session.bytes_count, "gaps": session.counts["gaps"]}
    with TemporaryDirectory(prefix="codex-replay-") as place:
        clean = Path(place) / session.id
        try:
            redact(session.path, clean)
        except CodexReplayError as error:
            written.unreadable[session.id] = f"cannot be redacted: {' '.join(str(error).split())}"
            yield "sessions", {"session": session.id, "state": "unreadable: cannot be redacted"}
            return
        for table, row in rows_of(RecordedSession(clean), has_content=has_content):
            yield table, row | own if table == "sessions" else row
