"""What an answer says, event by event."""

import pytest

from pytest_codex_replay.projection import answer
from pytest_codex_replay.projection.answer import Answer, answer_of_body, is_telling, open_texts_of
from pytest_codex_replay.wire.responses import Outcome

COMPLETED = {"type": "response.completed", "response": {"id": "r", "usage": {"total_tokens": 3}}}
FAILED = {"type": "response.failed", "response": {"id": "r", "error": {"code": "slow_down", "message": "Later."}}}
INCOMPLETE = {"type": "response.incomplete", "response": {"id": "r", "incomplete_details": {"reason": "max_tokens"}}}
ERROR = {"type": "error", "status": 429, "error": {"message": "Too many."}}


def told(*events: object) -> Answer:
    answer = Answer()
    for event in events:
        answer.add(event)
    return answer


@pytest.mark.parametrize(
    ("events", "ended", "message"),
    [
        ((COMPLETED,), Outcome.COMPLETED, None),
        ((FAILED, COMPLETED), Outcome.FAILED, "Later. (slow_down)"),
        ((INCOMPLETE, COMPLETED), Outcome.INCOMPLETE, "incomplete: max_tokens"),
        ((COMPLETED, FAILED), Outcome.COMPLETED, None),
        ((ERROR,), Outcome.ERROR, "Too many."),
        ((ERROR, COMPLETED), Outcome.COMPLETED, "Too many."),
        ((ERROR, FAILED), Outcome.FAILED, "Later. (slow_down)"),
        (({"type": "response.created"}, "no event", None), None, None),
    ],
)
def test_the_first_end_counts(events, ended, message):
    """A late completion makes up for no failure; an `error` may concern the connection alone."""
    answer = told(*events)

    assert (answer.ended, answer.message) == (ended, message)


@pytest.mark.parametrize(
    ("status", "ended"),
    [("completed", None), ("failed", Outcome.FAILED), ("incomplete", Outcome.INCOMPLETE), (7, None)],
)
def test_an_answer_without_a_stream_says_how_it_ended(status, ended):
    """By its status."""
    answer = answer_of_body({"id": "r", "status": status, "output": [{"type": "message"}, "no item"]})

    assert (answer.ended, answer.response_id, answer.output) == (ended, "r", [{"type": "message"}])


@pytest.mark.parametrize("odd", [[1], {"a": 1}, 7, True])
def test_an_id_that_is_not_a_text_is_none(odd: object) -> None:
    """Gateways and attackers write what they like; the answer is read all the same."""
    answer = told({"type": "response.created", "response": {"id": odd}}, COMPLETED)

    assert (answer.response_id, answer.ids, answer.ended) == ("r", [], Outcome.COMPLETED)


def test_what_answers_repeat_is_held_once() -> None:
    """Where they say exactly the same; instructions and tools of a long conversation would take most of the memory."""
    known: dict[str, tuple[bytes, object]] = {}
    answers = [
        told({"type": "response.created", "response": {"tools": [{"name": "shell", "strict": strict}]}})
        for strict in (True, True, 1)
    ]
    for one in answers:
        one.share(known)

    first, second, third = (one.told["tools"] for one in answers)
    assert second is first
    assert third == first
    assert third[0]["strict"] is not first[0]["strict"]


def test_a_text_is_open_until_its_item_is_done():
    """What was cut off is told apart from what was finished."""
    delta = {"type": "response.output_text.delta", "item_id": "m1", "delta": "Hel"}
    other = {"type": "response.output_text.delta", "item_id": "m2", "delta": "Done"}
    done = {"type": "response.output_item.done", "item": {"type": "message", "id": "m2"}}

    assert open_texts_of([delta, other, delta | {"delta": "lo"}, done, None]) == [("Hello", None)]


def test_a_text_that_is_not_finished_has_its_phase() -> None:
    """A preamble is one before it ends."""
    begun = {"type": "response.output_item.added", "item": {"type": "message", "id": "m1", "phase": "commentary"}}
    delta = {"type": "response.output_text.delta", "item_id": "m1", "delta": "Hel"}
    done = {"type": "response.output_item.done", "item": {"type": "message", "id": "m1"}}

    assert open_texts_of([begun, delta]) == [("Hel", "commentary")]
    assert open_texts_of([begun, delta, done, delta]) == [("Hel", None)]


