"""What became of the cassettes of a test: the rest is seen from outside, in tests/plugin/test_adopt.py."""

from pathlib import Path

import pytest

from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.testing.active_replay import ActiveReplay
from pytest_codex_replay.testing.adopting import adopt_replayed
from pytest_codex_replay.testing.config import Mode
from pytest_codex_replay.testing.resolved import CassetteState, ResolvedTest
from tests.adoption import CASSETTES, older, todays_requests


def replay_of(cassette: Path, mode: Mode = Mode.ADOPT) -> ActiveReplay:
    state = CassetteState(directory=cassette.parent, name=cassette.name, is_recorded=True)
    loaded = load_cassette(cassette)
    engine = Engine(loaded.interactions, level=MatchLevel.LOOSE)
    return ActiveReplay(cassette=loaded, engine=engine, test=ResolvedTest(cassette=state, mode=mode, nodeid="a"))


def test_each_replay_says_what_became_of_its_cassette(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """One that is refused keeps no other from being adopted; one in another mode is left alone."""
    refused, adopted = (replay_of(older(CASSETTES / "review", tmp_path / name)) for name in ("one", "two"))
    untouched = replay_of(tmp_path / "one", Mode.NONE)
    for request in todays_requests(CASSETTES / "review"):
        adopted.engine.answer(request)

    reasons = adopt_replayed([refused, adopted, untouched], pytestconfig)

    assert reasons.startswith("one was not adopted, the cassette is unchanged: no request asked for interaction ")
    outcomes = [one.as_json()["adoption"] for one in (refused, adopted, untouched)]
    assert [one and one["outcome"] for one in outcomes] == ["refused", "adopted", None]
    assert refused.as_json()["errors"] == [outcomes[0]["reason"]]
