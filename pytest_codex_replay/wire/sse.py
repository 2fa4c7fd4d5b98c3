"""Server-sent events: bytes in, events out, and back. No I/O.

Wire rules: WHATWG HTML §9.2.5-6 (a line ends with LF, CRLF or CR; a blank line ends an event).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))")
_ENDS_BLANK = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)\Z")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
_FIELDS = (b":", b"data:", b"event:", b"id:", b"retry:")
_MAX_BLANK_BYTES = 4096
"""Of a body that begins with nothing but line ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SseEvent:
    """One event of a stream, with where and when its bytes arrived."""

    raw: bytes
    """Exactly the bytes on the wire, blank line included. The truth; the rest is a view."""
    at_ms: float
    """When its first byte arrived, on the clock that `feed` was given."""
    cuts: tuple[tuple[int, float], ...]
    """Where chunks begin in `raw`: byte offset and arrival time. Empty: all of it came with the event before."""
    complete: bool = True
    """False for what was left when the stream ended, and for pieces of an event that grew too long."""


class SseDecoder:
    """Feed chunks of any size; take complete events."""

    def __init__(self, *, max_event_bytes: int = 64 * 1024 * 1024) -> None:
        self._max_event_bytes = max_event_bytes
        self._buffer = bytearray()
        self._scanned = 0
        self._at_ms = 0.0
        self._cuts: list[tuple[int, float]] = []

    @property
    def is_between_events(self) -> bool:
        """Whether all that came so far was handed out."""
        return not self._buffer

    def feed(self, chunk: bytes, *, at_ms: float) -> list[SseEvent]:
        """Return the events that `chunk` completes, oldest first.

        An event longer than `max_event_bytes` is handed out in pieces that are not `complete`.
        """
        if not chunk:
            return []
        if not self._buffer:
            if chunk.find(b"\n\n") == len(chunk) - 2 >= 0 and b"\r" not in chunk:
                return [SseEvent(raw=chunk, at_ms=at_ms, cuts=((0, at_ms),))]
            self._at_ms = at_ms
        self._cuts.append((len(self._buffer), at_ms))
        self._buffer += chunk
        events = self._take_complete()
        if len(self._buffer) > self._max_event_bytes:
            events.append(self._take(len(self._buffer), complete=False))
        return events

    def flush(self) -> list[SseEvent]:
        """Return what is left at the end of the stream."""
        if not self._buffer:
            return []
        complete = _BLANK_LINE.search(self._buffer) is not None  # its last CR waited for an LF that never came
        return [self._take(len(self._buffer), complete=complete)]

    def _take_complete(self) -> list[SseEvent]:
        events: list[SseEvent] = []
        while found := _BLANK_LINE.search(self._buffer, self._scanned):
            if found.end() == len(self._buffer) and self._buffer.endswith(b"\r"):
                return events  # an LF may follow and would belong to this line end
            events.append(self._take(found.end(), complete=True))
        self._scanned = max(0, len(self._buffer) - 3)
        return events

    def _take(self, length: int, *, complete: bool) -> SseEvent:
        cuts = tuple(cut for cut in self._cuts if cut[0] < length)
        event = SseEvent(raw=bytes(self._buffer[:length]), at_ms=self._at_ms, cuts=cuts, complete=complete)
        if cuts:
            self._at_ms = cuts[-1][1]
        self._cuts = [(offset - length, at) for offset, at in self._cuts if offset >= length]
        del self._buffer[:length]
        self._scanned = 0
        if self._cuts and self._cuts[0][0] == 0:
            self._at_ms = self._cuts[0][1]
        return event


def begins_like_events(start: bytes) -> bool | None:
    """Return whether a body that begins so is an event stream; None when that is too little to tell."""
    text = start.removeprefix(_BOM).lstrip(b"\r\n")
    if text.startswith(_FIELDS):
        return True
    is_open = _BOM.startswith(start) or any(field.startswith(text) for field in _FIELDS)
    return None if is_open and len(start) < _MAX_BLANK_BYTES else False


def is_whole(raw: bytes) -> bool:
    """Return whether a blank line ends an event: a client drops what a stream ends without one."""
    return raw.endswith(b"\n\n") or _ENDS_BLANK.search(raw[-4:]) is not None


def usual_event(raw: bytes) -> tuple[bytes, bytes] | None:
    """Return the name and the data of an event as `join_event` writes it; None for any other."""
    head = raw.find(b"\n")
    is_usual = raw.startswith(b"event: ") and raw.startswith(b"data: ", head + 1)
    if is_usual and raw.find(b"\n", head + 1) == len(raw) - 2 and b"\r" not in raw:
        return raw[7:head], raw[head + 7 : -2]
    return None


def split_event(raw: bytes) -> tuple[str | None, bytes | None]:
    """Return an event's name (`event:` field) and its data; None for a field that it does not have."""
    if (usual := usual_event(raw)) is not None:
        return usual[0].decode(errors="replace"), usual[1]
    name: str | None = None
    data: list[bytes] = []
    for line in _LINE_END.split(raw.removeprefix(_BOM)):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode(errors="replace")
        elif field == b"data":
            data.append(value)
    return name, b"\n".join(data) if data else None


def join_event(name: str | None, data: bytes) -> bytes:
    """Write an event the way the Responses API does: `event:` line, a `data:` line for each of the data, blank line."""
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    if b"\n" in data or b"\r" in data:
        data = _LINE_END.sub(b"\ndata: ", data)
    return head + b"data: " + data + b"\n\n"


def edited_event(raw: bytes, data: bytes | None, edit: Callable[[bytes], bytes]) -> bytes:
    """Return an event, however it is spelt, with other data; its other lines as `edit` returns them.

    Data that stays (None) stays as it was spelt; else it stands where the first of its lines stood.
    """
    parts = re.split(rb"(\r\n|\n|\r)", raw)
    new = None if data is None else b"\n".join(b"data: " + line for line in data.split(b"\n"))
    edited: list[bytes] = []
    for line, end in zip(parts[::2], (*parts[1::2], b""), strict=True):
        if line.removeprefix(_BOM).partition(b":")[0] != b"data":
            edited += edit(line), end
        elif new is None:
            edited += line, end
        elif new:
            edited += new, end
            new = b""
    return b"".join(edited)
