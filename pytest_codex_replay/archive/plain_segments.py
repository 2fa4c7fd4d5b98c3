"""The segments of a session of a cassette: one plain file, or as many as its lines need."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import EventRecord, Record, SegmentRecord
from pytest_codex_replay.archive.segment import SegmentFullError, create_segment
from pytest_codex_replay.archive.segment_bytes import SessionCount
from pytest_codex_replay.archive.value_files import ValueFiles


class PlainSegments:
    """Writes records one after the other. Where a segment has no room, the next one begins as the first one did."""

    def __init__(self, files: Files, directory: Path, values: ValueFiles | None = None) -> None:
        """Begin in a directory that has no segment; what all cassettes repeat goes to `values`, if there are any.

        Raises:
            OSError: the directory or the file cannot be made.
        """
        self._files, self._directory, self._values = files, directory, values
        self._head: SegmentRecord | None = None
        self._count = SessionCount()
        self._segment = create_segment(files, directory, plain=1, values=values, session=self._count)
        self.paths = [self._segment.path]

    def write(self, first: Record, others: Sequence[EventRecord] = ()) -> None:
        """Add a record, and events behind it that differ from it in a piece of text alone.

        Raises:
            SegmentFullError: no segment has room for it, or nothing tells how the next one would begin.
            ArchiveError: there would be more requests than are read of so many bytes.
            OSError: a file cannot be made or written.
        """
        if self._head is None and isinstance(first, SegmentRecord):
            self._head = first
        self._write(first)
        if isinstance(first, EventRecord) and len(others) <= self._segment.lines_left:
            self._segment.write_alike(first, others)
        else:
            for record in others:
                self._write(record)

    def flush(self) -> None:
        """Bring what is held into the file.

        Raises:
            OSError: it cannot be written.
        """
        self._segment.flush()

    def close(self) -> None:
        """Write what is left and close the file, also when writing fails."""
        self._segment.close()

    def _write(self, record: Record) -> None:
        try:
            self._segment.write(record)
        except SegmentFullError:
            if self._head is None:
                raise
            self._segment.close()
            number = len(self.paths) + 1
            self._segment = create_segment(
                self._files, self._directory, plain=number, values=self._values, session=self._count
            )
            self.paths.append(self._segment.path)
            self._segment.write(replace(self._head, at_ms=record.at_ms))
            self._segment.write(record)
