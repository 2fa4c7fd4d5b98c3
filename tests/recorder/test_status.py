"""Counters are shown as one line."""

from pytest_codex_replay.recorder.status import Status


def test_all_counters_are_shown() -> None:
    """By name, in order; those at 0 too."""
    status = Status(recorded=3, errors=1)

    assert str(status) == (
        "recorded 3, dropped 0, gaps 0, bytes_seen 0, queue_high_water_bytes 0, sessions 0, errors 1"
    )
