"""Finds many byte strings in a text at once, at a cost that hardly depends on their number. No I/O.

Few strings are searched one by one: nothing is faster. For many, every `step`-th word of the text is looked up in a
set, at places that `step` divides. The last bytes of a long enough string cover such a place at any offset. So the set
holds the words at every offset of its last bytes.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

MIN_BYTES = 8
"""Shorter strings are not accepted."""


class Substrings:
    """Byte strings of at least `MIN_BYTES` that are searched in texts."""

    def __init__(self) -> None:
        self._groups = tuple(_Group(*measure) for measure in _MEASURES)
        self._used: list[_Group] = []

    def add(self, string: bytes) -> None:
        """Look for `string` from now on."""
        group = next(group for group in self._groups if len(string) >= group.min_bytes)
        group.add(string)
        if group not in self._used:
            self._used.append(group)

    def discard(self, string: bytes) -> None:
        """Look for `string` no longer."""
        for group in self._used:
            group.discard(string)

    def within(self, raw: bytes) -> list[bytes]:
        """Return the strings that are in `raw`, the longest first."""
        found: set[bytes] = set()
        for group in self._used:
            found.update(string for _, string in group.places(raw))
        return sorted(found, key=lambda string: (-len(string), string)) if found else []

    def places(self, raw: bytes) -> list[tuple[int, bytes]]:
        """Return the places of the strings in `raw`, in order; of one that overlaps itself at least the first."""
        return sorted(place for group in self._used for place in group.places(raw))


_Word = Literal["Q", "I"]
_MEASURES: tuple[tuple[_Word, int, int, int], ...] = (("Q", 8, 32, 12), ("Q", 8, 8, 32), ("I", 4, 4, 48))
"""Word as `struct` names it, its bytes, the step in bytes, and the limit for a search one by one.

Measured: in 53 kB one string costs 2 to 7 us, the words 50, 200 and 400 us.
"""
_TAIL_BYTES = MIN_BYTES


class _Group:
    """The strings that are long enough for a step."""

    def __init__(self, word: _Word, word_bytes: int, step_bytes: int, few_count: int) -> None:
        self.min_bytes = max(MIN_BYTES, word_bytes + step_bytes - 1)
        self._word, self._word_bytes = word, word_bytes
        self._step_bytes, self._step = step_bytes, step_bytes // word_bytes
        self._window_bytes = word_bytes + step_bytes - 1
        self._few_count = few_count
        self._strings: dict[bytes, None] = {}
        self._words: set[int] | None = None
        """The words of the last bytes of each string, at every offset; None for few strings."""
        self._by_tail: dict[bytes, dict[int, set[bytes]]] = {}
        """The strings by their last bytes, and by their lengths."""
        self._stale_count = 0
        """Number of discarded strings whose words are still in the set; a word may belong to several."""

    def add(self, string: bytes) -> None:
        if string in self._strings:
            return
        self._strings[string] = None
        if self._words is not None:
            self._index(self._words, [string])
        elif len(self._strings) > self._few_count:
            self._build()

    def discard(self, string: bytes) -> None:
        if string not in self._strings:
            return
        del self._strings[string]
        self._stale_count += 1
        if self._words is not None and self._stale_count > len(self._strings):
            self._build()
        elif self._words is not None:
            self._by_tail[string[-_TAIL_BYTES:]][len(string)].remove(string)

    def places(self, raw: bytes) -> Iterable[tuple[int, bytes]]:
        """Return the places of its strings in `raw`, in any order."""
        if self._words is None:
            return [(at, string) for string in self._strings for at in _places(string, raw)]
        words = memoryview(raw)[: len(raw) - len(raw) % self._word_bytes].cast(self._word)[:: self._step].tolist()
        if self._words.isdisjoint(words):
            return []
        places = [at * self._step_bytes for at, word in enumerate(words) if word in self._words]
        return self._ending_around(raw, places)

    def _build(self) -> None:
        self._by_tail.clear()
        self._stale_count = 0
        self._words = set()
        self._index(self._words, self._strings)

    def _index(self, words: set[int], strings: Iterable[bytes]) -> None:
        for string in strings:
            self._by_tail.setdefault(string[-_TAIL_BYTES:], {}).setdefault(len(string), set()).add(string)
            window = string[-self._window_bytes :]
            for offset in range(self._word_bytes):
                length = (len(window) - offset) // self._word_bytes * self._word_bytes
                words.update(memoryview(window)[offset : offset + length].cast(self._word).tolist())

    def _ending_around(self, raw: bytes, places: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the strings whose last bytes are around one of `places`, with their beginnings."""
        for place in places:
            first, last = place + self._word_bytes, min(place + self._window_bytes, len(raw))
            for end in range(max(first, _TAIL_BYTES), last + 1):
                for length, strings in self._by_tail.get(raw[end - _TAIL_BYTES : end], _NONE).items():
                    if end >= length and raw[end - length : end] in strings:
                        yield end - length, raw[end - length : end]


_NONE: dict[int, set[bytes]] = {}


def _places(string: bytes, raw: bytes) -> Iterator[int]:
    at = raw.find(string)
    while at >= 0:
        yield at
        at = raw.find(string, at + len(string))
