"""Finding an id or a text: wherever it stands, and also when it came in pieces."""

from dataclasses import replace

import pytest

from pytest_codex_replay.projection.search import find_text
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.upstream.scenarios import non_ascii, text, tool_loop


@pytest.fixture(scope="module")
def loop(talk):
    """Two turns: a tool loop of one step, then an answer."""
    client = talk(tool_loop(1))
    client.side("/models")
    client.turn("run the step")
    return client.interactions


def places(wanted: str, interactions) -> list[tuple[int, int | None, str]]:
    hits = find_text(wanted, interactions, turns_of(interactions))
    return [(hit.interaction, hit.turn, hit.place) for hit in hits]


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ("/v1/models", [(1, None, "url")]),
        ("text/event-stream", [(2, 1, "answer header content-type"), (3, 1, "answer header content-type")]),
        ("run the step", [(2, 1, "request"), (3, 1, "request")]),
        ("nowhere to be found", []),
    ],
)
def test_a_text_is_found_where_it_stands(loop, wanted: str, where: list) -> None:
    """Interactions as `show` numbers them, the turn that they belong to, and in which part."""
    assert [place for place in places(wanted, loop) if place[2] != "request header accept"] == where


def test_a_response_id_is_found_where_it_was_given_and_where_it_ends_up(loop) -> None:
    """That is how a line of a log becomes an exchange to look at."""
    assert (2, 1, "answer") in places(loop[1].response_id, loop)


def test_what_came_in_pieces_is_found_in_its_turn(talk) -> None:
    """When the whole is in no event, as after a cut."""
    client = talk(text("One word after the other."))
    client.turn("go")
    (call,) = client.interactions
    cut = replace(call, parts=tuple(part for part in call.parts if b"word after the" not in part.raw))

    assert places("word after the", [call]) == [(1, 1, "answer")]
    assert places("word after the", [cut]) == [(1, 1, "turn")]


def test_letters_are_found_however_json_writes_them(talk) -> None:
    """As they are, or escaped."""
    client = talk(non_ascii())
    client.turn('say "ü"\n')

    assert (1, 1, "request") in places('say "ü"\n', client.interactions)


@pytest.mark.parametrize("wanted", ["ÜBER", "über", "straße", "İstanbul"])
def test_upper_and_lower_case_are_the_same(talk, wanted: str) -> None:
    """Also where JSON escapes a character, and where a case is longer than the other."""
    client = talk(text())
    client.turn("Über die Straße nach İstanbul, über")

    found = {hit.place: hit for hit in find_text(wanted, client.interactions, turns_of(client.interactions))}

    assert found["request"].count == (2 if wanted.lower() == "über" else 1)
    assert wanted.lower() in found["request"].excerpt.lower()


def test_a_hit_shows_what_stands_around_it_on_one_line(loop) -> None:
    """Enough to tell hits apart, and no more."""
    hit = find_text("run the step", loop, turns_of(loop))[0]

    assert "run the step" in hit.excerpt
    assert "\n" not in hit.excerpt
    assert len(hit.excerpt) <= len("run the step") + 2 * 41
