"""Codex's own transcripts, put beside the traffic they belong to; compressed when they are cold."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import zstandard

from pytest_codex_replay.archive.files import Files, is_claimed
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, is_segment
from pytest_codex_replay.codex.rollouts import COMPRESSED, PLAIN
from pytest_codex_replay.codex_home.rollout_files import expanded, open_rollout_file
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import rollout_lines_of

_PIECE_BYTES = 1024 * 1024
_LEVEL = 9
COLD_S = 7 * 24 * 3600
"""Age at which a rollout is cold: Codex has the same rule."""


def keep_rollout(files: Files, rollout: Path, session_directory: Path, clean: Callable[[bytes], bytes]) -> None:
    """Put a copy of a rollout into a session directory, unless it is there as it is now, in either form.

    A copy, not a link: what a tool printed stands in the rollout, and known secrets are not to be in the archive.
    `clean` removes them; it returns the same object when it finds none.

    Raises:
        OSError: it cannot be read or written.
        UsageError: it is not a file.
        ZstdError: its compressed data is damaged, or expands to more than is read of a rollout.
    """
    with open_rollout_file(rollout) as file:
        changed_ns = os.fstat(file.fileno()).st_mtime_ns
        target, other = session_directory / rollout.name, session_directory / _other_form(rollout.name)
        if changed_ns in {_changed_ns(target), _changed_ns(other)}:
            return
        is_zst = rollout.suffix == ".zst"
        copy = _cleaned_zst(file, clean) if is_zst else map(clean, _whole_lines(_pieces_of(file)))
        _put(files, target, copy, changed_ns)
    if rollout.suffix == ".zst":  # an older plain one would be read first; an older compressed one is not read
        with suppress(FileNotFoundError):
            files.remove(other)


def cold_directories(archive: Path, now_s: float, start: int = 0) -> Iterator[Path | None]:
    """Yield the session directories that have a cold rollout in plain text; None for each one that has none.

    Args:
        archive: the archive.
        now_s: Unix time.
        start: number of the directory to begin with, so that short runs do not all look at the same ones.
    """
    names = sorted(os.listdir(archive))  # noqa: PTH208  names are enough
    for place in range(len(names)):
        directory = archive / names[(place + start) % len(names)]
        try:
            is_cold = any(now_s - path.stat().st_mtime > COLD_S for path in _plain_rollouts(directory))
        except OSError:
            is_cold = False  # it vanished, or is not ours to read
        yield directory if is_cold else None


def compress_rollouts(files: Files, directory: Path) -> int:
    """Compress the rollouts in a session directory, unless a recorder writes there; return how many there were.

    A plain rollout goes once its compressed form was read back and is the same. One that changed meanwhile stays.

    Raises:
        OSError: it cannot be read or written.
        ArchiveError: what was written is not what was read; the plain rollout is left as it is.
    """
    plain = _plain_rollouts(directory)
    return 0 if not plain or _is_written(directory) else sum(_compress(files, path) for path in plain)


def _compress(files: Files, plain: Path) -> bool:
    target = plain.with_name(_other_form(plain.name))
    with open_rollout_file(plain) as file:
        before = os.fstat(file.fileno())
        if (_changed_ns(target) or 0) > before.st_mtime_ns:
            return False  # Codex compressed it meanwhile, and that was copied
        packed, digest, lines = _packed(file)
    if lines > rollout_lines_of(len(packed)):
        return False  # it would not be read whole
    _put(files, target, [packed], before.st_mtime_ns)
    with target.open("rb") as file:
        if _digest(zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)) != digest:
            files.remove(target)
            raise ArchiveError(f"{target}: is not what was written; {plain.name} is kept. Check the disk.")
    return _remove_unless_changed(files, plain, before)


def _changed_ns(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _put(files: Files, target: Path, pieces: Iterable[bytes], changed_ns: int) -> None:
    """Put a file in its place in one step, with the time of what it is a copy of."""
    ready = target.with_name(f".{target.name}.{os.getpid()}.new.tmp")
    try:
        files.replace(ready, b"")
        for piece in pieces:
            files.append(ready, piece)
        files.set_time(ready, changed_ns)
        files.move(ready, target)
    except (OSError, zstandard.ZstdError):
        ready.unlink(missing_ok=True)
        raise


def _remove_unless_changed(files: Files, plain: Path, before: os.stat_result) -> bool:
    """Take a file away, then look at what was taken: a writer may have put another one there until that moment."""
    aside = plain.with_name(f".{plain.name}.{os.getpid()}.tmp")
    files.move(plain, aside)
    now = aside.stat()
    is_same = (now.st_ino, now.st_size, now.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)
    if not is_same:
        with suppress(FileExistsError):  # a still newer one is there
            files.link(aside, plain)
    files.remove(aside)
    return is_same


def _packed(file: BinaryIO) -> tuple[bytes, bytes, int]:
    """Return a file compressed, the digest of what it holds, and how many lines that are."""
    compressor, digest = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compressobj(), hashlib.sha256()
    pieces, lines = [], 0
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
        lines += piece.count(b"\n")
        pieces.append(compressor.compress(piece))
    return b"".join([*pieces, compressor.flush()]), digest.digest(), lines


def _digest(reader: zstandard.ZstdDecompressionReader) -> bytes:
    digest = hashlib.sha256()
    try:
        while piece := reader.read(_PIECE_BYTES):
            digest.update(piece)
    except zstandard.ZstdError:
        return b""
    return digest.digest()


def _plain_rollouts(directory: Path) -> list[Path]:
    if directory.is_symlink() or not directory.is_dir():
        return []
    names = sorted(os.listdir(directory))  # noqa: PTH208  names are enough
    if PLAIN_SEGMENT in names or not any(map(is_segment, names)):
        return []  # a cassette, or not a session
    found = [directory / name for name in names if name.startswith("rollout-") and name.endswith(PLAIN)]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _is_written(directory: Path) -> bool:
    return any(is_claimed(path) for path in directory.iterdir() if is_segment(path.name))


def _other_form(name: str) -> str:
    """Return the name of the compressed form of a plain rollout, and the reverse."""
    return name.removesuffix(".zst") if name.endswith(COMPRESSED) else f"{name}.zst"


def _cleaned_zst(file: BinaryIO, clean: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Yield a compressed file without known secrets; as it is, if it holds none."""
    size, is_clean = 0, True
    for lines in _whole_lines(expanded(file)):
        cleaned = clean(lines)
        size, is_clean = size + len(cleaned), is_clean and cleaned is lines
    file.seek(0)
    if is_clean:
        yield from _pieces_of(file)
        return
    compressor = zstandard.ZstdCompressor().compressobj(size=size)
    yield from (compressor.compress(clean(lines)) for lines in _whole_lines(expanded(file)))
    yield compressor.flush()


def _pieces_of(file: BinaryIO) -> Iterator[bytes]:
    return iter(partial(file.read, _PIECE_BYTES), b"")


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces that end where lines end: what is a secret stands in one line."""
    begun: list[bytes] = []
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            yield b"".join([*begun, piece[:end]])
            begun = []
        begun.append(piece[end:])
    if rest := b"".join(begun):
        yield rest
