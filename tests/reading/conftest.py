"""What the tests of this room share."""

import pytest

from pytest_codex_replay.upstream.scenarios import tool_loop

FIRST = "01a00000-0000-7000-8000-000000000001"
SECOND = "01a00000-0001-7000-8000-000000000002"
READING = (
    *("turns", "interactions", "background_requests", "tokens", "damages", "has_lost", "unknown_kinds", "counts"),
    *("incomplete", "broken_off", "manifest", "started_at", "ended_at", "codex_version", "codex_versions"),
    *("originators", "models"),
)
"""What reads the traffic."""


@pytest.fixture
def archive(tmp_path, talk):
    """Two sessions; the second began a day later."""
    for day, name in enumerate((FIRST, SECOND)):
        client = talk(tool_loop(1))
        client.now_ms += day * 86_400_000
        client.turn("run")
        client.write(tmp_path / "archive" / name)
    return tmp_path / "archive"
