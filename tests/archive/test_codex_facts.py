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
    damages_beside,
    threads_without_rollout,
)
from pytest_codex_replay.limits import MANIFEST_BYTES, MIB, ROLLOUT_LINES, SEGMENT_BYTES


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


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b" " * (MANIFEST_BYTES + 1), f"is longer than {MANIFEST_BYTES:,} bytes"),
        (b'{"threads":[' + b"0," * MIB + b"0]}", "is not an object of at most 500,000 JSON values"),
        (b"[" * 5000, "is not JSON"),
        (b"[]", "is not an object"),
    ],
    ids=["long", "values", "deep", "list"],
)
def test_facts_of_a_stranger_are_read_within_limits(tmp_path: Path, content: bytes, why: str) -> None:
    """What exceeds them is damage, and said."""
    (tmp_path / CODEX_FACTS).write_bytes(content)

    ((name, reason),) = damages_beside(tmp_path)

    assert (name, reason[: len(why)]) == (CODEX_FACTS, why)
    assert codex_facts(tmp_path) == {}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (b"a" * (SEGMENT_BYTES + 1), "expand to more than"),
        (b"{}\n" * (ROLLOUT_LINES + 1), f"more than {ROLLOUT_LINES:,} lines"),
        (b'{"a":[' + b"0," * MIB + b"0]}", "a line has more than 500,000 JSON values"),
        (b'{"text":"c"}\n{\n', "the rest is not read"),
    ],
    ids=["expands", "lines", "values", "damaged"],
)
def test_a_log_of_a_stranger_is_read_within_limits(tmp_path: Path, more: bytes, why: str) -> None:
    """What stands before is read; what exceeds them is damage, and said."""
    (tmp_path / CODEX_LOG).write_bytes(zstandard.compress(b'{"text":"a"}\n' + more))

    ((name, reason),) = damages_beside(tmp_path)

    assert name == CODEX_LOG
    assert why in reason
    assert next(codex_log_entries(tmp_path)) == {"text": "a"}


def test_what_is_whole_is_no_damage(tmp_path: Path) -> None:
    """Nor is what is missing."""
    assert damages_beside(tmp_path) == []
    (tmp_path / CODEX_FACTS).write_bytes(b"{}")
    (tmp_path / CODEX_LOG).write_bytes(zstandard.compress(b'{"text":"a"}'))

    assert damages_beside(tmp_path) == []
    assert list(codex_log_entries(tmp_path)) == [{"text": "a"}]
