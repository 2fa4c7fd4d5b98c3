"""Whether a cassette answers what was asked before, as another one did."""

from dataclasses import replace

from pytest_codex_replay.sharing.adoption.strict_replay import why_not_replayed
from tests.adoption import CASSETTES, older, replayed, todays_requests

NAME = "resume"


def test_the_same_cassette_does() -> None:
    """Over WebSocket, with all that is asked in the background."""
    loaded, played = replayed(CASSETTES / NAME, todays_requests(CASSETTES / NAME))

    assert why_not_replayed(loaded.interactions, NAME, played.report) == ""


def test_one_that_needs_a_looser_level_does_not(tmp_path) -> None:
    """The reason is that of the first miss; of a drift, where the conversation is volatile."""
    loaded, played = replayed(older(CASSETTES / NAME, tmp_path / NAME), todays_requests(CASSETTES / NAME))

    assert why_not_replayed(loaded.interactions, NAME, played.report).startswith(
        "resume: turn 1 sent a request that matches no interaction."
    )
    assert "wording drifted" in why_not_replayed(loaded.interactions, NAME, played.report, is_volatile=True)


def test_one_that_answers_otherwise_does_not() -> None:
    """Another interaction, or other values of the client's in it."""
    loaded, played = replayed(CASSETTES / NAME, todays_requests(CASSETTES / NAME))
    report = played.report
    (recorded, _), *_ = report.live_values

    for other in (replace(report, served=report.served[:1]), replace(report, live_values=((recorded, "/other"),))):
        assert why_not_replayed(loaded.interactions, NAME, other) == "it would give other answers"
