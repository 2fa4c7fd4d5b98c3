"""What of a session can be searched: each text once, where it first stands."""

import pytest

from pytest_codex_replay.projection.search import Rank, documents_of
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.upstream.scenarios import cut_stream, tool_loop


def documents(interactions, unknown=()):
    return list(documents_of(interactions, turns_of(interactions), unknown))


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


@pytest.mark.parametrize("member", ["encrypted_content", "image_url", "file_data"])
def test_what_no_one_looks_for_is_left_out(talk, member: str) -> None:
    """Base64 has no words."""
    client = talk(tool_loop(1))
    client.sdk([{"type": "unknown_thing", member: "QUJD", "note": "zebra"}])

    (found,) = [one.text for one in documents(client.interactions) if "zebra" in one.text]

    assert "QUJD" not in found


@pytest.mark.parametrize(("flow", "interaction"), [("a-flow-1", 1), ("lost", None), (7, None)])
def test_records_of_unknown_kinds_are_there_too(talk, flow, interaction) -> None:
    """A later version wrote them."""
    client = talk(tool_loop(1))
    client.side("/models")

    *_, found = documents(client.interactions, [{"kind": "remark", "flow": flow, "note": "zebra"}])

    assert (found.place, found.interaction) == ("record remark", interaction)
    assert "zebra" in found.text


def test_ids_are_no_texts(loop) -> None:
    """They are found as ids, and would be in every header and all metadata."""
    assert not [one for one in loop if "01a00000-0000-7000-8000-00000000000a" in one.text]
