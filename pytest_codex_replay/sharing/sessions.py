"""Whole sessions, read from an archive and written as the sessions of a cassette."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from pytest_codex_replay.archive.event_streams import with_settled_answers
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.manifest import MANIFEST, Summary, manifest_of, segment_entry
from pytest_codex_replay.archive.record import FlowRecord, Record
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, Damage, create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError


def read_whole(session: Session) -> tuple[list[Record], tuple[Damage, ...]]:
    """Return the records of a session, and the damage in it.

    Raises:
        ArchiveError: no flow can be read.
    """
    damages: list[Damage] = []
    records = with_settled_answers(session.records(damages.append))
    if not any(isinstance(record, FlowRecord) for record in records):
        reasons = "; ".join(map(str, damages)) or "it holds no flow"
        raise ArchiveError(f"{session.path}: cannot be read ({reasons}). Move it out of the archive.")
    return records, tuple(damages)


def read_each(
    sessions: Sequence[Session], on_unreadable: Callable[[ArchiveError], None] | None = None
) -> Iterator[tuple[Session, list[Record], tuple[Damage, ...]]]:
    """Yield the sessions that can be read, each with its records and the damage in it.

    Raises:
        ArchiveError: none can be read; or one cannot, and `on_unreadable`, which is told of it, is None.
    """
    count = 0
    for session in sessions:
        try:
            read = read_whole(session)
        except ArchiveError as error:
            if on_unreadable is None or (session is sessions[-1] and not count):
                raise
            on_unreadable(error)
        else:
            count += 1
            yield session, *read


def write_session(directory: Path, records: Iterable[Record]) -> None:
    """Write a session of a cassette: its records as one plain segment, and its manifest. Everyone may read it.

    Raises:
        OSError: it cannot be written.
    """
    files = Files()
    segment = create_segment(files, directory, plain=True)
    summary = Summary()
    try:
        for record in records:
            summary.add(record)
            segment.write(record)
    finally:
        segment.close()
    files.replace(directory / MANIFEST, manifest_of(summary, [segment_entry(segment.path)]))
    for path in directory.iterdir():
        path.chmod(0o644)  # a cassette is public


def rewrite_session(directory: Path, records: Iterable[Record]) -> None:
    """Write a session of a cassette in place of the one in `directory`.

    Raises:
        OSError: it cannot be written.
    """
    for name in (PLAIN_SEGMENT, MANIFEST):
        (directory / name).unlink(missing_ok=True)
    write_session(directory, records)
