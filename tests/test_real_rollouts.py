"""Rollouts that the real Codex wrote, 0.98 to 0.171: all of them are read, and nothing in them is unknown.

They are in no repository of ours: `$CODEX_REPLAY_REAL`, else `../shared/real` beside the checkout.
"""

import os
from pathlib import Path

import pytest
import zstandard

from pytest_codex_replay.codex.rollouts import HISTORY_MODES
from pytest_codex_replay.projection.rollout import RolloutDecoder, parse_rollout
from pytest_codex_replay.projection.rollout_turns import TurnStatus, rollout_turns
from pytest_codex_replay.rollouts import RecordedRollout, open_rollout

ROOT = Path(__file__).parents[1]
REAL = Path(os.environ.get("CODEX_REPLAY_REAL", ROOT.parent / "shared" / "real")) / "rollouts"
VERSIONS = ("0.98.0", "0.125.0", "0.145.0", "0.169.0", "0.171.0")


@pytest.fixture(scope="module")
def real() -> list[RecordedRollout]:
    """All of them."""
    found = [open_rollout(path) for path in sorted(REAL.glob("*/*/rollout-*"))]
    if not found:
        pytest.skip(f"{REAL}: not found. They are not part of the project; CODEX_REPLAY_REAL says where they are")
    return found


def test_all_are_read_and_nothing_in_them_is_unknown(real: list[RecordedRollout]) -> None:
    """Each line, of each release."""
    assert {one.path.parts[-3] for one in real} == set(VERSIONS)
    for one in real:
        lines = one.path.read_bytes().count(b"\n")
        assert (one.line_count, one.damaged, one.unknown, one.state) == (lines, (), {}, "complete"), one.path


def test_each_says_whose_it_is(real: list[RecordedRollout]) -> None:
    """The version that wrote it, its thread, and, since 0.145, its history mode."""
    for one in real:
        meta = one.meta
        assert meta.codex_version == one.path.parts[-3]
        assert (meta.thread_id, meta.originator) == (one.thread_id, "codex_exec")
        assert (meta.history_mode in HISTORY_MODES) == (meta.codex_version not in {"0.98.0", "0.125.0"})
        assert meta.git_commit


def test_each_turn_is_what_it_was_made_for(real: list[RecordedRollout]) -> None:
    """How they ended, how many there are, and who was asked what."""
    for one in real:
        kind, turns, version = one.path.parts[-2], one.turns, one.path.parts[-3]
        statuses = [turn.status for turn in turns]
        assert len(turns) == (2 if kind in {"resume", "compaction", "compaction-lite"} else 1), one.path
        assert all(turn.prompt for turn in turns)
        if kind == "aborted":
            assert statuses == [TurnStatus.INTERRUPTED]
        elif kind == "error":  # 0.98 writes nothing of it, 0.125 that it was completed
            told = {"0.98.0": TurnStatus.OPEN, "0.125.0": TurnStatus.COMPLETED}
            assert statuses == [told.get(version, TurnStatus.FAILED)]
            assert version in told or str(turns[0].error).startswith("scripted 400")
        else:
            assert statuses == [TurnStatus.COMPLETED] * len(turns)
            assert all(turn.tokens.total and turn.text for turn in turns)


def test_a_sub_agent_names_its_parent(real: list[RecordedRollout]) -> None:
    """Where a release gives each a rollout of its own."""
    of_parent = [one for one in real if one.meta.parent_id is not None]

    assert {one.path.parts[-3] for one in of_parent} == {"0.145.0", "0.169.0", "0.171.0"}
    for one in of_parent:
        beside = {other.thread_id: other.meta for other in real if other.path.parent == one.path.parent}
        assert beside[one.meta.parent_id].session_id == one.meta.session_id


def test_compressed_and_in_pieces_they_are_the_same(real: list[RecordedRollout]) -> None:
    """The smallest of each release, in pieces of many sizes; all of them compressed."""
    for one in real:
        raw = one.path.read_bytes()
        assert parse_rollout(zstandard.compress(raw)) == parse_rollout(raw)
    for version in VERSIONS:
        path = min((one.path for one in real if one.path.parts[-3] == version), key=lambda path: path.stat().st_size)
        raw = path.read_bytes()
        whole = rollout_turns(parse_rollout(raw).lines)
        for size in (1, 2, 3, 7, 64, 1000, len(raw) - 1):
            decoder = RolloutDecoder()
            lines = [line for at in range(0, len(raw), size) for line in decoder.feed(raw[at : at + size])]
            assert rollout_turns([*lines, *decoder.end()]) == whole


def test_cut_anywhere_every_whole_line_is_read(real: list[RecordedRollout]) -> None:
    """Codex was killed in the middle: at every line, and within it."""
    for one in real:
        lines = one.path.read_bytes().split(b"\n")[:-1]
        for count in range(0, len(lines), 5):
            half = parse_rollout(
                b"".join(line + b"\n" for line in lines[:count]) + lines[count][: len(lines[count]) // 2]
            )
            assert (len(half.lines), half.is_cut, half.damaged) == (count, True, ())
