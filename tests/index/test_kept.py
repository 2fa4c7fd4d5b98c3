"""What an index keeps of a session that takes long to read."""

from pytest_codex_replay.index.kept import kept_session, kept_steps
from pytest_codex_replay.projection.incident import attempts_in
from pytest_codex_replay.projection.prompt_cache import cache_steps
from pytest_codex_replay.reading import RecordedSession


def test_it_is_as_if_the_session_had_been_read(kept):
    """Of all shipped cassettes: turns, facts, attempts, and steps of the cache."""
    archive, database = kept
    for path in sorted(archive.iterdir()):
        session, found = RecordedSession(path), kept_session(database, path, path.name)
        assert found is not None
        for name in ("state", "counts", "incomplete", "broken_off", "title", "helper_kind", "models", "tokens"):
            assert getattr(found, name) == getattr(session, name), (path, name)
        for own, turn in zip(found.turns, session.turns, strict=True):
            assert (own.as_json(), own.items) == (turn.as_json(), turn.items)
        assert [one.as_json() for one in found.threads] == [one.as_json() for one in session.threads]
        assert [one.as_json() for one in found.joined_turns] == [one.as_json() for one in session.joined_turns]
        assert found.run_facts == session.run_facts
        attempts = [[one.as_json() for one in attempts_in(each.turns)] for each in (found, session)]
        assert attempts[0] == attempts[1]
        assert list(kept_steps(database, path.name) or ()) == list(cache_steps(session.interactions))


def test_of_others_nothing_is_kept(archive, database):
    """A small one is read as fast; one that is not there has nothing."""
    for name in ("two", "nowhere"):
        assert kept_session(database, archive / name, name) is None
        assert kept_steps(database, name) is None
