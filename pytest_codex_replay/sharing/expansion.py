"""What compressed traffic expands to: a recorder's a few times its bytes, a hostile one without end."""

from collections.abc import Iterable
from pathlib import Path

from pytest_codex_replay.archive.segment_bytes import segment_bytes
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import EXPANDED_TOTAL_BYTES, SCANNED_BYTES, SCANNED_RATIO, scanned_of


class Expansion:
    """Measures sessions that are shared together."""

    def __init__(self) -> None:
        self._left = EXPANDED_TOTAL_BYTES
        """What they may expand to beyond what recorders write."""

    def check(self, session: Session) -> None:
        """Look at how much a session expands, before any of it is read as records.

        Raises:
            ArchiveError: to more than is read of one that is shared; or it may not be read.
        """
        try:
            compressed = [one for one in session.segments() if one.suffix == ".zst"]
            usual = SCANNED_RATIO * stored_bytes(compressed)
            most = max(usual, min(SCANNED_BYTES, usual + self._left))
            expanded = expanded_bytes(compressed, most)
        except OSError as error:
            raise ArchiveError(f"{session.path}: may not be read ({error.strerror})") from error
        self._left -= max(0, expanded - usual)
        if expanded > most:
            raise ArchiveError(
                f"{session.path}: its traffic expands to more than {most:,} bytes, {SCANNED_RATIO} times what its "
                "files take, as no recorder writes it: it is not shared. Move it out of the archive."
            )


def expands_too_far(segment: Path) -> bool:
    """Return whether a segment expands to more than is looked through of it as traffic."""
    most = scanned_of(segment.stat().st_size)
    return segment.suffix == ".zst" and expanded_bytes([segment], most) > most


def stored_bytes(segments: Iterable[Path]) -> int:
    """Return how many bytes segments take."""
    return sum(one.stat().st_size for one in segments)


def expanded_bytes(segments: Iterable[Path], most: int) -> int:
    """Return how many bytes segments expand to; somewhat above `most`, it is not looked further."""
    count = 0
    for segment in segments:
        for piece in segment_bytes(segment, lambda _: None):
            count += len(piece)
            if count > most:
                return count
    return count
