"""Rollouts: plain or compressed, whole or cut."""

import orjson
import pytest
import zstandard

from pytest_codex_replay.projection.rollout import Rollout, RolloutLine, parse_rollout

LINES = [
    {
        "timestamp": "2026-07-21T01:02:03.456Z",
        "ordinal": 0,
        "type": "session_meta",
        "payload": {"id": "thread-1", "session_id": "session-1", "cli_version": "0.169.0"},
    },
    {"timestamp": "2026-07-21T01:02:03.500Z", "type": "turn_context", "payload": {"turn_id": "turn-1"}},
    {"type": "response_item", "payload": {"type": "message", "role": "user", "content": "Grüße"}},
    {"type": "turn_context", "payload": {"turn_id": "turn-1"}},
    {"type": "turn_context", "payload": {"turn_id": "turn-2"}},
]
WIRE = b"".join(orjson.dumps(line) + b"\n" for line in LINES)


def test_a_rollout_says_whose_it_is():
    """Its ids are those of the requests."""
    rollout = parse_rollout(WIRE)

    assert (rollout.thread_id, rollout.session_id, rollout.codex_version) == ("thread-1", "session-1", "0.169.0")
    assert rollout.turn_ids == ("turn-1", "turn-2")
    assert rollout.items == (LINES[2]["payload"],)
    assert (rollout.is_cut, rollout.damaged, len(rollout.lines)) == (False, (), 5)


def test_a_line_has_all_that_codex_wrote():
    """Number, type, payload, time, ordinal."""
    first = parse_rollout(WIRE).lines[0]

    assert first == RolloutLine(
        number=1,
        type="session_meta",
        payload=LINES[0]["payload"],
        timestamp="2026-07-21T01:02:03.456Z",
        ordinal=0,
    )
    assert first.at_ms == 1_784_595_723_456.0


@pytest.mark.parametrize("timestamp", [None, "yesterday"])
def test_a_time_that_cannot_be_read_is_none(timestamp):
    """Better no time than a wrong one."""
    assert RolloutLine(number=1, type="x", payload={}, timestamp=timestamp).at_ms is None


@pytest.mark.parametrize("frames", [1, 2])
def test_compressed_reads_like_plain(frames):
    """Codex compresses cold rollouts; a file may hold several frames."""
    middle = len(WIRE) // frames
    packed = b"".join(zstandard.compress(WIRE[start : start + middle + 1]) for start in range(0, len(WIRE), middle + 1))

    assert parse_rollout(packed) == parse_rollout(WIRE)


@pytest.mark.parametrize("cut", range(len(WIRE) + 1))
def test_a_cut_rollout_gives_every_whole_line(cut):
    """Codex may still be writing, and is never waited for."""
    rollout = parse_rollout(WIRE[:cut])

    whole = WIRE[:cut].count(b"\n")
    is_last_whole = WIRE[cut : cut + 1] == b"\n"
    assert len(rollout.lines) == whole + is_last_whole
    assert rollout.is_cut == (not is_last_whole and not WIRE[:cut].endswith(b"\n") and cut > 0)
    assert rollout.damaged == ()


def test_a_cut_compressed_rollout_gives_what_came():
    """Every block that is whole, and a word that it is not all."""
    lines = b"".join(b'{"type":"n","payload":{"n":%d}}\n' % number for number in range(40_000))
    packed = zstandard.compress(lines)

    rollout = parse_rollout(packed[:-100])

    assert rollout.is_cut
    assert 0 < len(rollout.lines) < 40_000


def test_a_damaged_compressed_rollout_gives_what_came_before():
    """Damage does not take away what was read already."""
    lines = b"".join(b'{"type":"n","payload":{"n":%d}}\n' % (n * n) for n in range(40_000))
    packed = bytearray(zstandard.compress(lines))
    packed[-1_000:] = b"\xff" * 1_000

    rollout = parse_rollout(bytes(packed))

    assert rollout.is_cut
    assert len(rollout.lines) > 10_000


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"payload":{}}', b"\xff"])
def test_a_damaged_line_is_named_and_the_rest_is_read(line):
    """One bad line costs one line."""
    rollout = parse_rollout(line + b"\n" + WIRE)

    assert rollout.damaged == (1,)
    assert len(rollout.lines) == 5


def test_nothing_is_an_empty_rollout():
    """A file that was just created."""
    assert parse_rollout(b"") == Rollout(lines=())
    assert parse_rollout(b"").session_id is None
