"""What other formats have no place for."""

import pytest

from pytest_codex_replay.archive.record import FlowEnd, GapRecord
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.carried import chunks_in, end_in, gap_in, gap_members, members_of
from pytest_codex_replay.interop.exchange import Exchange
from pytest_codex_replay.recorder.signals import Ended, Requested

ASKED = Requested("f1", 1.5, "POST", "https://x/v1/responses", "HTTP/1.1", (), b"\xff", is_upgrade=False)
END = Ended("f1", 9.0, FlowEnd.CLOSED, None, 1000, "bye", True)


def test_chunks_and_end_come_back():
    """Bytes by where they were cut; how it ended, in full."""
    chunks = [(2.0, b"ab"), (3.0, b"c")]

    members = members_of(Exchange(request=ASKED, chunks=chunks, end=END, session="s"))

    assert chunks_in(members, b"abc") == chunks
    assert end_in(members, "f1") == END
    assert (members["session"], members["body_base64"]) == ("s", "/w==")
    assert end_in({}, "f1") is None


def test_a_gap_comes_back():
    """With the name of its session."""
    gap = GapRecord(at_ms=1.0, until_ms=2.0, reason="disk full", lost_count=1, lost_bytes=0, flows=("f1",))

    assert gap_in(gap_members("s", gap), "x") == ("s", gap)


def test_a_gap_that_was_changed_is_refused():
    """It would be lost."""
    with pytest.raises(UsageError, match="x: a gap was changed"):
        gap_in({"session": "s"}, "x")
