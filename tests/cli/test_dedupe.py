"""`codex-replay dedupe`."""

import json

import pytest

from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.upstream.scenarios import text
from tests.documented import documented, shape
from tests.sessions import codex_context


@pytest.fixture
def cassettes(talk, tmp_path):
    """A directory with two cassettes."""
    for name in ("one", "two"):
        client = talk(text())
        client.history[:0] = codex_context("0.1")
        client.turn(name)
        redact_archive(client.write(tmp_path / "archive" / name), tmp_path / "cassettes" / name)
    return tmp_path / "cassettes"


@pytest.fixture
def unused(run, cassettes):
    """A value that no cassette wants."""
    assert run("dedupe", cassettes).exit_code == 0
    path = cassettes / "shared-values" / f"{'0' * 32}.json"
    path.write_text('{"json": 1}')
    return path


def test_sizes_are_shown(run, cassettes):
    """Of each cassette, before and after."""
    result = run("dedupe", cassettes)

    assert result.exit_code == 0
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == ["one", "two"]
    (shown,) = documented("share.md", "codex-replay dedupe cassettes")
    assert {shape(line.partition(":")[2]) for line in result.stdout.splitlines()} == {shape(shown.partition(":")[2])}
    assert result.stderr.startswith("2 cassettes: ")


def test_nothing_is_removed_unasked(run, cassettes, unused):
    """It is listed, also by `check`."""
    result, check = run("dedupe", cassettes), run("check", cassettes)

    assert f"{unused}: no cassette refers to it\n" in result.stdout
    assert "1 unused value; --prune removes them" in result.stderr
    assert f"1 unused shared value; codex-replay dedupe {cassettes} --prune removes them" in check.stderr
    assert check.exit_code == 0
    assert unused.exists()


def test_what_is_unused_is_removed(run, cassettes, unused):
    """And nothing else."""
    result = run("dedupe", cassettes, "--prune")

    assert f"{unused}: removed, no cassette refers to it\n" in result.stdout
    assert not unused.exists()
    assert run("check", cassettes).exit_code == 0


def test_what_a_damaged_cassette_may_want_stays(run, cassettes, unused):
    """A file that was cut names less than it did: it may come back from Git, and its values with it."""
    path = cassettes / "one" / "traffic.jsonl"
    path.write_bytes(path.read_bytes()[:2000])

    result, check = run("dedupe", cassettes, "--prune"), run("check", cassettes)

    assert "they stay while a cassette is left as it is" in result.stderr
    assert unused.exists()
    assert "--prune" not in check.stderr


def test_json(run, cassettes, unused):
    """For programs."""
    result = json.loads(run("dedupe", cassettes, "--json").stdout)

    assert [one["name"] for one in result["cassettes"]] == ["one", "two"]
    assert result["unused"] == [str(unused)]
    assert result["removed"] is False
    assert json.loads(run("check", cassettes, "--json").stdout)["unused_values"] == [str(unused)]


def test_a_damaged_cassette_is_named(run, cassettes):
    """It stays as it is; exit code 1."""
    with (cassettes / "one" / "traffic.jsonl").open("a") as file:
        file.write("no record\n")

    result = run("dedupe", cassettes)

    assert result.exit_code == 1
    assert "one: left as it is: damaged: traffic.jsonl:" in result.stderr
    assert result.stdout.startswith("two: ")


def test_a_missing_value_is_damage(run, cassettes):
    """`check` finds it, and its exit code is that of damage."""
    run("dedupe", cassettes)
    for path in (cassettes / "shared-values").glob("*.json"):
        path.unlink()

    result = run("check", cassettes, "--repair")

    assert result.exit_code == 1
    assert result.stdout.count("wants the shared value") == 2
