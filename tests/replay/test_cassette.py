"""Cassettes, read from disk."""

from pathlib import Path

import pytest

from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.replay.cassette import cassette_names, load_cassette
from pytest_codex_replay.replay.playback import recorded_answer
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.replay.settings import CassetteSettings
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.sessions import Talk
from tests.test_cassettes import SHIPPED


def prompts(cassette) -> list[str]:
    return [one.request.json["input"][0]["content"][0]["text"] for one in cassette.interactions]


def test_a_session_directory(write_cassette, tmp_path: Path) -> None:
    """It is called like its directory, unless it is given a name."""
    path = write_cassette(tmp_path / "fix", "one", "two")

    plain, named = load_cassette(path), load_cassette(path, name="cassettes/fix")

    assert (plain.name, named.name, plain.path) == ("fix", "cassettes/fix", path)
    assert prompts(plain) == ["one", "two"]
    assert plain.damages == ()


def test_an_archive_of_several_sessions(write_cassette, tmp_path: Path) -> None:
    """All are served; interactions are counted through, by start time."""
    write_cassette(tmp_path / "b", "one", "two")
    write_cassette(tmp_path / "a", "three")

    cassette = load_cassette(tmp_path)

    assert [one.index for one in cassette.interactions] == [1, 2, 3]
    starts = [one.started_at_ms for one in cassette.interactions]
    assert starts == sorted(starts)
    assert sorted(prompts(cassette)) == ["one", "three", "two"]


def test_a_cassette_of_which_the_end_was_taken_says_so(tmp_path: Path) -> None:
    """Whatever is left of it: its manifest knows."""
    client = Talk(tool_loop(2))
    client.turn("run")
    redact_archive(client.write(tmp_path / "archive"), tmp_path / "loop")
    traffic = tmp_path / "loop" / "traffic.jsonl"
    traffic.write_bytes(b"".join(traffic.read_bytes().splitlines(keepends=True)[:-1]))

    cassette = load_cassette(tmp_path / "loop")

    assert [damage.place for damage in cassette.damages] == ["traffic.jsonl"]
    assert "is not what session.json says it was" in cassette.damages[0].reason


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_large_recording_is_answered_like_a_small_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answers are packed until they are served: nothing of them is another one then."""
    small = load_cassette(path)
    monkeypatch.setattr("pytest_codex_replay.replay.cassette._LARGE_BYTES", 0)

    large = load_cassette(path)

    assert large == small
    for one, other in zip(large.interactions, small.interactions, strict=True):
        assert (one.outcome, one.output, one.response_id) == (other.outcome, other.output, other.response_id)
        assert recorded_answer(one, Speed()) == recorded_answer(other, Speed())


def test_names_are_found_however_deep(write_cassette, tmp_path: Path) -> None:
    """As the marker wants them: below the directory, with slashes."""
    for name in ("z", "test_bugs/fix", "a/b/c"):
        write_cassette(tmp_path / name, "x")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "traffic.txt").write_text("no cassette")

    names = cassette_names(tmp_path)

    assert names == ["a/b/c", "test_bugs/fix", "z"]


def test_no_directory_no_names(tmp_path: Path) -> None:
    """That is for the caller to say."""
    assert cassette_names(tmp_path / "nowhere") == []


def test_the_readable_rest_is_served(write_cassette, tmp_path: Path) -> None:
    """What is damaged is reported, and costs only what it held."""
    path = write_cassette(tmp_path / "fix", "one")
    with next(path.glob("traffic*")).open("a") as file:
        file.write("this is no record\n")

    cassette = load_cassette(path)

    assert prompts(cassette) == ["one"]
    assert len(cassette.damages) == 1


def test_a_newer_format(write_cassette, tmp_path: Path) -> None:
    """It is refused: half of it would be guessed."""
    path = write_cassette(tmp_path / "fix", "one")
    traffic = next(path.glob("traffic*"))
    traffic.write_text(traffic.read_text().replace('"format":1', '"format":99', 1))

    with pytest.raises(ArchiveError, match="99"):
        load_cassette(path)


@pytest.mark.parametrize("name", ["nowhere", "file", "empty"])
def test_no_session(tmp_path: Path, name: str) -> None:
    """What is there instead is reported in one line."""
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()

    with pytest.raises(UsageError, match=name) as caught:
        load_cassette(tmp_path / name)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"), [("", "the segment is empty"), ("no record\n\x00\n", "traffic.jsonl:1: ")]
)
def test_nothing_that_could_be_replayed(tmp_path: Path, content: str, reason: str) -> None:
    """One error, with what is wrong and what to do; not a miss at each request."""
    (tmp_path / "fix").mkdir()
    (tmp_path / "fix" / "traffic.jsonl").write_text(content)

    with pytest.raises(ArchiveError, match=f"fix: no interaction in it can be replayed .*{reason}.*Record it anew"):
        load_cassette(tmp_path / "fix")


def test_a_session_without_requests(write_cassette, tmp_path: Path) -> None:
    """It is undamaged, and there is nothing to replay in it."""
    traffic = next(write_cassette(tmp_path / "fix", "one").glob("traffic*"))
    traffic.write_text(traffic.read_text().partition("\n")[0] + "\n")
    (tmp_path / "fix" / "session.json").unlink(missing_ok=True)

    with pytest.raises(ArchiveError, match=r"no interaction in it can be replayed \(it holds no requests\)"):
        load_cassette(tmp_path / "fix")


def test_settings_that_were_read_before(write_cassette, tmp_path: Path) -> None:
    """They are not read again."""
    path = write_cassette(tmp_path / "fix", "one")
    (path / "codex-replay.toml").write_text("match = ")

    assert load_cassette(path, settings=CassetteSettings()).settings == CassetteSettings()


def test_what_is_no_path_is_refused() -> None:
    """In one line."""
    with pytest.raises(UsageError, match=r"^load_cassette: 3 is not a path"):
        load_cassette(3)
