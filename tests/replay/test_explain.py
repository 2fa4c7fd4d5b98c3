"""What a miss says."""

import pytest

from pytest_codex_replay.matching.match import MatchKind, MatchLevel, Mismatch
from pytest_codex_replay.replay.explain import explain_background_miss, explain_miss, rerecord_advice


@pytest.mark.parametrize(
    ("served_count", "line"),
    [
        (0, "the recording has no model call that could be served"),
        (1, "the only interaction was already served"),
        (4, "all 4 interactions were already served"),
    ],
)
def test_a_miss_says_when_nothing_is_left(served_count: int, line: str) -> None:
    """Running out of recording is another fault than a new prompt."""
    text = explain_miss(
        Mismatch(nearest=None, difference=None),
        name="c",
        asker="turn 5",
        served_count=served_count,
        open_count=0,
        unfinished=(),
        level=MatchLevel.NORMAL,
        advice="do this",
    )

    assert text == f"c: turn 5 sent a request that matches no interaction.\n  {line}\n  do this"


def test_a_miss_names_the_rung_and_the_flag_that_helps() -> None:
    """When a looser level would accept the request, it says which."""
    text = explain_miss(
        Mismatch(nearest=None, difference=None, nearest_kind=MatchKind.DRIFTED, tolerated_by=MatchLevel.LOOSE),
        name="c",
        asker="turn 1",
        served_count=0,
        open_count=1,
        unfinished=(),
        level=MatchLevel.NORMAL,
        advice="do this",
    )

    assert text.splitlines()[1:] == [
        "  it matches as drifted, which match level normal does not accept here: --codex-replay-match=loose would",
        "  do this",
    ]


def test_a_side_call_that_was_not_recorded_is_named() -> None:
    """Method and URL are all there is to say."""
    text = explain_background_miss("GET", "/v1/x", name="c", level=MatchLevel.NORMAL, advice="do this")

    assert text == "c: GET /v1/x was not recorded.\n  do this"


def test_a_secret_in_a_url_is_not_shown() -> None:
    """The text goes to logs of builds."""
    text = explain_background_miss(
        "GET", "/v1/x?api_key=a1b2c3d4e5f6g7h8i9", name="c", level=MatchLevel.NORMAL, advice="do this"
    )

    assert "/v1/x?api_key=[[REDACTED:query:1]] was" in text


def test_the_advice_names_the_command_and_the_place() -> None:
    """It says what works: a recording, put where the cassette is."""
    advice = rerecord_advice("cassettes/fix_bug")

    assert "codex-replay record" in advice
    assert advice.endswith("cassettes/fix_bug")


def test_the_advice_within_pytest_is_a_command() -> None:
    """It can be pasted."""
    advice = rerecord_advice("fix_bug", command="pytest --codex-replay-mode=rewrite test_it.py::test_fix")

    assert advice.endswith(": pytest --codex-replay-mode=rewrite test_it.py::test_fix")
