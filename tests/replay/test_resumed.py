"""Requests that go on where an answer broke off."""

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.matching.match import Candidate
from pytest_codex_replay.matching.normalizer import RequestNormalizer, items_of, places_of
from pytest_codex_replay.replay.resumed import Interrupted, interrupted_at, rest_of
from tests.replay.recording import Recording, answer_events, body_of, call, said, user

ANSWER = (said("first"), call("c1"))


def parts_of(normalizer, *items):
    body = body_of(*items)
    return normalizer.view(body, items_of(body, ()), endpoint=Endpoint.RESPONSES, is_stream=True)


def test_it_is_seen_how_much_of_the_answer_is_there_already() -> None:
    """The most comes first: what ends in two items also may end in one that looks the same."""
    recording = Recording()
    recording.http(body_of(user("hi")), answer_events("r", *ANSWER))
    normalizer = RequestNormalizer(places_of(()))
    candidate = Candidate(interaction=recording.interactions[0], view=parts_of(normalizer, user("hi")))
    interrupted = Interrupted(candidate=candidate, items=parts_of(normalizer, *ANSWER).items)

    counts = [
        list(interrupted_at(parts_of(normalizer, user("hi"), *more), interrupted)) for more in ((), ANSWER[:1], ANSWER)
    ]

    assert counts == [[], [1], [2]]


def test_what_is_there_does_not_come_again() -> None:
    """The events of finished items are left out, the others stay."""
    recording = Recording()
    recording.http(body_of(user("hi")), answer_events("r", *ANSWER))

    rest = rest_of(recording.interactions[0], 1)

    assert [event["type"] for event in rest.events] == [
        "response.created",
        "response.output_item.done",
        "response.completed",
    ]
    assert rest.output == (call("c1"),)
