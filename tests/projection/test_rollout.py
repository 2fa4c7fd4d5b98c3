"""Rollouts: plain or compressed, whole or cut, fed in chunks of any size."""

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay import limits
from pytest_codex_replay.codex.rollouts import RolloutLine
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.projection import rollout as module
from pytest_codex_replay.projection.rollout import Rollout, RolloutDecoder, parse_rollout
from tests.bytewise import splits
from tests.rollout_lines import BARE, THREAD, TODAY, completed, event, item, line, meta, wire

WIRE = wire(*TODAY)
BARE_WIRE = wire(*BARE)


def fed(*chunks: bytes) -> Rollout:
    decoder = RolloutDecoder()
    lines = [found for chunk in chunks for found in decoder.feed(chunk)]
    lines += decoder.end()
    return Rollout(
        lines=tuple(lines),
        meta=decoder.meta,
        is_cut=decoder.is_cut,
        damaged=tuple(decoder.damaged),
        unknown=tuple(sorted(decoder.unknown.items())),
    )


def test_a_rollout_says_whose_it_is():
    """Its ids are those of the requests."""
    rollout = parse_rollout(WIRE)

    assert (rollout.meta.thread_id, rollout.meta.session_id, rollout.meta.codex_version) == (THREAD, THREAD, "0.171.0")
    assert rollout.turn_ids == ("t1",)
    assert rollout.items[-1] == TODAY[9]["payload"]
    assert (rollout.is_cut, rollout.damaged, rollout.unknown, len(rollout.lines)) == (False, (), (), len(TODAY))


def test_the_lines_of_a_thread_that_it_goes_on_with_do_not_change_whose_it_is():
    """A fork repeats what its thread said, its first line included."""
    rollout = parse_rollout(wire(meta(), meta(id="other", history_mode="holographic")))

    assert rollout.meta.thread_id == THREAD


def test_a_line_has_all_that_codex_wrote():
    """Number, type, payload, time, ordinal."""
    (first,) = parse_rollout(wire(meta() | {"ordinal": 0})).lines

    payload = meta()["payload"]
    assert first == RolloutLine(
        number=1, type="session_meta", payload=payload, timestamp="2026-06-25T01:02:03.456Z", ordinal=0
    )


@pytest.mark.parametrize("raw", [WIRE, BARE_WIRE, zstandard.compress(WIRE), zstandard.compress(BARE_WIRE)])
def test_a_split_rollout_reads_like_a_whole_one(raw):
    """Chunk borders carry no meaning, plain or compressed, even inside a UTF-8 character or the magic number."""
    whole = parse_rollout(raw)

    assert all(fed(*halves) == whole for halves in splits(raw))


@pytest.mark.parametrize("raw", [WIRE, BARE_WIRE, zstandard.compress(WIRE)])
def test_a_rollout_may_come_byte_by_byte(raw):
    """As from a file that grows."""
    assert fed(*[raw[at : at + 1] for at in range(len(raw))]) == parse_rollout(raw)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=12), st.data())
def test_any_bytes_in_any_chunks_are_read_alike(pieces, data):
    """Nothing raises, and what is found does not depend on the chunks."""
    raw = b"\n".join([WIRE[:200], *pieces, WIRE[200:400]])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=5)))
    chunks = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]

    assert fed(*chunks) == parse_rollout(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "payload", "id"]), inner),
    max_leaves=6,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(JSON, max_size=8))
def test_each_line_is_read_damaged_or_blank(values):
    """None is lost without a word, whatever it holds."""
    raw = b"".join(orjson.dumps(value) + b"\n" for value in values)

    rollout = parse_rollout(raw)

    assert len(rollout.lines) + len(rollout.damaged) == len(values)


@pytest.mark.parametrize("frames", [1, 2])
def test_compressed_reads_like_plain(frames):
    """Codex compresses cold rollouts; a file may hold several frames."""
    middle = len(WIRE) // frames
    packed = b"".join(zstandard.compress(WIRE[start : start + middle + 1]) for start in range(0, len(WIRE), middle + 1))

    assert parse_rollout(packed) == parse_rollout(WIRE)


def test_a_cut_rollout_gives_every_whole_line():
    """Codex may still be writing, and is never waited for."""
    for cut in range(len(WIRE) + 1):
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


@pytest.mark.parametrize("bad", [b"{", b"[]", b'{"payload":{}}', b"\xff", b"<<<<<<< HEAD"])
def test_a_damaged_line_is_named_and_the_rest_is_read(bad):
    """One bad line costs one line."""
    rollout = parse_rollout(bad + b"\n" + WIRE)

    assert rollout.damaged == (1,)
    assert len(rollout.lines) == len(TODAY)


def test_a_line_that_is_too_long_costs_itself(monkeypatch):
    """Nothing grows without a limit; the lines around it are read."""
    monkeypatch.setattr(module, "LINE_BYTES", 200)
    long = wire(item({"type": "message", "role": "user", "content": "x" * 500}))
    short = wire(event("turn_aborted"))

    assert fed(short, long, short).damaged == (2,)
    assert [found.number for found in fed(short, long, short).lines] == [1, 3]
    assert fed(short, long[:-1]).damaged == (2,)


def test_what_a_later_codex_writes_is_counted():
    """By what it calls itself; it is read, too."""
    rollout = parse_rollout(wire(line("hologram"), line("hologram"), event("hologram"), completed("Hologram")))

    assert rollout.unknown == (
        ("event_msg/hologram", 1),
        ("event_msg/item_completed/Hologram", 1),
        ("hologram", 2),
    )
    assert len(rollout.lines) == 4


def test_an_unknown_history_mode_is_refused():
    """Before anything is made of its lines."""
    with pytest.raises(ArchiveError, match="history_mode 'holographic' is unknown"):
        parse_rollout(wire(meta(history_mode="holographic"), *TODAY[1:]))


def test_nothing_is_an_empty_rollout():
    """A file that was just created."""
    assert parse_rollout(b"") == Rollout(lines=())
    assert parse_rollout(b"").meta.session_id is None


def test_a_small_file_takes_neither_memory_nor_time() -> None:
    """Behind a thousand damaged lines, and behind what a compressed one may expand to, the rest is not read."""
    lines = parse_rollout(b"a\n" * 5000)
    bomb = parse_rollout(zstandard.compress(b'{"type":"x","payload":{}}\n' + b" " * 200_000_000))

    assert (len(lines.damaged), lines.is_cut) == (1000, True)
    assert bomb.is_cut


def test_a_rollout_of_too_many_lines_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """However good they are: each takes a while."""
    monkeypatch.setattr(module, "ROLLOUT_LINES", 3)
    found = parse_rollout(b'{"type":"event_msg","payload":{"type":"x"}}\n' * 5)

    assert (len(found.lines), found.is_cut) == (3, True)


def test_a_compressed_rollout_has_lines_by_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that stands for many lines is read in part, and is not taken for a whole one."""
    monkeypatch.setattr(limits, "ROLLOUT_PACKED_LINES", 10)
    monkeypatch.setattr(limits, "ROLLOUT_LINE_BYTES_PACKED", 1_000_000)
    raw = b'{"timestamp":"2026-01-01T00:00:00.000Z","type":"event_msg","payload":{"type":"x"}}\n' * 100

    assert len(parse_rollout(raw).lines) == 100
    packed = parse_rollout(zstandard.compress(raw))

    assert len(packed.lines) == 10
    assert packed.is_cut
