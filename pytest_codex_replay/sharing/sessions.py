"""Whole sessions, read from an archive and written as the sessions of a cassette."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, starmap, zip_longest
from operator import eq
from pathlib import Path
from typing import TypeVar

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.manifest import MANIFEST, Summary, manifest_of, segment_entry
from pytest_codex_replay.archive.plain_segments import PlainSegments
from pytest_codex_replay.archive.record import EventRecord, FlowRecord, GapRecord, Record, requests_in
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.value_files import ValueFiles, values_above
from pytest_codex_replay.errors import ArchiveError, CodexReplayError
from pytest_codex_replay.limits import (
    SHARED_RECORDS,
    TextCount,
    TooManyTextsError,
    rehearsed_of,
    shared_requests_of,
)
from pytest_codex_replay.sharing.expansion import Expansion, check_records, stored_bytes, too_dense
from pytest_codex_replay.sharing.held_records import HeldRecords
from pytest_codex_replay.sharing.order import OutOfOrderError, in_order, nearly_in_order

AnyRecord = TypeVar("AnyRecord", bound=Record)
_TOGETHER = 100
"""Records whose lines are held until they are written; those of the events that are like them are held, too."""


def read_whole(session: Session) -> tuple[list[Record], tuple[Damage, ...]]:
    """Return the records of a session by time, and the damage in it.

    Raises:
        ArchiveError: no flow can be read; or the session is too large to be held, or has more than is read of one.
    """
    damages: list[Damage] = []
    records = in_order(_few_enough(session, damages.append))
    _check_has_flow(session, records, damages)
    return records, tuple(damages)


def read_held(session: Session) -> tuple[HeldRecords, tuple[Damage, ...]]:
    """Return the same in little room, but of a session whose records are far out of order, or answers in pieces.

    Raises:
        ArchiveError: likewise.
    """
    damages: list[Damage] = []
    held = HeldRecords()
    try:
        for record in nearly_in_order(_few_enough(session, damages.append)):
            held.add(record)
    except OutOfOrderError as error:
        held = HeldRecords.of(in_order(chain(held.ended(), error.rest)))
    _check_has_flow(session, held.ended(), damages)
    return held, tuple(damages)


def reads_as(session: Session, records: Iterable[Record]) -> bool:
    """Return whether a session has these records by time, and no damage. Nearly always it is not held to be compared.

    Raises:
        ArchiveError: it differs, and cannot be read; or it has more than is read of one.
    """
    damages: list[Damage] = []
    with suppress(OutOfOrderError):
        there = nearly_in_order(_few_enough(session, damages.append))
        if all(starmap(eq, zip_longest(there, records))):
            return not damages
    return read_whole(session) == (list(records), ())


def _check_has_flow(session: Session, records: Iterable[Record], damages: Iterable[Damage]) -> None:
    if not any(isinstance(record, FlowRecord) for record in records):
        reasons = "; ".join(map(str, damages)) or "it holds no flow"
        raise ArchiveError(f"{session.path}: cannot be read ({reasons}). Move it out of the archive.")


def _few_enough(session: Session, on_damage: Callable[[Damage], None]) -> Iterator[Record]:
    """Yield the records of a session; one with too many is refused before they are all read.

    Where its manifest says less than there is, the limit holds all the same.
    """
    most, asked = shared_requests_of(stored_bytes(session.segments())), 0.0

    def note(damage: Damage) -> None:
        if damage.is_unread:
            raise ArchiveError(too_dense(session, f"{session.path}: {damage}"))
        on_damage(damage)

    for count, record in enumerate(session.held_records(note), 1):
        if count > SHARED_RECORDS:
            check_records(session, count)
        asked += requests_in(record)
        if asked > most:
            what = f"{session.path}: more than {most:,} requests, where one without a body counts half"
            raise ArchiveError(too_dense(session, what))
        yield record


def read_each(
    sessions: Sequence[Session],
    on_unreadable: Callable[[CodexReplayError], None] | None = None,
    check: Callable[[str, HeldRecords, int], None] | None = None,
) -> Iterator[tuple[Session, HeldRecords, tuple[Damage, ...]]]:
    """Yield the sessions that can be read and pass a `check` of their length, each with its records and damage.

    Raises:
        CodexReplayError: none can; or one cannot, and `on_unreadable`, which is told of it, is None.
    """
    count, expansion = 0, Expansion()
    for session in sessions:
        try:
            expansion.check(session)
            records, damages = read_held(session)
            if check is not None:
                check(session.name, records, rehearsed_items(session))
        except CodexReplayError as error:
            if on_unreadable is None or (session is sessions[-1] and not count):
                raise
            on_unreadable(error)
        else:
            count += 1
            yield session, records, damages


@contextmanager
def texts_counted(session: Session, count_by: Callable[[TextCount], None]) -> Iterator[None]:
    """Let the texts of a session be counted.

    Raises:
        ArchiveError: it has more than are looked at.
    """
    count_by(TextCount(stored_bytes(session.segments())))
    try:
        yield
    except TooManyTextsError as error:
        raise ArchiveError(too_dense(session, str(error))) from error


def rehearsed_items(session: Session) -> int:
    """Return how many items the requests of a session may bring, to be proven."""
    return rehearsed_of(stored_bytes(session.segments()))


def write_session(directory: Path, records: Iterable[Record], *, is_verified: bool = True) -> None:
    """Write a session of a cassette: its records in plain segments, nearly always one, and its manifest.

    Everyone may read it.

    What all cassettes repeat goes to the values that those around `directory` share, if they do; else it is inside.
    The manifest has `verified: false` where no replay has shown that the session replays as before redaction. Events
    of held records that are alike are written faster.

    Raises:
        OSError: it cannot be written.
    """
    write_with_values(directory, records, values_above(directory), is_verified=is_verified)


def write_with_values(
    directory: Path,
    records: Iterable[Record],
    values: ValueFiles | None,
    *,
    is_verified: bool = True,
) -> None:
    """Write a session as `write_session` does, with these shared values; None: everything is inside."""
    files = Files()
    segments = PlainSegments(files, directory, values)
    summary = Summary()
    alike = records.alike() if isinstance(records, HeldRecords) else ((record, []) for record in records)
    try:
        for number, (first, others) in enumerate(map(_in_whole_ms, alike), 1):
            if number % _TOGETHER == 0:
                segments.flush()
            summary.add(first)
            segments.write(first, others)
            if isinstance(first, EventRecord):
                summary.add_alike(first, others)
    finally:
        segments.close()
    more = {} if is_verified else {"verified": False}
    files.replace(directory / MANIFEST, manifest_of(summary, map(segment_entry, segments.paths), **more))
    for path in (*segments.paths, directory / MANIFEST):
        path.chmod(0o644)  # a cassette is public


def rewrite_session(directory: Path, records: Iterable[Record]) -> None:
    """Write a session of a cassette in place of the one in `directory`.

    Raises:
        OSError: it cannot be written.
    """
    for path in (*Session(directory).segments(), directory / MANIFEST):
        path.unlink(missing_ok=True)
    write_session(directory, records)


def _in_whole_ms(alike: tuple[Record, list[EventRecord]]) -> tuple[Record, list[EventRecord]]:
    """Return records as the clock of cassettes has them: what was read again has a point in its times."""
    first, others = alike
    return _of_clock(first), list(map(_of_clock, others)) if others else others


def _of_clock(record: AnyRecord) -> AnyRecord:
    if isinstance(record.at_ms, int) and not isinstance(record, GapRecord):  # nearly all are
        return record
    if isinstance(record, GapRecord):
        record = replace(record, until_ms=_whole(record.until_ms))
    return replace(record, at_ms=_whole(record.at_ms))


def _whole(time_ms: float) -> float:
    return int(time_ms) if int(time_ms) == time_ms else time_ms
