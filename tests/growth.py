"""How the cost of something grows with its size: seconds say little on a busy machine, their ratio says enough."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

LIMIT = 3.0
"""Between what twice the size costs where the cost is linear (2) and where it is quadratic (4)."""
CLEAR = 2.5
"""So little that it is believed at once."""
NOISE_S = 0.0002
"""What takes less than this is not told apart from it."""

T = TypeVar("T")


def cpu_seconds(do: Callable[[], object], rounds: int = 1) -> float:
    """Return what the cheapest of some rounds took of this process's time."""
    best = float("inf")
    with untraced():
        for _ in range(rounds):
            started = time.process_time()
            do()
            best = min(best, time.process_time() - started)
    return best


@contextmanager
def untraced() -> Iterator[None]:
    """Let no coverage be taken: it would be measured, too."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What doubling a size does to a cost."""

    factor: float
    """How many times as much it costs."""
    large_s: float
    """What the larger size costs."""


def growth(make: Callable[[int], T], use: Callable[[T], object], size: int, like_s: float = 0.0) -> Growth:
    """Return how `use(make(size))` grows when the size doubles; one to thirty rounds, the cheapest counts.

    Where the larger one takes so little that whatever the smaller one takes could not make it too much, that is enough.
    It is also enough where it takes about `like_s`: what the same size of something alike takes, which is linear.
    """
    large = make(2 * size)
    large_s = cpu_seconds(lambda: use(large))
    if large_s < max(LIMIT * NOISE_S, CLEAR * like_s):
        return Growth(factor=large_s / max(NOISE_S, like_s), large_s=large_s)
    small, small_s = make(size), float("inf")
    for done in range(30):
        small_s = min(small_s, cpu_seconds(lambda: use(small)))
        if large_s < (LIMIT if done else CLEAR) * max(small_s, NOISE_S):
            break
        large_s = min(large_s, cpu_seconds(lambda: use(large)))
    return Growth(factor=large_s / max(small_s, NOISE_S), large_s=large_s)


def assert_linear(make: Callable[[int], T], use: Callable[[T], object], size: int, like_s: float = 0.0) -> float:
    """Assert that twice the size costs about twice as much, or `like_s`; return what it costs."""
    grown = growth(make, use, size, like_s)
    assert grown.factor < LIMIT, f"twice the size of {make(40)!r:.80} costs {grown.factor:.1f} times as much"
    return grown.large_s


def repeated(unit: str, *, begin: str = "", end: str = "") -> Callable[[int], str]:
    """Make a text of a length out of a unit, between a beginning and an end."""
    return lambda size: begin + unit * (size // len(unit)) + end


def calls(do: Callable[[], object]) -> int:
    """Return how many functions of Python are called: the same on a busy machine."""
    count = 0

    def note(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    with untraced():
        sys.setprofile(note)
        try:
            do()
        finally:
            sys.setprofile(before)
    return count
