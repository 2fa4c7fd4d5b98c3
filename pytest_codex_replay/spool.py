"""A temporary file for what does not belong in memory. It has no name, is private, and goes with the process."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

from pytest_codex_replay.errors import UsageError


@contextmanager
def written_aside() -> Iterator[None]:
    """Let an error say what to do where a temporary file cannot be written.

    Raises:
        UsageError: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"a temporary file cannot be written ({error.strerror}). Set TMPDIR to a directory with more room."
        ) from error


class Place(NamedTuple):
    """Where bytes are in a spool."""

    start: int
    length: int


class Spool:
    """Takes bytes, and gives them back by their place; to copies of its process, too, of which none adds to it."""

    def __init__(self, room_bytes: int = 0) -> None:
        """Begin with none. The first `room_bytes` stay in memory: most that is put here is short."""
        self._room_bytes = room_bytes
        self._first = bytearray()
        self._file: IO[bytes] | None = None
        self._end = 0

    def put(self, data: bytes) -> Place:
        """Keep bytes.

        Raises:
            UsageError: the file cannot be written.
        """
        place = Place(self._end, len(data))
        self._end += len(data)
        if self._end <= self._room_bytes:
            self._first += data
            return place
        with written_aside():
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="codex-replay-")  # noqa: SIM115  it goes with the spool
            self._file.seek(place.start)
            self._file.write(data)
            self._file.flush()
        return place

    def get(self, place: Place) -> bytes:
        """Return the bytes at a place."""
        start, length = place
        if start + length <= self._room_bytes:
            return bytes(self._first[start : start + length])
        if self._file is None:
            return b""
        if hasattr(os, "pread"):  # a copy of the process has the same position in the file
            return os.pread(self._file.fileno(), length, start)
        self._file.seek(start)
        return self._file.read(length)
