"""Rollouts whose traffic was not recorded: where they belong, and what stands for the traffic."""

import json
import os

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.rollouts_alone import rollouts_alone, session_of

THREAD = "019a1f00-0000-7000-8000-000000000001"
NAME = f"rollout-2026-11-20T10-00-00-{THREAD}.jsonl"


def test_the_session_is_that_of_the_name_where_no_line_can_be_read(tmp_path):
    """Damaged in its first line, a rollout still belongs to its thread."""
    rollout = tmp_path / NAME
    rollout.write_text('{"timestamp":"2026-11-', encoding="utf-8")

    assert session_of(rollout) == THREAD


def test_a_file_that_names_no_thread_is_refused(tmp_path):
    """By its path, in one line."""
    other = tmp_path / "notes.jsonl"
    other.write_text("{}\n", encoding="utf-8")

    with pytest.raises(UsageError, match=r"notes\.jsonl: not a rollout of Codex: its first line names no thread"):
        session_of(other)


def test_the_gap_begins_when_the_first_thread_did(tmp_path):
    """It stands where the traffic would have begun: by the first lines, else by the time of the file."""
    told, silent = tmp_path / NAME, tmp_path / NAME.replace("000001", "000002")
    began = "2026-11-20T10:00:00.000Z"
    meta = {"timestamp": began, "type": "session_meta", "payload": {"id": THREAD, "timestamp": began}}
    told.write_text(json.dumps(meta) + "\n", encoding="utf-8")
    silent.write_text("", encoding="utf-8")
    os.utime(silent, (5, 5))

    assert rollouts_alone([told, silent]).at_ms == 1_795_168_800_000
    assert rollouts_alone([silent]).at_ms == 5000
    assert rollouts_alone([silent]).lost_count == 1


def test_a_time_that_is_none_counts_as_untold(tmp_path):
    """A first line may say what it likes."""
    rollout = tmp_path / NAME
    line = {"timestamp": "x", "type": "session_meta", "payload": {"id": THREAD, "timestamp": "yesterday"}}
    rollout.write_text(json.dumps(line) + "\n", encoding="utf-8")
    os.utime(rollout, (5, 5))

    assert rollouts_alone([rollout]).at_ms == 5000
