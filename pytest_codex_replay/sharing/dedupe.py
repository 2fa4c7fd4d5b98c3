"""What the cassettes of a directory repeat, put into files that they share."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.value_files import ValueFiles, begin_sharing, values_above
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.replay.cassette import cassette_names
from pytest_codex_replay.sharing.canonical import without_lengths
from pytest_codex_replay.sharing.cassette import is_redacted
from pytest_codex_replay.sharing.expansion import stored_bytes
from pytest_codex_replay.sharing.held_records import HeldRecords
from pytest_codex_replay.sharing.replacing import copy_tree, replacing
from pytest_codex_replay.sharing.sessions import read_held, reads_as, write_with_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduped:
    """What became of one cassette."""

    name: str
    """Its path below the directory."""
    bytes_before: int
    bytes_after: int
    left: str = ""
    """Why it was left as it is; empty: it was not."""


def dedupe(directory: Path) -> Iterator[Deduped]:
    """Write the cassettes in a directory so that they share what they repeat.

    One that is damaged, or was never redacted, is left alone. What is written is read again before it takes the place
    of a cassette, and reads the same.

    Raises:
        UsageError: no cassette lies below the directory.
    """
    names = cassette_names(directory) if directory.is_dir() else []
    if "." in names or not any((directory / name / PLAIN_SEGMENT).is_file() for name in names):
        raise UsageError(f"{directory}: name the directory that holds the cassettes, e.g. cassettes.")
    values = values_above(directory / names[0]) or begin_sharing(directory)
    return (_deduped(Session(directory / name), name, values) for name in names)


def start_new_suite(directory: Path) -> None:
    """Let cassettes share what they repeat where there is none yet; a directory that has some is as its owner made it.

    Raises:
        OSError: it cannot be written.
    """
    if values_above(directory / "any") is None and not cassette_names(directory):
        begin_sharing(directory)


def _deduped(session: Session, name: str, values: ValueFiles) -> Deduped:
    size = stored_bytes(session.segments())
    try:
        why = "" if is_redacted(session) else "was not redacted"
        records, damages = read_held(session)
        records = without_lengths(records)
        why = why or (f"damaged: {damages[0]}" if damages else "")
    except ArchiveError as error:
        why = str(error)
    if not why:
        _rewrite(session, records, values)
    return Deduped(name=name, bytes_before=size, bytes_after=stored_bytes(session.segments()), left=why)


def _rewrite(session: Session, records: HeldRecords, values: ValueFiles) -> None:
    with replacing(session.path, force=True) as beside:
        written = {*session.segments(), session.path / MANIFEST}
        copy_tree(session.path, beside, written.__contains__)
        write_with_values(beside, records, values)
        if not reads_as(Session(beside), records):
            raise ArchiveError(f"{session.path}: cannot be written so that it reads the same; it is left as it was.")
