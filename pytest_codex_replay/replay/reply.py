"""What goes in and out of the engine: requests, timed bytes, and how a reply ends. No I/O."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.interactions import Interaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a recording is replayed."""

    factor: float = 0.0
    """Share of the recorded waiting time that is waited: 0 is instant, 1 as recorded, 0.5 twice as fast."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `instant`, `recorded`, or how many times faster than recorded (`10`; `0.5` is half the speed).

        Raises:
            UsageError: it is none of these.
        """
        if text in _SPEEDS:
            return cls(factor=_SPEEDS[text])
        try:
            times = float(text)
        except ValueError:
            times = 0.0
        if not 0 < times < float("inf"):
            raise UsageError(f"no speed: {text!r}. Use instant, recorded, or how many times faster, e.g. 10")
        return cls(factor=1 / times)

    def delay_ms(self, recorded_ms: float) -> float:
        """Return how long to wait where the recording waited `recorded_ms`."""
        return max(0.0, recorded_ms) * self.factor if self.factor else 0.0


_SPEEDS = {"instant": 0.0, "recorded": 1.0}


class Ending(StrEnum):
    """What to do once the last part is out."""

    COMPLETE = "complete"
    """End the body; a WebSocket stays open for the next request."""
    CUT = "cut"
    """Drop the connection without a farewell, as the recorded one did."""
    CLOSE = "close"
    """Close the WebSocket with a close frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as it came, body encoded."""

    method: str
    url: str
    """URL, or path with its query."""
    headers: Headers
    body: bytes = b""


class TimedBytes(NamedTuple):
    """Bytes to write at once. A tuple: an answer has thousands, made before its first byte goes out."""

    delay_ms: float
    """To wait before writing them."""
    data: bytes


class TimedFrame(NamedTuple):
    """One WebSocket message."""

    delay_ms: float
    """To wait before sending it."""
    data: bytes
    is_binary: bool = False
    cuts: tuple[int, ...] = ()
    """Offsets at which a new fragment of the message begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """An answer over HTTP."""

    status: int
    headers: Headers
    """Without those that belong to the connection: length, encodings, keep-alive."""
    parts: tuple[TimedBytes, ...] = ()
    ends: Ending = Ending.COMPLETE
    delay_ms: float = 0.0
    """To wait before status and headers."""
    interaction: Interaction | None = None
    """The recorded interaction that it comes from; None when it was made up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketReply:
    """The answer to one WebSocket message."""

    frames: tuple[TimedFrame, ...] = ()
    ends: Ending = Ending.COMPLETE
    close_code: int | None = None
    """With Ending.CLOSE; RFC 6455 §7.4."""
    close_reason: str = ""
    interaction: Interaction | None = None
