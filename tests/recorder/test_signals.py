"""Signals: how much each holds, and how many they are."""

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder.signals import (
    Chunk,
    Chunks,
    Ended,
    Message,
    Requested,
    Responded,
    count_signals,
    data_bytes,
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


def test_payload_is_counted() -> None:
    """In bytes, whatever brings it."""
    assert {signal: data_bytes(signal) for signal in SIGNALS} == SIGNALS
    assert data_bytes(CHUNKS) == 8


def test_chunks_are_counted_one_by_one() -> None:
    """So a loss says how many there were, however they were handed over."""
    assert count_signals([*SIGNALS, CHUNKS]) == len(SIGNALS) + 2
    assert CHUNKS.at_ms == 6.0
