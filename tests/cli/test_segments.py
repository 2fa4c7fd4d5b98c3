"""A cassette of several segments: each command reads it as one of a single segment."""

import re
from pathlib import Path

import pytest

from pytest_codex_replay.archive import segment, segment_bytes
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.upstream.scenarios import tool_loop

NAME = "fix"
LENGTH = re.compile(r", \d+ KiB")
"""Of the files: what is in several says its items several times."""


@pytest.fixture
def cassettes(run, talk, tmp_path, monkeypatch):
    """The directories of the same cassette: in one segment, and in several."""
    client = talk(tool_loop(3))
    client.turn("run")
    client.turn("again, for /home/jane")
    archive = client.write(tmp_path / "archive")
    assert run("redact", archive, tmp_path / "one" / NAME).exit_code == 0
    monkeypatch.setattr(segment, "SEGMENT_LINES", 20)
    assert run("redact", archive, tmp_path / "many" / NAME).exit_code == 0
    assert len(list((tmp_path / "many" / NAME).iterdir())) > 4
    return tmp_path / "one" / NAME, tmp_path / "many" / NAME


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.mark.parametrize(
    "words",
    [
        ["show"],
        ["show", "--turn", "2"],
        ["show", "--interaction", "3"],
        ["find", "again"],
        ["stats"],
        ["cache"],
        ["incident"],
        ["check"],
        ["scan"],
        ["review", "--json"],
    ],
    ids=" ".join,
)
def test_a_command_says_the_same(run, cassettes, monkeypatch, words):
    """Of both."""
    one, many = cassettes
    said = run(*words, one)
    monkeypatch.setattr(segment_bytes, "SEGMENT_LINES", 20)

    result = run(*words, many)

    assert result.exit_code == said.exit_code, result.output
    assert LENGTH.sub("", result.stdout.replace(str(many), str(one))) == LENGTH.sub("", said.stdout)


def test_it_is_replayed_as_one(cassettes, monkeypatch):
    """The same interactions, and nothing is damaged."""
    one = load_cassette(cassettes[0])
    monkeypatch.setattr(segment_bytes, "SEGMENT_LINES", 20)

    many = load_cassette(cassettes[1])

    assert (one.interactions, one.damages) == (many.interactions, many.damages)
    assert many.damages == ()


def test_it_is_redacted_again_to_the_same_bytes(run, cassettes, tmp_path):
    """And takes the place of itself."""
    _, many = cassettes

    assert run("redact", many, tmp_path / "again").exit_code == 0

    assert files(tmp_path / "again") == files(many)
    assert run("redact", "--force", many, tmp_path / "again").exit_code == 0
    assert files(tmp_path / "again") == files(many)


def test_it_takes_the_place_of_one_of_more_segments(run, cassettes, tmp_path, monkeypatch):
    """Nothing of that is left."""
    one, many = cassettes
    monkeypatch.undo()

    assert run("redact", "--force", tmp_path / "archive", many).exit_code == 0

    assert files(many) == files(one)


@pytest.mark.parametrize("shares", [False, True])
def test_it_is_packed_and_unpacked(run, cassettes, tmp_path, shares):
    """Also where it shares values with others."""
    _, many = cassettes
    before = files(many)
    if shares:
        assert run("dedupe", many.parent).exit_code == 0

    assert run("pack", many, tmp_path / "fix.tar.zst").exit_code == 0
    assert run("unpack", tmp_path / "fix.tar.zst", tmp_path / "out").exit_code == 0

    assert files(tmp_path / "out" / NAME) == before


def test_it_shares_values(run, cassettes):
    """In all of its segments, and reads as before."""
    one, many = cassettes

    assert run("dedupe", many.parent).exit_code == 0

    assert load_cassette(many).interactions == load_cassette(one).interactions
    assert run("check", many).exit_code == 0


@pytest.mark.parametrize("number", [0, 1, -1])
def test_a_segment_that_is_missing_is_reported(run, cassettes, number):
    """By `check`, and where it is replayed."""
    _, many = cassettes
    gone = sorted(many.glob("traffic*"), key=lambda path: (len(path.name), path.name))[number]
    gone.unlink()

    result = run("check", many)

    assert result.exit_code == 1
    assert f"{gone.name}: is missing; session.json names it" in result.output
    assert f"{gone.name}: is missing; session.json names it" in map(str, load_cassette(many).damages)


def test_a_damaged_segment_is_repaired(run, cassettes):
    """The others stay as they are."""
    _, many = cassettes
    before = files(many)
    broken = many / "traffic.0002.jsonl"
    broken.write_bytes(before[broken.name].replace(b'"kind":"event"', b'"kind":7', 1))

    assert run("check", many).exit_code == 1
    run("check", many, "--repair")

    after = files(many)
    assert after[f"{broken.name}.damaged-1"] != after[broken.name] != before[broken.name]
    assert {name for name in before if before[name] != after[name]} == {broken.name, "session.json"}
    assert run("check", many, "--repair").exit_code == 1  # what was lost stays lost


@pytest.mark.parametrize("kind", ["har", "vcr"])
def test_it_is_exported_as_one(run, cassettes, tmp_path, kind):
    """To the tools of others."""
    for place, name in zip(cassettes, ("a.json", "b.json"), strict=True):
        result = run("export", "--format", kind, place, tmp_path / name)
        assert result.exit_code == 0, result.output

    assert len(set(map(Path.read_bytes, tmp_path.glob("*.json")))) == 1
