"""A temporary file for what does not belong in memory. It has no name, is private, and goes with the process."""

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
    """Takes bytes, and gives them back by their place."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end = 0

    def put(self, data: bytes) -> Place:
        """Keep bytes.

        Raises:
            UsageError: the file cannot be written.
        """
        place = Place(self._end, len(data))
        with written_aside():
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="codex-replay-")  # noqa: SIM115  it goes with the spool
            self._file.seek(self._end)
            self._file.write(data)
            self._file.flush()
        self._end += len(data)
        return place

    def get(self, place: Place) -> bytes:
        """Return the bytes at a place."""
        if self._file is None:
            return b""
        self._file.seek(place.start)
        return self._file.read(place.length)
