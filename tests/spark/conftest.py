"""Archives for Spark."""

import pytest

from pytest_codex_replay.upstream.scenarios import text

DAY_MS = 86_400_000


@pytest.fixture
def record(talk, tmp_path):
    """Write a session that began so many days later, into `tmp_path / "archive"`."""

    def write(name, *, day=0, script=None, prompt="hello"):
        client = talk(script or text())
        client.now_ms += day * DAY_MS
        client.turn(prompt)
        return client.write(tmp_path / "archive" / name)

    return write
