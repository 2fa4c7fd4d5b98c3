"""Where the texts of requests and answers first stand in a session; a text is known by its digest."""

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any

from pytest_codex_replay.codex.places import working_directories
from pytest_codex_replay.index.repeated import digest_of
from pytest_codex_replay.projection.search import Rank

Key = tuple[float, ...]
"""By which interactions are in order."""
_Text = tuple[Rank, str, str]
_WHERE = itemgetter(1)


class Places:
    """Takes texts in any order; knows where each stands first, and its wording if it was given since the beginning."""

    def __init__(self, digest_of: Callable[[str], int] = digest_of) -> None:
        self._digest_of = digest_of
        self.texts: dict[int, str] = {}
        self.directories: dict[int, list[str]] = {}
        """Where Codex worked, as texts say."""
        self._first: dict[int, tuple[Key, int, int, int, str]] = {}
        """By digest: the key of the interaction, the place in it, its number, rank, and what it is."""
        self._digests: dict[str, int] = {}
        self._count = 0
        self._values: dict[int, Any] = {}
        """What has been looked at, by its place in memory: the archive gives equal large values as one object. It stays
        there, so that no other gets its place."""

    def new_of(self, values: Iterable[Any]) -> list[Any]:
        """Return those of some values that were not looked at before, in order."""
        new = {key: value for value in values if (key := id(value)) not in self._values}
        self._values |= new
        return list(new.values())

    def digest(self, text: str) -> int | None:
        """Return the digest of a text, which is kept; None of an empty one."""
        found = self._digests.get(text)
        if found is None and (kept := text.replace("\0", " ")):  # ends a text of SQLite's functions
            found = self._digests[text] = self._digest_of(kept)
            self.texts[found] = kept
        return found

    @property
    def wordings(self) -> Iterable[str]:
        """The texts as they were given."""
        return self._digests

    def add(self, key: Key, number: int, texts: Iterable[_Text]) -> None:
        """Take the texts of an interaction; those of its request before those of its answer."""
        for rank, place, text in texts:
            if not text or (digest := self._digests.get(text) or self.digest(text)) is None:
                continue
            self._count += 1
            known = self._first.get(digest)
            if known is None or key < known[0]:
                self._first[digest] = key, self._count, number, int(rank), place
                if place == "context" and (found := list(working_directories(text))):
                    self.directories[digest] = found

    def listed(self) -> Iterator[tuple[int, int, int, str]]:
        """Yield digest, interaction, rank and kind of each text, in order."""
        for digest, (_, _, number, rank, place) in sorted(self._first.items(), key=_WHERE):
            yield digest, number, rank, place

    def state(self) -> list[Any]:
        """Return all that it knows but for the wordings, as a JSON value."""
        return [self._count, list(self._first.items()), list(self.directories.items())]

    def take_up(self, state: list[Any]) -> None:
        """Go on from a state."""
        self._count, first, directories = state
        self._first = {digest: (tuple(one[0]), *one[1:]) for digest, one in first}
        self.directories = dict(directories)
