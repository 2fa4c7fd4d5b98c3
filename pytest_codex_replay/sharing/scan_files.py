"""The files that a scan looks through: traffic by its records, any other as text. What cannot be looked at is said."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson

from pytest_codex_replay.archive.line import decode_line, encode_line
from pytest_codex_replay.archive.record import SharedValueRecord
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, is_segment, read_segment
from pytest_codex_replay.archive.shared_values import SharedValueReader
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.redaction.views import MAX_OPENED_BYTES, decompressed, opened_bytes
from pytest_codex_replay.sharing.scan import LeftSecret, Scan

Say = Callable[[str], None]
_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__"})
_DIGEST = re.compile(rb'"([0-9a-f]{32})"')
_SHUT = {b"PK\x03\x04": "a zip archive", b"7z\xbc\xaf\x27\x1c": "a 7z archive"}
_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
"""Of an encoding, at the beginning of a text; the longer before the shorter."""


def scan_paths(paths: Iterable[Path], scan: Scan, say: Say) -> Iterator[LeftSecret]:
    """Yield what is left in archives, cassettes, directories and files of any kind.

    Args:
        paths: of them. In directories those of tools (`.git`, `node_modules`) are left out.
        scan: looks for secrets.
        say: is told what could not be looked at, and why.

    Raises:
        UsageError: a path is not there.
    """
    paths = list(paths)
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or directory.")
    tell: Say = lambda text: say(scan.hidden(text))  # noqa: E731
    for path in paths:
        for file in _files(path, paths, tell):
            yield from scan.name(file, file.relative_to(path.parent))
            yield from scan_file(file, scan, tell)


def scan_file(path: Path, scan: Scan, say: Say) -> Iterator[LeftSecret]:
    """Yield what is left in a file.

    Raises:
        ArchiveError: it is traffic of a newer format.
    """
    if is_segment(path.name):
        yield from scan.records(str(path), list(read_segment(path, lambda damage: say(f"{path.parent}/{damage}"))))
        if path.name == PLAIN_SEGMENT:
            for number, text in _not_read(path.read_bytes()):
                yield from scan.text(str(path), text, line=number)
    else:
        yield from scan_bytes(str(path), path.read_bytes(), scan, say)


def scan_bytes(name: str, raw: bytes, scan: Scan, say: Say) -> Iterator[LeftSecret]:
    """Yield what is left in the content of a file that is no traffic."""
    yield from scan.text(name, _text_of(raw, lambda what: say(f"{name}: {what}")))


def _files(path: Path, roots: Iterable[Path], say: Say) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        try:
            children = sorted(path.iterdir())
        except PermissionError as error:
            say(f"{path}: {error.strerror}")
            return
        for child in children:
            if not child.is_dir():
                yield from _files(child, roots, say)
            elif not child.is_symlink():
                yield from () if child.name in _SKIPPED else _files(child, roots, say)
            elif not any(child.resolve().is_relative_to(root.resolve()) for root in roots):
                say(f"{child}: is a link to a directory, which is not followed; name {child.resolve()}, too")
    elif path.exists():  # a link may lead nowhere
        say(f"{path}: is no regular file")


def _not_read(raw: bytes) -> Iterator[tuple[int, str]]:
    """Yield the lines of plain traffic that hold more than is read of them, with their numbers.

    These are lines that are no record, records with a member that no record has, and items that none refers to.
    """
    items = SharedValueReader()
    mentions = Counter(_DIGEST.findall(raw))
    for number, line in enumerate(raw.split(b"\n"), 1):
        if line and not _is_read(line, items, mentions):
            yield number, line.decode(errors="replace")


def _is_read(line: bytes, items: SharedValueReader, mentions: Counter[bytes]) -> bool:
    try:
        seq, record = decode_line(line, items.resolve)
        value = orjson.loads(line)
        refs = value["json"] if value.get("refs") else None
        record = replace(record, at_ms=value["at_ms"])  # a whole number is read as one with a point
        again = encode_line(record, seq, checksum="sum" in value, refs=refs)
    except (ArchiveError, orjson.JSONDecodeError, TypeError, ValueError):
        return False
    if isinstance(record, SharedValueRecord):
        items.add(record.digest, record.payload.json)
        if mentions[record.digest.encode()] <= 1:
            return False
    return again == line + b"\n"


def _text_of(raw: bytes, say: Say) -> str:
    """Return what a file says, once it is decompressed and decoded."""
    raw, why = decompressed(raw, MAX_OPENED_BYTES)
    if why:
        say(why)
    for magic, what in _SHUT.items():
        if raw.startswith(magic):
            say(f"is {what}, which is not opened")
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    return opened_bytes(raw) or raw.decode("latin-1")
