"""A sender waits while the writer is behind, but not for ever."""

import asyncio
from dataclasses import dataclass

import pytest

from pytest_codex_replay.recorder.back_pressure import WAIT_S, BackPressure


@dataclass
class Writer:
    """A recorder that is behind as long as the test says."""

    is_crowded: bool = True


class Clock:
    def __init__(self) -> None:
        self.at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_with_room_nothing_waits(clock: Clock) -> None:
    """Not even for a turn of the event loop."""
    assert BackPressure(clock).on(Writer(is_crowded=False)) is None


def test_a_wait_ends_with_the_crowd(clock: Clock) -> None:
    """As soon as there is room again."""
    writer = Writer()
    wait = BackPressure(clock).on(writer)

    async def recover() -> None:
        writer.is_crowded = False

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(wait)
            group.create_task(recover())

    asyncio.run(asyncio.wait_for(both(), 30))


def test_all_waits_together_are_bounded(clock: Clock) -> None:
    """What was waited counts on, from message to message and from flow to flow."""
    pressure, writer = BackPressure(clock), Writer()
    first = pressure.on(writer)
    clock.at_s += WAIT_S
    asyncio.run(first)

    assert pressure.on(writer) is None


def test_after_room_the_patience_is_whole_again(clock: Clock) -> None:
    """The next time that the writer falls behind is another matter."""
    pressure, writer = BackPressure(clock), Writer()
    pressure.on(writer).close()
    clock.at_s += WAIT_S
    writer.is_crowded = False
    pressure.on(writer)
    writer.is_crowded = True
    wait = pressure.on(writer)

    assert wait is not None
    wait.close()
