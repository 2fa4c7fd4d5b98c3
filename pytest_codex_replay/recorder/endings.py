"""How a flow ended, from what a proxy knows when it is over. Times are None for what never happened."""

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder.signals import Ended

_NO_CLOSE_FRAME = {None, 1006}
"""Close codes of a WebSocket that ended without a close frame (RFC 6455 §7.1.5)."""


def how_it_broke(
    error: str, *, client_closed: float | None, request_ended: float | None, connected: float | None, is_answered: bool
) -> FlowEnd:
    """Return which side broke a flow off.

    Args:
        error: the proxy's message; empty when it has none.
        client_closed: when the client's connection was closed.
        request_ended: when the request was complete.
        connected: when the upstream's connection was open.
        is_answered: the head of an answer has come.
    """
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
    if end.close_code in _NO_CLOSE_FRAME:
        return end._replace(closed_by_client=None)
    return end._replace(how=FlowEnd.CLOSED)
