"""A session as it grows: what recorders have added to its segments since the last look."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import zstandard

from pytest_codex_replay.archive.line import decode_line
from pytest_codex_replay.archive.record import Record, RunRecord, SharedPartsRecord, SharedValueRecord
from pytest_codex_replay.archive.segment import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.shared_values import SharedValueReader, with_parts
from pytest_codex_replay.archive.value_files import ValueReader
from pytest_codex_replay.errors import ArchiveError

_READ_BYTES = 1024 * 1024
OnDamage = Callable[[Damage], None]


class SessionTail:
    """Reads the records of a session that are new, in the order in which they were written to each segment."""

    def __init__(self, path: Path) -> None:
        """Read the session directory at `path`; it may lack segments still."""
        self._session = Session(path)
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
                known = self._segments[path] = _SegmentTail(path, skipped=read)
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
    """Reads one segment as far as it goes, again and again."""

    def __init__(self, path: Path, *, skipped: int) -> None:
        """`skipped`: lines that another file of this name had, which a repair or a seal replaced."""
        self._path = path
        self._skipped = skipped
        self._file: IO[bytes] = path.open("rb")
        self._is_plain = path.suffix != ".zst"
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._rest = b""
        self._line = 0
        self._items = SharedValueReader()
        self._values = ValueReader(path.parent)
        self._is_damaged = False

    def is_replaced(self) -> bool:
        """Whether another file has its name now: a repair or a seal put it there."""
        try:
            return not os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False

    def records(self, on_damage: OnDamage) -> Iterator[Record]:
        while not self._is_damaged and (data := self._file.read(_READ_BYTES)):
            try:
                *lines, self._rest = (self._rest + self._decompressed(data)).split(b"\n")
                for line in lines:
                    self._line += 1
                    records = self._records_of(line)
                    yield from () if self._line <= self._skipped else records
            except (zstandard.ZstdError, ArchiveError) as error:
                self._is_damaged = True
                on_damage(Damage(path=self._path, line=self._line, reason=str(error)))

    def end(self) -> int:
        """Close the file; return how many lines of it were read."""
        self._file.close()
        return self._line

    def _decompressed(self, data: bytes) -> bytes:
        if self._is_plain:
            return data
        pieces = []
        while data:
            pieces.append(self._frame.decompress(data))
            data = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
        return b"".join(pieces)

    def _records_of(self, line: bytes) -> Sequence[Record]:
        _, record = decode_line(line, self._items.resolve, checksum=not self._is_plain)
        if isinstance(record, RunRecord):
            return record.records()
        if isinstance(record, SharedPartsRecord):
            self._items.add(record.digest, with_parts(record.payload.json, self._values.read))
        elif isinstance(record, SharedValueRecord):
            self._items.add(record.digest, record.payload.json)
        else:
            return (record,)
        return ()
