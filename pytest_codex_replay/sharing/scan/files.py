"""Scans files: traffic by its records, any other file as text. What cannot be scanned is reported."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_codex_replay.archive.names import is_segment
from pytest_codex_replay.archive.record import SharedValueRecord
from pytest_codex_replay.archive.value_files import SharedValueError, ValueFiles, file_text, is_value_file
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.index.schema import INDEX_NAME
from pytest_codex_replay.sharing.expansion import Expansion, left_out
from pytest_codex_replay.sharing.scan.content import scan_content
from pytest_codex_replay.sharing.scan.pieces import Report
from pytest_codex_replay.sharing.scan.scan import LeftSecret, Scan
from pytest_codex_replay.sharing.scan.traffic import scan_segment
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
            try:
                yield from scan_file(file, scan, report_hidden, tells_ends=tells_ends, expansion=expansion)
            except ArchiveError as error:
                report_hidden(str(error))
            except OSError as error:  # what the other files have is found all the same
                report_hidden(f"{error.filename or file}: {error.strerror}")


def scan_file(
    path: Path, scan: Scan, report: Report, *, tells_ends: bool = True, expansion: Expansion | None = None
) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in a file; `expansion` measures those that are looked at together.

    Raises:
        ArchiveError: it is traffic of a newer format.
    """
    expansion = expansion or Expansion()
    if is_value_file(path):
        yield from _scan_value(path, scan, report, expansion)
    elif is_segment(path.name):
        yield from scan_segment(path, scan, report, tells_ends=tells_ends, expansion=expansion)
    else:
        yield from scan_content(path, scan, report, expansion)


def scan_together(paths: Iterable[Path], scan: Scan, report: Report) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in files that are shared together."""
    expansion = Expansion()
    for path in paths:
        yield from scan_file(path, scan, report, expansion=expansion)


def _scan_value(path: Path, scan: Scan, report: Report, expansion: Expansion) -> Iterator[LeftSecret]:
    """Yield what is left in a shared value: as a record has it, and as text where the file holds more."""
    value = None
    try:
        value = ValueFiles(path.parent).read(path.stem)
    except SharedValueError as error:
        report(str(error))
    else:
        record = SharedValueRecord(at_ms=0.0, digest=path.stem, payload=Payload.of({"value": value}))
        yield from scan.segment(path, [record], report)
    if value is None or file_text(value) != path.read_bytes():
        yield from scan_content(path, scan, report, expansion)


def _files(path: Path, roots: Iterable[Path], report: Report) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        try:
            with os.scandir(path) as found:
                children = sorted(found, key=lambda one: (one.name.startswith(INDEX_NAME), one.name))
        except PermissionError as error:
            report(f"{path}: {error.strerror}")
            return
        if unread := left_out(path, [one.name for one in children]):
            report(f"{path}: {len(unread):,} segments more than a session may have, from {min(unread)} on")
        for entry in (one for one in children if one.name not in unread):  # thousands: a path of each takes long
            child = path / entry.name
            if not (child.is_dir() if entry.is_symlink() else entry.is_dir()):
                yield from _files(child, roots, report)
            elif not entry.is_symlink():
                yield from () if entry.name in _SKIPPED else _files(child, roots, report)
            elif not any(child.resolve().is_relative_to(root.resolve()) for root in roots):
                report(f"{child}: is a link to a directory, which is not followed; name {child.resolve()}, too")
    elif path.exists():  # a link may lead nowhere
        report(f"{path}: not a regular file")
