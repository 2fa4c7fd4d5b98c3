"""The measure of growth, and what tells altered records: each has to be able to fail."""

import pytest

from pytest_codex_replay.archive.record import EndRecord, FlowEnd
from tests.bytewise import check_altered, check_cuts, flipped, flipped_bits, splits
from tests.growth import LIMIT, assert_linear, growth, repeated

ONE, OTHER, MORE = (EndRecord(at_ms=at, flow="f", how=FlowEnd.FINISHED) for at in (1.0, 2.0, 3.0))


def pairs(count: int) -> int:
    return sum(1 for _ in range(count) for _ in range(count))


def test_what_is_linear_passes() -> None:
    """Twice the size, twice the cost."""
    assert_linear(repeated("ab", begin="<", end=">"), lambda text: [ord(letter) for letter in text], 50_000)


def test_what_is_quadratic_fails() -> None:
    """It costs four times as much."""
    assert growth(int, pairs, 400).factor > LIMIT
    with pytest.raises(AssertionError, match="twice the size"):
        assert_linear(int, pairs, 400)


def test_bytes_are_split_and_altered_at_every_place() -> None:
    """One byte is another, the others stay."""
    assert list(splits(b"ab")) == [(b"", b"ab"), (b"a", b"b"), (b"ab", b"")]
    assert flipped(b"abc", 1, 0x01) == b"acc"
    assert all(sum(a != b for a, b in zip(raw, b"abcd", strict=True)) == 1 for _, raw in flipped_bits(b"abcd", 20))


@pytest.mark.parametrize("found", [[OTHER, ONE], [MORE], [ONE, ONE], [ONE]])
def test_records_that_are_altered_moved_or_lost_in_silence_fail(found: list[EndRecord]) -> None:
    """What is read of damaged bytes is part of the whole, and what is missing is reported."""
    with pytest.raises(AssertionError):
        list(check_altered([(0, b"x")], lambda _: (found, []), [ONE, OTHER]))


def test_a_reader_that_claims_more_than_the_beginning_fails() -> None:
    """So does one that keeps quiet about the cut."""
    with pytest.raises(AssertionError):
        check_cuts(b"abc", lambda raw: ([ONE] * len(raw), []), sound_at=())
