"""A session as it grows: what recorders have added to its segments since the last look."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from pytest_codex_replay.archive.files import open_regular
from pytest_codex_replay.archive.line import is_shared_value
from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.segment import FRAME_BYTES
from pytest_codex_replay.archive.segment_bytes import (
    BegunLine,
    Damage,
    EnoughError,
    FrameSource,
    LineCount,
    SessionCount,
)
from pytest_codex_replay.archive.segment_reader import LineDecoder
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError

OnDamage = Callable[[Damage], None]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where reading of a segment stopped: what it takes to go on there."""

    file: int
    """Number of the file: another one of this name is another segment."""
    at: int
    """Where a frame begins that refers to nothing before it."""
    lines: int
    """Lines before that place."""
    read: int
    """Lines that were read, all in all."""


class SessionTail:
    """Reads the records of a session that are new, in the order in which they were written to each segment."""

    def __init__(self, path: Path, *, keep_runs: bool = False, marks: Mapping[str, Mark] | None = None) -> None:
        """Read the session directory at `path`; it may lack segments still.

        `keep_runs`: leave a run of deltas as one record. `marks`: go on where another tail stopped, by segment.
        """
        self._session = Session(path)
        self._keep_runs = keep_runs
        self._marks = marks or {}
        self._segments: dict[Path, _SegmentTail] = {}
        self._count = SessionCount()

    def records(self, on_damage: OnDamage) -> Iterator[Record]:
        """Yield what was added since the last call. A segment that is damaged is reported, and read no further.

        Raises:
            OSError: the directory or a segment cannot be read.
        """
        for _, records in self.segments(on_damage):
            yield from records

    def segments(self, on_damage: OnDamage) -> Iterator[tuple[Path, Iterator[Record]]]:
        """Yield the segments, each with what was added to it; see `records`."""
        for path in self._session.segments():
            known = self._segments.get(path)
            if known is None or known.is_replaced():
                read = 0 if known is None else known.end()
                mark = self._marks.get(path.name) if known is None else None
                known = self._segments[path] = _SegmentTail(path, read, mark, self._count, keep_runs=self._keep_runs)
            yield path, known.records(on_damage)

    def skip(self) -> None:
        """Pass over what is there now."""
        for _ in self.records(lambda _: None):
            pass

    def marks(self) -> dict[str, Mark]:
        """Return where it stopped, by segment."""
        return {path.name: one.mark() for path, one in self._segments.items()}

    def is_whole(self, path: Path) -> bool:
        """Return whether what was read of a segment ends with a whole frame: its writer may have ended there."""
        return self._segments[path].is_whole

    def close(self) -> None:
        """Close the segments."""
        for one in self._segments.values():
            one.end()


class _SegmentTail:
    """Reads one segment as far as it goes, again and again; no more of it than any reader does."""

    def __init__(self, path: Path, skipped: int, mark: Mark | None, count: SessionCount, *, keep_runs: bool) -> None:
        """`skipped`: lines that another file of this name had, which a repair or a seal replaced."""
        self._path = path
        self._file: BinaryIO = open_regular(path)
        self._number = os.fstat(self._file.fileno()).st_ino
        if mark is not None and mark.file == self._number:
            self._skipped, self._line, self._at = mark.read, mark.lines, mark.at
        else:
            self._skipped, self._line, self._at = skipped, 0, 0
        self._lines_before = self._line
        self._count = LineCount(path)
        self._is_plain = path.suffix != ".zst"
        self._source = FrameSource(self._file, count.expansion)
        self._source.seek(self._at)
        self._frame = self._source.frame()
        self._frame_at = self._at
        self._since = 0
        """Bytes of records since the place to which one can go back."""
        self._begun = BegunLine()
        self._decoder = LineDecoder(path, keep_runs=keep_runs, session=count)
        self._is_damaged = False

    def mark(self) -> Mark:
        return Mark(self._number, self._at, self._lines_before, self._line)

    @property
    def is_whole(self) -> bool:
        return not self._is_damaged and self._source.at == self._frame_at > 0 and not self._begun.length

    def is_replaced(self) -> bool:
        """Whether another file has its name now: a repair or a seal put it there."""
        try:
            return not os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False

    def records(self, on_damage: OnDamage) -> Iterator[Record]:
        if self._is_damaged:
            return
        try:
            for line in self._lines():
                self._line += 1
                self._count.check(self._line)
                if self._line <= self._skipped and not is_shared_value(line):
                    continue
                _, record = self._decoder.decode(line)
                found = self._decoder.records(record, self._line)
                yield from () if self._line <= self._skipped else found
        except (zstandard.ZstdError, ArchiveError, EnoughError) as error:
            self._is_damaged = True
            on_damage(Damage(path=self._path, line=self._line, reason=str(error)))

    def end(self) -> int:
        """Close the file; return how many lines of it were read."""
        self._file.close()
        return self._line

    def _lines(self) -> Iterator[bytes]:
        for data in self._bytes():
            *lines, rest = data.split(b"\n")
            for line in lines:
                yield self._begun.ended(line)
            self._begun.add(rest)

    def _bytes(self) -> Iterator[bytes]:
        while piece := self._source.slice():
            if self._is_plain:
                self._source.expanded(len(piece))
                yield piece
                continue
            out = self._frame.decompress(piece)
            self._source.expanded(len(out))
            self._since += len(out)
            yield from self._source.pieces(out)
            if self._frame.eof:
                self._source.give_back(len(self._frame.unused_data))
                self._frame, self._frame_at = self._source.frame(), self._source.at
                if self._since >= FRAME_BYTES:  # else the frame that follows may refer to what this one has
                    self._at, self._lines_before, self._since = self._frame_at, self._line, 0
