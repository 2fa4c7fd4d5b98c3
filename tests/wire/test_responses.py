"""The Responses API: what ends a response, what an item is."""

import json

import pytest

from pytest_codex_replay.wire.responses import Outcome, ended_by, failure_events, output_item, response_id


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ({"type": "response.completed"}, Outcome.COMPLETED),
        ({"type": "response.done"}, Outcome.COMPLETED),
        ({"type": "response.failed"}, Outcome.FAILED),
        ({"type": "response.incomplete"}, Outcome.INCOMPLETE),
        ({"type": "response.incomplete", "response": {"incomplete_details": {"reason": "x"}}}, Outcome.INCOMPLETE),
        (
            {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "interrupted"}}},
            Outcome.INTERRUPTED,
        ),
        ({"type": "response.incomplete", "response": {"incomplete_details": "interrupted"}}, Outcome.INCOMPLETE),
        ({"type": "error", "status": 429}, Outcome.ERROR),
        ({"type": "error", "status_code": 500}, Outcome.ERROR),
        ({"type": "error", "error": {"code": "websocket_connection_limit_reached"}}, Outcome.ERROR),
        ({"type": "error"}, None),
        ({"type": "error", "error": "text"}, None),
        ({"type": "response.created"}, None),
        ({"type": "response.output_text.done"}, None),
        ({"type": ["response.completed"]}, None),
        ({}, None),
        (None, None),
        ("response.completed", None),
        ([], None),
    ],
)
def test_an_event_ends_its_response_or_not(event: object, outcome: Outcome | None) -> None:
    """Only terminal events do; odd ones never raise."""
    assert ended_by(event) is outcome


@pytest.mark.parametrize(
    ("event", "item"),
    [
        ({"type": "response.output_item.done", "item": {"type": "message"}}, {"type": "message"}),
        ({"type": "response.output_item.added", "item": {"type": "message"}}, None),
        ({"type": "response.output_item.done", "item": "x"}, None),
        ({"type": "response.output_item.done"}, None),
        (None, None),
    ],
)
def test_a_finished_item_is_found(event: object, item: object) -> None:
    """An item that was only announced is none yet."""
    assert output_item(event) == item


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"response": {"id": "resp_1"}}, "resp_1"),
        ({"response": {"id": 7}}, None),
        ({"response": {}}, None),
        ({"response": "resp_1"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_response_id_is_found(event: object, found: str | None) -> None:
    """It is text, or nothing."""
    assert response_id(event) == found


def test_failure_events_end_a_turn_with_the_very_text() -> None:
    """Codex shows the message of `response.failed`, and `invalid_prompt` stops it from trying again."""
    first, last = failure_events('matches no interaction\n  "nearest": 3')

    assert ended_by(first) is None
    assert ended_by(last) is Outcome.FAILED
    assert last["response"]["error"] == {"code": "invalid_prompt", "message": 'matches no interaction\n  "nearest": 3'}
    assert json.dumps([first, last])
