"""The traffic of a session is read once, for all who look at it."""

from pytest_codex_replay.reading import RecordedSession, read_traffic
from tests.reading.conftest import FIRST


def test_whoever_looks_is_given_each_record(archive):
    """What is read is what the session has; nothing is read twice for a summary."""
    seen = []

    interactions, damages, unknown = read_traffic(archive / FIRST, is_live=False, on_record=seen.append)

    session = RecordedSession(archive / FIRST)
    assert [one.url for one in interactions] == [one.url for one in session.interactions]
    assert (damages, unknown) == ((), ())
    assert len(seen) > len(interactions) > 1


def test_what_is_cut_off_is_damage_only_where_nothing_writes(archive):
    """A recorder that is in the middle of a line has damaged nothing."""
    segment = next((archive / FIRST).glob("traffic*"))
    segment.write_bytes(segment.read_bytes()[:-5])

    damages = {is_live: read_traffic(archive / FIRST, is_live=is_live)[1] for is_live in (False, True)}

    assert (len(damages[False]), damages[True]) == (1, ())
