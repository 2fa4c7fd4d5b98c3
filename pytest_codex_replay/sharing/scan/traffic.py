"""Scans traffic by its records; what these do not hold, as text. What cannot be scanned is reported."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from pytest_codex_replay.archive.names import is_plain
from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.archive.value_files import SharedValueError
from pytest_codex_replay.redaction.finder import IDENTITY
from pytest_codex_replay.sharing.expansion import Expansion, beginning
from pytest_codex_replay.sharing.scan.content import scan_content
from pytest_codex_replay.sharing.scan.pieces import Report
from pytest_codex_replay.sharing.scan.scan import LeftSecret, Scan
from pytest_codex_replay.sharing.scan.unread_lines import texts_not_read

_SMALL_BYTES = 2048
"""Of a segment that is read once: a session may have thousands, and to open each takes longer than to read it."""


def scan_segment(
    path: Path, scan: Scan, report: Report, *, tells_ends: bool, expansion: Expansion
) -> Iterator[LeftSecret]:
    """Yield the secrets that are left in a segment.

    Raises:
        ArchiveError: it is of a newer format.
    """
    if (most := expansion.too_far([path], partial(read_segment, path))) is not None:
        report(f"{path}: expands to more than {most:,} bytes, as no recorder writes it; at most its beginning was read")
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
        yield from scan_content(path, scan, report, expansion)
        return
    if is_plain(path.name):
        yield from scan.texts(str(path), texts_not_read(path, report), scan.count_of(path.stat().st_size), report)


class _Records:
    """The records of a segment; its damage is reported once.

    They are read each time that they are iterated over, but for those of a small segment, which are held.
    """

    def __init__(self, path: Path, on_damage: Callable[[Damage], None]) -> None:
        self._path, self._on_damage = path, on_damage
        self._held: list[Record] | None = None

    def __iter__(self) -> Iterator[Record]:
        if self._held is not None:
            return iter(self._held)
        on_damage, self._on_damage = self._on_damage, lambda _: None
        records = read_segment(self._path, on_damage)
        if self._path.stat().st_size > _SMALL_BYTES:
            return records
        self._held = list(records)
        return iter(self._held)


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
