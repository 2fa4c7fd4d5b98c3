"""Faults as text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.replay.faults import (
    FAULT_FORMS,
    LAST,
    Close,
    Cut,
    Duplicate,
    Effect,
    Failed,
    Fault,
    Forgotten,
    Incomplete,
    Malformed,
    Place,
    Refuse,
    Slow,
    Stall,
    Status,
)

COUNT = st.integers(0, 10_000)
WAIT_MS = st.integers(1, 999) | st.integers(1, 90).map(lambda seconds: seconds * 1000)
EVENT = st.integers(1, 100) | st.just(LAST)
CODE = st.sampled_from(["server_error", "rate_limit_exceeded", "usage_limit_reached"])
EFFECT = st.one_of(
    st.builds(Status, status=st.sampled_from([401, 429, 500, 503]), code=st.none() | CODE),
    st.just(Status(status=429, headers=(("retry-after", "1"), ("x-codex-primary-used-percent", "100.0")))),
    st.just(Refuse()),
    st.builds(Cut, after=COUNT, is_bytes=st.booleans()),
    st.builds(Close, code=st.integers(1000, 4999), after=COUNT),
    st.builds(Stall, silence_ms=WAIT_MS | st.just(math.inf), after=COUNT),
    st.builds(Slow, wait_ms=WAIT_MS),
    st.builds(Malformed, event=EVENT),
    st.builds(Duplicate, event=EVENT),
    st.builds(Failed, code=CODE, after=COUNT),
    st.builds(Incomplete, after=COUNT),
    st.just(Forgotten()),
)


@pytest.mark.parametrize(
    ("text", "effect", "at", "times"),
    [
        ("429", Status(status=429), Place.FIRST, 1),
        ("429@2", Status(status=429), 2, 1),
        ("500x2@1", Status(status=500), 1, 2),
        ("401x*", Status(status=401), Place.FIRST, None),
        ("426", Status(status=426), Place.UPGRADE, 1),
        ("503@upgrade", Status(status=503), Place.UPGRADE, 1),
        ("refuse@*", Refuse(), Place.EACH, 1),
        (
            "429:usage_limit_reached,retry-after=1x3@2",
            Status(status=429, code="usage_limit_reached", headers=(("retry-after", "1"),)),
            2,
            3,
        ),
        ("cut:5@1", Cut(after=5), 1, 1),
        ("cut:200b", Cut(after=200, is_bytes=True), Place.FIRST, 1),
        ("close:1012+4@3", Close(code=1012, after=4), 3, 1),
        ("stall", Stall(silence_ms=math.inf), Place.FIRST, 1),
        ("stall:30s@2", Stall(silence_ms=30_000), 2, 1),
        ("slow:500ms", Slow(wait_ms=500), Place.FIRST, 1),
        ("malformed:last", Malformed(event=LAST), Place.FIRST, 1),
        ("duplicate:3", Duplicate(event=3), Place.FIRST, 1),
        ("failed", Failed(code="server_error"), Place.FIRST, 1),
        ("failed:rate_limit_exceeded+9", Failed(code="rate_limit_exceeded", after=9), Place.FIRST, 1),
        ("incomplete", Incomplete(), Place.FIRST, 1),
        ("previous_response_not_found@3", Forgotten(), 3, 1),
    ],
)
def test_a_fault_is_read(text: str, effect: Effect, at: int | Place, times: int | None) -> None:
    """Kind, argument, where, and how often."""
    fault = Fault.parse(text)

    assert fault == Fault(effect=effect, at=at, times=times)


@given(effect=EFFECT, at=st.integers(1, 99) | st.just(Place.FIRST) | st.just(Place.EACH), times=st.integers(1, 9))
def test_what_is_written_reads_as_it_was(effect: Effect, at: int | Place, times: int) -> None:
    """`str` and `parse` are inverse."""
    fault = Fault(effect=effect, at=at, times=times)

    assert Fault.parse(str(fault)) == fault


@pytest.mark.parametrize("text", ["", "nonsense", "42", "429@0", "500x0", "429@first", "cut 5"])
def test_an_unknown_fault_lists_those_that_are_known(text: str) -> None:
    """One error names every form there is."""
    with pytest.raises(UsageError) as caught:
        Fault.parse(text)

    assert str(caught.value).startswith(f"unknown fault: {text!r}. Known faults: STATUS; ")
    assert all(form in str(caught.value) for form, _ in FAULT_FORMS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("200", "200 is not an error status"),
        ("429:a,b", "one error code is enough"),
        ("429+3", "429 takes no +3"),
        ("refuse:now", "refuse takes no argument"),
        ("cut:some", "counts neither events (5) nor bytes (200b)"),
        ("close:42", "'42' is not a close code"),
        ("stall:30", "say how long"),
        ("slow", "say how long"),
        ("malformed:0", "'0' is not an event"),
        ("cut:3@upgrade", "an upgrade can only be answered with a status, or refused"),
    ],
)
def test_a_wrong_argument_is_named(text: str, reason: str) -> None:
    """The message has the fault as it was written, and what is wrong with it."""
    with pytest.raises(UsageError) as caught:
        Fault.parse(text)

    assert text in str(caught.value)
    assert reason in str(caught.value)
