"""A cassette in one file (`.tar.zst`), the same bytes for the same cassette; and back, safe with hostile files."""

import os
import re
import tarfile
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import zstandard

from pytest_codex_replay.archive.files import Files, open_regular
from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.archive.names import is_plain
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.archive.value_files import wanted_in
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.sharing.cassette import is_redacted, is_unverified
from pytest_codex_replay.sharing.replacing import replacing
from pytest_codex_replay.sharing.scan.files import scan_together
from pytest_codex_replay.sharing.scan.scan import Scan, check_shareable
from pytest_codex_replay.sharing.sessions import read_held, write_with_values
from pytest_codex_replay.wire.tar import TarError, members_of

MAX_BYTES = 1024 * 1024 * 1024
"""Limit of unpacked bytes: a small file may expand without end."""
MAX_MEMBERS = 10_000
_TOLD_CHARS = 200
"""Of a name, in an error."""
_LEVEL, _LARGE_LEVEL = 19, 12
_LARGE_BYTES = 16 * 1024 * 1024
"""From so many bytes on, the higher level takes some fifty times as long, for a fifth of the size."""
_NAME = r"(?!\.{1,2}/)[^/\\\x00-\x1f\x7f]{1,255}/"
_PLACE = re.compile(rf"(?:{_NAME}){{1,2}}(?P<file>[^/]+)")
"""The name of a cassette, optionally that of a session, and one of the files of a session."""


def pack(source: Path, target: Path, *, scan: Scan | None = None, allow: Collection[str] = ()) -> int:
    """Write the sessions of a cassette into the file `target`; return their count. What they share is in each of them.

    Args:
        source: a cassette.
        target: the file; it must not exist.
        scan: looks for secrets once more; None: by the rules alone.
        allow: accepted findings, `kind` or `kind:number`.

    Raises:
        SecretsLeftError: the scan finds a secret: the cassette was edited, or redacted by older rules.
        UsageError: `source` was not redacted, cannot be scanned as a whole, or is too large; its name cannot be
            unpacked; or `target` exists.
    """
    sessions = open_sessions(source)
    unredacted = next((session.path for session in sessions if not is_redacted(session)), None)
    if unredacted is not None:
        raise UsageError(f"{unredacted}: was not redacted. Make a cassette of it first: codex-replay redact SRC DST")
    paths = [path for session in sessions for path in _files_of(session)]
    length = sum(path.stat().st_size for path in paths)
    _check_length(source, length)
    scan = scan or Scan()
    check_shareable(partial(scan_together, paths, scan), allow, refused="Nothing is written")
    with Files().replacing(target) as file:
        _write_packed(source, sessions, file, _LEVEL if length < _LARGE_BYTES else _LARGE_LEVEL)
        if target.exists():
            raise UsageError(f"{target}: exists already. Choose another FILE.")
    return len(sessions)


def _write_packed(source: Path, sessions: Iterable[Session], file: BinaryIO, level: int) -> None:
    compressed = zstandard.ZstdCompressor(level=level).stream_writer(file)
    with compressed, tarfile.open(fileobj=compressed, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for session in sessions:
            place = Path(source.resolve().name) / session.path.relative_to(source)
            for path in _contents(session):
                _add(tar, (place / path.name).as_posix(), path)
                _check_length(source, tar.offset)  # what was shared is in it by now


def unpack(source: Path, target: Path, *, max_bytes: int = MAX_BYTES) -> list[Path]:
    """Write the cassette that is packed in `source` into the new directory `target`; return its files.

    Raises:
        UsageError: `target` exists.
        ArchiveError: `source` is damaged, too large, or holds other files than a cassette; nothing is written.
    """
    _check_free(target)
    written: list[Path] = []
    try:
        with replacing(target, force=False) as beside:

            def write(name: str, pieces: Iterator[bytes]) -> None:
                _write(beside / name, pieces)
                written.append(target / name)

            _take_members(source, max_bytes, write)
    except OSError as error:
        _check_free(target)  # another run was faster
        raise UsageError(f"{target}: cannot be written ({error.strerror}).") from error
    return written


def _check_length(source: Path, length: int) -> None:
    if length > MAX_BYTES:
        raise UsageError(
            f"{source}: its files take {length:,} bytes, and `unpack` takes {MAX_BYTES:,}. Pack fewer sessions, or "
            "redact and pack a part of the segments."
        )


def _check_free(target: Path) -> None:
    if target.exists() or target.is_symlink():  # a link that leads nowhere is not followed
        raise UsageError(f"{target}: exists already. Choose another DST.")


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    files = Files()
    files.make_directory(path.parent)
    with open(files.open_new(path), "wb") as file:  # noqa: PTH123  a descriptor
        file.writelines(pieces)
    path.chmod(0o644)


def _contents(session: Session) -> Iterator[Path]:
    """Yield the files of a session, written so that it needs no other file: each is there until the next one is."""
    with tempfile.TemporaryDirectory() as work:
        if any(wanted_in(path) for path in session.segments()):
            records, damages = read_held(session)
            if damages:
                raise ArchiveError(
                    f"{session.path}: damaged ({damages[0]}). Repair it first: codex-replay check --repair"
                )
            write_with_values(Path(work), records, None, is_verified=not is_unverified(session))
            session = Session(Path(work))
        yield from _files_of(session)


def _files_of(session: Session) -> list[Path]:
    """Return the segments of a session, and its manifest where it has one."""
    return [path for path in (*session.segments(), session.path / MANIFEST) if path.is_file()]


def _is_member(name: str) -> bool:
    """Return whether it is the name of a file of a packed cassette."""
    found = _PLACE.fullmatch(name)
    return found is not None and (is_plain(found["file"]) or found["file"] == MANIFEST)


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    if not _is_member(name):
        raise UsageError(f"{name!r}: unpack does not accept this name. Rename the cassette.")
    member = tarfile.TarInfo(name)  # its owner is 0, its time the epoch
    with open_regular(path) as file:
        member.size, member.mode = os.fstat(file.fileno()).st_size, 0o644
        tar.addfile(member, file)


def _take_members(source: Path, max_bytes: int, write: Callable[[str, Iterator[bytes]], None]) -> None:
    """Write the packed files one by one, as long as they belong to a cassette."""
    left = max_bytes
    seen: set[str] = set()
    try:
        with source.open("rb") as file:
            for member in members_of(file):
                left -= member.size
                if member.name in seen or not member.is_file or not _is_member(member.name):
                    raise ArchiveError(
                        f"{source}: holds {member.name[:_TOLD_CHARS]!r}, which is not part of a cassette."
                    )
                if left < 0 or len(seen) >= MAX_MEMBERS:
                    raise ArchiveError(f"{source}: holds more than {max_bytes:,} bytes or {MAX_MEMBERS:,} files.")
                seen.add(member.name)
                write(member.name, member.pieces)
    except TarError as error:
        raise ArchiveError(f"{source}: damaged, or not a packed cassette ({error}).") from error
    if not seen:
        raise ArchiveError(f"{source}: empty.")
