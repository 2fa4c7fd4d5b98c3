"""What there is to say about a replay."""

import json
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.testing.active_replay import ActiveReplay
from pytest_codex_replay.testing.handle import prepare
from pytest_codex_replay.testing.options import ReplayOptions


@pytest.fixture
def play(write_cassette, tmp_path: Path):
    """Replay a cassette in which `hello` was asked."""
    write_cassette(tmp_path / "cassettes" / "hello", "hello")

    def prepared(**options) -> ActiveReplay:
        cassette, engine = prepare(tmp_path / "cassettes", ReplayOptions(name="hello", **options))
        return ActiveReplay(cassette=cassette, engine=engine)

    return prepared


def ask(played: ActiveReplay, text: str) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    body = orjson.dumps({"model": "gpt-5.4", "input": [item]})
    played.engine.answer(Request(method="POST", url="/v1/responses", headers=(), body=body))


def test_trouble_is_told_once(play) -> None:
    """What is in one report already is not in the next."""
    played = play()
    ask(played, "goodbye")

    told = [played.news(), played.news()]
    played.blocked = lambda: ("connect to api.openai.com:443",)

    assert played.has_missed
    assert "matches no interaction" in told[0]
    assert told[1] == ""
    assert played.news() == "cassettes/hello: connect to api.openai.com:443 was stopped: nothing leaves in replay"


def test_what_was_not_used(play) -> None:
    """Interactions that nobody asked for, and faults that nobody met."""
    played = play(faults=("429",))
    before = played.left_over()
    ask(played, "hello")
    ask(played, "hello")

    assert before.splitlines() == [
        "cassettes/hello: no request asked for interaction 1 of 1.",
        "cassettes/hello: no request met the fault 429.",
    ]
    assert played.left_over() == ""


def test_what_was_other_than_recorded(play) -> None:
    """A failure may come of it: faults, and the seed by which it can be had again."""
    played = play(faults=("429",), recut_seed=7)
    ask(played, "hello")

    assert played.circumstances().splitlines() == [
        "cassettes/hello: request 1 met 429 at interaction 1",
        "cassettes/hello: cut anew by seed 7; --codex-replay-recut=7 does it again",
    ]


def test_a_faithful_replay_has_no_circumstances(play) -> None:
    """Nothing is added to the report of a failure that has other reasons."""
    assert play().circumstances() == ""


def test_it_is_plain_json(play) -> None:
    """A worker of pytest-xdist can send it home."""
    played = play(faults=("stall",))
    ask(played, "hello")

    values = played.as_json()

    assert json.loads(json.dumps(values)) == values
    assert (values["name"], values["is_recorded"], values["blocked"]) == ("cassettes/hello", False, [])
