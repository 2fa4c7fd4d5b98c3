"""Which recorded thread a live one plays."""

from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.replay.threads import Threads
from tests.replay.recording import Recording, answer_events, body_of, user


def test_between_equals_the_thread_decides() -> None:
    """Its own first, then one that no client plays, then another's."""
    recording = Recording()
    for name in ("a", "b", "c"):
        recording.http(body_of(user("hi")), answer_events(name), request_headers=(("thread-id", name),))
    a, b, c = recording.interactions
    threads = Threads()
    threads.learn(Identity(thread_id="one"), a)
    threads.learn(Identity(thread_id="two"), b)

    order = sorted((a, b, c), key=threads.rank_for(Identity(thread_id="two")))

    assert order == [b, c, a]


def test_a_client_that_names_no_thread_plays_them_all() -> None:
    """SDKs have none: a thread that another client plays is as near as one that is free."""
    recording = Recording()
    for name in ("a", "b"):
        recording.http(body_of(user("hi")), answer_events(name), request_headers=(("thread-id", name),))
    taken, free = recording.interactions
    threads = Threads()
    threads.learn(Identity(thread_id="one"), taken)

    rank = threads.rank_for(Identity())

    assert rank(taken) == rank(free)
