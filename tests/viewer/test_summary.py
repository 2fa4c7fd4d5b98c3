"""What the page shows of a session before a request is opened."""

import pytest

from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import cut_stream, multi_turn, text, tool_loop
from pytest_codex_replay.viewer.summary import MAX_ITEM_CHARS, summary_of


def summary(client, directory) -> dict:
    return summary_of(open_archive(client.write(directory / "s"))[0])


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_each_item_knows_the_request_behind_it(talk, tmp_path, transport) -> None:
    """What the model said, by the answer that has it; what was said to it, by the request that brought it."""
    client = talk(tool_loop(2), transport=transport)
    client.turn("run the steps")

    (turn,) = summary(client, tmp_path)["turns"]

    kinds = [(item["kind"], item["interaction"]) for item in turn["items"]]
    assert kinds == [
        ("user", 1),
        ("reasoning", 1),
        ("tool_call", 1),
        ("reasoning", 2),
        ("tool_call", 2),
        ("assistant", 3),
    ]


def test_times_count_from_the_first_request(talk, tmp_path) -> None:
    """In milliseconds; a cassette with canonical times has none."""
    client = talk(multi_turn())
    client.turn("a")
    client.turn("b")

    value = summary(client, tmp_path)

    assert value["interactions"][0]["at_ms"] == 0.0
    assert value["turns"][1]["at_ms"] > 0
    assert value["has_times"]
    shipped = summary_of(open_archive("cassettes/resume")[0])
    assert not shipped["has_times"]
    assert {call["at_ms"] for call in shipped["interactions"]} == {None}


def test_what_failed_is_a_problem(talk, tmp_path) -> None:
    """It leads to the request that failed, also where a retry helped."""
    client = talk(cut_stream())
    client.turn("hi")

    value = summary(client, tmp_path)

    assert [(problem["turn"], problem["interaction"]) for problem in value["problems"]] == [(1, 1)]


def test_a_long_text_is_cut(talk, tmp_path) -> None:
    """The page opens with the summary; all of the text is in the answer."""
    client = talk(text("x" * (MAX_ITEM_CHARS + 5)))
    client.turn("hi")

    (turn,) = summary(client, tmp_path)["turns"]

    assert (len(turn["items"][1]["text"]), turn["items"][1]["cut_chars"]) == (MAX_ITEM_CHARS, 5)
