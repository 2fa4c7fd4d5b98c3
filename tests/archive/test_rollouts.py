"""Codex's own transcripts: found by thread, kept beside the traffic."""

from pathlib import Path

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.rollouts import find_rollout, keep_rollout

THREAD = "019f0000-0000-7000-8000-000000000001"
DAY = "2026/06/25"
"""The day that the thread id tells."""


def write(home: Path, folder: str, name: str, text: str = "{}\n") -> Path:
    path = home / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


class NoLinks(Files):
    """A file system without links."""

    def link(self, source: Path, target: Path) -> None:
        raise OSError(1, "Operation not permitted", source, None, target)


@pytest.mark.parametrize(
    "folder", [f"sessions/{DAY}", "sessions/2026/06/24", "sessions/2026/06/26", "archived_sessions"]
)
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.zst"])
def test_a_rollout_is_found_by_its_thread(tmp_path: Path, folder: str, suffix: str) -> None:
    """On the day that the id tells, a time zone before or after it, or among the archived."""
    path = write(tmp_path, folder, f"rollout-2026-06-25T01-02-03-{THREAD}{suffix}")
    write(tmp_path, folder, "rollout-2026-06-25T01-02-03-019f0000-0000-7000-8000-000000000002.jsonl")

    assert find_rollout(tmp_path, THREAD) == path


def test_the_plain_file_comes_first(tmp_path: Path) -> None:
    """While Codex compresses it there are both, and the plain one is whole."""
    plain = write(tmp_path, f"sessions/{DAY}", f"rollout-2026-06-25T01-02-03-{THREAD}.jsonl")
    write(tmp_path, f"sessions/{DAY}", f"rollout-2026-06-25T01-02-03-{THREAD}.jsonl.zst")

    assert find_rollout(tmp_path, THREAD) == plain


@pytest.mark.parametrize(
    "thread",
    [THREAD, "", "../../x", "*", "a/b", "no-uuid", "ffffffff-ffff-7fff-8fff-ffffffffffff", "00000000-0000-7000-8000-0"],
)
def test_a_thread_without_a_rollout_has_none(tmp_path: Path, thread: str) -> None:
    """The id comes from the wire: it may be anything, and name any day of any year."""
    write(tmp_path, "archived_sessions", "rollout-2026-06-25T01-02-03-other.jsonl")

    assert find_rollout(tmp_path, thread) is None


def test_a_kept_rollout_is_the_same_file(tmp_path: Path) -> None:
    """What Codex writes later is there too."""
    rollout = write(tmp_path, "home", "rollout-1.jsonl")
    keep_rollout(Files(), rollout, tmp_path)
    rollout.write_text("more\n", encoding="utf-8")
    keep_rollout(Files(), rollout, tmp_path)

    assert (tmp_path / "rollout-1.jsonl").read_text(encoding="utf-8") == "more\n"


def test_where_files_cannot_be_linked_they_are_copied(tmp_path: Path) -> None:
    """And brought up to date; nobody else may read the copy."""
    rollout = write(tmp_path, "home", "rollout-1.jsonl")
    keep_rollout(NoLinks(), rollout, tmp_path)
    rollout.write_text("more\n", encoding="utf-8")
    keep_rollout(NoLinks(), rollout, tmp_path)

    copy = tmp_path / "rollout-1.jsonl"
    assert copy.read_text(encoding="utf-8") == "more\n"
    assert copy.stat().st_mode & 0o777 == 0o600
