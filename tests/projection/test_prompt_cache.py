"""Why the prompt cache missed."""

from typing import Any

import pytest

from pytest_codex_replay.projection.prompt_cache import CacheStep, cache_steps
from tests.replay.recording import Recording, body_of, said, user


def answer(response_id: str, tokens: int, cached: int) -> list[dict[str, Any]]:
    usage = {"input_tokens": tokens, "input_tokens_details": {"cached_tokens": cached}}
    item = {"type": "response.output_item.done", "output_index": 0, "item": said("ok")}
    return [item, {"type": "response.completed", "response": {"id": response_id, "usage": usage}}]


def second_step(first: dict[str, Any], second: dict[str, Any], *, cached: int, tokens: int = 5000) -> CacheStep:
    recording = Recording()
    recording.http(first, answer("resp_1", 4000, 0))
    recording.http(second, answer("resp_2", tokens, cached))
    _, step = cache_steps(recording.interactions)
    return step


def test_the_first_call_of_a_thread_misses_nothing() -> None:
    """No call before it could have left anything."""
    recording = Recording()
    recording.http(body_of(user("a")), answer("resp_1", 4000, 0))

    (step,) = cache_steps(recording.interactions)

    assert (step.before, step.missed_tokens, step.changed) == (None, 0, None)


@pytest.mark.parametrize(
    ("second", "changed", "old", "new"),
    [
        (body_of(user("a"), user("b"), tools=[{"name": "t"}]), "tools", None, [{"name": "t"}]),
        (body_of(user("a"), instructions="Be long."), "instructions", None, "Be long."),
        (body_of(user("z"), user("b")), "input[0].content[0].text", "a", "z"),
        (body_of(model="other"), "model", "gpt-5.4", "other"),
        (body_of(), "input[0]", user("a"), None),
    ],
)
def test_the_first_part_that_changed_is_named(second: dict[str, Any], changed: str, old: Any, new: Any) -> None:
    """A prompt is tools, instructions, input: what stands behind the first change is read anew."""
    first = body_of(user("a"))
    old = first["model"] if changed == "model" else old

    step = second_step(first, second, cached=0)

    assert (step.changed, step.old, step.new, step.missed_tokens) == (changed, old, new, 4000)


@pytest.mark.parametrize(("cached", "missed"), [(4000, 0), (3900, 0), (3000, 1000)])
def test_what_only_came_behind_is_no_change(cached: int, missed: int) -> None:
    """Less than a step of the cache is not a miss."""
    step = second_step(body_of(user("a")), body_of(user("a"), said("ok"), user("b")), cached=cached)

    assert (step.changed, step.missed_tokens) == (None, missed)
    assert step.waited_ms == 20.0


def test_a_short_prompt_is_not_kept() -> None:
    """Below 1,024 tokens nothing is missed."""
    step = second_step(body_of(user("a")), body_of(user("a")), cached=0, tokens=1000)

    assert step.missed_tokens == 0


def test_over_websocket_the_input_behind_an_answer_counts() -> None:
    """A frame that continues an answer sends only what is new; the prompt is all of it."""
    recording = Recording()
    first, second = body_of(user("a")), body_of(user("b"), previous_response_id="resp_1")
    recording.websocket([(first, answer("resp_1", 4000, 0)), (second, answer("resp_2", 4100, 4000))])

    _, step = cache_steps(recording.interactions)

    assert (step.changed, step.missed_tokens, step.as_json()["before"]) == (None, 0, 1)
