"""Signals: how much each holds, how many they are, and how a flow ended, from error text and timestamps."""

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder.signals import (
    Chunk,
    Chunks,
    Ended,
    Message,
    Requested,
    Responded,
    Texts,
    closed,
    count_signals,
    data_bytes,
    how_it_broke,
)

SIGNALS = {
    Requested("f", 1.0, "POST", "u", "HTTP/1.1", (), b"body", is_upgrade=False): 4,
    Requested("f", 1.0, "GET", "u", "HTTP/1.1", (), None, is_upgrade=True): 0,
    Responded("f", 2.0, 200, "HTTP/1.1", ()): 0,
    Chunk("f", 3.0, b"chunk"): 5,
    Message("f", 4.0, True, b"message", False): 7,
    Ended("f", 5.0, FlowEnd.FINISHED): 0,
}
CHUNKS = Chunks("f", [(6.0, b"one"), (7.0, b"three")])
TEXTS = Texts(*CHUNKS)


def test_payload_is_counted() -> None:
    """In bytes, whatever brings it."""
    assert {signal: data_bytes(signal) for signal in SIGNALS} == SIGNALS
    assert data_bytes(CHUNKS) == data_bytes(TEXTS) == 8


def test_chunks_are_counted_one_by_one() -> None:
    """So a loss says how many there were, however they were handed over."""
    assert count_signals([*SIGNALS, CHUNKS, TEXTS]) == len(SIGNALS) + 4
    assert CHUNKS.at_ms == TEXTS.at_ms == 6.0


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
