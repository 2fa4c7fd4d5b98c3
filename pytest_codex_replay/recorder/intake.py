"""What waits for the writer: filled on the proxy's thread, emptied on another; bounded in bytes, never in the way.

Each flow has a queue of its own. A chunk of a stream or a text of a WebSocket's server, which is nearly all that ever
comes, is put there by a function made for its flow: it costs the proxy a fraction of a microsecond.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from pytest_codex_replay.recorder.signals import (
    Chunk,
    Chunks,
    Ended,
    Lost,
    Message,
    Requested,
    Responded,
    Signal,
    Texts,
    data_bytes,
)

QUEUE_FULL = "queue full"
"""Why signals were dropped here."""

_SIGNAL_BYTES = 512
"""What a signal takes in memory beside its data, about."""


@dataclass(slots=True)
class _Dropped:
    """Signals of one flow for which there was no room; stands in its queue where the first of them would."""

    flow: str
    from_ms: float
    until_ms: float
    count: int = 0
    bytes: int = 0
    is_taken: bool = False


@dataclass(slots=True)
class _Flow:
    """The queue of one flow. A chunk, or a text, is a bare tuple in it: arrival in Unix milliseconds, and the bytes."""

    name: str
    entries: deque[Signal | _Dropped | tuple[float, bytes]] = field(default_factory=deque)
    is_texts: bool = False
    """Whether its bare tuples are texts: of a WebSocket, as it brings no chunks."""
    is_over: bool = False
    last_dropped: _Dropped | None = None


class Intake:
    """Queues between one thread that puts and one that takes."""

    def __init__(self, queue_bytes: int, clock: Callable[[], float] = time.time) -> None:
        self.is_closed = threading.Event()
        self.high_water_bytes = 0
        self.seen_bytes = 0
        """How many bytes of payload were taken so far."""
        self._limit = self._room = queue_bytes
        self._clock = clock
        self._put_bytes = 0
        self._taken_bytes = 0
        self._open: dict[str, _Flow] = {}
        """What the putting thread knows."""
        self._new: deque[_Flow] = deque()
        """On their way to the taking thread."""
        self._taken: list[_Flow] = []
        """What the taking thread knows."""
        self._dropping = threading.Lock()
        self._wake = threading.Event()
        self._is_awake = False
        """Whether `_wake` need not be set; looked at for each chunk, where a call would cost."""

    @property
    def waiting_bytes(self) -> int:
        """What has not been taken yet."""
        return self._put_bytes - self._taken_bytes

    @property
    def is_crowded(self) -> bool:
        """Whether a sender that can wait should: it is more than half full."""
        return self.waiting_bytes > self._limit // 2

    def put(self, signal: Signal) -> None:
        """Take in a signal; never blocks. A flow begins with its request; what comes without one is ignored."""
        flow = self._open.get(signal.flow)
        if self.is_closed.is_set():
            return
        if flow is None:
            if not isinstance(signal, Requested):
                return
            flow = self._open[signal.flow] = _Flow(signal.flow)
            self._new.append(flow)
        size = _SIGNAL_BYTES + data_bytes(signal)
        waiting = self.waiting_bytes
        if waiting and waiting + size > self._limit and not isinstance(signal, Responded | Ended):
            if isinstance(signal, Requested):  # without it, nothing of the flow would make sense
                self._add(flow, signal._replace(body=None), _SIGNAL_BYTES)
            self._drop(flow, signal)
            return
        self._add(flow, signal if flow.is_texts or not isinstance(signal, Chunk) else (signal.at_ms, signal.data), size)
        if isinstance(signal, Ended):
            flow.is_over = True
            del self._open[signal.flow]

    def stream(self, name: str, *, is_texts: bool = False) -> Callable[..., None]:
        """Return a function that takes in a chunk of the flow, as `put` does, for as long as the flow is open.

        With `is_texts`, it takes in a text of the WebSocket's server, and when that came, in Unix milliseconds.
        """
        flow = self._open.get(name) or _Flow(name, is_over=True)
        flow.is_texts |= is_texts
        append, clock = flow.entries.append, self._clock

        def put_piece(data: bytes, at_ms: float = 0) -> None:
            size = _SIGNAL_BYTES + len(data)
            at_ms = at_ms or clock() * 1000
            if flow.is_over or self._put_bytes - self._taken_bytes + size > self._room:
                self.put(Message(name, at_ms, False, data, False) if is_texts else Chunk(name, at_ms, data))
                return
            self._put_bytes += size
            append((at_ms, data))
            if not self._is_awake:
                self._awake()

        return put_piece

    def wait(self, timeout_s: float) -> None:
        """Return once there is something to take, or the intake is closed, or time is up."""
        self._wake.wait(timeout_s)

    def take(self) -> Iterator[tuple[str, list[Signal]]]:
        """Yield flows with what came of each since the last time, in order; chunks in a row are one signal."""
        self.high_water_bytes = max(self.high_water_bytes, self.waiting_bytes)
        self._wake.clear()
        self._is_awake = False  # before anything is taken: what comes from here on wakes again
        while self._new:
            self._taken.append(self._new.popleft())
        for flow in self._taken:
            take = flow.entries.popleft
            entries = [take() for _ in range(len(flow.entries))]
            if entries:
                yield flow.name, list(self._signals(flow, entries))
        self._taken = [flow for flow in self._taken if flow.entries or not flow.is_over]

    def close(self) -> None:
        """Take nothing in from here on."""
        self.is_closed.set()
        self._room = -1  # chunks, too
        self._wake.set()

    def _awake(self) -> None:
        self._is_awake = True
        self._wake.set()

    def _signals(self, flow: _Flow, entries: list[Signal | _Dropped | tuple[float, bytes]]) -> Iterator[Signal]:
        for kind, group in groupby(entries, type):
            if kind is tuple:
                together = Texts if flow.is_texts else Chunks
                chunks = together(flow.name, list(group))  # type: ignore[arg-type]  # mypy does not follow groupby(…, type)
                self._account(len(chunks.chunks), data_bytes(chunks))
                yield chunks
            elif kind is _Dropped:
                for dropped in group:
                    self._account(1, 0)
                    yield self._lost(dropped)  # type: ignore[arg-type]  # as above
            else:
                signals: list[Signal] = list(group)  # type: ignore[arg-type]  # as above
                self._account(len(signals), sum(map(data_bytes, signals)))
                yield from signals

    def _account(self, count: int, size: int) -> None:
        self.seen_bytes += size
        self._taken_bytes += _SIGNAL_BYTES * count + size

    def _add(self, flow: _Flow, entry: Signal | _Dropped | tuple[float, bytes], size: int) -> None:
        self._put_bytes += size
        flow.entries.append(entry)
        if not self._is_awake:
            self._awake()

    def _drop(self, flow: _Flow, signal: Signal) -> None:
        with self._dropping:
            dropped = flow.last_dropped
            if dropped is None or dropped.is_taken or not _is_last(flow, dropped):
                dropped = flow.last_dropped = _Dropped(flow.name, signal.at_ms, signal.at_ms)
                self._add(flow, dropped, _SIGNAL_BYTES)
            dropped.until_ms = signal.at_ms
            dropped.count += 1
            dropped.bytes += data_bytes(signal)

    def _lost(self, dropped: _Dropped) -> Lost:
        with self._dropping:
            dropped.is_taken = True
        return Lost(dropped.flow, dropped.from_ms, dropped.until_ms, QUEUE_FULL, dropped.count, dropped.bytes)


def _is_last(flow: _Flow, dropped: _Dropped) -> bool:
    try:
        return flow.entries[-1] is dropped
    except IndexError:  # it is being taken at this moment
        return False
