"""Sessions as rows, put into the files of the days on which they began; each day in one step.

Sessions are read in one process and tables are written in another, a portion of the days after the other: what reads
and what writes is not in memory at once.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError, CodexReplayError
from pytest_codex_replay.index.stamps import Known, Stamp
from pytest_codex_replay.interop.extras import hide
from pytest_codex_replay.interop.table_files import NO_DAY, write_day
from pytest_codex_replay.interop.table_rows import IN_COLUMNS, Columns, Row, rows_of
from pytest_codex_replay.interop.table_spool import put_rows, rows_in
from pytest_codex_replay.interop.table_state import Redact, TableState, Written
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.sharing.apart import done_apart

Told = Callable[[RecordedSession, Written], Iterator[tuple[str, Row | Columns]]]
"""What the rows of a session are made by."""
Days = Mapping[str, list[str]]
"""The names of sessions, by day."""
_PORTION_BYTES = 64 * 1024 * 1024
"""Traffic that is read before tables are written: what writes them takes the time of some MB to begin."""


class _Did(NamedTuple):
    """What a process did until it ended, or until it failed."""

    written: Written
    """By it alone."""
    days: list[str]
    """Those that are done."""
    state: TableState
    error: CodexReplayError | OSError | None


def put_changed(
    state: TableState, archive: Path, changed: dict[str, Stamp], written: Written, redact: Redact | None
) -> None:
    """Write the days of sessions that are new or changed; the state is kept after each.

    Raises:
        OSError: a day cannot be written; those before it are.
        UsageError: a file of the tables is damaged, or a temporary file cannot be written.
    """
    days: dict[str, list[str]] = {}
    moved: dict[str, list[str]] = {}
    for name in sorted(changed):
        day = _day_of(RecordedSession(archive / name))
        days.setdefault(day, []).append(name)
        if name in state.sessions and (before := state.sessions[name][0]) != day:
            moved.setdefault(before, []).append(name)
    if moved:
        _take(state, written, _apart(partial(_each, state, moved, partial(_move, state))))
    for portion in _portions(archive, days):
        with TemporaryDirectory(prefix="codex-replay-") as place:
            told = partial(_told, redact=redact, has_content=state.has_content, beside=Path(place))
            read = _apart(partial(_each, state, portion, partial(_read, archive=archive, place=Path(place), told=told)))
            whole = {day: portion[day] for day in read.days}
            if whole:
                write = partial(_write, state=state, changed=changed, place=Path(place))
                _take(state, written, _apart(partial(_each, state, whole, write)))
            _take(state, written, read._replace(state=state))


def _portions(archive: Path, days: Days) -> Iterator[dict[str, list[str]]]:
    """Yield days in order, as many at a time as have so much traffic."""
    portion: dict[str, list[str]] = {}
    length = 0
    for day, names in sorted(days.items()):
        portion[day] = names
        length += sum(sum(Session(archive / name).sizes().values()) for name in names)
        if length >= _PORTION_BYTES:
            yield portion
            portion, length = {}, 0
    if portion:
        yield portion


def _apart(work: Callable[[], _Did]) -> _Did:
    """Do work in a process of its own: its memory is free when it ends."""
    here = os.getpid()

    def do(_: int) -> _Did:
        if os.getpid() != here:  # pyarrow imports it where it can, to tell its series from lists
            hide("pandas")
        return work()

    ((_, did),) = done_apart(do, 1, is_heavy=True)
    if isinstance(did, CodexReplayError):  # the process was killed
        raise did
    return did


def _each(state: TableState, days: Days, do: Callable[[str, list[str], Written], None]) -> _Did:
    """Do something for each day, until it fails."""
    written, done, failed = Written(()), list[str](), None
    try:
        for day, names in days.items():
            do(day, names, written)
            done.append(day)
    except (CodexReplayError, OSError) as error:
        failed = error
    return _Did(written, done, state, failed)


def _take(state: TableState, written: Written, did: _Did) -> None:
    """Know what a process did, and raise what it failed by."""
    state.sessions, state.files = did.state.sessions, did.state.files
    written.written += did.written.written
    written.rows += did.written.rows
    written.not_carried += did.written.not_carried
    written.unreadable |= did.written.unreadable
    if did.error is not None:
        raise did.error


def _read(day: str, names: list[str], written: Written, *, archive: Path, place: Path, told: Told) -> None:
    put_rows(place / day, _rows(archive, names, written, told))


def _write(
    day: str, names: list[str], written: Written, *, state: TableState, changed: Mapping[str, Stamp], place: Path
) -> None:
    write_day(state.directory, day, rows_in(place / day), names, has_content=state.has_content)
    state.sessions |= {name: (day, _plain(changed[name])) for name in names}
    written.written += names
    state.write_day(day)


def _move(state: TableState, day: str, names: list[str], _: Written) -> None:
    """Take the rows of sessions out of the day that was theirs."""
    write_day(state.directory, day, (), names, has_content=state.has_content)
    for name in names:
        del state.sessions[name]
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
    session: RecordedSession, written: Written, *, redact: Redact | None, has_content: bool, beside: Path
) -> Iterator[tuple[str, Row | Columns]]:
    if redact is None or session.unreadable is not None:
        yield from rows_of(session, has_content=has_content)
        return
    own = {"state": session.state, "bytes": session.bytes_count, "gaps": session.counts["gaps"]}
    with TemporaryDirectory(dir=beside) as place:
        clean = Path(place) / session.id
        try:
            redact(session.path, clean)
        except CodexReplayError as error:
            written.unreadable[session.id] = f"cannot be redacted: {' '.join(str(error).split())}"
            yield "sessions", {"session": session.id, "state": "unreadable: cannot be redacted"}
            return
        for table, row in rows_of(RecordedSession(clean), has_content=has_content):
            yield table, row | own if table == "sessions" else row
