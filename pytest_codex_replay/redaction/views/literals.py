"""Finds many strings in a text as whole words, at a cost that hardly depends on their number. No I/O.

Each string is indexed by its last run of alphanumeric characters, so a text is split into runs once for all strings.
"""

import re
from collections.abc import Iterator

_RUN = re.compile(r"[A-Za-z0-9]+|[^\x00-\x7f]+")
_FEW = 24
"""Up to this number of strings are searched one by one first, which is faster."""


class Literals:
    """Strings that are searched in texts as whole words."""

    def __init__(self, before: str, after: str) -> None:
        """Find strings that follow no character of the class `before`, and precede none of the class `after`."""
        self._before = re.compile(rf"(?<!{before})")
        self._after = re.compile(rf"(?!{after})")
        self._strings: set[str] = set()
        self._by_run: dict[str, dict[tuple[int, int], None]] = {}
        """The last run of strings -> their lengths, each with the number of characters after that run."""

    def __len__(self) -> int:
        """Return the number of strings."""
        return len(self._strings)

    def __contains__(self, string: str) -> bool:
        return string in self._strings

    def add(self, string: str) -> None:
        """Look for `string` from now on; without an alphanumeric character it is never found."""
        *_, run = (None, *_RUN.finditer(string))
        if run is not None and string not in self._strings:
            self._strings.add(string)
            self._by_run.setdefault(run[0], {})[len(string), len(string) - run.end()] = None

    def may_find(self, text: str) -> bool:
        """Return whether it is worth while to search a text, or another one of the same words."""
        return len(self._strings) > _FEW or any(string in text for string in self._strings)

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield the strings in `text` with their places, ordered by their ends, overlapping ones included."""
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
                    yield start, text[start:end]

    def _stands_alone(self, text: str, start: int, end: int) -> bool:
        return self._before.match(text, start) is not None and self._after.match(text, end) is not None
