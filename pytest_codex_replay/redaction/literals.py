"""Many strings that stand in a text as words, at a cost that hardly depends on how many they are. No I/O.

Each is known by its last run of letters; so a text is taken apart once, whatever is looked for.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_RUN = re.compile(r"[A-Za-z0-9]+|[^\x00-\x7f]+")
_FEW = 24
"""So many are looked for one by one first, which is faster."""


class Literal(NamedTuple):
    """A string, and where it stands in a text."""

    start: int
    end: int
    text: str


class Literals:
    """Strings, and where they stand in a text as words."""

    def __init__(self, before: str, after: str) -> None:
        """Find strings where no letter of the class `before` precedes and none of the class `after` follows."""
        self._before = re.compile(rf"(?<!{before})")
        self._after = re.compile(rf"(?!{after})")
        self._strings: set[str] = set()
        self._by_run: dict[str, dict[tuple[int, int], None]] = {}
        """The last run of each -> how long they are, and how many letters come after that run."""

    def __contains__(self, string: str) -> bool:
        return string in self._strings

    def add(self, string: str) -> None:
        """Look for `string` from now on; without a letter in it, it is never found."""
        *_, run = (None, *_RUN.finditer(string))
        if run is not None and string not in self._strings:
            self._strings.add(string)
            self._by_run.setdefault(run[0], {})[len(string), len(string) - run.end()] = None

    def find(self, text: str) -> Iterator[Literal]:
        """Yield where they stand, by where they end; those that overlap, too."""
        if len(self._strings) <= _FEW:
            if not any(string in text for string in self._strings):
                return
        elif self._by_run.keys().isdisjoint(_RUN.findall(text)):
            return
        for run in _RUN.finditer(text):
            for chars, after in self._by_run.get(run[0], ()):
                end = run.end() + after
                start = end - chars
                if start >= 0 and text[start:end] in self._strings and self._stands_alone(text, start, end):
                    yield Literal(start, end, text[start:end])

    def _stands_alone(self, text: str, start: int, end: int) -> bool:
        return self._before.match(text, start) is not None and self._after.match(text, end) is not None
