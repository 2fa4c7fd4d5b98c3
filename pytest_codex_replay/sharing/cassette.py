"""What is a cassette, and nothing else: only that may be packed, or replaced."""

from collections.abc import Iterator
from pathlib import Path

from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.archive.record import SegmentRecord
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.replay.settings import SETTINGS
from pytest_codex_replay.sharing.canonical import CASSETTE_RUN

_WRITTEN = frozenset({PLAIN_SEGMENT, MANIFEST})


def is_redacted(session: Session) -> bool:
    """Return whether a session is part of a cassette: all of it came out of redaction.

    Raises:
        ArchiveError: it is of a newer format, or may not be read.
    """
    heads = _heads(session)
    return bool(heads) and all(head.run == CASSETTE_RUN for head in heads)


def why_not_replaced(directory: Path, *, by_one: bool) -> str | None:
    """Return what would be lost for good if a cassette took the place of `directory`; None for nothing.

    Args:
        directory: what is there.
        by_one: a single session is to stand there, and not a directory of them.
    """
    if not directory.is_dir():
        return "is not a directory"
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
    named = next((one for one in sessions if one.path != directory and (by_one or not has_own_name(one))), None)
    return f"holds the cassette {named.name}, too" if named else None


def _heads(session: Session) -> list[SegmentRecord]:
    if [path.name for path in session.segments()] != [PLAIN_SEGMENT]:
        return []
    return [record for record in session.records() if isinstance(record, SegmentRecord)]


def has_own_name(session: Session) -> bool:
    """Return whether a session's directory is called as redaction calls it, and not as a person did."""
    return any(session.name.startswith(head.session) for head in _heads(session))


def _others(directory: Path, sessions: list[Session]) -> Iterator[Path]:
    """Yield what no redaction wrote, but for the settings."""
    places = {session.path for session in sessions}
    for place in sorted({directory, *places}):
        known = _WRITTEN if place in places else frozenset()
        for child in sorted(place.iterdir()):
            is_settings = child == directory / SETTINGS
            if child not in places and not (child.is_file() and (is_settings or child.name in known)):
                yield child
