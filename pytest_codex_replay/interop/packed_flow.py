"""The records of flows in a temporary file, till they are written by their times."""

import heapq
from collections.abc import Iterable, Iterator
from operator import itemgetter

from pytest_codex_replay.archive.line import decode_line, encode_line
from pytest_codex_replay.archive.record import Record, RequestRecord
from pytest_codex_replay.interop.packed_pieces import PackedPieces, Piece
from pytest_codex_replay.spool import Spool


class PackedFlow:
    """The records of a flow, packed. They stay in their order, whatever its clock did."""

    def __init__(self, spool: Spool, records: Iterable[Record]) -> None:
        """Take records.

        Raises:
            ArchiveError: one of them would not be read.
        """
        self._lines, self.first_ms, self.is_exchange = PackedPieces(spool), 0.0, False
        latest_ms = 0.0
        for number, record in enumerate(records):
            latest_ms = max(latest_ms, record.at_ms)
            if not number:
                self.first_ms, self.is_exchange = latest_ms, isinstance(record, RequestRecord)
            line = encode_line(record, 0, checksum=False)[:-1]
            _decoded(line)
            self._lines.extend([Piece(latest_ms, line)])
        self._lines.pack(1)

    def timed(self) -> Iterator[tuple[float, Record | None]]:
        """Yield the records with the times by which they are sorted; before them the first time alone."""
        yield self.first_ms, None  # of thousands of flows, only those are unpacked that are under way
        for piece in self._lines:
            yield piece.at_ms, _decoded(piece.data)


class FlowPacker:
    """Packs flows into one temporary file."""

    def __init__(self) -> None:
        """Begin without any."""
        self._spool = Spool()

    def packed(self, records: Iterable[Record]) -> PackedFlow:
        """Return the records of a flow, packed.

        Raises:
            ArchiveError: one of them would not be read.
        """
        return PackedFlow(self._spool, records)


def by_time(flows: Iterable[PackedFlow]) -> Iterator[Record]:
    """Yield the records of all flows as they came."""
    timed = heapq.merge(*(flow.timed() for flow in flows), key=itemgetter(0))
    return (record for _, record in timed if record is not None)


def _decoded(line: bytes) -> Record:
    """Return the record in a line: what is written will be read."""
    return decode_line(line, lambda value: value)[1]
