"""Lists that continue earlier ones: over HTTP, each request repeats the conversation. No I/O."""

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any, Generic, TypeVar

Made = TypeVar("Made")


_MOST_VALUES, _LEAST = 2000, 16
"""Where lists have more values together, only so many lists are kept."""


class ContinuedLists(Generic[Made]):
    """Makes something of each list, from what was made of the list that it continues, and from what it adds.

    A list continues another one when it begins with the same objects. Once continued, the other one is forgotten; and
    so is the oldest one, where many are not: live requests continue none. Of long ones, fewer are kept.
    """

    def __init__(self, most: int = 64) -> None:
        """Begin with none; keep so many at most: one for each conversation that goes on."""
        self._most = most
        self._known: dict[tuple[str, int, int], tuple[Sequence[Any], Made]] = {}
        """By name, length, and the id of the last value: each list, which is kept so that the ids stay, and its own."""
        self._count = 0
        """Of their values."""

    def made(self, values: Sequence[Any], make: Callable[[Made | None, Sequence[Any]], Made], name: str = "") -> Made:
        """Return what is made of a list.

        Args:
            values: the list.
            make: is given what was made of the list that it continues (None: of none), and the values behind that.
            name: lists continue those of the same name.
        """
        continued = self._continued_by(values, name)
        if continued is None:
            result = make(None, values)
        else:
            before, result = self._known.pop(continued)
            self._count -= len(before)
            if len(before) < len(values):
                result = make(result, values[len(before) :])
        if values:
            self._known[name, len(values), id(values[-1])] = values, result
            self._count += len(values)
            while len(self._known) > (self._most if self._count <= _MOST_VALUES else min(self._most, _LEAST)):
                oldest, _ = self._known.pop(next(iter(self._known)))
                self._count -= len(oldest)
        return result

    def _continued_by(self, values: Sequence[Any], name: str) -> tuple[str, int, int] | None:
        """Return the key of the list that a list continues."""
        for count in range(len(values), 0, -1) if self._known else ():
            key = name, count, id(values[count - 1])
            if (known := self._known.get(key)) is not None:
                return key if all(map(is_, known[0], values)) else None
        return None

    def clear(self) -> None:
        """Forget all lists."""
        self._known.clear()
        self._count = 0
