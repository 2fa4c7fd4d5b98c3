"""Signals: what a proxy sees of a flow, in the order in which it sees it."""

from collections.abc import Iterable
from typing import NamedTuple

from pytest_codex_replay.archive.record import FlowEnd, Headers


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


Signal = Requested | Responded | Chunk | Chunks | Message | Ended | Lost


def data_bytes(signal: Signal) -> int:
    """Return how many bytes of payload a signal holds."""
    if type(signal) is Message or type(signal) is Chunk:  # nearly all are; `isinstance` takes three times as long
        return len(signal.data)
    if isinstance(signal, Chunks):
        return sum([len(data) for _, data in signal.chunks])
    return len(signal.body or b"") if isinstance(signal, Requested) else 0


def count_signals(signals: Iterable[Signal]) -> int:
    """Return how many signals these are, chunks counted one by one."""
    return sum([len(signal.chunks) if isinstance(signal, Chunks) else 1 for signal in signals])