def test_a_text_that_does_not_end_takes_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file may hold a hundred megabytes of it. What was finished makes room."""
    monkeypatch.setattr(answer, "OPEN_TEXT_CHARS", 5)
    delta = {"type": "response.output_text.delta", "item_id": "m1", "delta": "Hel"}
    other = {"type": "response.output_text.delta", "item_id": "m2", "delta": "Do"}
    done = {"type": "response.output_item.done", "item": {"type": "message", "id": "m2"}}

    assert open_texts_of([delta, other, delta]) == [("Hel", None), ("Do", None)]
    assert open_texts_of([delta, other, done, other]) == [("Hel", None), ("Do", None)]


def test_what_is_left_out_is_noticed_until_an_item_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long messages that were finished take no room from those that come later."""
    monkeypatch.setattr(answer, "OPEN_TEXT_CHARS", 5)
    found, seen = Answer(), list[bool]()
    for name in ("m1", "m2", "m3"):
        delta = {"type": "response.output_text.delta", "item_id": name, "delta": "Hel"}
        found.add_deltas([delta, delta])
        seen.append(found.is_kept_in_part)
        found.add_delta({"type": "response.output_item.done", "item": {"type": "message", "id": name}})
    found.add_deltas([{"type": "response.output_text.delta", "item_id": "m4", "delta": "there"}])

    assert seen == [True, True, True]
    assert not found.is_kept_in_part
    assert found.begun == [("there", None)]
    found.add_other({"type": "codex.limits"})
    assert found.is_kept_in_part


@pytest.mark.parametrize(
    ("raw", "tells"),
    [
        (b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"error"}\n\n', False),
        (b'event: response.output_text.delta\ndata: {"type":"response.completed"}\n\n', True),
        (b'event: response.output_text.delta\ndata: {"response":1}\n\n', True),
        (b'event: response.output_text.delta\ndata: {"type":"response.output_text.deltas","error":1}\n\n', True),
        (b'data: {"type":"error"}\n\n', True),
        (b'{"type":"response.output_text.delta","delta":"x"}', False),
        (b".delta", False),
        (b"", False),
    ],
)
def test_a_delta_tells_nothing_if_its_type_agrees_with_its_name(raw: bytes, tells: bool) -> None:  # noqa: FBT001
    """What it quotes does not matter; where name and type differ, it is parsed."""
    assert is_telling(raw) is tells


DELTA = {"type": "response.output_text.delta", "item_id": "m"}


@pytest.mark.parametrize(
    "events",
    [
        [{**DELTA, "delta": "a"}, {**DELTA, "delta": "b"}],
        [{**DELTA, "delta": "a"}, {**DELTA, "item_id": "n", "delta": "b"}, {**DELTA, "delta": "c"}],
        [{**DELTA, "delta": "a"}, {**DELTA, "delta": 1}, {**DELTA, "delta": "c"}],
        [{**DELTA, "item_id": ["m"], "delta": "a"}, {"type": DELTA["type"], "delta": "b"}, DELTA],
        [{**DELTA, "delta": "a"}, {"type": "response.reasoning_text.delta", "item_id": "m", "delta": "b"}],
        [{**DELTA, "delta": "abc"}, {**DELTA, "delta": "def"}],
    ],
)
def test_pieces_that_come_together_are_like_pieces_one_by_one(events, monkeypatch):
    """Of one text, of several, and of other values; also where not all is kept."""
    monkeypatch.setattr(answer, "OPEN_TEXT_CHARS", 4)
    together, one_by_one = Answer(), Answer()

    assert together.add_deltas(events) == [event["type"] for event in events]
    for event in events:
        one_by_one.add_deltas([event])

    assert (together.open_texts, together.open_chars) == (one_by_one.open_texts, one_by_one.open_chars)
    assert (together.begun, together.short_texts) == (one_by_one.begun, one_by_one.short_texts)
