"""Scans files: traffic by its records, any other file as text. What cannot be scanned is reported."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson

from pytest_codex_replay.archive.line import decode_line, encode_line
from pytest_codex_replay.archive.record import SharedValueRecord
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, is_segment
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.archive.shared_values import SharedValueReader
from pytest_codex_replay.archive.value_files import SharedValueError, ValueFiles, file_text, is_value_file
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.redaction.finder import IDENTITY
from pytest_codex_replay.redaction.views import MAX_OPENED_BYTES, decompressed, opened_bytes
from pytest_codex_replay.sharing.scan import LeftSecret, Scan
from pytest_codex_replay.wire.payload import Payload

Report = Callable[[str], None]
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
"""Byte order marks; longer ones come first."""


def scan_paths(paths: Iterable[Path], scan: Scan, report: Report) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in archives, cassettes, directories and files of any kind.

    Args:
        paths: files and directories. Directories of tools (`.git`, `node_modules`) are skipped.
        scan: looks for secrets.
        report: takes a line about each file that could not be scanned, with the reason.

    Raises:
        UsageError: a path does not exist.
    """
    paths = list(paths)
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or directory.")
    report_hidden: Report = lambda text: report(scan.hidden(text))  # noqa: E731
    for path in paths:
        for file in _files(path, paths, report_hidden):
            yield from scan.name(file, file.relative_to(path.parent))
            yield from scan_file(file, scan, report_hidden)


def scan_file(path: Path, scan: Scan, report: Report) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in a file.

    Raises:
        ArchiveError: it is traffic of a newer format.
    """
    if is_value_file(path):
        yield from _scan_value(path, scan, report)
    elif is_segment(path.name):
        try:
            records = list(read_segment(path, lambda damage: report(f"{path.parent}/{damage}")))
        except SharedValueError as error:
            report(str(error))
            yield from scan_bytes(str(path), path.read_bytes(), scan, report)
            return
        found = scan.records(str(path), records)
        yield from found if path.name == PLAIN_SEGMENT else _identity_once(found)
        if path.name == PLAIN_SEGMENT:
            for number, text in _not_read(path.read_bytes()):
                yield from scan.text(str(path), text, line=number)
    else:
        yield from scan_bytes(str(path), path.read_bytes(), scan, report)


def _identity_once(findings: Iterable[LeftSecret]) -> Iterator[LeftSecret]:
    """Yield the findings in a segment of an archive: identity, which each line of it holds, once, with its count."""
    identity: list[LeftSecret] = []
    for one in findings:
        if one.kind == IDENTITY:
            identity.append(one)
        else:
            yield one
    if identity:
        others = f", and {len(identity) - 1} more in this file" if len(identity) > 1 else ""
        yield replace(identity[0], place=f"{identity[0].place}{others}")


def _scan_value(path: Path, scan: Scan, report: Report) -> Iterator[LeftSecret]:
    """Yield what is left in a shared value: as a record has it, and as text where the file holds more."""
    raw, value = path.read_bytes(), None
    try:
        value = ValueFiles(path.parent).read(path.stem)
    except SharedValueError as error:
        report(str(error))
    else:
        record = SharedValueRecord(at_ms=0.0, digest=path.stem, payload=Payload.of({"value": value}))
        yield from scan.records(str(path), [record])
    if file_text(value) != raw:
        yield from scan_bytes(str(path), raw, scan, report)


def scan_bytes(name: str, raw: bytes, scan: Scan, report: Report) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in the content of a file other than traffic."""
    yield from scan.text(name, _text_of(raw, lambda what: report(f"{name}: {what}")))


def _files(path: Path, roots: Iterable[Path], report: Report) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        try:
            children = sorted(path.iterdir())
        except PermissionError as error:
            report(f"{path}: {error.strerror}")
            return
        for child in children:
            if not child.is_dir():
                yield from _files(child, roots, report)
            elif not child.is_symlink():
                yield from () if child.name in _SKIPPED else _files(child, roots, report)
            elif not any(child.resolve().is_relative_to(root.resolve()) for root in roots):
                report(f"{child}: is a link to a directory, which is not followed; name {child.resolve()}, too")
    elif path.exists():  # a link may lead nowhere
        report(f"{path}: not a regular file")


def _not_read(raw: bytes) -> Iterator[tuple[int, str]]:
    """Yield the lines of plain traffic that hold more than their records do, with their numbers.

    These are lines without a record, records with unknown members, and shared values that no record refers to.
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
        items.add(record.digest, record.payload.json, len(record.payload.raw))
        if mentions[record.digest.encode()] <= 1:
            return False
    return again == line + b"\n"


def _text_of(raw: bytes, report: Report) -> str:
    """Return the text of a file, decompressed and decoded."""
    raw, why = decompressed(raw, MAX_OPENED_BYTES)
    if why:
        report(why)
    for magic, what in _SHUT.items():
        if raw.startswith(magic):
            report(f"is {what}, which is not opened")
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    return opened_bytes(raw) or raw.decode("latin-1")
