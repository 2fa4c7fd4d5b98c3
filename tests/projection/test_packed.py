"""Parts in little room come out as they went in."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EventRecord,
    MessageRecord,
    RequestRecord,
    ResponseRecord,
    RunRecord,
)
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.projection import packed
from pytest_codex_replay.projection.interactions import interactions_of
from pytest_codex_replay.projection.packed import PackedParts, Room
from pytest_codex_replay.wire.payload import Payload

CASSETTES = open_sessions(Path(__file__).parents[2] / "cassettes")
RUN = RunRecord(
    flow="f",
    at_ms=3.0,
    text=b'[{"type":"response.output_text.delta","delta":"a"},{"type":"response.output_text.delta","delta":"b"}]',
    times_ms=(3.0, 4.5),
    is_messages=False,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=20), st.integers(1, 500), st.integers(0, 2000))
def test_any_bytes_come_out_as_they_went_in(raws: list[bytes], block_bytes: int, room_bytes: int) -> None:
    """Whatever an upstream sends, wherever one block ends and the next begins, and however much is held as it is."""
    parts = [
        record
        for at_ms, raw in enumerate(raws)
        for record in (
            EventRecord(flow="f", at_ms=float(at_ms), raw=raw, cuts=((0, float(at_ms)),)),
            MessageRecord(flow="f", at_ms=float(at_ms), from_client=False, payload=Payload(raw), binary=at_ms % 2 == 0),
        )
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "_BLOCK_BYTES", block_bytes)
        held, room = PackedParts(), Room(room_bytes)
        for part in parts:
            held.add(part, room)

        assert (held.unpacked(), held.length) == (tuple(parts), len(parts))
        held.pack()
        assert held.unpacked() == tuple(parts)


def test_a_run_counts_as_what_it_stands_for() -> None:
    """Its length and its times are those of its events."""
    held = PackedParts()
    held.add(RUN)

    assert (held.length, held.first_at_ms, held.last_at_ms) == (2, 3.0, 4.5)
    assert held.unpacked() == tuple(RUN.records())


@pytest.mark.parametrize("keeps", [True, False])
def test_a_body_in_pieces_is_packed_and_kept(keeps: bool) -> None:  # noqa: FBT001
    """Whatever is kept of streams: no event says again what it says."""
    kind = (("content-type", "text/plain"),)
    records = [
        RequestRecord(flow="f", at_ms=1.0, method="GET", url="u", http_version="HTTP/1.1", headers=(), payload=None),
        ResponseRecord(flow="f", at_ms=2.0, status=200, http_version="HTTP/1.1", headers=kind),
        *(BodyRecord(flow="f", at_ms=3.0 + at, payload=Payload(b"piece"), cuts=((0, 3.0 + at),)) for at in range(3)),
    ]
    (small,), (plain,) = interactions_of(records, packs=True, keeps=keeps), interactions_of(records)

    assert isinstance(vars(small)["_parts"], PackedParts)
    assert (small, small.body) == (plain, b"piece" * 3)
    assert (small.body_to(7), small.transport) == (b"piecepi", plain.transport)


@pytest.mark.parametrize("session", CASSETTES, ids=lambda session: session.name)
def test_packed_interactions_are_the_same(session: Session) -> None:
    """All that can be asked of one, with runs as they are or event by event."""
    plain = interactions_of(session.records())
    small = interactions_of(session.records(keep_runs=True), packs=True)

    assert small == plain
    for one, other in zip(small, plain, strict=True):
        for name in ("outcome", "output", "response_id", "input", "events", "first_part_at_ms", "ended_at_ms"):
            assert getattr(one, name) == getattr(other, name), name
        assert (one.event_counts, one.open_texts) == (other.event_counts, other.open_texts)
