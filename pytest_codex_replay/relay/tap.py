"""One flow of the relay, as the recorder is told of it. Nothing here raises, waits, or holds anything back."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import uuid4

from pytest_codex_replay.archive.record import FlowEnd, Headers
from pytest_codex_replay.recorder.back_pressure import BackPressure
from pytest_codex_replay.recorder.open_flow import Stream
from pytest_codex_replay.recorder.runs import Runs
from pytest_codex_replay.recorder.signals import Ended, Requested, Responded


class Tap:
    """Tells the recorder what a flow brings. A failure costs the record, never the flow."""

    def __init__(
        self, runs: Runs, back_pressure: BackPressure, url: str, is_stopping: Callable[[], bool] = lambda: False
    ) -> None:
        """Begin a flow; `url` is where it goes, `is_stopping` tells whether the relay ends what is open."""
        self._runs, self._back_pressure, self._is_stopping = runs, back_pressure, is_stopping
        self._flow = str(uuid4())
        self._request: Requested | None = None
        self._is_over = False
        runs.begin(self._flow, url)
        self._state = runs.open[self._flow]

    def request_begins(self, method: str, version: str, headers: Headers, *, is_upgrade: bool) -> Stream:
        """Note the head of the request, which is recorded with its body; return what each chunk of that goes through.

        An upgrade has no body.
        """
        url = self._state.url
        self._request = Requested(
            self._flow, self._now_ms(), method, url, version, headers, None, is_upgrade=is_upgrade
        )
        return self._state.tee_request(None, partial(self._runs.count_failure, "stream"))

    def request_ends(self, *, is_whole: bool = True) -> None:
        """Record the request, once; an answer may come before all of it was sent."""
        with self._guarded("request"):
            if self._request is not None and not self._state.is_requested:
                self._state.request(self._request)
            if is_whole:
                self._state.finish_request(self._now_ms(), b"")

    def answered(self, status: int, version: str, headers: Headers) -> None:
        """Record the head of the answer, behind the request."""
        self.request_ends(is_whole=False)
        with self._guarded("response"):
            self._state.respond(Responded(self._flow, self._now_ms(), status, version, headers))

    def answer_stream(self) -> Callable[[bytes], object]:
        """Return what each chunk of the answer's body goes through."""
        return self._state.tee_response(None, partial(self._runs.count_failure, "stream"))

    def message(self, data: bytes, *, from_client: bool, is_binary: bool) -> Awaitable[None] | None:
        """Record a WebSocket message; return what its sender waits for where the disk is behind."""
        with self._guarded("websocket_message"):
            self._state.record_message(self._now_ms(), data, from_client=from_client, is_binary=is_binary)
        return self.back_pressure()

    def back_pressure(self) -> Awaitable[None] | None:
        """Return what a sender waits for where the disk is behind."""
        recorder = self._state.recorder
        return None if recorder is None else self._back_pressure.on(recorder)

    def ended(
        self,
        how: FlowEnd,
        error: str | None = None,
        *,
        close_code: int | None = None,
        close_reason: str | None = None,
        closed_by_client: bool | None = None,
    ) -> None:
        """Record how the flow ended, once."""
        if self._is_over:
            return
        self._is_over = True
        self.request_ends(is_whole=False)
        with self._guarded("end"):
            end = Ended(self._flow, self._now_ms(), how, error, close_code, close_reason, closed_by_client)
            self._runs.end(end)

    def unreached(self, why: str) -> None:
        """Count a request that never reached the upstream."""
        self._runs.unreached[why] += 1

    def withheld(self, what: str) -> None:
        """Count what was not passed on."""
        self._runs.withheld[what] += 1

    def left(self, error: str | None = "client disconnected", *, close_code: int | None = None) -> None:
        """Record that the flow was broken off on this side: by its client, or by the relay, which stops."""
        if self._is_stopping():
            self.ended(FlowEnd.SHUTDOWN)
        else:
            self.ended(FlowEnd.CLIENT_GONE, error, close_code=close_code)

    def _now_ms(self) -> float:
        return self._runs.clock() * 1000

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001  invariant 1: fail open
            self._runs.count_failure(what, error)
