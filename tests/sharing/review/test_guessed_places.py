"""How much the place of a word weighs."""

import pytest

from pytest_codex_replay.sharing.review.access_lines import access_lines
from pytest_codex_replay.sharing.review.guessed_places import weighed_in
from tests.growth import assert_linear, repeated


def weights(text, *, is_spoken=True):
    found = {}
    for line in access_lines(text, is_spoken=is_spoken):
        for _, value, weight in weighed_in(text, line, is_spoken=is_spoken):
            found[value] = max(weight, found.get(value, 0))
    return found


@pytest.mark.parametrize(
    "text",
    [
        "the wifi is %s, try again",
        'it lets you in as "demo" with "%s"',
        "ssh to the nas:\n%s\n",
        "the vault opens with %s",
        "el router: le puse %s",
        "unzip -P %s docs.zip",
        "login: root / %s",
        "%s is what the router wants",
    ],
)
def test_what_is_told_weighs_more_than_what_tells_it(text):
    """Behind what states it, in quotes, alone, behind an option or an account, before what explains it."""
    found = weights(text % "tangerine")

    assert found["tangerine"] == max(found.values())
    assert found["tangerine"] >= 3


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("to unlock it type paperclip orchestra when prompted", "paperclip orchestra"),
        ("the nas, tangerine umbrella, still", "tangerine umbrella"),
        ("MATCH_PASSWORD=kookaburra sits in the gum", "kookaburra sits in the gum"),
        ("the wifi says 'correct pony'", "correct pony"),
        (
            "\u5171\u6709PC\u306e\u30d1\u30b9\u306f\u304a\u306b\u304e\u308a\u4e8c\u500b\u306b\u306a\u308a\u307e\u3057\u305f\u3002",
            "\u304a\u306b\u304e\u308a\u4e8c\u500b",
        ),
    ],
)
def test_several_words_are_one_value(text, phrase):
    """Up to what explains them, in a clause, behind a name, in quotes, in a script without blanks."""
    assert phrase in weights(text)


def test_the_name_of_a_program_is_no_value():
    """What begins a command, or stands behind a pipe."""
    found = weights('{"cmd":"brokerctl login | frobnicate"}', is_spoken=False)

    assert max(found.get("brokerctl", 0), found.get("frobnicate", 0)) <= 0


@pytest.mark.parametrize("unit", ["is a b ", "'a b", "a=b c ", "login - ", "\u306f\u3042"])
def test_a_long_line_takes_time_by_its_length(unit):
    """Also one that is made to be slow."""
    assert_linear(repeated(unit), weights, 4_000)
