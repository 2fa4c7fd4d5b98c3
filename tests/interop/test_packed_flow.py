"""Records of flows, by their times."""

import pytest

from pytest_codex_replay.archive.record import GapRecord
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.interop.packed_flow import FlowPacker, by_time


def gap(at_ms, reason):
    return GapRecord(at_ms=at_ms, until_ms=at_ms, reason=reason, lost_count=1, lost_bytes=0, flows=())


def test_records_come_by_time_and_those_of_a_flow_in_their_order():
    """Whatever its clock did; of two flows at the same time, the first one that came."""
    packer = FlowPacker()
    late = packer.packed([gap(5.0, "a"), gap(3.0, "b"), gap(9.0, "c")])
    early = packer.packed([gap(1.0, "d"), gap(5.0, "e"), gap(9.0, "f")])

    assert [one.reason for one in by_time([late, early])] == ["d", "a", "b", "e", "c", "f"]
    assert (late.first_ms, late.is_exchange) == (5.0, False)


def test_what_no_reader_would_read_is_refused():
    """Before anything is written."""
    with pytest.raises(ArchiveError):
        FlowPacker().packed([gap(-1.0, "a")])
