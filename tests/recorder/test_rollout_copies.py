"""Codex's own transcripts: found by thread, kept beside the traffic."""

from pathlib import Path

import pytest
import zstandard

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.recorder.rollout_copies import find_rollout, keep_rollout

THREAD = "019f0000-0000-7000-8000-000000000001"
DAY = "2026/06/25"
"""The day that the thread id tells."""


def write(home: Path, folder: str, name: str, text: str = "{}\n") -> Path:
    path = home / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


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


def same(raw: bytes) -> bytes:
    """Know no secret."""
    return raw


def forget_hunter(raw: bytes) -> bytes:
    """Know one secret."""
    return raw.replace(b"hunter2", b"[...]") if b"hunter2" in raw else raw


def test_a_kept_rollout_is_a_private_copy(tmp_path: Path) -> None:
    """Brought up to date when Codex has gone on; nobody else may read it."""
    rollout = write(tmp_path, "home", "rollout-1.jsonl")
    keep_rollout(Files(), rollout, tmp_path, same)
    rollout.write_text("more\n", encoding="utf-8")
    keep_rollout(Files(), rollout, tmp_path, same)

    copy = tmp_path / "rollout-1.jsonl"
    assert copy.read_text(encoding="utf-8") == "more\n"
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_rollout_that_did_not_change_is_not_copied_again(tmp_path: Path) -> None:
    """An idle session costs nothing."""
    rollout = write(tmp_path, "home", "rollout-1.jsonl")
    keep_rollout(Files(), rollout, tmp_path, same)
    before = (tmp_path / "rollout-1.jsonl").stat().st_ino

    keep_rollout(Files(), rollout, tmp_path, same)

    assert (tmp_path / "rollout-1.jsonl").stat().st_ino == before


@pytest.mark.parametrize("name", ["rollout-1.jsonl", "rollout-1.jsonl.zst"])
def test_a_known_secret_is_in_no_copy(tmp_path: Path, name: str) -> None:
    """What a tool printed stands in Codex's file, plain or compressed, and stays there."""
    rollout = write(tmp_path, "home", name)
    text = b'{"output":"hunter2"}\n'
    rollout.write_bytes(zstandard.compress(text) if name.endswith(".zst") else text)

    keep_rollout(Files(), rollout, tmp_path, forget_hunter)

    raw = (tmp_path / name).read_bytes()
    kept = zstandard.decompress(raw) if name.endswith(".zst") else raw
    assert kept == b'{"output":"[...]"}\n'
