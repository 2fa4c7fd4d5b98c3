"""A rollout, opened to be looked at."""

from pathlib import Path
from typing import Any

import pytest
import zstandard

from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.rollouts import RecordedRollout, open_rollout
from tests.rollout_lines import BARE, NAME, THREAD, TODAY, item, line, meta, user, wire, write


@pytest.fixture(params=["plain", "compressed"])
def rollout(tmp_path: Path, request: pytest.FixtureRequest) -> RecordedRollout:
    """A rollout of today."""
    raw = wire(*TODAY)
    path = tmp_path / (NAME if request.param == "plain" else f"{NAME}.zst")
    path.write_bytes(raw if request.param == "plain" else zstandard.compress(raw))
    return open_rollout(path)


def test_everything_is_there(rollout: RecordedRollout) -> None:
    """Its thread, its turns, its lines."""
    assert (rollout.thread_id, rollout.meta.originator, rollout.prompt) == (THREAD, "codex_exec", "Grüße")
    assert [turn.text for turn in rollout.turns] == ["Done."]
    assert (rollout.line_count, len(list(rollout.lines)), rollout.state) == (len(TODAY), len(TODAY), "complete")
    assert (rollout.damaged, rollout.unknown, rollout.is_cut) == ((), {}, False)
    assert rollout.as_json()["turns"][0]["turn_id"] == "t1"
    assert str(rollout) == rollout.name


def test_nothing_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    """A list of thousands costs their names."""
    rollout = RecordedRollout(tmp_path / NAME)

    assert rollout.thread_id == THREAD
    with pytest.raises(UsageError, match=r"cannot be read \(No such file"):
        rollout.turns  # noqa: B018  reads


def test_a_file_of_another_name_says_itself_whose_it_is(tmp_path: Path) -> None:
    """A copy that a user sent."""
    path = write(tmp_path, *BARE, folder=".", name="theirs.jsonl")

    assert open_rollout(path).thread_id == BARE[0]["id"]


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        (b"", "empty"),
        (wire(meta())[:-9], "cut short"),
        (wire(meta()) + b"{\n" + wire(meta()), "1 damaged line"),
        (b"{\n[\n" + wire(meta())[:-9], "2 damaged lines, cut short"),
        (wire(meta(history_mode="x")), "unreadable: "),
    ],
)
def test_the_state_says_what_is_missing(tmp_path: Path, raw: bytes, state: str) -> None:
    """In a few words."""
    path = tmp_path / NAME
    path.write_bytes(raw)

    assert RecordedRollout(path).state.startswith(state)


def test_an_unknown_history_mode_is_refused_with_the_file(tmp_path: Path) -> None:
    """Whatever is asked."""
    rollout = open_rollout(write(tmp_path, meta(history_mode="holographic")))

    for name in ("meta", "turns", "prompt"):
        with pytest.raises(ArchiveError, match=f"{NAME}: history_mode 'holographic' is unknown"):
            getattr(rollout, name)
    assert "holographic" in str(rollout.unreadable)


@pytest.mark.parametrize("asked", [NAME, f"{NAME}.zst"])
@pytest.mark.parametrize("there", [[NAME], [f"{NAME}.zst"], [NAME, f"{NAME}.zst"]])
def test_either_name_opens_what_is_there_the_plain_one_first(tmp_path: Path, asked: str, there: list[str]) -> None:
    """Codex compresses it while someone has its name."""
    for name in there:
        write(tmp_path, folder=".", name=name)

    assert open_rollout(tmp_path / asked).name == there[0]


@pytest.mark.parametrize("name", ["nowhere.jsonl", f"{NAME}.zst"])
def test_what_does_not_exist_is_refused(tmp_path: Path, name: str) -> None:
    """In one line."""
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\)"):
        open_rollout(tmp_path / name)


@pytest.mark.parametrize("path", [3, None])
def test_what_is_not_a_path_is_refused(path: Any) -> None:
    """By the name of the function."""
    with pytest.raises(UsageError, match=r"open_rollout: .* is not a path"):
        open_rollout(path)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    """Also one that is called like a rollout."""
    (tmp_path / NAME).mkdir()

    with pytest.raises(UsageError, match="is a directory; a rollout is a file"):
        open_rollout(tmp_path / NAME)


def test_a_prompt_is_looked_for_in_the_beginning_only(tmp_path: Path) -> None:
    """A sub-agent whose history is long has none there."""
    world = line("world_state", state="x" * 1_000_000)

    early = open_rollout(write(tmp_path, meta(), world, item(user("one")), *[world] * 3))
    none = open_rollout(write(tmp_path, meta(), *[world] * 3, item(user("late")), name=NAME.replace(THREAD, "late")))

    assert (early.prompt, none.prompt) == ("one", None)
