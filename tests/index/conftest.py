"""An archive of some sessions, and its index."""

import pytest

from pytest_codex_replay.index.schema import open_in_memory
from pytest_codex_replay.upstream.scenarios import failed, multi_turn, tool_loop
from tests.index.contents import fill

DAY_MS = 86_400_000


@pytest.fixture
def archive(talk, tmp_path):
    """Three sessions, a day apart: of two turns, of one with a tool, of one that failed."""
    scripts = (("two", multi_turn(), ("one", "two")), ("loop", tool_loop(1), ("run the Step",)))
    for day, (name, script, prompts) in enumerate((*scripts, ("failed", failed(), ("hello",)))):
        client = talk(script, thread=f"thread-{name}")
        client.now_ms += day * DAY_MS
        for prompt in prompts:
            client.turn(prompt, retries=2)
        client.write(tmp_path / "archive" / name)
    return tmp_path / "archive"


@pytest.fixture
def database(archive):
    """Their index, in memory."""
    found = open_in_memory()
    fill(found, archive)
    yield found
    found.close()
