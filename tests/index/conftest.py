"""An archive of some sessions, and its index."""

from pathlib import Path

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.schema import open_in_memory
from pytest_codex_replay.upstream.scenarios import failed, multi_turn, tool_loop
from tests.index.contents import fill

CASSETTES = Path(__file__).parents[2] / "cassettes"
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


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """All shipped cassettes in the compressed form of an archive, and an index to which each of them is large."""
    for module in ("entry", "happened"):
        monkeypatch.setattr(f"pytest_codex_replay.index.{module}.LARGE_BYTES", 0)
    archive = tmp_path / "archive"
    for path in sorted(path for path in CASSETTES.iterdir() if any(path.glob("traffic*"))):
        segment = create_segment(Files(), archive / path.name)
        for record in Session(path).records(keep_runs=True):
            segment.write(record)
        segment.close()
    database = open_in_memory()
    fill(database, archive)
    yield archive, database
    database.close()
