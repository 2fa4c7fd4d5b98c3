"""Tells a cassette from any other directory: only a cassette may be packed, or replaced."""

import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.archive.names import SETTINGS, is_plain
from pytest_codex_replay.archive.record import CASSETTE_RUN, TIMED_CASSETTE_RUN, SegmentRecord
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.archive.value_files import VALUES, SharedValueError, ValueFiles, begin_sharing
from pytest_codex_replay.errors import CodexReplayError

_DEPTHS = ("", "*/", "*/*/")


def is_redacted(session: Session) -> bool:
    """Return whether a session is part of a cassette: redaction wrote all of it.

    Raises:
        ArchiveError: it has a newer format, or cannot be read.
    """
    heads = _heads(session)
    return bool(heads) and all(head.run in {CASSETTE_RUN, TIMED_CASSETTE_RUN} for head in heads)


def is_unverified(session: Session) -> bool:
    """Return whether redaction wrote a session without a proof that it replays as before."""
    return (session.written_manifest() or {}).get("verified") is False


def unverified_below(paths: Iterable[Path]) -> list[Session]:
    """Return the sessions without that proof among `paths`, in them, and in directories of cassettes."""
    found = {one.parent for path in paths for depth in _DEPTHS for one in path.glob(depth + MANIFEST)}
    return [session for session in map(Session, sorted(found)) if is_unverified(session)]


def why_not_replaced(directory: Path, *, by_one: bool, names: Collection[str] = ()) -> str | None:
    """Return why a cassette may not replace `directory`: the loss it would cause; None when there is no loss.

    Args:
        directory: the existing directory.
        by_one: a single session replaces it, and not a directory of sessions.
        names: those of the sessions, which replace the ones of their names.
    """
    if not directory.is_dir():
        return "not a directory"
    if next(directory.iterdir(), None) is None:
        return None
    try:
        sessions = open_sessions(directory)
        unredacted = next((session for session in sessions if not is_redacted(session)), None)
    except CodexReplayError as error:
        return str(error).removeprefix(f"{directory}: ").removesuffix(".")
    if unredacted is not None:
        return f"{unredacted.name} was not redacted"
    other = next(_others(directory, sessions), None)
    if other is not None:
        return f"holds {other.relative_to(directory)}, too"
    within = (one for one in sessions if one.path != directory)
    named = next((one for one in within if by_one or not (one.name in names or has_own_name(one))), None)
    return f"holds the cassette {named.name}, too" if named else None


def keep_settings(cassette: Path, beside: Path) -> None:
    """Copy the settings of a cassette, if it has any, to the directory that is to replace it; it shares as before."""
    if (settings := cassette / SETTINGS).is_file():
        shutil.copy2(settings, beside / SETTINGS, follow_symlinks=False)
    if (cassette / VALUES).is_dir():
        begin_sharing(beside)


def _heads(session: Session) -> list[SegmentRecord]:
    if not all(is_plain(path.name) for path in session.segments()):
        return []
    heads: list[SegmentRecord] = []
    with suppress(SharedValueError):  # what it lacks does not say who wrote it
        heads.extend(record for record in session.records() if isinstance(record, SegmentRecord))
    return heads


def has_own_name(session: Session) -> bool:
    """Return whether redaction named a session's directory, and not a person."""
    return any(session.name.startswith(head.session) for head in _heads(session))


def _others(directory: Path, sessions: list[Session]) -> Iterator[Path]:
    """Yield the files and directories that redaction did not write, without the settings."""
    places = {session.path for session in sessions}
    for place in sorted({directory, *places}):
        for child in sorted(place.iterdir()):
            is_written = place in places and (is_plain(child.name) or child.name == MANIFEST)
            is_ours = child in places or (child.is_file() and (child == directory / SETTINGS or is_written))
            if not is_ours and not (child == directory / VALUES and not ValueFiles(child).is_foreign()):
                yield child
