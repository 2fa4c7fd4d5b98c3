"""A request, an event or a frame in a few lines."""

import json
from typing import Any

import pytest

from pytest_codex_replay.codex.glance import asked_by, comment_on, glance, outcome_in
from pytest_codex_replay.codex.identity import Identity


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


def said(role: str, text: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


def test_a_request_tells_what_it_added() -> None:
    """What stands behind the last item of the model; the rest was sent before."""
    body = {"model": "m", "input": [said("user", "one"), said("assistant", "two"), said("user", "three")], "tools": []}

    text = glance(raw(body), [("x-codex-turn-metadata", json.dumps({"turn_id": "t-1"}))])

    assert text is not None
    assert text.splitlines() == ["model   m", "turn    t-1", "added   1 of 3 input items", "  user: three", "tools   0"]


def test_tools_in_an_item_are_counted() -> None:
    """Codex brings them in one of its own."""
    text = glance(raw({"input": [{"type": "additional_tools", "role": "developer", "tools": [{}, {}]}]}))

    assert text is not None
    assert "  additional_tools: 2" in text.splitlines()


def test_events_are_lines_and_deltas_one() -> None:
    """With what a delta says put together, and how it ended."""
    values: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": "response.output_text.delta", "delta": "Hel"},
        {"type": "response.output_text.delta", "delta": "lo"},
        {"type": "response.failed", "response": {"id": "resp_1", "error": {"message": "no"}}},
    ]
    events = b"".join(b"event: %s\ndata: %s\n\n" % (one["type"].encode(), raw(one)) for one in values)

    text = glance(events)

    assert text is not None
    assert text.splitlines() == [
        "response.created  resp_1",
        "response.output_text.delta x2: Hello",
        "response.failed  resp_1 no",
    ]
    assert outcome_in(events) == "failed"


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b'{"data": []}', b"null"])
def test_what_is_something_else_is_left_to_others(data: bytes) -> None:
    """The raw bytes are shown then."""
    assert glance(data) is None
    assert asked_by(data) is None
    assert outcome_in(data) is None


@pytest.mark.parametrize(
    "value",
    [
        {"type": "response.create", "input": "text"},
        {"type": "response.create", "input": [1, None, {"content": 3}]},
        {"type": "response.done", "response": 1, "item": 2, "delta": 3},
        {"type": "error", "error": "x"},
    ],
)
def test_odd_values_are_shown(value: dict[str, Any]) -> None:
    """Whatever stands in the members."""
    assert glance(raw(value))


@pytest.mark.parametrize(
    ("kinds", "comments"),
    [
        (["turn", "compaction", "turn"], ["turn 1", "turn 2 compaction", "turn 3"]),
        ([None], ["turn 1"]),
    ],
)
def test_a_comment_says_each_thing_once(kinds: list[str | None], comments: list[str]) -> None:
    """A turn's number tells that it is one."""
    turns: dict[str, int] = {}

    found = [comment_on(Identity(turn_id=f"t-{at}", request_kind=kind), turns) for at, kind in enumerate(kinds)]

    assert found == comments
    assert comment_on(Identity(request_kind="prewarm"), turns) == "prewarm"
    assert comment_on(Identity(), turns) == "request"
