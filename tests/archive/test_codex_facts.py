"""What a recorder put beside the traffic out of Codex's own files."""

from pathlib import Path

import orjson
import pytest
import zstandard

from pytest_codex_replay.archive.codex_facts import (
    CODEX_FACTS,
    CODEX_LOG,
    codex_facts,
    codex_log_entries,
    threads_without_rollout,
)


def test_threads_without_a_rollout_are_named(tmp_path: Path) -> None:
    """Not those that Codex began by itself: it writes none of them."""
    threads = [
        {"id": "a", "rollout": "rollout-a.jsonl"},
        {"id": "b", "rollout": None, "is_expected": True},
        {"id": "c", "rollout": None, "is_expected": False},
        "d",
    ]
    (tmp_path / CODEX_FACTS).write_bytes(orjson.dumps({"threads": threads}))

    assert threads_without_rollout(tmp_path) == ("b",)


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"threads": 1}'])
def test_without_facts_nothing_is_said(tmp_path: Path, content: bytes | None) -> None:
    """An archive of an older recorder, or a file that was edited."""
    if content is not None:
        (tmp_path / CODEX_FACTS).write_bytes(content)

    assert threads_without_rollout(tmp_path) == ()
    assert codex_facts(tmp_path).get("log") is None


def test_the_log_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    """One entry a line."""
    (tmp_path / CODEX_LOG).write_bytes(zstandard.compress(b'{"text":"a"}\n[]\n{"text":"b"}\n{\n{"text":"c"}\n'))

    assert [entry["text"] for entry in codex_log_entries(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize("content", [None, b"", b"no zstd"])
def test_without_a_log_there_are_no_entries(tmp_path: Path, content: bytes | None) -> None:
    """Codex logged nothing, or it was not copied."""
    if content is not None:
        (tmp_path / CODEX_LOG).write_bytes(content)

    assert list(codex_log_entries(tmp_path)) == []
