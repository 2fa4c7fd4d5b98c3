"""The replay of one test."""

import json
from functools import partial
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.testing.active_replay import ActiveReplay, start_replay
from pytest_codex_replay.testing.resolved import CassetteState, ResolvedTest


def replay_of(directory: Path, name: str, **options) -> ActiveReplay:
    return start_replay(ResolvedTest(cassette=CassetteState(directory=directory, name=name), **options))


@pytest.fixture
def play(write_cassette, tmp_path: Path):
    """Replay a cassette in which `hello` was asked."""
    write_cassette(tmp_path / "cassettes" / "hello", "hello")

    return partial(replay_of, tmp_path / "cassettes", "hello")


def ask(replay: ActiveReplay, text: str) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    body = orjson.dumps({"model": "gpt-5.4", "input": [item]})
    replay.engine.answer(Request(method="POST", url="/v1/responses", headers=(), body=body))


def test_trouble_is_told_once(play) -> None:
    """What is in one report already is not in the next."""
    replay = play()
    ask(replay, "goodbye")

    told = [replay.news(), replay.news()]
    replay.blocked = lambda: ("connect to api.openai.com:443",)

    assert replay.has_missed
    assert "matches no interaction" in told[0]
    assert told[1] == ""
    assert (
        replay.news() == "cassettes/hello: connect to api.openai.com:443 was blocked: replay allows no network access"
    )


def test_a_miss_behind_other_trouble_is_told(play) -> None:
    """With a cassette for longer than a test, the trouble of an earlier test is not told in place of it."""
    replay = play()
    replay.blocked = lambda: ("connect to api.openai.com:443",)
    before = replay.news()
    ask(replay, "goodbye")

    news = replay.news()

    assert "was blocked" in before
    assert "matches no interaction" in news
    assert "was blocked" not in news


def test_what_was_not_used(play) -> None:
    """Interactions that no request asked for, and faults that none met."""
    replay = play(faults=(Fault.parse("429"),))
    before = replay.left_over()
    ask(replay, "hello")
    ask(replay, "hello")

    assert before.splitlines() == [
        "cassettes/hello: no request asked for interaction 1 of 1.",
        "cassettes/hello: no request met the fault 429.",
    ]
    assert replay.left_over() == ""


def test_what_was_other_than_recorded(play) -> None:
    """A failure may come of it: faults, and the seed by which it can be had again."""
    replay = play(faults=(Fault.parse("429"),), recut_seed=7)
    ask(replay, "hello")

    assert replay.circumstances().splitlines() == [
        "cassettes/hello: request 1 met 429 at interaction 1",
        "cassettes/hello: cut anew by seed 7; --codex-replay-recut=7 does it again",
    ]


def test_a_faithful_replay_has_no_circumstances(play) -> None:
    """Nothing is added to the report of a failure that has other reasons."""
    assert play().circumstances() == ""


def test_it_is_plain_json(play) -> None:
    """A worker of pytest-xdist can send it home."""
    replay = play(faults=(Fault.parse("stall"),))
    ask(replay, "hello")

    values = replay.as_json()

    assert json.loads(json.dumps(values)) == values
    assert (values["name"], values["is_recorded"], values["blocked"]) == ("cassettes/hello", False, [])


def test_a_cassette_that_is_not_there(write_cassette, tmp_path: Path) -> None:
    """One line names those that are."""
    for name in ("bugs/fix", "hello"):
        write_cassette(tmp_path / name, "x")

    with pytest.raises(UsageError) as caught:
        replay_of(tmp_path, "helo")

    record = "Record it: pytest --codex-replay-mode=once"
    assert str(caught.value) == f"no cassette 'helo' in {tmp_path}. There are: bugs/fix, hello. {record}"


def test_of_many_cassettes_the_nearest_are_named(write_cassette, tmp_path: Path) -> None:
    """A hundred names would bury the one that was meant."""
    for number in range(20):
        write_cassette(tmp_path / f"other_{number}", "x")
    write_cassette(tmp_path / "hello", "x")

    with pytest.raises(UsageError, match=r"hello.* and 13 more\. Record it: "):
        replay_of(tmp_path, "helo")


def test_no_cassette_at_all(tmp_path: Path) -> None:
    """The directory need not be there."""
    with pytest.raises(UsageError, match=r"There are: none\. Record it: pytest --codex-replay-mode=once"):
        replay_of(tmp_path / "cassettes", "x")


def test_a_cassette_of_a_newer_format(write_cassette, tmp_path: Path) -> None:
    """It is refused, with its version."""
    traffic = next(write_cassette(tmp_path / "new", "x").glob("traffic*"))
    head, _, rest = traffic.read_text().partition("\n")
    traffic.write_text(head.replace('"format":1', '"format":99') + "\n" + rest)

    with pytest.raises(ArchiveError, match="99"):
        replay_of(tmp_path, "new")


def test_damage_in_one_line(write_cassette, tmp_path: Path) -> None:
    """The first, and how many more there are; a whole cassette has none."""
    whole = replay_of(write_cassette(tmp_path / "whole", "x").parent, "whole")
    for name, lines in (("one", 1), ("many", 3)):
        with next(write_cassette(tmp_path / name, "x").glob("traffic*")).open("a") as file:
            file.write("this is no record\n" * lines)

    one, many = replay_of(tmp_path, "one").damage(), replay_of(tmp_path, "many").damage()

    assert whole.damage() == ""
    assert one.startswith(f"{tmp_path.name}/one: damaged: ")
    assert "more" not in one
    assert many.endswith(" and 2 more (codex-replay check)")
