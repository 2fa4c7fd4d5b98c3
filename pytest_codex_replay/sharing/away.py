"""An event, or a message of a server, whose bytes are in a spool. No I/O of its own."""

from dataclasses import replace
from typing import Final, TypeGuard

from pytest_codex_replay.archive.record import EventRecord, MessageRecord, Record, make_event
from pytest_codex_replay.spool import Spool
from pytest_codex_replay.wire.payload import Payload

_NOTHING: Final = Payload(b"")


def may_be_away(record: Record) -> TypeGuard[EventRecord | MessageRecord]:
    """Return whether the bytes of a record are all that it says: not its value, of whose parts others have some."""
    if isinstance(record, MessageRecord):
        return not record.from_client and not record.payload.is_of_value
    return isinstance(record, EventRecord)


class Away:
    """Such a record."""

    __slots__ = ("_place", "_rest", "_spool")

    def __init__(self, record: EventRecord | MessageRecord, spool: Spool) -> None:
        """Put its bytes into a spool."""
        self._spool = spool
        if isinstance(record, EventRecord):
            self._place = spool.put(record.raw)
            self._rest: EventRecord | MessageRecord = make_event(record.flow, record.at_ms, b"", record.cuts)
        else:
            self._place = spool.put(record.payload.raw)
            self._rest = replace(record, payload=_NOTHING)

    def record(self) -> EventRecord | MessageRecord:
        """Return the record, made anew."""
        raw, rest = self._spool.get(self._place), self._rest
        if isinstance(rest, EventRecord):
            return make_event(rest.flow, rest.at_ms, raw, rest.cuts)
        return replace(rest, payload=Payload(raw))
