"""What happened in a session."""

from pytest_codex_replay.index.happened import kept_lifecycle
from pytest_codex_replay.reading import RecordedSession


def test_it_is_what_the_traffic_says(kept):
    """Of all shipped cassettes: when it is asked for, and as it is kept from then on."""
    archive, database = kept
    for path in sorted(archive.iterdir()):
        session = RecordedSession(path)
        happened = [one.as_json() for one in session.lifecycle]

        assert [kept_lifecycle(database, session, path.name) for _ in range(2)] == [happened, happened]
    rows = database.execute("SELECT count(*) FROM kept WHERE kind = 'lifecycle'").fetchone()
    assert rows == (len(list(archive.iterdir())),)


def test_what_another_process_knows_better_is_not_written_over(kept, monkeypatch):
    """The session has grown while it was read here."""
    archive, database = kept
    path = min(archive.iterdir())

    def grown(_: object) -> bytes:
        database.execute("UPDATE session SET segments = 'others' WHERE name = ?", (path.name,))
        return b"old"

    monkeypatch.setattr("pytest_codex_replay.index.happened.packed", grown)
    kept_lifecycle(database, RecordedSession(path), path.name)

    assert database.execute("SELECT count(*) FROM kept WHERE kind = 'lifecycle'").fetchone() == (0,)
