"""The parts of an answer in little room: written and compressed as they come, made again when asked for. No I/O.

A session of 300 MB has a million of them, and most verbs look at a few.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_codex_replay.archive.line import decode_line, encode_line
from pytest_codex_replay.archive.record import BodyRecord, EventRecord, FlowRecord, MessageRecord, RunRecord
from pytest_codex_replay.packed_bytes import pack, unpack

_BLOCK_BYTES = 256 * 1024
"""Lines that are compressed together: half of them would take a third more, twice as many must be read for one."""


@dataclass(slots=True)
class Room:
    """For the parts of a session that are held as they came: most sessions are small, and to write them takes time."""

    left_bytes: int = 512 * 1024

    def takes(self, record: FlowRecord) -> bool:
        """Return whether a part may be held as it is."""
        if isinstance(record, RunRecord):
            self.left_bytes -= len(record.text)
        elif isinstance(record, EventRecord):
            self.left_bytes -= len(record.raw)
        elif isinstance(record, MessageRecord | BodyRecord):
            self.left_bytes -= len(record.payload.raw)
        return self.left_bytes > 0


class PackedParts:
    """What answers one request, oldest first."""

    __slots__ = (
        "_blocks",
        "_keeps",
        "_lines",
        "_lines_bytes",
        "first_at_ms",
        "is_body",
        "last_at_ms",
        "length",
        "types",
    )

    def __init__(self, *, keeps: bool = True, is_body: bool = False) -> None:
        """Not `keeps`: only count them."""
        self.is_body = is_body
        """Whether they are pieces of a body, not events."""
        self.length = 0
        """How many parts there are; a run counts as what it stands for."""
        self.first_at_ms: float | None = None
        self.last_at_ms: float | None = None
        self.types: Counter[str] = Counter()
        """How many events of each type there are; a reader counts them."""
        self._keeps = keeps
        self._blocks: list[bytes | FlowRecord] = []
        self._lines: list[bytes] = []
        self._lines_bytes = 0

    def add(self, record: FlowRecord, room: Room | None = None) -> None:
        """Take the next part, or a run of them; as long as there is `room`, it is held as it is."""
        self.length += len(record.times_ms) if isinstance(record, RunRecord) else 1
        if self.first_at_ms is None:
            self.first_at_ms = record.times_ms[0] if isinstance(record, RunRecord) else record.at_ms
        self.last_at_ms = record.times_ms[-1] if isinstance(record, RunRecord) else record.at_ms
        if not self._keeps:
            return
        if room is not None and not self._lines and room.takes(record):
            self._blocks.append(record)
            return
        line = encode_line(record, 0, checksum=False)
        self._lines.append(line)
        self._lines_bytes += len(line)
        if self._lines_bytes >= _BLOCK_BYTES:
            self.pack()

    def pack(self) -> None:
        """Compress what is not yet: no more is expected soon."""
        if self._lines:
            self._blocks.append(pack(*self._lines, level=3))
            self._lines, self._lines_bytes = [], 0

    def unpacked(self) -> tuple[FlowRecord, ...]:
        """Return the parts, each made anew."""
        found: list[FlowRecord] = []
        for record in self.runs():
            found += record.records() if isinstance(record, RunRecord) else [record]
        return tuple(found)

    def runs(self) -> Iterator[FlowRecord]:
        """Yield the parts, each made anew; those that came as a run, as that run."""
        for block in self._blocks:
            if isinstance(block, bytes):
                yield from map(_read, unpack(block).splitlines())
            else:
                yield block
        yield from map(_read, self._lines)


def _read(line: bytes) -> FlowRecord:
    _, record = decode_line(line.rstrip(b"\n"), lambda value: value)
    assert isinstance(record, FlowRecord)
    return record
