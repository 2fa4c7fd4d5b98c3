"""Records that are made fast."""

import dataclasses

import pytest

from pytest_codex_replay.archive.record import EventRecord, make_event


def test_what_is_made_fast_is_what_the_constructor_makes() -> None:
    """Equal, of the same hash, and as frozen."""
    made = make_event("flow-1", 2.5, b"data: {}\n\n", ((0, 2.5),))
    built = EventRecord(flow="flow-1", at_ms=2.5, raw=b"data: {}\n\n", cuts=((0, 2.5),))

    assert (made, hash(made), repr(made)) == (built, hash(built), repr(built))
    assert dataclasses.replace(made, raw=b"") == dataclasses.replace(built, raw=b"")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.raw = b""  # type: ignore[misc]  # it is frozen: that is what is tested


def test_an_event_has_no_field_that_the_fast_way_leaves_out() -> None:
    """Such a field would be missing from each event that is read."""
    assert {one.name for one in dataclasses.fields(EventRecord)} == {"flow", "at_ms", "raw", "cuts"}
