"""What git and editors make of a plain segment: conflict markers, a BOM, blank lines, two versions of one flow."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pytest_codex_replay.archive.line import TOO_LONG, decode_line
from pytest_codex_replay.archive.record import FlowRecord, Record, RequestRecord, ResponseRecord
from pytest_codex_replay.errors import ArchiveError

Lines = Iterable[tuple[int, bytes]]
"""Lines of a segment with their numbers."""
_BOM = b"\xef\xbb\xbf"
_CONFLICT = re.compile(rb"(?:<{7}|={7}|>{7}|\|{7})(?:\s|$)")
_FORMATTED = frozenset({b"{", b"[", b"[{"})
"""Lines that indented JSON begins with."""
ONCE_A_FLOW: dict[type[Record], str] = {RequestRecord: "request", ResponseRecord: "answer"}
"""Kinds of which a flow has one record, and what they are."""


def plain_lines(path: Path, lines: Lines) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a plain segment that are to be records. Editors put a BOM and blank lines into it.

    Raises:
        ArchiveError: it holds both sides of a merge conflict, or a formatter has put records on several lines.
    """
    for number, line in lines:
        if line.startswith(b'{"') or line is TOO_LONG:  # nearly all
            yield number, line
            continue
        if _CONFLICT.match(line):
            raise ArchiveError(
                f"{path}:{number}: a merge conflict. Take one side (git checkout --ours or --theirs {path.name}), "
                "or record it anew."
            )
        if line.strip() in _FORMATTED:
            raise ArchiveError(
                f"{path}:{number}: a formatter rewrote this file: each record has to be one line. Take it back "
                f"(git checkout {path.name}), and keep the formatter away from cassettes."
            )
        record = line.removeprefix(_BOM) if number == 1 else line
        if record.strip():
            yield number, record


class MergedFlows:
    """Finds flows of which a file holds two versions: the halves of two answers would make one that never came."""

    def __init__(self, read_again: Callable[[], Lines], report: Callable[[int, str, str], None]) -> None:
        """Look for them in one segment.

        Args:
            read_again: returns all lines of the segment, a plain one.
            report: told the line, the reason and the flow when one is found.
        """
        self._read_again = read_again
        self._report = report
        self._first: dict[tuple[type[Record], str], tuple[Record, int]] = {}
        self._texts: dict[tuple[str, int], int] | None = None
        """Of a plain segment: the hash of the line of a flow that had a number first; None while it is not needed."""
        self._flows: set[str] = set()
        self.is_found = False
        """Whether any record may have to be dropped by now."""

    def drops(self, record: Record, number: int, seq: int, line: bytes, *, is_again: bool) -> bool:
        """Return whether a record is of no use: another version of its flow stands before it.

        Args:
            record: the next one of the segment.
            number: that of its line, counted.
            seq: that which its line names.
            line: its text in a plain segment: one put there by hand may repeat an earlier one, not differ from it.
            is_again: a line with that number, or a later one, stands before it.
        """
        if not isinstance(record, FlowRecord):
            return False
        if line and is_again and self._texts is None:
            self._texts, self.is_found = _texts_before(number, self._read_again()), True
        if self._texts is not None and self._texts.setdefault((record.flow, seq), hash(line)) != hash(line):
            self._double(record.flow, number, f"another record {seq}")
        what = ONCE_A_FLOW.get(type(record))
        if what is not None and self._first.setdefault((type(record), record.flow), told := _told(record)) != told:
            self._double(record.flow, number, f"a second {what}")
        return record.flow in self._flows

    def _double(self, flow: str, number: int, what: str) -> None:
        if flow not in self._flows:
            self._flows.add(flow)
            self.is_found = True
            self._report(number, f"{what} of flow {flow}: two recordings were merged. Take one of them", flow)


def _told(record: Record) -> tuple[Record, int]:
    """Return what tells a record from another one, without its body, which may be large; one that shares stays."""
    body = record.payload if isinstance(record, RequestRecord) else None
    if not isinstance(record, RequestRecord) or body is None or body.is_of_value:
        return record, 0
    return replace(record, payload=None), hash(body.raw)


def _texts_before(number: int, lines: Lines) -> dict[tuple[str, int], int]:
    """Return the hash of each line before line `number`, by flow and number of its record."""
    found: dict[tuple[str, int], int] = {}
    for at, line in lines:
        if at >= number:
            break
        with suppress(ArchiveError):  # reported when it was read first
            seq, record = decode_line(line, lambda value: value)
            if isinstance(record, FlowRecord):
                found.setdefault((record.flow, seq), hash(line))
    return found
