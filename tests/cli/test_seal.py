"""`codex-replay seal`."""

import json
import os

import pytest

from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.rollout_lines import write


@pytest.fixture
def archive(talk, tmp_path):
    """An old session, and one of this moment."""
    for name, at_s in (("old", 1_700_000_000), ("new", None)):
        client = talk(tool_loop(3))
        client.turn("run the steps")
        path = client.write(tmp_path / "archive" / name)
        for file in path.iterdir() if at_s else ():
            os.utime(file, (at_s, at_s))
    return tmp_path / "archive"


def test_only_cold_sessions_are_sealed(run, archive) -> None:
    """And not twice."""
    first, second = (json.loads(run("seal", archive, "--json").stdout) for _ in range(2))

    assert [(os.path.basename(row["path"]), row["segments"]) for row in first["sessions"]] == [("old", 1)]  # noqa: PTH119
    assert first["bytes_after"] < first["bytes_before"]
    assert [row["segments"] for row in second["sessions"]] == [0]
    assert second["ratio"] == 1.0


def test_where_no_session_is_cold_it_says_so(run, archive) -> None:
    """Who has just recorded something learns why nothing happens."""
    assert run("seal", archive, "--cold-for", "520w").stdout.startswith("Nothing to seal: no session was last written")
    cassettes = archive.with_name("cassettes")
    cassettes.mkdir()
    told = f"Nothing to seal: {cassettes} has no recorded session. Cassettes stay plain text.\n"
    assert run("seal", cassettes).stdout == told


def test_a_damaged_session_does_not_keep_the_others(run, archive) -> None:
    """It is reported, and the exit code says so."""
    (damaged,) = (archive / "old").iterdir()
    damaged.write_bytes(damaged.read_bytes()[:40] + b"x" * 40 + damaged.read_bytes()[80:])
    os.utime(damaged, (1_700_000_000, 1_700_000_000))

    result = run("seal", archive)

    assert result.exit_code == 1
    assert "is damaged" in result.stderr
    assert result.stdout.startswith("Sealed 0 of 1 cold session:")


def test_rollouts_of_cold_sessions_are_compressed(run, archive) -> None:
    """Those of the others are not."""
    for name, at_s in (("old", 1_700_000_000), ("new", None)):
        rollout = write(archive, folder=name)
        os.utime(rollout, at_s and (at_s, at_s))

    (row,) = json.loads(run("seal", archive, "--json").stdout)["sessions"]

    assert row["rollouts"] == 1
    assert sorted(path.parent.name + path.suffix for path in archive.glob("*/rollout-*")) == ["new.jsonl", "old.zst"]


@pytest.mark.parametrize("words", [("nowhere",), ("file",), (".", "--cold-for", "soon")])
def test_bad_input_is_one_line(refusal, words, tmp_path, monkeypatch) -> None:
    """It names the argument."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()

    assert words[-1] in refusal("seal", *words)


def test_what_a_killed_one_left_does_not_make_a_session_new(run, archive) -> None:
    """The next one goes on with it."""
    (archive / "old" / ".traffic-0001.jsonl.zst.7.tmp").touch()

    assert run("seal", archive).stdout.startswith("Sealed 1 of 1 cold session:")


def test_an_interrupt_says_how_far_it_came(run, talk, tmp_path, monkeypatch) -> None:
    """And that the next one goes on."""

    def interrupted(sessions, **_):
        yield {"segments": 1}
        raise KeyboardInterrupt

    monkeypatch.setattr("pytest_codex_replay.cli.seal._sealed", interrupted)
    client = talk(tool_loop(1))
    client.turn("hi")
    client.write(tmp_path / "archive" / "one")

    result = run("seal", tmp_path / "archive", "--cold-for", "0.000001h")

    assert "Interrupted: 1 of " in result.stderr
    assert "Type it again to go on." in result.stderr
