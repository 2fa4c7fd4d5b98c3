"""How a flow ended, from error text and timestamps."""

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder.endings import closed, how_it_broke
from pytest_codex_replay.recorder.signals import Ended

WHOLE = {"client_closed": None, "request_ended": 1.0, "connected": 1.0, "is_answered": True}
"""A flow with nothing wrong but its end."""


@pytest.mark.parametrize(
    ("error", "known", "how"),
    [
        ("", {}, FlowEnd.UPSTREAM_GONE),
        ("server closed connection", {"is_answered": False}, FlowEnd.UPSTREAM_GONE),
        ("Connection timed out", {"client_closed": 2.0}, FlowEnd.TIMEOUT),
        ("Timeout", {}, FlowEnd.TIMEOUT),
        ("Client disconnected.", {}, FlowEnd.CLIENT_GONE),
        ("", {"client_closed": 2.0}, FlowEnd.CLIENT_GONE),
        ("peer closed connection", {"request_ended": None, "connected": None}, FlowEnd.CLIENT_GONE),
        ("connect call failed", {"connected": None, "is_answered": False}, FlowEnd.REFUSED),
        ("killed", {"connected": None}, FlowEnd.UPSTREAM_GONE),
        ("connect call failed", {"client_closed": 0.0, "connected": None, "is_answered": False}, FlowEnd.CLIENT_GONE),
    ],
)
def test_who_broke_it_off(error: str, known: dict, how: FlowEnd) -> None:
    """A timeout is named first, then the client, then the upstream: refused if it never accepted the connection."""
    assert how_it_broke(error, **WHOLE | known) is how


@pytest.mark.parametrize("code", [1000, 1005, 4000])
def test_a_close_frame_makes_an_orderly_end(code: int) -> None:
    """Whatever its code, and whatever else went wrong."""
    broken = Ended("f", 1.0, FlowEnd.UPSTREAM_GONE, None, code, "bye", closed_by_client=True)

    assert closed(broken) == broken._replace(how=FlowEnd.CLOSED)


@pytest.mark.parametrize("code", [None, 1006])
def test_without_a_close_frame_it_broke_off(code: int | None) -> None:
    """The proxy's word for the side that closed it is then a guess."""
    broken = Ended("f", 1.0, FlowEnd.UPSTREAM_GONE, None, code, None, closed_by_client=True)

    assert closed(broken) == broken._replace(closed_by_client=None)
