"""`codex-replay stats`."""

import json

import pytest

from pytest_codex_replay.upstream.scenarios import failed, tool_loop

PRICES = '[prices."gpt-5.4"]\ninput = 1\ncached = 1\noutput = 10\n'


@pytest.fixture
def archive(talk, tmp_path):
    """Two sessions."""
    for name, script in (("loop", tool_loop(1)), ("failed", failed())):
        client = talk(script, thread=name)
        client.turn("go", retries=2 if name == "loop" else 1)
        client.write(tmp_path / "archive" / name)
    return tmp_path / "archive"


def test_figures_are_summed_up(run, archive):
    """For people, one subject a line."""
    lines = run("stats", archive).stdout.splitlines()

    assert lines[0] == "2 sessions"
    assert lines[1].split() == ["turns", "2,", "1", "failed"]
    assert lines[2].split(maxsplit=1)[1] == "3 to a model: 2 completed, 1 failed"
    assert "200 in (0% cached)" in lines[3]


@pytest.mark.parametrize(
    ("by", "first"), [("session", "failed"), ("model", "gpt-5.4"), ("day", "2026-09-21"), ("agent", "(conversation)")]
)
def test_groups_are_columns(run, archive, by, first):
    """One line each."""
    head, line, *_ = run("stats", archive, "--by", by).stdout.splitlines()

    assert head.split()[0] == by
    assert line.split("  ")[0] == first


def test_programs_have_all_of_it(run, archive):
    """In three forms."""
    whole = json.loads(run("stats", archive, "--by", "session", "--json").stdout)
    lines = [json.loads(line) for line in run("stats", archive, "--by", "session", "--jsonl").stdout.splitlines()]
    head, *rows = run("stats", archive, "--by", "session", "--csv").stdout.splitlines()

    assert (whole["sessions"], whole["outcomes"]) == (2, {"completed": 2, "failed": 1})
    assert [line["key"] for line in lines] == list(whole["groups"]) == [row.split(",")[0] for row in rows]
    assert head.startswith("key,turns,failed,")


def test_a_price_list_makes_a_cost(run, archive, tmp_path):
    """A model that is not in it is named."""
    (tmp_path / "prices.toml").write_text(PRICES)
    (tmp_path / "others.toml").write_text(PRICES.replace("5.4", "1"))

    assert "cost" not in run("stats", archive).stdout
    assert "cost       0.00" in run("stats", archive, "--prices", tmp_path / "prices.toml").stdout
    assert "gpt-5.4" in run("stats", archive, "--prices", tmp_path / "others.toml").stderr


def test_one_session_has_its_own_figures(run, archive):
    """By its path."""
    assert json.loads(run("stats", archive / "loop", "--json").stdout)["groups"][""]["turns"] == 1
