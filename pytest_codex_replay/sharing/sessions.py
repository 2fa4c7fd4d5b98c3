"""Whole sessions, read from an archive and written as the sessions of a cassette."""

from collections.abc import Iterable
from pathlib import Path

from pytest_codex_replay.archive.event_streams import with_settled_answers
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.manifest import MANIFEST, Summary, manifest_of, segment_entry
from pytest_codex_replay.archive.record import FlowRecord, Record
from pytest_codex_replay.archive.segment import Damage, create_segment
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


def write_session(directory: Path, records: Iterable[Record], *, is_verified: bool = True) -> None:
    """Write a session of a cassette: its records as one plain segment, and its manifest. Everyone may read it.

    The manifest has `verified: false` where no replay has shown that the session replays as before redaction.

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
    more = {} if is_verified else {"verified": False}
    files.replace(directory / MANIFEST, manifest_of(summary, [segment_entry(segment.path)], **more))
    for path in directory.iterdir():
        path.chmod(0o644)  # a cassette is public
