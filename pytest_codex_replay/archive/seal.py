"""Sealing: the segments of a cold session, compressed once more, at a high level.

A frame stays a frame, so that a damaged byte costs what it cost before. A sealed frame says how long its content is
(RFC 8878 §3.1.1.1.2), which a recorder cannot know when it begins one: so a sealed segment is told from others.
"""

import hashlib
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from operator import le
from pathlib import Path

import zstandard

from pytest_codex_replay.archive.files import Files, is_claimed, left_files, naming, open_regular
from pytest_codex_replay.archive.manifest import MANIFEST, as_text, digests_in, segment_entry
from pytest_codex_replay.archive.names import is_plain
from pytest_codex_replay.archive.segment_bytes import EnoughError, FrameSource
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import lines_of, requests_of, separators_in, values_of

LEVEL = 19
"""Of zstd: about a quarter smaller than what a recorder writes, at 2 MB of records a second."""
_WINDOW_LOG = 22
"""As long as a frame: 4 MiB."""
_UNKNOWN = -1
"""What `frame_content_size` returns for a frame that does not say it."""
_HEADER_BYTES = 18
"""The longest header of a frame (RFC 8878 §3.1.1.1)."""


class _CutError(Exception):
    """A segment just stops: its recorder was killed. What it has of its last frame is all that there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What sealing made of a session."""

    segments: int
    """How many were compressed anew; those that are sealed already, or cut short, are left as they are."""
    bytes_before: int
    bytes_after: int
    """Of all its segments."""


def seal_session(session: Session, files: Files) -> Sealed:
    """Compress the segments of a session anew. It may be interrupted at any moment: no segment is ever half there.

    Raises:
        ArchiveError: a segment is damaged; or what was written did not read back as what it is.
        OSError: a file cannot be written; what was sealed so far stays so.
    """
    for left in left_files(session.path):
        left.unlink(missing_ok=True)
    paths = [path for path in session.segments() if not is_plain(path.name)]
    before = sum(path.stat().st_size for path in paths)
    count = sum(_seal_segment(session, path, files) for path in paths)
    return Sealed(segments=count, bytes_before=before, bytes_after=sum(path.stat().st_size for path in paths))


def is_sealed(path: Path) -> bool:
    """Return whether a segment needs no sealing."""
    with open_regular(path) as file:
        head = file.read(_HEADER_BYTES)
    try:
        return bool(zstandard.frame_content_size(head) != _UNKNOWN)
    except zstandard.ZstdError:
        return False


def _seal_segment(session: Session, path: Path, files: Files) -> bool:
    if is_sealed(path) or is_claimed(path):
        return False
    before = path.stat()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        if not _write_sealed(path, temporary, files):
            return False
        files.set_time(temporary, before.st_mtime_ns)
        if os.stat(path) != before:  # noqa: PTH116  every member of it counts
            return False
        _put_in_place(session, path, temporary, files)
    except _CutError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _write_sealed(path: Path, temporary: Path, files: Files) -> bool:
    """Write the sealed frames of a segment; return whether that is worth it, and is read whole.

    It is read twice, and never held: how long a frame is, its beginning says.
    """
    size, read = path.stat().st_size, _Contents(path)
    if not read.may_take(size):  # all the less where it takes less: it is not worth the time
        return False
    compressor = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters.from_level(
            LEVEL, window_log=_WINDOW_LOG, write_checksum=True, write_content_size=True
        )
    )
    descriptor, pieces = files.open_new(temporary), _pieces(path)
    try:
        for length in read.lengths:
            frame = compressor.compressobj(size=length)
            for piece in iter(lambda: next(pieces, None), None):
                _write(files, descriptor, temporary, frame.compress(piece))
            _write(files, descriptor, temporary, frame.flush())
    except zstandard.ZstdError as error:
        raise ArchiveError(f"{path}: changed while it was read ({error}); the segment stays as it is.") from error
    finally:
        files.close(descriptor)
    if _Contents(temporary).digest != read.digest:
        raise ArchiveError(f"{path}: what was compressed did not read back the same; the segment stays as it was.")
    sealed_size = temporary.stat().st_size
    return sealed_size < size and read.may_take(sealed_size)


def _write(files: Files, descriptor: int, path: Path, data: bytes) -> None:
    with naming(path):
        files.write(descriptor, data)


_REQUESTS = b'"kind":"request"', b'"from":"client"'
"""What is in the line of one; a payload may have it, too."""


class _Contents:
    """What a segment holds: how long each frame is, how much of what a reader limits, and the digest of all."""

    def __init__(self, path: Path) -> None:
        """Read a segment.

        Raises:
            ArchiveError: a frame is damaged.
            _CutError: the last one is cut short.
        """
        self.lengths: list[int] = []
        self._lines = self._asked = self._values = 0
        digest, length, tail = hashlib.sha256(), 0, b""
        for piece in _pieces(path):
            if piece is None:
                self.lengths.append(length)
                length = 0
                continue
            digest.update(piece)
            length += len(piece)
            self._lines += piece.count(b"\n")
            self._values += separators_in(piece)
            window = tail + piece
            self._asked += sum(window.count(one) - tail.count(one) for one in _REQUESTS)
            tail = window[-max(map(len, _REQUESTS)) + 1 :]
        self.digest = digest.digest()

    def may_take(self, size: int) -> bool:
        """Return whether all of it is read of a segment of so many bytes."""
        most = lines_of(size), requests_of(size), values_of(size)
        return all(map(le, (self._lines, self._asked, self._values), most))


def _pieces(path: Path) -> Iterator[bytes | None]:
    """Yield what the frames of a segment hold, in pieces; None behind each frame.

    Raises:
        ArchiveError: one is damaged.
        _CutError: the last one is cut short.
    """
    with open_regular(path) as file:
        source = FrameSource(file)
        try:
            while (yield from _next_frame(source)):
                yield None
        except (zstandard.ZstdError, EnoughError) as error:
            raise ArchiveError(f"{path}: is damaged ({error}); see codex-replay check.") from error


def _next_frame(source: FrameSource) -> Generator[bytes, None, bool]:
    """Yield what the frame that begins here holds; return whether there is one."""
    frame, start = source.frame(), source.at
    while piece := source.slice():
        out = frame.decompress(piece)
        source.expanded(len(out))
        yield from source.pieces(out)
        if frame.eof:
            source.give_back(len(frame.unused_data))
            return True
    if source.at > start:
        raise _CutError
    return False


def _put_in_place(session: Session, path: Path, temporary: Path, files: Files) -> None:
    """Exchange a segment. Until the manifest has its new digest, the manifest has none: it is rebuilt, never wrong.

    The manifest keeps its time, too: retention goes by when a session was last written to.
    """
    manifest, place = session.written_manifest(), session.path / MANIFEST
    if manifest is None or path.name not in digests_in(manifest):
        files.move(temporary, path)
        return
    written_ns = place.stat().st_mtime_ns
    others = [entry for entry in manifest["segments"] if entry["name"] != path.name]
    files.replace(place, as_text({**manifest, "segments": others}))
    files.move(temporary, path)
    entries = sorted([*others, segment_entry(path)], key=lambda entry: str(entry["name"]))
    files.replace(place, as_text({**manifest, "segments": entries}))
    files.set_time(place, written_ns)
