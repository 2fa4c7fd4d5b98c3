"""Connections that carried nothing, and what Codex did instead."""

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.projection.connections import fallback_count
from pytest_codex_replay.projection.turns import background_requests_of, turns_of
from tests.replay.recording import Recording, answer_events, body_of, said, user

UPGRADE = (("upgrade", "websocket"),)


@pytest.mark.parametrize(
    "answer",
    [{"status": None, "end": FlowEnd.REFUSED}, {"status": None, "end": FlowEnd.UPSTREAM_GONE}, {"status": 426}],
)
def test_a_websocket_that_never_opened_leads_to_a_fallback(answer) -> None:
    """Whether the upstream declined it or could not be reached; it counts once, for the turn that came of it."""
    recording = Recording()
    for _ in range(2):
        recording.http(None, method="GET", request_headers=UPGRADE, **answer)
    for prompt in "ab":
        recording.http(body_of(user(prompt)), answer_events(f"resp_{prompt}", said("ok")))

    calls = recording.interactions
    turns = turns_of(calls)

    assert [turn.connections for turn in turns] == [calls[:2], ()]
    assert background_requests_of(calls, turns) == ()
    assert [fallback_count([*turn.connections, *turn.interactions]) for turn in turns] == [1, 0]


def test_a_second_try_that_opened_is_no_fallback() -> None:
    """Nor is a compaction of the remote, which has no other way than HTTP."""
    recording = Recording()
    recording.http(None, method="GET", request_headers=UPGRADE, status=None, end=FlowEnd.REFUSED)
    recording.websocket([(body_of(user("a")), answer_events("resp_1", said("ok")))])
    recording.http(body_of(user("a")), json={"output": []}, url="https://api.openai.com/v1/responses/compact")

    assert fallback_count(recording.interactions) == 0
