"""A session as it grows: what recorders have added to its segments since the last look."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.segment_bytes import BegunLine, Damage, EnoughError, FrameSource, check_lines
from pytest_codex_replay.archive.segment_reader import LineDecoder
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError

OnDamage = Callable[[Damage], None]


class SessionTail:
    """Reads the records of a session that are new, in the order in which they were written to each segment."""

    def __init__(self, path: Path, *, keep_runs: bool = False) -> None:
        """Read the session directory at `path`; it may lack segments still.

        `keep_runs`: a run of deltas is one record.
        """
        self._session = Session(path)
        self._keep_runs = keep_runs
        self._segments: dict[Path, _SegmentTail] = {}

    def records(self, on_damage: OnDamage) -> Iterator[Record]:
        """Yield what was added since the last call. A segment that is damaged is reported, and read no further.

        Raises:
            OSError: the directory or a segment cannot be read.
        """
        for path in self._session.segments():
            known = self._segments.get(path)
            if known is None or known.is_replaced():
                read = 0 if known is None else known.end()
                known = self._segments[path] = _SegmentTail(path, skipped=read, keep_runs=self._keep_runs)
            yield from known.records(on_damage)

    def skip(self) -> None:
        """Pass over what is there now."""
        for _ in self.records(lambda _: None):
            pass

    def close(self) -> None:
        """Close the segments."""
        for one in self._segments.values():
            one.end()


class _SegmentTail:
    """Reads one segment as far as it goes, again and again; no more of it than any reader does."""

    def __init__(self, path: Path, *, skipped: int, keep_runs: bool) -> None:
        """`skipped`: lines that another file of this name had, which a repair or a seal replaced."""
        self._path = path
        self._skipped = skipped
        self._file: BinaryIO = path.open("rb")
        self._is_plain = path.suffix != ".zst"
        self._source = FrameSource(self._file)
        self._frame = self._source.frame()
        self._begun = BegunLine()
        self._line = 0
        self._decoder = LineDecoder(path, keep_runs=keep_runs)
        self._is_damaged = False

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
                check_lines(self._line)
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
                yield piece
                continue
            yield from self._source.pieces(self._frame.decompress(piece))
            if self._frame.eof:
                self._source.give_back(len(self._frame.unused_data))
                self._frame = self._source.frame()
