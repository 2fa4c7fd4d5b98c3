"""What a request says that was not said before: its end, and how much stands before it. No I/O.

Of a long conversation only this is kept: what a request continues is known by the id of a response.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from pytest_codex_replay.projection.item_views import Said, tail_of
from pytest_codex_replay.projection.items import item_from_json
from pytest_codex_replay.wire.json_values import compact_json

_SAID_COUNT = 256
"""Of a conversation in which neither the model nor a tool speaks, so many messages are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The end of a conversation, since the model or a tool spoke last."""

    count: int = 0
    """How many items the conversation has."""
    tail_start: int = 0
    """How many of them stand before what was said last."""
    said: tuple[Said, ...] = ()
    """What was said last, oldest first."""
    abortions: int = 0
    """How often that says that the user stopped a turn."""

    def followed_by(self, items: Sequence[Any]) -> "Asked":
        """Return what it is with more items behind it."""
        start, said, abortions = tail_of(items)
        count = self.count + len(items)
        if start:
            return Asked(count=count, tail_start=self.count + start, said=said, abortions=abortions)
        more = self.abortions + abortions
        return Asked(count=count, tail_start=self.tail_start, said=(self.said + said)[-_SAID_COUNT:], abortions=more)

    def is_aborted_by(self, later: "Asked") -> bool:
        """Return whether a later request says that the user stopped what this one had begun."""
        is_after = later.tail_start >= self.count
        return later.abortions > (0 if is_after else self.abortions)

    def as_json(self) -> list[Any]:
        """Return it as JSON."""
        return [self.count, self.tail_start, [one.as_json() for one in self.said], self.abortions]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> Self:
        """Return what `as_json` gave."""
        said: Any = tuple(map(item_from_json, value[2]))
        return cls(count=value[0], tail_start=value[1], said=said, abortions=value[3])


def digest_of_input(items: Sequence[Any], before: str = "") -> str:
    """Return what is the same for two requests only where they say the same. `before`: of what stands before items."""
    digest = before
    for item in items:
        digest = hashlib.sha256(digest.encode() + compact_json(item)).hexdigest()[:32]
    return digest
