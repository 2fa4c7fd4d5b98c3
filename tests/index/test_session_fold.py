"""A session as rows: of its texts each once, where it first stands."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from pytest_codex_replay.index.session_fold import fold_of
from pytest_codex_replay.projection.search import Rank
from pytest_codex_replay.upstream.scenarios import cut_stream, tool_loop


def documents(interactions, unknown=()):
    fold = fold_of(interactions, unknown)
    places = fold.folded("s").parts["place"]
    return [Document(fold.places.texts[digest], Rank(rank), *where) for _, digest, rank, *where in places]


class Document(NamedTuple):
    text: str
    rank: Rank
    place: str
    turn: int | None
    interaction: int | None


@pytest.fixture(scope="module")
def loop(talk):
    """A background request, then a tool loop of one step."""
    client = talk(tool_loop(1))
    client.side("/models")
    client.turn("run the step")
    return documents(client.interactions)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("run the step", (Rank.PROMPT, "prompt", 1, 2)),
        ('{"cmd":"echo step-1"}', (Rank.DONE, "tool call exec_command", 1, 2)),
        ("Be helpful.", (Rank.CONTEXT, "instructions", 1, 2)),
        ("<permissions instructions>", (Rank.CONTEXT, "context", 1, 2)),
        ("http://127.0.0.1:8123/v1/models", (Rank.WIRE, "url", None, 1)),
        ("content-type: text/event-stream", (Rank.WIRE, "answer header content-type", 1, 2)),
        ('{"models":[]}', (Rank.WIRE, "answer", None, 1)),
        ('{"model":"gpt-5.4","stream":true}', (Rank.WIRE, "settings", 1, 2)),
    ],
)
def test_a_text_is_where_it_first_stands(loop, text, where) -> None:
    """Interactions as `show` numbers them, the turn that they belong to, and what it is."""
    (found,) = [one for one in loop if one.text == text]

    assert (found.rank, found.place, found.turn, found.interaction) == where


def test_no_text_is_there_twice(loop) -> None:
    """The second request repeats all of the first; an output is that of its call."""
    texts = [one.text for one in loop]

    assert len(texts) == len(set(texts))
    assert [one.place for one in loop if "Chunk ID" in one.text] == ["tool output exec_command"]


def test_a_prompt_that_is_repeated_is_there_in_each_turn(talk) -> None:
    """It was said twice."""
    client = talk(tool_loop(1))
    client.turn("go on")
    client.turn("go on")

    prompts = [one for one in documents(client.interactions) if one.place == "prompt"]

    assert [(one.text, one.turn) for one in prompts] == [("go on", 1), ("go on", 2)]


def test_what_came_in_pieces_is_there_as_a_whole(talk) -> None:
    """Also where the stream was cut before the text was finished, and so is the failure."""
    client = talk(cut_stream())
    client.turn("go", retries=1)

    found = {one.place: one.text for one in documents(client.interactions)}

    assert found["assistant"]
    assert "the flow ended before the answer did" in found["failure"]


@pytest.mark.parametrize(("flow", "interaction"), [("a-flow-1", 1), ("lost", None), (7, None)])
def test_records_of_unknown_kinds_are_there_too(talk, flow, interaction) -> None:
    """A later version wrote them."""
    client = talk(tool_loop(1))
    client.side("/models")

    *_, found = documents(client.interactions, [{"kind": "remark", "flow": flow, "note": "zebra"}])

    assert (found.place, found.interaction) == ("record remark", interaction)
    assert "zebra" in found.text


def test_each_id_is_where_it_first_stands(talk):
    """Once; later requests repeat those of calls."""
    client = talk(tool_loop(1))
    client.turn("run")
    first, *others = client.interactions
    calls = (replace(first, response_headers=(("X-Request-Id", "req_1"), ("date", "today"))), *others)
    found = fold_of(calls, ()).folded("here").parts["name"]

    by_kind = {kind: (turn, interaction) for kind, _, turn, interaction in reversed(found)}
    assert by_kind["session"] == (None, None)
    assert by_kind["thread"] == by_kind["turn"] == by_kind["call"] == by_kind["response"] == (1, 1)
    assert ("session", "here", None, None) in found
    assert ("request", "req_1", 1, 1) in found
    assert len({(kind, name) for kind, name, _, _ in found}) == len(found)


def test_ids_of_what_was_said_before_the_recording_are_known(talk) -> None:
    """A conversation that is resumed brings them; those of a recorded answer stay where that is."""
    old = {"type": "function_call", "name": "x", "arguments": "{}", "call_id": "call_old", "id": "fc_old"}
    client = talk(tool_loop(1))
    client.history.append(old)
    client.turn("run the step")
    names = {name: (kind, at) for kind, name, _, at in fold_of(client.interactions, ()).folded("s").parts["name"]}

    assert (names["call_old"], names["fc_old"]) == (("call", 1), ("item", 1))
    assert [at for kind, at in names.values() if kind == "call"] == [1, 1]
