"""What a client does while it is answered, beside what it had done when that was recorded."""

from typing import Any

import orjson
import pytest

from pytest_codex_replay.projection.interactions import Transport
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.explain import rerecord_advice
from pytest_codex_replay.replay.open_answer import OpenAnswer
from pytest_codex_replay.replay.reply import Answer, Request, Speed
from tests.replay.recording import INTERRUPT, Recording, answer_events, body_of, said, steered_events, user

UPGRADE = Request(method="GET", url="/v1/responses", headers=())
ADVICE = f"\n  {rerecord_advice('c')}"


def message(value: Any) -> Request:
    return UPGRADE.message(orjson.dumps(value))


def opened(events: list[dict[str, Any]], **options: Any) -> tuple[Engine, OpenAnswer]:
    """An engine whose one answer is on its way."""
    recording = Recording()
    recording.websocket([(body_of(user("hi")), events)])
    engine = Engine(recording.interactions, name="c", **options)
    return engine, OpenAnswer(engine, engine.answer(message({"type": "response.create", **body_of(user("hi"))})))


def last_event(answer: Answer | None) -> Any:
    assert answer is not None
    assert answer.transport is Transport.WEBSOCKET
    return answer.parts[-1].payload.json


@pytest.mark.parametrize("mode", ["discard_partial_items", "one_of_next_year"])
def test_what_is_recorded_is_heard(mode: str) -> None:
    """The answer goes on as it did, and the frame is among the requests; a mode need not be known."""
    engine, current = opened(steered_events(mode=mode))
    is_held = current.awaited is not None

    assert current.hear(message(INTERRUPT | {"mode": mode})) is None

    assert (is_held, current.awaited, current.is_open) == (True, None, True)
    assert engine.report.is_clean
    assert len(engine.report.requests) == 2


@pytest.mark.parametrize(
    ("events", "mode", "text"),
    [
        (
            steered_events(),
            "keep_partial_items",
            "with the mode 'keep_partial_items'; recorded is 'discard_partial_items'.",
        ),
        (answer_events("r", said("x")), "discard_partial_items", "where the recording has no interrupt."),
        (
            answer_events("r", said("x")),
            7,
            "with the unknown mode 7; the recording has no interrupt, and known is 'discard_partial_items' only.",
        ),
    ],
)
def test_what_is_not_recorded_ends_the_turn(events: list[Any], mode: Any, text: str) -> None:
    """The client is told what the report says, and nothing more of the answer comes."""
    engine, current = opened(events)

    answer = current.hear(message(INTERRUPT | {"mode": mode}))

    (miss,) = engine.report.misses
    assert miss.text == f"c: The client interrupted interaction 1 {text}{ADVICE}"
    assert last_event(answer)["response"]["error"]["message"] == miss.text
    assert (miss.request, current.is_open) == (2, False)


def test_a_second_interrupt_is_not_recorded() -> None:
    """One was heard."""
    engine, current = opened(steered_events())
    current.hear(message(INTERRUPT))

    current.hear(message(INTERRUPT))

    assert "where the recording has no interrupt" in engine.report.misses[0].text


@pytest.mark.parametrize("response_id", ["r", "another", None])
def test_what_is_over_cannot_be_interrupted(response_id: str | None) -> None:
    """As the upstream says it: that is not a miss, since nothing comes of it."""
    engine, current = opened(answer_events("r", said("x")))
    current.is_over = response_id == "r"

    event = last_event(current.hear(message(INTERRUPT | {"response_id": response_id})))

    assert (event["type"], event["response_id"]) == ("response.interrupt.failed", response_id)
    assert event["error"]["message"] == f"{response_id} is over: there is nothing to interrupt."
    assert engine.report.is_clean


def test_before_anything_was_asked_there_is_nothing_to_interrupt() -> None:
    """The same event."""
    event = last_event(OpenAnswer(Engine(())).hear(message(INTERRUPT)))

    assert event["type"] == "response.interrupt.failed"


def test_a_recorded_refusal_comes_again() -> None:
    """Of an interrupt that came too late."""
    refused = {"type": "response.interrupt.failed", "error": {"code": "as recorded"}}
    _, current = opened([*answer_events("r"), INTERRUPT, refused])
    current.is_over = True

    assert last_event(current.hear(message(INTERRUPT))) == refused


def test_a_client_that_does_not_interrupt() -> None:
    """What it did not do, and for how long it was waited for."""
    engine, current = opened(steered_events())

    answer = current.overdue()

    (miss,) = engine.report.misses
    said_so = "c: The client had interrupted interaction 1 when it was recorded; this one did not within 60 s."
    assert miss.text == said_so + ADVICE
    assert last_event(answer)["type"] == "response.failed"
    assert (miss.request, current.is_open) == (1, False)


def test_a_client_that_leaves_instead() -> None:
    """Nobody is left to be told, but the report."""
    engine, current = opened(steered_events())

    current.leave()

    assert "interrupted interaction 1 when it was recorded; this one left instead." in engine.report.misses[0].text


@pytest.mark.parametrize("heard", [True, False])
def test_a_client_may_leave_what_is_not_held(*, heard: bool) -> None:
    """It interrupted, or nothing is recorded that it should do."""
    engine, current = opened(steered_events() if heard else answer_events("r", said("x")))
    if heard:
        current.hear(message(INTERRUPT))

    current.leave()

    assert engine.report.is_clean


@pytest.mark.parametrize(("speed", "seconds"), [(0.0, 1.0), (1.0, 1.01), (100.0, 2.0)])
def test_an_answer_is_held_longer_where_the_recorded_client_took_longer(speed: float, seconds: float) -> None:
    """At the speed of the replay: it had taken 10 ms from the last event to the interrupt."""
    _, current = opened(steered_events(), speed=Speed(factor=speed), hold_limit_ms=1000.0)

    assert current.patience_s == pytest.approx(seconds)


def test_after_a_miss_no_client_is_waited_for_long() -> None:
    """It may have gone another way: the test has failed already, and is not to take a minute for it."""
    engine, current = opened(steered_events())

    engine.answer(message({"type": "response.create", "model": "m", "input": [user("something else")]}))

    assert current.patience_s == pytest.approx(5.0)
