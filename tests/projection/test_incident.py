"""A turn that went wrong, attempt by attempt."""

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.projection.incident import Incident, attempts_in, incidents_in
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.upstream.scenarios import cut_stream, failed, server_error_then_fine, text
from tests.replay.recording import Recording, answer_events, body_of, said, user


def incidents(interactions) -> list[Incident]:
    return list(incidents_in(turns_of(interactions)))


@pytest.mark.parametrize("transport", ["sse", "websocket"])
@pytest.mark.parametrize("script", [cut_stream, failed, server_error_then_fine])
def test_each_attempt_stands_with_what_became_of_it(talk, script, transport) -> None:
    """A turn that a retry saved is listed, too: something failed in it."""
    client = talk(script(), transport=transport)
    client.turn("hi")

    (incident,) = incidents(client.interactions)

    assert [attempt.interaction for attempt in incident.attempts] == list(client.interactions)
    assert incident.attempts[0].is_failed
    assert incident.attempts[0].error
    assert incident.attempts[0].after_ms is None


def test_a_turn_without_a_failure_is_none(talk) -> None:
    """Nor is one that the user broke off."""
    client = talk(text())
    client.turn("hi")
    left = Recording()
    left.http(body_of(user("a")), answer_events("resp_1", said("ok"))[:1], end=FlowEnd.CLIENT_GONE)

    assert incidents(client.interactions) == []
    assert incidents(left.interactions) == []


def test_headers_say_which_request_it_was() -> None:
    """Ids of the request and the time to ask again are told; credentials and the rest are not."""
    recording = Recording()
    headers = (("X-Request-Id", "req_1"), ("retry-after", "3"), ("x-codex-primary-used-percent", "99"), ("server", "x"))
    sent = (("authorization", "Bearer x"), ("x-client-request-id", "c1"))
    error = {"error": {"message": "busy"}}
    recording.http(body_of(user("a")), status=503, headers=headers, json=error, request_headers=sent)

    (incident,) = incidents(recording.interactions)
    (attempt,) = incident.attempts

    assert dict(attempt.headers) == {
        "x-client-request-id": "c1",
        "x-request-id": "req_1",
        "retry-after": "3",
        "x-codex-primary-used-percent": "99",
    }
    assert attempt.error == "HTTP 503: busy"
    assert incident.followed == "sent nothing more, the turn ended: error"


def test_a_websocket_that_was_declined_belongs_to_the_turn() -> None:
    """What Codex tried before it fell back to HTTP is an attempt of the turn."""
    recording = Recording()
    recording.http(None, method="GET", status=426, json={}, request_headers=(("upgrade", "websocket"),))
    recording.http(body_of(user("a")), answer_events("resp_1", said("ok")))

    recording.http(body_of(user("b"), session_id="s"), answer_events("resp_2", said("ok")))

    calls = recording.interactions
    first, second = attempts_in(turns_of(calls))

    assert [attempt.interaction.status for attempt in first.attempts] == [426, 200]
    assert [attempt.interaction.status for attempt in second.attempts] == [200]
    assert first.followed == "sent 1 more request, fell back from WebSocket to HTTP, the turn completed"


def test_a_close_code_is_told() -> None:
    """It says who closed the WebSocket, and why."""
    recording = Recording()
    recording.websocket(
        [(body_of(user("a")), answer_events("resp_1", said("ok"))[:1])], close_code=1011, closed_by_client=False
    )

    (incident,) = incidents(recording.interactions)

    assert [attempt.interaction.close_code for attempt in incident.attempts] == [1011]
    assert incident.as_json()["attempts"][0]["close_code"] == 1011
