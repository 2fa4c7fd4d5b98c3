"""Numbers of shell sessions, made canonical: Codex draws them at random, the model repeats them. No I/O.

Codex reports one when a program goes on running (codex-rs/core/src/unified_exec, revision of 2026-07), in words or,
within `exec`, in JSON; the model passes it to `write_stdin`.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from pytest_codex_replay.archive.record import BodyRecord, EventRecord, MessageRecord, Record, RequestRecord
from pytest_codex_replay.codex.tool_output import SESSION_NAMED, SESSION_STARTED
from pytest_codex_replay.redaction.finder import replaced_in_pieces
from pytest_codex_replay.sharing.held_records import Held, HeldRecords
from pytest_codex_replay.sharing.records import said_once, with_deltas
from pytest_codex_replay.wire.json_values import Path
from pytest_codex_replay.wire.payload import Payload

_FIRST = 1000
_IN_BYTES, _IN_TEXT = re.compile(SESSION_NAMED.encode()), re.compile(SESSION_NAMED)


def canonical_shells(given: Iterable[Record]) -> HeldRecords:
    """Return records in which shell sessions are numbered by their first appearance."""
    records = HeldRecords.of(given)
    numbers: dict[str, str] = {}
    for said in said_once(records.single()):
        for found in SESSION_STARTED.finditer(said):
            numbers.setdefault((found[2] or found[4]).decode(), str(_FIRST + len(numbers)))
    if all(old == new for old, new in numbers.items()):
        return records
    deltas = _deltas(records, numbers)
    changed = HeldRecords()
    for start, entry in records.entries():
        if isinstance(entry, Held):
            changed.add(_renumbered(entry.record, numbers, deltas.get(start)), entry.event)
        elif entry.says(_IN_BYTES) or not deltas.keys().isdisjoint(range(start, start + entry.count)):
            for row in entry.rows():
                changed.add(_renumbered(row.record, numbers, deltas.get(start + row.offset)), row.event)
        else:
            changed.add_block(entry)
    return changed.ended()


def _deltas(records: HeldRecords, numbers: dict[str, str]) -> dict[int, dict[Path, str]]:
    """Return the changed deltas, by the index of their record; a number may be split over several."""
    changed: dict[int, dict[Path, str]] = {}
    for stream in records.streams():
        spans = [(*found.span(2), numbers[found[2]]) for found in _IN_TEXT.finditer(stream.text) if found[2] in numbers]
        if spans:
            pieces = stream.pieces
            texts = replaced_in_pieces([piece.text for piece in pieces], spans)
            for piece, new in zip(pieces, texts, strict=True):
                changed.setdefault(piece.at, {})[piece.path] = new
    return changed


def _renumbered(record: Record, numbers: dict[str, str], deltas: dict[Path, str] | None) -> Record:
    def swap(found: re.Match[bytes]) -> bytes:
        return found[1] + numbers.get(found[2].decode(), found[2].decode()).encode()

    if deltas is not None and isinstance(record, EventRecord | MessageRecord):
        return with_deltas(record, deltas)
    if isinstance(record, EventRecord):
        return replace(record, raw=_IN_BYTES.sub(swap, record.raw))
    if isinstance(record, RequestRecord | MessageRecord | BodyRecord) and record.payload is not None:
        return replace(record, payload=Payload(_IN_BYTES.sub(swap, record.payload.raw)))
    return record
