"""Title requests, answered by role."""

from dataclasses import replace

import orjson
import pytest

from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.projection.interaction_builder import merged
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Answer, Request
from pytest_codex_replay.upstream.scenarios import text
from pytest_codex_replay.wire.responses import output_item
from tests.replay.recording import Recording, answer_events, body_of, said, user
from tests.sessions import Talk

PROMPT = "My name is Ada, and I would like to know yours."


@pytest.fixture
def conversation() -> tuple[Interaction, ...]:
    """A turn."""
    client = Talk(text())
    client.turn(PROMPT)
    return client.interactions


@pytest.fixture
def title() -> Interaction:
    """The title request that the TUI sends beside it."""
    client = Talk(text(), thread="titles")
    client.title(PROMPT)
    return client.interactions[0]


def ask(engine: Engine, call: Interaction, transport: Transport = Transport.HTTP, **changes: object) -> Answer:
    fields = call.request.fields if call.request else {}
    body = orjson.dumps({"type": "response.create", **fields, **changes})
    return engine.answer(Request(method="POST", url="/v1/responses", headers=(), body=body, transport=transport))


def title_in(answer: Answer) -> str:
    """Return the title that the one item of an answer gives."""
    (item,) = [item for part in answer.parts if (item := output_item(part.payload.json)) is not None]
    return orjson.loads(item["content"][0]["text"])["title"]


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize("transport", [Transport.SSE, Transport.WEBSOCKET])
def test_the_recorded_title_is_given_again(conversation, title, level, transport):
    """As often as it is asked for, on every level, whatever else Codex says there; none of it is a miss, or unused."""
    engine = Engine(merged([conversation, (title,)]), level=level)

    answers = [ask(engine, title, transport, model=model) for model in ("gpt-5.4", "another")]

    assert [title_in(answer) for answer in answers] == ["Talk to a script"] * 2
    assert engine.report.is_clean
    assert (engine.report.unmatched, engine.report.served) == ((), ())
    assert [one.input for one in engine.report.unused] == [one.input for one in conversation]


@pytest.mark.parametrize("transport", [Transport.SSE, Transport.WEBSOCKET])
def test_a_conversation_alone_gives_a_title_of_the_shape_that_is_asked_for(conversation, title, transport):
    """The beginning of the prompt; it is reported as a background request that was not recorded."""
    engine = Engine(conversation)

    answer = ask(engine, title, transport)
    ask(engine, conversation[0], transport)

    (unmatched,) = engine.report.unmatched
    assert title_in(answer) == PROMPT[:36].rstrip()
    assert (unmatched.request, unmatched.status) == (1, 200)
    assert (engine.report.is_clean, engine.report.unused) == (True, ())


def test_a_client_without_a_stream_gets_one_object(conversation, title):
    """As it asked for."""
    answer = ask(Engine(conversation), title, stream=False)

    (part,) = answer.parts
    assert part.payload.json["output"][0]["content"][0]["text"] == '{"title":"My name is Ada, and I would like to"}'


def test_of_several_titles_the_one_for_the_prompt_is_given():
    """One that is not served yet first; the last one again and again."""
    recording = Recording()
    for prompt, given in (("one", "First"), ("two", "Second"), ("two", "Third")):
        asked = user(f"Generate a title.\n\nUser prompt:\n{prompt}")
        answer = answer_events("resp", said(f'{{"title":"{given}"}}'))
        recording.http(body_of(asked, client_metadata={"thread_source": "thread_title"}), answer)
    engine = Engine(recording.interactions)
    first, second, _ = recording.interactions

    given = [title_in(ask(engine, call)) for call in (second, first, second, second)]

    assert given == ["Second", "First", "Third", "Third"]


def test_a_recorded_title_that_was_cut_short_is_not_given(conversation, title):
    """The client would ask again and again."""
    cut = replace(title, parts=title.parts[:1])

    answer = ask(Engine(merged([conversation, (cut,)])), title)

    assert title_in(answer) == PROMPT[:36].rstrip()
