"""What an index keeps of a session that takes long to read."""

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.kept import kept_lifecycle, kept_session, kept_steps
from pytest_codex_replay.index.schema import open_in_memory
from pytest_codex_replay.projection.incident import attempts_in
from pytest_codex_replay.projection.prompt_cache import cache_steps
from pytest_codex_replay.reading import RecordedSession
from tests.index.contents import fill
from tests.index.test_part import CASSETTES


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """All shipped cassettes in the compressed form of an archive, and an index to which each of them is large."""
    for module in ("entry", "kept"):
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


def test_it_is_as_if_the_session_had_been_read(shipped):
    """Of all shipped cassettes: turns, facts, attempts, steps of the cache, and what happened."""
    archive, database = shipped
    for path in sorted(archive.iterdir()):
        session, kept = RecordedSession(path), kept_session(database, path, path.name)
        assert kept is not None
        for name in ("state", "counts", "incomplete", "broken_off", "title", "helper_kind", "models", "tokens"):
            assert getattr(kept, name) == getattr(session, name), (path, name)
        for own, turn in zip(kept.turns, session.turns, strict=True):
            assert (own.as_json(), own.items) == (turn.as_json(), turn.items)
        assert [one.as_json() for one in kept.threads] == [one.as_json() for one in session.threads]
        attempts = [
            [one.as_json() for one in attempts_in(each.turns, each.background_requests)] for each in (kept, session)
        ]
        assert attempts[0] == attempts[1]
        assert list(kept_steps(database, path.name) or ()) == list(cache_steps(session.interactions))
        happened = [one.as_json() for one in session.lifecycle]
        assert [kept_lifecycle(database, kept, path.name) for _ in range(2)] == [happened, happened]


def test_of_others_nothing_is_kept(archive, database):
    """A small one is read as fast; one that is not there has nothing."""
    for name in ("two", "nowhere"):
        assert kept_session(database, archive / name, name) is None
        assert kept_steps(database, name) is None
