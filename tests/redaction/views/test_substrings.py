"""Many strings at once: what is found is what `in` finds, whatever the number, the length and the place."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.redaction.views.substrings import MIN_BYTES, Substrings
from tests.growth import assert_linear, cpu_seconds

CHARS = b"abcdefghijklmnopqrstuvwxyz0123456789"


def strings(count: int, length: int, seed: int = 1) -> list[bytes]:
    """Make random strings."""
    generator = random.Random(seed)
    return [bytes(generator.choices(CHARS, k=length)) for _ in range(count)]


def looking_for(wanted: list[bytes]) -> Substrings:
    """Return the strings, ready to be found."""
    search = Substrings()
    for string in wanted:
        search.add(string)
    return search


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("length", [MIN_BYTES, 9, 10, 11, 14, 15, 16, 22, 23, 38, 39, 40, 47, 164])
def test_a_string_is_found_at_every_place(count: int, length: int) -> None:
    """Also at the very beginning and end, and in a text that is nothing else."""
    wanted = strings(count, length)
    search = looking_for(wanted)

    for before in range(35):
        for after in (0, 1, 7, 33):
            assert search.within(b"-" * before + wanted[0] + b"-" * after) == [wanted[0]]


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("length", [MIN_BYTES, 15, 39])
def test_a_part_of_a_string_is_not_found(count: int, length: int) -> None:
    """Whichever character is missing."""
    wanted = strings(count, length)
    search = looking_for(wanted)

    for at in range(length):
        broken = wanted[0][:at] + b"-" + wanted[0][at + 1 :]
        assert search.within(b"- " + broken + b" -") == []
    assert search.within(wanted[0][1:]) == search.within(wanted[0][:-1]) == search.within(b"") == []


def test_the_longest_comes_first() -> None:
    """Also of strings that are parts of each other."""
    (longest,) = strings(1, 60)
    parts = [longest[start:end] for start in range(0, 40, 3) for end in range(start + MIN_BYTES, 61)]
    search = looking_for(parts)

    assert search.within(longest) == sorted(set(parts), key=lambda part: (-len(part), part))


def test_what_is_discarded_is_not_found() -> None:
    """The others are, though they end alike; nor does what was never there do harm."""
    tail = b"-the-same-end-of-both"
    wanted = [string + tail for string in strings(200, 30)]
    search = looking_for(wanted)
    for string in [*wanted[:150], b"never-added"]:
        search.discard(string)
    search.add(wanted[0])

    assert search.within(b" ".join(wanted)) == sorted([wanted[0], *wanted[150:]])


@given(
    wanted=st.lists(st.text("ab", min_size=MIN_BYTES, max_size=50).map(str.encode), min_size=1, max_size=150),
    removed=st.lists(st.integers(0, 149), max_size=150),
    raw=st.text("ab", max_size=300).map(str.encode),
)
@settings(max_examples=150, deadline=None)
def test_what_is_found_is_what_in_finds(wanted: list[bytes], removed: list[int], raw: bytes) -> None:
    """Of strings that overlap as much as they can."""
    search = looking_for(wanted)
    left = set(wanted)
    for at in removed:
        search.discard(wanted[at % len(wanted)])
        left.discard(wanted[at % len(wanted)])

    assert set(search.within(raw)) == {string for string in left if string in raw}


@pytest.mark.parametrize("length", [MIN_BYTES, 20, 60])
def test_the_number_of_strings_costs_nearly_nothing(length: int) -> None:
    """Five thousand cost no more than a multiple of what a hundred cost; one by one it would be fifty times as much."""
    raw = b'{"type":"response.output_text.delta","delta":" word"},' * 4000

    few, many = (looking_for(strings(count, length)) for count in (100, 5000))

    assert cpu_seconds(lambda: many.within(raw), rounds=5) < 10 * cpu_seconds(lambda: few.within(raw), rounds=5)


def test_hostile_texts_are_searched_in_linear_time() -> None:
    """Strings that end alike, in a text that is made of that end."""
    search = looking_for([string + b"a" * 40 for string in strings(500, 20)])

    assert search.within(b"a" * 100_000) == []
    assert_linear(lambda size: b"a" * size, search.within, 100_000)
