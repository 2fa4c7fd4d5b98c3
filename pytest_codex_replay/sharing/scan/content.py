"""Scans the content of files other than traffic, as text, within limits. What is left out is reported."""

import io
from collections.abc import Iterator
from pathlib import Path

from pytest_codex_replay.archive.names import is_segment
from pytest_codex_replay.index.schema import INDEX_NAME
from pytest_codex_replay.limits import SCANNED_BYTES
from pytest_codex_replay.sharing.expansion import Expansion, stored_bytes
from pytest_codex_replay.sharing.scan.pieces import Report, Stored, texts_of
from pytest_codex_replay.sharing.scan.scan import LeftSecret, Scan


def scan_bytes(name: str, raw: bytes, scan: Scan, report: Report) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in the content of a file other than traffic."""
    stored = Stored(len(raw), Expansion().files)
    yield from scan.texts(
        name, texts_of(io.BytesIO(raw), stored, _at(name, report)), scan.count_of(stored.size), report
    )


def scan_content(path: Path, scan: Scan, report: Report, expansion: Expansion) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in a file, whatever it is.

    An index says what the segments beside it expand to: as much of it is looked at as of these, and its texts count
    together with theirs.
    """
    name, stored, count = str(path), Stored(path.stat().st_size, expansion.files), None
    if is_index(path):
        count = scan.count_in(path.parent)
        if count is None or stored.size > SCANNED_BYTES:  # to look at all files of an archive takes a while
            beside = stored_bytes(one for one in path.parent.glob("*/*") if is_segment(one.name))
            stored = Stored(min(beside, stored.size), expansion.files, is_derived=beside < stored.size)
    with path.open("rb") as file:
        texts = texts_of(file, stored, _at(name, report))
        yield from scan.texts(name, texts, count or scan.count_of(stored.size), report)


def is_index(path: Path) -> bool:
    """Return whether a file is an index of the sessions beside it, or what SQLite keeps with one."""
    return path.name.startswith(INDEX_NAME)


def _at(name: str, report: Report) -> Report:
    return lambda what: report(f"{name}: {what}")
