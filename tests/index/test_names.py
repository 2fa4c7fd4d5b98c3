"""The ids in an interaction."""

from dataclasses import replace

from pytest_codex_replay.index.names import names_in
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.replay.recording import Recording, body_of, user


def test_all_ids_have_their_kind(talk):
    """Those of headers only where they name a request."""
    client = talk(tool_loop(1))
    client.turn("run")
    call = replace(client.interactions[0], response_headers=(("X-Request-Id", "req_1"), ("date", "today")))
    found = list(names_in(call))

    assert {kind for kind, name in found if name} >= {"session", "thread", "turn", "flow", "response", "call", "item"}
    assert [name for kind, name in found if kind == "request"] == ["req_1"]


def test_ids_that_point_elsewhere_are_named_too(talk):
    """What began a thread, and what an answer continues: they may be recorded in another session."""
    client = talk(
        tool_loop(1), transport="websocket", thread="kid", parent="mother", root_turn_id="t0", window_id="kid:0"
    )
    client.turn("run")
    found = {kind: name for kind, name in names_in(client.interactions[-1]) if name}

    assert (found["parent thread"], found["root turn"], found["window"]) == ("mother", "t0", "kid:0")
    assert ("response", "resp_0001") in list(names_in(client.interactions[-1]))


def test_ids_of_what_only_began_and_of_events_are_names() -> None:
    """Of an item that was never finished, and of an error over a WebSocket, whose event has headers."""
    recording = Recording()
    added = {"type": "response.output_item.added", "item": {"id": "msg_1", "call_id": "call_9"}}
    error = {"type": "error", "status": 400, "error": {"message": "no"}, "headers": {"x-request-id": "req_ws"}}
    recording.websocket([(body_of(user("a")), [added, error])])
    (call,) = recording.interactions

    assert {("request", "req_ws"), ("item", "msg_1"), ("call", "call_9")} <= set(names_in(call))
