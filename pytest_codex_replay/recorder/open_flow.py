"""A flow that is under way: what of it was recorded, and what is still to come. Called on the proxy's thread."""

from collections.abc import Callable, Iterable

from pytest_codex_replay.recorder.recorder import Recorder
from pytest_codex_replay.recorder.signals import Lost, Message, Requested, Responded, Signal

BODY_BYTES = 64 * 1024 * 1024
"""At most so much of a streamed request is kept; one that is not streamed the proxy has in memory anyway."""
Stream = Callable[[bytes], bytes | Iterable[bytes]]
"""What a proxy passes each chunk of a streamed body through."""


class OpenFlow:
    """What a flow has brought so far. Times are Unix milliseconds."""

    __slots__ = (
        "_flow",
        "_late_bytes",
        "_put_text",
        "_streamed",
        "client",
        "is_answered",
        "is_requested",
        "is_streamed",
        "is_upgraded",
        "needs_request_tee",
        "needs_response_tee",
        "recorder",
        "url",
    )

    def __init__(self, flow: str, url: str, recorder: Recorder | None, client: str = "") -> None:
        """Begin a flow.

        Args:
            flow: its id.
            url: what the client asked for, before anything maps it elsewhere.
            recorder: see the attribute.
            client: the id of the connection that it came by.
        """
        self.recorder = recorder
        """Stays with the flow to its end; None: nothing of it is recorded."""
        self.client = client
        self.is_requested = self.is_answered = self.needs_response_tee = False
        self.is_upgraded = False
        """Whether it is a WebSocket by now."""
        self.is_streamed = False
        """Whether the answer's body went through a stream to its end."""
        self.needs_request_tee = True
        self.url = url
        self._flow = flow
        self._streamed: bytearray | None = None
        """What has come of a streamed request body; None: it is not streamed."""
        self._put_text: Callable[[bytes, float], None] | None = None
        self._late_bytes = 0
        """What came of it after the request was recorded, or beyond `BODY_BYTES`."""

    def record(self, signal: Signal) -> None:
        """Record what the proxy saw."""
        if self.recorder is not None:
            self.recorder.record(signal)

    def record_message(self, at_ms: float, data: bytes, *, from_client: bool, is_binary: bool) -> None:
        """Record a WebSocket message. A text of the server, as nearly all are, costs half as much."""
        if self.recorder is None:
            return
        if from_client or is_binary:
            self.recorder.record(Message(self._flow, at_ms, from_client, data, is_binary))
            return
        if self._put_text is None:
            self._put_text = self.recorder.stream(self._flow, is_texts=True)
        self._put_text(data, at_ms)

    def request(self, signal: Requested) -> None:
        """Record the request; if it is streamed, with as much of its body as has come."""
        self.is_requested = True
        self.record(signal if self._streamed is None else signal._replace(body=bytes(self._streamed)))

    def finish_request(self, at_ms: float, body: bytes | None) -> None:
        """Record what is missing of the request, now that it is complete; `body` is what the proxy has of it."""
        is_unseen = body is None and self._streamed is None  # it had grown large before anyone streamed it
        if self._late_bytes or is_unseen:
            reason = "the request was streamed past the recorder"
            self.record(Lost(self._flow, at_ms, at_ms, reason, 1, self._late_bytes))

    def respond(self, signal: Responded) -> None:
        """Record the head of the answer."""
        self.is_answered = True
        self.record(signal)

    def tee_request(self, following: object, on_failure: Callable[[Exception], None]) -> Stream:
        """Return a stream function that keeps the request's body for its record."""
        self._streamed = bytearray()
        return tee(self._keep, following, on_failure)

    def tee_response(self, following: object, on_failure: Callable[[Exception], None]) -> Stream:
        """Return a stream function that records the answer's body."""
        record = self.recorder.stream(self._flow) if self.recorder is not None else len
        return tee(record, following, on_failure, on_end=self._end_stream)

    def _end_stream(self) -> None:
        self.is_streamed = True

    def _keep(self, data: bytes) -> None:
        if self._streamed is None or self.is_requested or len(self._streamed) + len(data) > BODY_BYTES:
            self._late_bytes += len(data)
        else:
            self._streamed += data


def tee(
    record: Callable[[bytes], object],
    following: object,
    on_failure: Callable[[Exception], None],
    on_end: Callable[[], None] | None = None,
) -> Stream:
    """Return a stream function that records each chunk and passes it on as it is.

    Args:
        record: takes a chunk.
        following: the stream function that was there before, if it is one; it gets each chunk next.
        on_failure: told what `record` raised; the chunk is passed on all the same.
        on_end: called for the empty chunk that ends a stream.
    """
    passes_on: Stream | None = following if callable(following) else None

    def stream(data: bytes) -> bytes | Iterable[bytes]:
        if data:
            try:
                record(data)
            except Exception as error:  # noqa: BLE001  invariant 1: fail open
                on_failure(error)
        elif on_end is not None:
            on_end()
        return data if passes_on is None else passes_on(data)

    return stream
