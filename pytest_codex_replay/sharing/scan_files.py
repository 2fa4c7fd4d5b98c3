"""Scans files: traffic by its records, any other file as text. What cannot be scanned is reported."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pytest_codex_replay.archive.names import is_plain, is_segment
from pytest_codex_replay.archive.record import Record, SharedValueRecord
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.archive.value_files import SharedValueError, ValueFiles, file_text, is_value_file
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.finder import IDENTITY
from pytest_codex_replay.sharing.expansion import Expansion, beginning, left_out
from pytest_codex_replay.sharing.scan import LeftSecret, Scan
from pytest_codex_replay.sharing.scan_pieces import Report, texts_of
from pytest_codex_replay.sharing.unread_lines import texts_not_read
from pytest_codex_replay.wire.payload import Payload

_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__"})


def scan_paths(paths: Iterable[Path], scan: Scan, report: Report, *, tells_ends: bool = True) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in archives, cassettes, directories and files of any kind.

    Args:
        paths: files and directories. Directories of tools (`.git`, `node_modules`) are skipped.
        scan: looks for secrets.
        report: takes a line about each file that could not be scanned, with the reason.
        tells_ends: also about traffic that just stops, which every reader reads to its last whole record.

    Raises:
        UsageError: a path does not exist.
    """
    paths = list(paths)
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or directory.")
    expansion = Expansion()
    report_hidden: Report = lambda text: report(scan.hidden(text))  # noqa: E731
    for path in paths:
        for file in _files(path, paths, report_hidden):
            yield from scan.name(file, file.relative_to(path.parent))
            yield from scan_file(file, scan, report_hidden, tells_ends=tells_ends, expansion=expansion)


def scan_file(
    path: Path, scan: Scan, report: Report, *, tells_ends: bool = True, expansion: Expansion | None = None
) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in a file; `expansion` measures those that are looked at together.

    Raises:
        ArchiveError: it is traffic of a newer format.
    """
    if is_value_file(path):
        yield from _scan_value(path, scan, report)
    elif is_segment(path.name):
        if (most := (expansion or Expansion()).too_far([path], partial(read_segment, path))) is not None:
            report(
                f"{path}: expands to more than {most:,} bytes, as no recorder writes it; at most its beginning was read"
            )
        damaged: Callable[[Damage], None] = lambda one: (  # noqa: E731
            report(f"{path.parent}/{one}") if tells_ends or not one.cut else None
        )
        records: Iterable[Record] = _Records(path, damaged)
        records = records if most is None else list(beginning(records, most))
        found = scan.segment(path, records, report)
        try:
            yield from found if is_plain(path.name) else _identity_once(found)
        except SharedValueError as error:  # before anything was found
            report(str(error))
            yield from _scan_content(path, scan, report)
            return
        if is_plain(path.name):
            for number, text in texts_not_read(path, report):
                yield from scan.text(str(path), text, line=number)
    else:
        yield from _scan_content(path, scan, report)


class _Records:
    """The records of a segment, read each time that they are iterated over; its damage is reported once."""

    def __init__(self, path: Path, on_damage: Callable[[Damage], None]) -> None:
        self._path, self._on_damage = path, on_damage

    def __iter__(self) -> Iterator[Record]:
        on_damage, self._on_damage = self._on_damage, lambda _: None
        return read_segment(self._path, on_damage)


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
    value = None
    try:
        value = ValueFiles(path.parent).read(path.stem)
    except SharedValueError as error:
        report(str(error))
    else:
        record = SharedValueRecord(at_ms=0.0, digest=path.stem, payload=Payload.of({"value": value}))
        yield from scan.records(str(path), [record])
    if value is None or file_text(value) != path.read_bytes():
        yield from _scan_content(path, scan, report)


def scan_bytes(name: str, raw: bytes, scan: Scan, report: Report) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in the content of a file other than traffic."""
    yield from _scan_stream(name, io.BytesIO(raw), len(raw), scan, report)


def _scan_content(path: Path, scan: Scan, report: Report) -> Iterator[LeftSecret]:
    with path.open("rb") as file:
        yield from _scan_stream(str(path), file, path.stat().st_size, scan, report)


def _scan_stream(name: str, file: BinaryIO, size: int, scan: Scan, report: Report) -> Iterator[LeftSecret]:
    """Yield what is left in the texts of a file, once: each repeats some lines of the one before."""
    before: set[LeftSecret] = set()
    for line, text in texts_of(file, size, lambda what: report(f"{name}: {what}")):
        found = dict.fromkeys(scan.text(name, text, line=line))
        yield from (one for one in found if one not in before)
        before = set(found)


def _files(path: Path, roots: Iterable[Path], report: Report) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        try:
            children = sorted(path.iterdir(), key=lambda one: one.name)
        except PermissionError as error:
            report(f"{path}: {error.strerror}")
            return
        if unread := left_out(path, children):
            report(f"{path}: {len(unread):,} segments more than a session may have, from {min(unread).name} on")
        for child in (one for one in children if one not in unread):
            if not child.is_dir():
                yield from _files(child, roots, report)
            elif not child.is_symlink():
                yield from () if child.name in _SKIPPED else _files(child, roots, report)
            elif not any(child.resolve().is_relative_to(root.resolve()) for root in roots):
                report(f"{child}: is a link to a directory, which is not followed; name {child.resolve()}, too")
    elif path.exists():  # a link may lead nowhere
        report(f"{path}: not a regular file")
