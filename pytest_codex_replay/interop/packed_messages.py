"""The messages of a WebSocket in little room, each made when it is asked for."""

from collections.abc import Iterable, Iterator

from pytest_codex_replay.archive.record import MessageRecord
from pytest_codex_replay.interop.packed_pieces import PackedPieces, Piece
from pytest_codex_replay.recorder.signals import Message
from pytest_codex_replay.spool import Spool

_FROM_CLIENT, _BINARY = 1, 2
"""Marks of messages."""


class PackedMessages:
    """Takes messages, oldest first; gives them back in their order, or from the last one on."""

    def __init__(self, flow: str, *, in_file: bool = False) -> None:
        """Begin with none. `in_file`: they are kept in a temporary file, else in memory."""
        self._flow = flow
        self._count = 0
        self._pieces = PackedPieces(Spool() if in_file else None)

    def take(self, messages: Iterable[Message]) -> None:
        """Take all messages that there are."""
        for one in messages:
            self._count += 1
            self._pieces.extend([Piece(one.at_ms, one.data, _mark(one))])
        self.pack()

    def extend(self, records: Iterable[MessageRecord]) -> None:
        """Take the next messages, as they are recorded."""
        for one in records:
            self._count += 1
            self._pieces.add(one.at_ms, one.payload, _mark(one))

    def pack(self) -> None:
        """Compress what is not yet: no more is expected soon."""
        self._pieces.pack()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Message]:
        return map(self._message, self._pieces)

    def __reversed__(self) -> Iterator[Message]:
        return map(self._message, reversed(self._pieces))

    def _message(self, piece: Piece) -> Message:
        at_ms, data, mark = piece
        return Message(self._flow, at_ms, bool(mark & _FROM_CLIENT), data, bool(mark & _BINARY))


def _mark(message: Message | MessageRecord) -> int:
    return _FROM_CLIENT * message.from_client | _BINARY * message.binary
