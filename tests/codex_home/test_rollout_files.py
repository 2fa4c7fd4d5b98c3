"""Rollouts on disk: found by thread, by session, or listed."""

import os
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from pytest_codex_replay.codex_home.rollout_files import (
    expanded,
    find_rollout,
    open_rollout_file,
    read_meta,
    rollout_files,
    rollouts_of_session,
)
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.limits import SEGMENT_BYTES
from tests.rollout_lines import BARE, CHILD, DAY, NAME, THREAD, meta, wire, write

OLD = "5d3c2c5e-1111-4111-8111-111111111111"
"""An id that names no day."""
OLD_NAME = f"rollout-2025-08-01T10-00-00-{OLD}.jsonl"


@pytest.mark.parametrize(
    "folder", [f"sessions/{DAY}", "sessions/2026/06/24", "sessions/2026/06/26", "archived_sessions"]
)
@pytest.mark.parametrize("suffix", ["", ".zst"])
def test_a_rollout_is_found_by_its_thread(tmp_path: Path, folder: str, suffix: str) -> None:
    """On the day that the id tells, a time zone before or after it, or among the archived."""
    path = write(tmp_path, folder=folder, name=NAME + suffix)
    write(tmp_path, folder=folder, name=NAME.replace(THREAD, CHILD))

    assert find_rollout(tmp_path, THREAD) == path


def test_the_plain_file_comes_first(tmp_path: Path) -> None:
    """While Codex compresses it there are both, and the plain one is whole."""
    packed = write(tmp_path, name=f"{NAME}.zst")
    plain = write(tmp_path)

    assert find_rollout(tmp_path, THREAD) == plain
    assert [file.path for file in rollout_files(tmp_path)] == [plain]
    plain.unlink()
    assert find_rollout(tmp_path, THREAD) == packed


@pytest.mark.parametrize(
    "thread",
    [THREAD, "", "../../x", "*", "a/b", "no-uuid", "ffffffff-ffff-7fff-8fff-ffffffffffff", "00000000-0000-7000-8000-0"],
)
def test_a_thread_without_a_rollout_has_none(tmp_path: Path, thread: str) -> None:
    """The id comes from the wire: it may be anything, and name any day of any year."""
    write(tmp_path, folder="archived_sessions", name=OLD_NAME)

    assert find_rollout(tmp_path, thread) is None


@pytest.mark.parametrize("day", ["2025/08/01", "2025/07/01"])
def test_an_id_without_a_day_is_looked_for_on_the_day_of_the_traffic_then_everywhere(tmp_path: Path, day: str) -> None:
    """A thread may be gone on with weeks after it began."""
    path = write(tmp_path, *BARE, folder=f"sessions/{day}", name=OLD_NAME)

    assert find_rollout(tmp_path, OLD, datetime(2025, 8, 1, tzinfo=UTC)) == path


@pytest.mark.parametrize("kind", ["directory", "pipe", "dangling link"])
def test_what_is_not_a_file_is_not_a_rollout(tmp_path: Path, kind: str) -> None:
    """A directory of that name is passed over; a pipe would never end."""
    path = tmp_path / "sessions" / DAY / NAME
    path.parent.mkdir(parents=True)
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "nowhere")

    assert find_rollout(tmp_path, THREAD) is None
    assert list(rollout_files(tmp_path)) == []
    with pytest.raises(UsageError, match=r"is a directory; a rollout is a file|not a regular file|cannot be read"):
        open_rollout_file(path)


def test_all_are_listed_the_newest_of_a_place_first(tmp_path: Path) -> None:
    """Those of the sessions, then the archived ones; other files are not listed."""
    write(tmp_path, folder="sessions/2026/06/24", name=NAME.replace("-25T", "-24T"))
    write(tmp_path, folder="sessions/2026/07/01", name=NAME.replace("06-25T", "07-01T"))
    write(tmp_path, folder="archived_sessions", name=NAME.replace(THREAD, CHILD))
    write(tmp_path, folder="sessions/2026/07/01", name="notes.jsonl")
    write(tmp_path, folder="sessions/notes", name=NAME)

    found = [(file.name.began.day, file.is_archived, file.thread_id) for file in rollout_files(tmp_path)]

    assert found == [(1, False, THREAD), (24, False, THREAD), (25, True, CHILD)]


def test_a_session_without_threads_is_found_by_the_first_lines(tmp_path: Path) -> None:
    """Its own thread has its id; its sub-agents name it."""
    own = write(tmp_path, meta())
    kid = write(tmp_path, meta(id=CHILD), name=NAME.replace(THREAD, CHILD))
    write(tmp_path, meta(id="x", session_id="x"), name=NAME.replace(THREAD, "x"))
    write(tmp_path, meta(history_mode="holographic"), name=NAME.replace(THREAD, "y"))

    assert rollouts_of_session(tmp_path, THREAD, []) == {THREAD: own, CHILD: kid}
    assert rollouts_of_session(tmp_path, "s", [THREAD, "z"]) == {THREAD: own, "z": None}
    assert rollouts_of_session(tmp_path, "s", []) == {}
    assert rollouts_of_session(tmp_path, "s", [], datetime(2026, 6, 25, tzinfo=UTC)) == {}


def test_a_home_that_is_not_there_has_none(tmp_path: Path) -> None:
    """Or one that is a file."""
    (tmp_path / "sessions").touch()

    assert find_rollout(tmp_path, THREAD) is None
    assert list(rollout_files(tmp_path / "nowhere")) == []


@pytest.mark.parametrize("suffix", ["", ".zst"])
def test_the_first_line_tells_whose_it_is(tmp_path: Path, suffix: str) -> None:
    """No more is read; it may be compressed."""
    raw = wire(meta(originator="codex_exec"), meta())
    path = tmp_path / f"{NAME}{suffix}"
    path.write_bytes(zstandard.compress(raw) if suffix else raw)

    found = read_meta(path)

    assert found is not None
    assert found.originator == "codex_exec"


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\x28\xb5\x2f\xfd\xff", zstandard.compress(b"x" * 99)[:9], b'{"type":"x"}\n']
)
def test_a_first_line_that_is_lost_tells_nothing(tmp_path: Path, raw: bytes) -> None:
    """Codex has only just made it, or it is damaged."""
    path = tmp_path / NAME
    path.write_bytes(raw)

    assert read_meta(path) is None


def test_an_unknown_history_mode_is_refused(tmp_path: Path) -> None:
    """By name."""
    with pytest.raises(ArchiveError, match="holographic"):
        read_meta(write(tmp_path, meta(history_mode="holographic")))


def test_a_rollout_expands_within_limits(tmp_path: Path) -> None:
    """A small one may expand without end."""
    path = tmp_path / "a"
    for size, is_read in (SEGMENT_BYTES, True), (SEGMENT_BYTES + 1, False):
        path.write_bytes(zstandard.compress(bytes(size)))
        with path.open("rb") as file, nullcontext() if is_read else pytest.raises(zstandard.ZstdError, match="expands"):
            assert sum(map(len, expanded(file))) == size
