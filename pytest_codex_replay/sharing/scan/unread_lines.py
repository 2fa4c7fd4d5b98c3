"""The lines of plain traffic that hold more than their records do: a cassette may be edited by hand."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson

from pytest_codex_replay.archive.line import TOO_LONG, decode_line, encode_line
from pytest_codex_replay.archive.record import SharedValueRecord
from pytest_codex_replay.archive.segment_bytes import BegunLine, segment_bytes
from pytest_codex_replay.archive.shared_values import SharedValueReader
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import LINE_BYTES, SCANNED_LINE_BYTES
from pytest_codex_replay.sharing.scan.pieces import Report

_DIGEST = re.compile(rb'"([0-9a-f]{32})"')


def texts_not_read(path: Path, report: Report) -> Iterator[tuple[int, str]]:
    """Yield the lines of plain traffic that hold more than their records do, with their numbers.

    These are lines without a record, records with unknown members, and shared values that no record refers to. Lines
    that are too long for a record were reported when the records were read.
    """
    for number, line in _lines_not_read(path):
        if len(line) > SCANNED_LINE_BYTES:
            report(f"{path}:{number}: longer than the {SCANNED_LINE_BYTES:,} bytes that are looked at")
        yield number, line[:SCANNED_LINE_BYTES].decode(errors="replace")


def _lines_not_read(path: Path) -> Iterator[tuple[int, bytes]]:
    items = SharedValueReader()
    mentions = Counter(digest for _, line in _lines(path) for digest in _DIGEST.findall(line))
    for number, line in _lines(path):
        if line and not _is_read(line, items, mentions):
            yield number, line


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a plain segment, the last one, too, if it has no end; without those that are too long."""
    number, begun = 1, BegunLine()
    for chunk in segment_bytes(path, lambda _: None):
        *lines, rest = chunk.split(b"\n")
        for line in map(begun.ended, lines):
            if line is not TOO_LONG:
                yield number, line
            number += 1
        begun.add(rest)
    if 0 < begun.length <= LINE_BYTES:
        yield number, begun.ended(b"")


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
        items.add(record.digest, None, len(record.payload.raw))  # only whether it is there
        if mentions[record.digest.encode()] <= 1:
            return False
    return again == line + b"\n"
