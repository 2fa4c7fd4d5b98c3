"""What the sessions of an archive repeat: most say the same instructions, tools and context. It is made once.

Of each, what was made is used again where it is the same object, or the same text.
"""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

from pytest_codex_replay.archive.segment_bytes import ExpansionCount
from pytest_codex_replay.archive.shared_values import HELD_BYTES, HeldValues

_LONG_CHARS = 512
"""Of a text whose digest is held: it takes as long to look for a shorter one as to make its digest."""
_Made = tuple[Any, ...]


def digest_of(text: str) -> int:
    """Return the number by which equal texts are known."""
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest(), "big", signed=True)


class Repeated:
    """Holds what was made of values and texts, for the sessions that come later."""

    def __init__(self, processes: int = 1) -> None:
        """Hold nothing yet; so many `processes` read the sessions."""
        self.expansion = ExpansionCount(processes)
        """What the sessions expand to."""
        self.values = HeldValues()
        """The values as they stand in lines."""
        self._made: dict[int, tuple[Any, _Made]] = {}
        """By identity: each value, which so keeps its place in memory, and what was made of it."""
        self._digests: dict[str, int] = {}
        self._chars = 0

    def made_of(self, value: Any, make: Callable[[Any], Iterable[Any]]) -> _Made:
        """Return what is made of a value, each with its text at the end: that from before, if it is the same object."""
        known = self._made.get(id(value))
        if known is None:
            known = self._made[id(value)] = value, tuple(make(value))
            self._grow(sum(len(made[-1]) for made in known[1]))
        return known[1]

    def digest(self, text: str) -> int:
        """Return the digest of a text."""
        if len(text) < _LONG_CHARS:
            return digest_of(text)
        found = self._digests.get(text)
        if found is None:
            found = self._digests[text] = digest_of(text)
            self._grow(len(text))
        return found

    def _grow(self, chars: int) -> None:
        """Let all go where it is too much: what is repeated comes again soon."""
        self._chars += chars
        if self._chars > HELD_BYTES:
            self._made.clear()
            self._digests.clear()
            self._chars = 0
