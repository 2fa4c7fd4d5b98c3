"""How a flow ended, from error text and timestamps."""

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder.endings import how_it_broke, is_clean_close

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


@pytest.mark.parametrize(("code", "is_clean"), [(None, False), (1006, False), (1000, True), (1005, True), (4000, True)])
def test_a_close_frame_makes_an_end_clean(code: int | None, is_clean: bool) -> None:  # noqa: FBT001
    """Whatever its code; 1006 stands for none at all."""
    assert is_clean_close(code) is is_clean
