"""Recordings that lack something, as Hypothesis draws them."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from pytest_codex_replay.archive.record import EndRecord, FlowEnd, GapRecord, Record


@st.composite
def spoilt(draw: Any, records: Sequence[Record]) -> list[Record]:
    """Records of a session of which some are lost, with flows that end badly, and gaps that are told late."""
    records = list(records)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(1, len(records) - 1))
        flow = getattr(records[at], "flow", "")
        match draw(st.sampled_from(("lose", "end", "gap", "stop"))):
            case "lose":
                del records[at : at + draw(st.integers(1, 3))]
            case "end":
                how = draw(st.sampled_from(FlowEnd))
                records.insert(at, EndRecord(flow=flow, at_ms=records[at].at_ms, how=how))
            case "gap":
                flows = (flow,) if draw(st.booleans()) and flow else ()
                at_ms = records[at].at_ms
                lost = {"reason": "x", "lost_count": 1, "lost_bytes": 0}
                records.insert(at, GapRecord(at_ms=at_ms, until_ms=at_ms, flows=flows, **lost))
            case "stop":
                del records[at:]
        if len(records) < 2:
            break
    return records
