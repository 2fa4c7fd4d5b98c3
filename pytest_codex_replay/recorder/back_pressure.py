"""Back-pressure: senders that can wait, wait a little for a writer that has fallen behind."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from pytest_codex_replay.recorder.recorder import Recorder

WAIT_S = 2.0
"""How long senders wait at most, in all, each time that the writer falls behind."""
_POLL_S = 0.01


class BackPressure:
    """How long senders still have to wait. For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0
        """Until when senders wait, on the clock; 0: the writer keeps up."""

    def on(self, recorder: Recorder) -> Awaitable[None] | None:
        """Return what a sender has to wait for; None: it may go on."""
        if not recorder.is_crowded:
            self._until = 0.0
            return None
        self._until = self._until or self._clock() + WAIT_S
        return self._has_room(recorder, self._until) if self._clock() < self._until else None

    async def _has_room(self, recorder: Recorder, until: float) -> None:
        while recorder.is_crowded and self._clock() < until:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)  # the writer is a thread: it has no asyncio event to set
