"""A price list of the user's."""

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.prices import Price, prices_here

LIST = '[prices."gpt-5.4"]\ninput = 1.25\ncached = 0.125\noutput = 10\n'


def test_cached_tokens_are_part_of_the_input():
    """They cost less."""
    assert Price(2.0, 1.0, 10.0).of(1_000_000, 400_000, 100_000) == pytest.approx(0.6 * 2 + 0.4 + 1.0)


def test_a_list_is_found_above(tmp_path, monkeypatch):
    """Or named; without one, nothing has a price."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert prices_here() == {}
    (tmp_path / "codex-replay.toml").write_text(LIST)

    assert prices_here() == prices_here(tmp_path / "codex-replay.toml") == {"gpt-5.4": Price(1.25, 0.125, 10.0)}


@pytest.mark.parametrize(
    "text",
    [
        "prices = 5",
        "[prices]\nm = 5",
        "[prices.m]\ninput = 1",
        LIST + "more = 1\n",
        LIST.replace("10", "-1"),
        "not toml",
        "[prices.m]\ninput=true\ncached=1\noutput=1",
        LIST.replace("10", "9" * 400),
        LIST.replace("10", "inf"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, text):
    """With the place, and what is needed."""
    path = tmp_path / "prices.toml"
    path.write_text(text)

    with pytest.raises(UsageError, match="prices"):
        prices_here(path)


def test_other_tables_are_left_alone(tmp_path):
    """The file has other users."""
    path = tmp_path / "codex-replay.toml"
    path.write_text("[other]\nx = 1\n")

    assert prices_here(path) == {}
