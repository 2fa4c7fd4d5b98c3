"""Sealing: the segments of a cold session, compressed once more, at a high level.

A frame stays a frame, so that a damaged byte costs what it cost before. A sealed frame says how long its content is
(RFC 8878 §3.1.1.1.2), which a recorder cannot know when it begins one: so a sealed segment is told from others.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
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
    """Write the sealed frames of a segment; return whether that is worth it, and is read whole."""
    compressor = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters.from_level(
            LEVEL, window_log=_WINDOW_LOG, write_checksum=True, write_content_size=True
        )
    )
    digest, lines, asked, values = hashlib.sha256(), 0, 0, 0
    descriptor = files.open_new(temporary)
    try:
        for frame in _frames(path):
            digest.update(frame)
            lines += frame.count(b"\n")
            values += separators_in(frame)
            asked += frame.count(b'"kind":"request"') + frame.count(b'"from":"client"')  # a payload may have it, too
            with naming(temporary):
                files.write(descriptor, compressor.compress(frame))
    finally:
        files.close(descriptor)
    written = hashlib.sha256(b"".join(_frames(temporary)))
    if written.digest() != digest.digest():
        raise ArchiveError(f"{path}: what was compressed did not read back the same; the segment stays as it was.")
    size = temporary.stat().st_size
    is_read = lines <= lines_of(size) and asked <= requests_of(size) and values <= values_of(size)
    return is_read and size < path.stat().st_size


def _frames(path: Path) -> Iterator[bytes]:
    """Yield what each frame holds.

    Raises:
        ArchiveError: one is damaged.
        _CutError: the last one is cut short.
    """
    with open_regular(path) as file:
        source = FrameSource(file)
        try:
            while (content := _next_frame(source)) is not None:
                yield content
        except (zstandard.ZstdError, EnoughError) as error:
            raise ArchiveError(f"{path}: is damaged ({error}); see codex-replay check.") from error


def _next_frame(source: FrameSource) -> bytes | None:
    """Return what the frame that begins here holds; None at the end."""
    frame, pieces, start = source.frame(), bytearray(), source.at
    while piece := source.slice():
        for out in source.pieces(frame.decompress(piece)):
            pieces += out
        if frame.eof:
            source.give_back(len(frame.unused_data))
            return bytes(pieces)
    if source.at > start:
        raise _CutError
    return None


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
