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
