"""Signals: what a proxy sees of a flow, in the order in which it sees it, and how it ended."""

from collections.abc import Iterable
from typing import NamedTuple

from pytest_codex_replay.archive.record import FlowEnd, Headers

ABNORMAL_CLOSURE = 1006
"""The close code of a WebSocket that ended without a close frame (RFC 6455 §7.1.5)."""


class Requested(NamedTuple):
    """A request came, with its body as it was on the wire (None: it was not seen)."""

    flow: str
    at_ms: float
    method: str
    url: str
    http_version: str
    headers: Headers
    body: bytes | None
    is_upgrade: bool


class Responded(NamedTuple):
    """The head of the answer came."""

    flow: str
    at_ms: float
    status: int
    http_version: str
    headers: Headers


class Chunk(NamedTuple):
    """A piece of the answer's body came."""

    flow: str
    at_ms: float
    data: bytes


class Chunks(NamedTuple):
    """Pieces of the answer's body came, one right after the other: arrival in Unix milliseconds, and the bytes."""

    flow: str
    chunks: list[tuple[float, bytes]]

    @property
    def at_ms(self) -> float:
        """When the first of them came."""
        return self.chunks[0][0]


class Texts(NamedTuple):
    """Text messages of a WebSocket's server came, one after the other: arrival in Unix milliseconds, and the bytes."""

    flow: str
    chunks: list[tuple[float, bytes]]

    @property
    def at_ms(self) -> float:
        """When the first of them came."""
        return self.chunks[0][0]


class Message(NamedTuple):
    """A WebSocket message came."""

    flow: str
    at_ms: float
    from_client: bool
    data: bytes
    binary: bool


class Ended(NamedTuple):
    """The flow is over."""

    flow: str
    at_ms: float
    how: FlowEnd
    error: str | None = None
    close_code: int | None = None
    close_reason: str | None = None
    closed_by_client: bool | None = None


class Lost(NamedTuple):
    """Signals of the flow were dropped at this place."""

    flow: str
    at_ms: float
    until_ms: float
    reason: str
    lost_count: int
    lost_bytes: int


Signal = Requested | Responded | Chunk | Chunks | Texts | Message | Ended | Lost


def data_bytes(signal: Signal) -> int:
    """Return how many bytes of payload a signal holds."""
    if type(signal) is Message or type(signal) is Chunk:  # nearly all are; `isinstance` takes three times as long
        return len(signal.data)
    if isinstance(signal, Chunks | Texts):
        return sum([len(data) for _, data in signal.chunks])
    return len(signal.body or b"") if isinstance(signal, Requested) else 0


def count_signals(signals: Iterable[Signal]) -> int:
    """Return how many signals these are, chunks and texts counted one by one."""
    return sum([len(signal.chunks) if isinstance(signal, Chunks | Texts) else 1 for signal in signals])


def how_it_broke(
    error: str, *, client_closed: float | None, request_ended: float | None, connected: float | None, is_answered: bool
) -> FlowEnd:
    """Return which side broke a flow off, from the proxy's message and its times; None is what never happened."""
    text = error.lower()
    if "timed out" in text or "timeout" in text:
        return FlowEnd.TIMEOUT
    if "client disconnected" in text or client_closed is not None or request_ended is None:
        return FlowEnd.CLIENT_GONE
    return FlowEnd.REFUSED if not is_answered and connected is None else FlowEnd.UPSTREAM_GONE


def closed(end: Ended) -> Ended:
    """Return how a WebSocket ended, from how it would be if it had broken off.

    A close frame makes it an orderly end. Without one it is not known which side closed it.
    """
    if end.close_code in (None, ABNORMAL_CLOSURE):
        return end._replace(closed_by_client=None)
    return end._replace(how=FlowEnd.CLOSED)
